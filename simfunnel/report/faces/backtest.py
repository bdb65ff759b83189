"""The face of a backtest."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from simfunnel.backtesting.results import Backtest, OriginScore, Summary
from simfunnel.estimation.long_run import MeanWithError
from simfunnel.report.faces.base import ResultFace
from simfunnel.report.faces.keys import flat, number
from simfunnel.report.faces.quality import caution_dict
from simfunnel.report.words.backtest import first_sentence
from simfunnel.version import __version__

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure
    from rich.console import RenderableType


class BacktestFace(ResultFace[Backtest]):
    """Keys, tables, page and pictures of `backtest`."""

    name = "backtest"

    def keys(self) -> dict[str, Any]:
        """What ``backtest --json`` prints."""
        return backtest_keys(self.result)

    def frames(self) -> Mapping[str, pd.DataFrame]:
        """One row for each origin; one for each method; the long form that other libraries of forecasts read."""
        import pandas as pd

        return {
            "origins": pd.DataFrame([_row(score) for score in self.result.origins]),
            "methods": pd.DataFrame(list(_methods(self.result.summary))),
            "long": self.result.long_frame(),
        }

    def page(self, width: int) -> RenderableType:
        """The page of `backtest`."""
        from simfunnel.report.console.backtest import backtest_page

        return backtest_page(self.result, width)

    @property
    def provenance(self) -> str:
        """Which history, which windows."""
        r = self.result
        return (
            f"simfunnel {__version__}; history {r.file or 'in memory'}; windows of {r.days} days from {r.first} to "
            f"{r.last} every {r.every}d; {r.value}; {r.trials} trials"
        )

    def figures(self) -> Mapping[str, Callable[[], Figure]]:
        """Forecasts against actuals, PIT, reliability, scores by method, error budget."""
        from simfunnel.report.plots import backtest as plots

        names = ["fan", "pit"]
        names += ["scores"] if self.result.summary.mean_actual > 0 else []
        names += ["reliability"] if self.result.summary.reliability else []
        names += ["budget"] if self.result.summary.budget else []
        return {name: partial(getattr(plots, name), self.result) for name in names}

    def texts(self) -> Sequence[str]:
        """Names of groups and methods."""
        return (*(label for _, label in self.result.groups), *self.result.summary.rivals)


def backtest_keys(r: Backtest) -> dict[str, Any]:
    """Give the scores; money or wins in units, relative ones as a share of the mean actual; intervals are 90 %."""
    return {
        "sentence": first_sentence(r),
        "settings": dict(r.settings),
        "file": r.file,
        "first": r.first.isoformat(),
        "last": r.last.isoformat(),
        "every_days": r.every,
        "horizon_days": r.days,
        "value": r.value,
        "currency": r.currency,
        "trials": r.trials,
        "origins": [_origin(score) for score in r.origins],
        "summary": {
            **_summary(r.summary),
            "skipped": [{"as_of": s.as_of.isoformat(), "why": s.why} for s in r.skipped],
            "choices": r.choices,
        },
        "groups": [
            {"dimension": dimension, "label": label, **_summary(summary)}
            for (dimension, label), summary in r.groups.items()
        ],
        "excluded": [{"code": f.code, "sentence": f.sentence, "key": f.key} for f in r.findings if not f.caution],
        "cautions": [caution_dict(caution) for caution in r.cautions],
    }  # fmt: skip


def _origin(score: OriginScore) -> dict[str, Any]:
    return {
        "as_of": score.as_of.isoformat(),
        "horizon_days": score.days,
        "group": None if score.group is None else {"dimension": score.group[0], "label": score.group[1]},
        "actual": score.actual,
        "mean": score.mean,
        "quantiles": _levels(score.quantiles),
        "pit": score.pit,
        "crps": score.crps,
        "by_origin": {
            name: {"actual": part.actual, "mean": part.mean, "crps": part.crps} for name, part in score.parts.items()
        },
        "baselines": {
            name: {"mean": x.mean, "crps": x.crps, "quantiles": None if x.quantiles is None else _levels(x.quantiles)}
            for name, x in score.rivals.items()
        },
        "open_by_age": [_band(band) for band in score.bands],
        "budget": None if score.budget is None else vars(score.budget),
        "targets": [
            {"multiple": t.multiple, "target": t.amount, "p": t.p, "attained": t.attained} for t in score.targets
        ],
    }  # fmt: skip


def _summary(s: Summary) -> dict[str, Any]:
    return {
        "n": s.n,
        "independent_windows": s.independent_windows,
        "mean_actual": s.mean_actual,
        "crps": s.crps,
        "relative_crps": s.relative_crps,
        "crps_interval": _ends(s.crps_error),
        "bias": s.bias,
        "bias_interval": _ends(s.bias_error),
        "coverage": _levels(s.coverage),
        "coverage_region": {f"{level:g}": list(region) for level, region in s.coverage_region.items()},
        "pit_p_value": s.pit_p_value,
        "pinball": _levels(s.pinball),
        "reliability": [
            {"target": x.multiple, "brier": x.brier, "p": x.p, "share": x.share} for x in s.reliability
        ],
        "missed_by": s.missed_by,
        "windows_side_by_side": s.side_by_side,
        "inside_80_side_by_side": s.inside_80,
        "by_origin": {
            name: {"mean_actual": x.mean_actual, "mean": x.mean, "crps": x.crps} for name, x in s.parts.items()
        },
        "open_by_age": [_band(band) for band in s.bands],
        "budget": None if s.budget is None else vars(s.budget),
        "baselines": {
            name: {
                "n": x.n, "crps": x.crps, "relative_crps": number(x.relative_crps), "bias": number(x.bias),
                "difference": None if x.difference is None else x.difference.mean,
                "difference_interval": _ends(x.difference),
                "coverage": None if x.coverage is None else _levels(x.coverage),
                "missed_by": s.rival_missed_by.get(name),
            }
            for name, x in s.rivals.items()
        },
    }  # fmt: skip


def _band(band: Any) -> dict[str, Any]:
    return {"from": band.first, "to": band.last, "deals": band.deals, "expected": band.expected, "came": band.came}


def _levels(values: Mapping[float, Any]) -> dict[str, Any]:
    return {f"{level:g}": value for level, value in values.items()}


def _ends(found: MeanWithError | None) -> list[float] | None:
    return None if found is None or not math.isfinite(found.stderr) else [found.low, found.high]


def _row(score: OriginScore) -> dict[str, Any]:
    keys = _origin(score)
    group = keys.pop("group") or {"dimension": None, "label": None}
    bands, targets = keys.pop("open_by_age"), keys.pop("targets")
    rivals = {name: {"mean": x["mean"], "crps": x["crps"]} for name, x in keys.pop("baselines").items()}
    row = {"dimension": group["dimension"], "label": group["label"], **flat(keys), **flat(rivals)}
    for band in bands:
        to = "on" if band["to"] is None else f"{band['to']:g}"
        row |= {f"open_{band['from']:g}_{to}_{what}": band[what] for what in ("deals", "expected", "came")}
    row |= {f"p_target_{target['multiple']:g}": target["p"] for target in targets}
    return row


def _methods(s: Summary) -> list[dict[str, Any]]:
    own = {
        "method": "simfunnel", "n": s.n, "relative_crps": s.relative_crps, "bias": s.bias, "missed_by": s.missed_by,
        **{f"coverage_{level:g}": share for level, share in s.coverage.items()},
    }  # fmt: skip
    rows = [own]
    for name, x in s.rivals.items():
        row: dict[str, Any] = {"method": name, "n": x.n, "relative_crps": number(x.relative_crps),
               "bias": number(x.bias), "missed_by": s.rival_missed_by.get(name)}  # fmt: skip
        row |= {f"coverage_{level:g}": share for level, share in (x.coverage or {}).items()}
        if x.difference is not None:
            row |= {"difference": x.difference.mean, "low": x.difference.low, "high": x.difference.high}
        rows.append(row)
    return rows
