"""The JSON of ``stress``: every key that it prints is written here and nowhere else."""

from __future__ import annotations

import dataclasses
from typing import Any

from simfunnel.forecast.json_keys import number
from simfunnel.planning.break_even import BreakEven
from simfunnel.planning.by_deal import MustClose
from simfunnel.planning.events import Event
from simfunnel.planning.grid import Grid
from simfunnel.planning.json_keys import difference_dict, estimate_keys, interval_list, provenance_dict
from simfunnel.planning.stress import Stress
from simfunnel.planning.tornado import Bar
from simfunnel.planning.variance import PARTS, VarianceSplit

SHOWN_DEALS = 20
"""Deals in the concentration; the rest is one line, so that the shares sum to 1."""


def stress_dict(result: Stress) -> dict[str, Any]:
    """Give a stress test."""
    return {
        **provenance_dict(result.base),
        "period": result.goal.period,
        "target": result.goal.target,
        "by": result.by,
        "kind": result.kind,
        "threshold": result.threshold,
        "base": {**estimate_keys("mean", result.mean), **estimate_keys("p_attain", result.p_attain)},
        "variants": [event_dict(event) for event in result.variants],
        "tornado_trials": result.tornado_trials,
        "tornado": [bar_dict(bar) for bar in result.tornado],
        "break_even": [break_even_dict(one) for one in result.break_even],
        "market_quantile": result.market_quantile,
        "events": [{"kind": event.kind, **event_dict(event)} for event in result.events],
        "grid": None if result.grid is None else grid_dict(result.grid),
        "must_close": [must_close_dict(deal) for deal in result.must_close],
        "concentration": {name: shares_list(result, name) for name in result.concentration},
        "variance": variance_dict(result.variance),
    }


def event_dict(event: Event) -> dict[str, Any]:
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


def bar_dict(bar: Bar) -> dict[str, Any]:
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
        **{f"{key}_{name}": ends[name][key] for name in ends for key in keys},
    }


def break_even_dict(one: BreakEven) -> dict[str, Any]:
    """Give a break-even; without one, `limit_at` is how far was looked and `p_attain` what it is there."""
    return {
        "assumption": one.path,
        "operation": one.operation,
        "value": one.value,
        "interval": interval_list(one.interval),
        "reachable": one.value is not None,
        "direction": "worse" if one.worse else "better",
        **estimate_keys("p_attain", one.p_attain),
        "limit_at": one.at,
    }


def grid_dict(grid: Grid) -> dict[str, Any]:
    """Give a grid; `p_attain` is a list of rows."""
    return {
        "rows": {"assumption": grid.rows.path, "factors": list(grid.rows.values)},
        "columns": {"assumption": grid.columns.path, "factors": list(grid.columns.values)},
        "trials": grid.trials,
        "largest_stderr": float(grid.stderr.max()),
        "p_attain": grid.p_attain.tolist(),
        "stderr": grid.stderr.tolist(),
    }


def must_close_dict(deal: MustClose) -> dict[str, Any]:
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


def shares_list(result: Stress, dimension: str) -> list[dict[str, Any]]:
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


def variance_dict(split: VarianceSplit) -> dict[str, Any]:
    """Give the parts of the variance."""
    return {
        "sd": split.sd,
        "total": split.total,
        "parts": [
            {"part": name, **estimate_keys("variance", split.parts[name]), "share": split.share(name)} for name in PARTS
        ],
    }
