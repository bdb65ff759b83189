"""The face of `stress`."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from simfunnel.planning.pairs.by_deal import MustClose
from simfunnel.planning.stress.break_even import BreakEven
from simfunnel.planning.stress.events import Event
from simfunnel.planning.stress.grid import Grid
from simfunnel.planning.stress.misses import Miss
from simfunnel.planning.stress.stress import Stress
from simfunnel.planning.stress.tornado import Bar
from simfunnel.planning.stress.variance import PARTS, VarianceSplit
from simfunnel.report.faces.base import ResultFace
from simfunnel.report.faces.keys import difference_dict, estimate_keys, flat, interval_list, number, provenance_dict
from simfunnel.report.words.deals import told_titles
from simfunnel.report.words.misses import misses_sentence, short_of
from simfunnel.report.words.stress import stress_sentence

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure
    from rich.console import RenderableType


SHOWN_DEALS = 20
"""Deals in the concentration and in the pictures; the rest is one line, so that the shares sum to 1."""


class StressFace(ResultFace[Stress]):
    """Keys, tables, page and pictures of `stress`."""

    name = "stress"
    former = ("tornado", "variance", "break_even", "must_close", "grid", "variants", "events", "concentration")

    def keys(self) -> dict[str, Any]:
        """What ``stress --json`` prints."""
        return stress_keys(self.result)

    def frames(self) -> Mapping[str, pd.DataFrame]:
        """The tables that have rows, tornado first."""
        import pandas as pd

        result = self.result
        split, grid = result.variance, result.grid
        tables = {
            "tornado": [_bar(bar) for bar in result.tornado],
            "break_even": [flat(_break_even(one)) for one in result.break_even],
            "variants": [_event(event) for event in result.variants],
            "events": [{"kind": event.kind, **_event(event)} for event in result.events],
            "must_close": [_must_close(deal) for deal in result.must_close],
            "misses": _misses(result),
            "concentration": [
                {"dimension": name, **share} for name in result.concentration for share in _shares(result, name)
            ],
            "variance": [
                {"part": name, **estimate_keys("variance", split.parts[name]), "share": split.share(name)}
                for name in PARTS
            ],
            "grid": [] if grid is None else [
                {grid.rows.path: row, grid.columns.path: column,
                 "p_attain": grid.p_attain[i, j], "stderr": grid.stderr[i, j]}
                for i, row in enumerate(grid.rows.values)
                for j, column in enumerate(grid.columns.values)
            ],
        }  # fmt: skip
        return {name: pd.DataFrame(rows) for name, rows in tables.items() if rows}

    def page(self, width: int, *, misses: bool = False) -> RenderableType:
        """The page of `stress`; `misses` shows the table of what separates trials that miss, too."""
        from simfunnel.report.console.stress import stress_page

        return stress_page(self.result, width, misses=misses)

    @property
    def provenance(self) -> str:
        """How to make the result again."""
        return self.result.base.provenance.line()

    def figures(self) -> Mapping[str, Callable[[], Figure]]:
        """Tornado, parts of the variance, and break-evens, must-close deals and a grid where there are any."""
        from simfunnel.report.plots import stress as plots

        result = self.result
        drawn: dict[str, Callable[[], Figure]] = {
            "tornado": partial(plots.tornado, result), "variance": partial(plots.variance_bar, result),
        }  # fmt: skip
        if result.break_even:
            drawn["break_even"] = partial(plots.break_even_plot, result)
        if result.must_close:
            drawn["must_close"] = partial(plots.must_close_plot, result)
        if result.grid is not None:
            drawn["grid"] = partial(plots.heat_map, result, result.grid)
        return drawn

    def texts(self) -> Sequence[str]:
        """Names of the scenario, the assumptions and the deals that are drawn."""
        result = self.result
        deals = (f"{d.id} {d.name} {d.account} {d.owner} {d.stage}" for d in result.must_close[:SHOWN_DEALS])
        axes = (result.grid.rows.path, result.grid.columns.path) if result.grid else ()
        paths = (bar.assumption.path for bar in result.tornado)
        return (result.base.provenance.scenario_name, *paths, *deals, *axes)


def stress_keys(result: Stress) -> dict[str, Any]:
    """Give a stress test."""
    return {
        **provenance_dict(result.base),
        "sentence": stress_sentence(result),
        "period": result.goal.period,
        "target": result.goal.target,
        "by": result.by,
        "kind": result.kind,
        "threshold": result.threshold,
        "base": {**estimate_keys("mean", result.mean), **estimate_keys("p_attain", result.p_attain)},
        "variants": [_event(event) for event in result.variants],
        "tornado_trials": result.tornado_trials,
        "tornado": [_bar(bar) for bar in result.tornado],
        "break_even": [_break_even(one) for one in result.break_even],
        "market_quantile": result.market_quantile,
        "events": [{"kind": event.kind, **_event(event)} for event in result.events],
        "grid": None if result.grid is None else _grid(result.grid),
        "must_close": [_must_close(deal) for deal in result.must_close],
        "concentration": {name: _shares(result, name) for name in result.concentration},
        "misses": _misses(result),
        "misses_sentence": misses_sentence(result),
        "variance": _variance(result.variance),
    }


def _misses(result: Stress) -> list[dict[str, Any]]:
    titles = told_titles(result.must_close)
    return [_miss(one, titles) for one in result.misses]


def _miss(one: Miss, titles: Mapping[str, str]) -> dict[str, Any]:
    """Give what falls short in trials that miss the target."""
    return {
        "kind": one.kind, "name": one.name, "deal_name": one.called, "told": short_of(one, titles),
        "share_missing": one.share_missing,
        "share_making": one.share_making, "difference": one.difference.mean, "stderr": number(one.difference.stderr),
    }  # fmt: skip


def _event(event: Event) -> dict[str, Any]:
    """Give something that may happen, against the base."""
    return {
        "name": event.name,
        "mean": event.mean,
        "delta_mean": event.delta_mean.mean,
        "delta_mean_stderr": number(event.delta_mean.stderr),
        "p_attain": event.p_attain,
        "delta_p": None if event.delta_p is None else event.delta_p.mean,
        "delta_p_stderr": None if event.delta_p is None else number(event.delta_p.stderr),
    }


def _bar(bar: Bar) -> dict[str, Any]:
    """Give one assumption moved down and up."""
    ends = {name: difference_dict(d) for name, d in (("low", bar.low), ("high", bar.high))}
    keys = ("delta_mean", "delta_mean_stderr", "delta_p", "delta_p_stderr")
    return {
        "assumption": bar.assumption.path,
        "operation": bar.assumption.operation,
        "low": bar.assumption.low,
        "high": bar.assumption.high,
        "mean_low": bar.mean_low,
        "mean_high": bar.mean_high,
        "p_low": bar.p_low,
        "p_high": bar.p_high,
        "mean_low_stderr": number(bar.mean_low_estimate.stderr),
        "mean_high_stderr": number(bar.mean_high_estimate.stderr),
        "p_low_stderr": None if bar.p_low_estimate is None else number(bar.p_low_estimate.stderr),
        "p_high_stderr": None if bar.p_high_estimate is None else number(bar.p_high_estimate.stderr),
        **{f"{key}_{name}": ends[name][key] for name in ends for key in keys},
    }


def _break_even(one: BreakEven) -> dict[str, Any]:
    """Give a break-even; without one, `p_attain` is the best that was found, at `limit_at`."""
    return {
        "assumption": one.path,
        "operation": one.operation,
        "value": one.value,
        "interval": interval_list(one.interval),
        "reachable": one.value is not None,
        "direction": "worse" if one.worse else "better",
        **estimate_keys("p_attain", one.p_attain),
        "limit_at": one.at,
        "searched_to": one.far,
    }


def _grid(grid: Grid) -> dict[str, Any]:
    """Give a grid; `p_attain` is a list of rows."""
    return {
        "rows": {"assumption": grid.rows.path, "factors": list(grid.rows.values)},
        "columns": {"assumption": grid.columns.path, "factors": list(grid.columns.values)},
        "trials": grid.trials,
        "largest_stderr": float(grid.stderr.max()),
        "p_attain": grid.p_attain.tolist(),
        "stderr": grid.stderr.tolist(),
    }


def _must_close(deal: MustClose) -> dict[str, Any]:
    """Give an open deal and what its loss would cost."""
    return {
        **{key: getattr(deal, key) for key in ("id", "name", "account", "owner", "stage")},
        **{key: getattr(deal, key) for key in ("amount", "p_win", "p_attain")},
        "delta_mean": deal.delta_mean.mean,
        "delta_mean_stderr": number(deal.delta_mean.stderr),
        "delta_p": None if deal.delta_p is None else deal.delta_p.mean,
        "delta_p_stderr": None if deal.delta_p is None else number(deal.delta_p.stderr),
        "variance_share": deal.share,
    }


def _shares(result: Stress, dimension: str) -> list[dict[str, Any]]:
    """Give the shares of the variance; of deals the largest, and the others as one."""
    shares = result.concentration[dimension]
    if dimension != "deal":
        return [dataclasses.asdict(share) for share in shares]
    called = {deal.id: {"deal_name": deal.name, "account": deal.account} for deal in result.must_close}
    nobody = {"deal_name": None, "account": None}
    deals = [{**dataclasses.asdict(share), **called[share.name]} for share in shares[:-1]]
    new_business = {**dataclasses.asdict(shares[-1]), **nobody}
    if len(deals) <= SHOWN_DEALS + 1:
        return [*deals, new_business]
    rest = shares[SHOWN_DEALS:-1]
    other = {
        "name": f"{len(rest)} other deals",
        "mean": sum(s.mean for s in rest),
        "share": sum(s.share for s in rest),
        **nobody,
    }
    return [*deals[:SHOWN_DEALS], other, new_business]


def _variance(split: VarianceSplit) -> dict[str, Any]:
    """Give the parts of the variance."""
    return {
        "sd": split.sd,
        "total": split.total,
        "parts": [
            {"part": name, **estimate_keys("variance", split.parts[name]), "share": split.share(name)} for name in PARTS
        ],
    }
