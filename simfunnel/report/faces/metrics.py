"""The face of metrics."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from simfunnel.diagnosis.results import GroupMetrics, Metrics, Rate, StageMetrics, Times
from simfunnel.report.faces.base import ResultFace
from simfunnel.report.faces.keys import flat
from simfunnel.report.faces.quality import caution_dict
from simfunnel.report.words.metrics import first_sentence
from simfunnel.version import __version__

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure
    from rich.console import RenderableType

AGAINST_ALL = {1: "above", 0: "not_told_apart", -1: "below"}


class MetricsFace(ResultFace[Metrics]):
    """Keys, tables, page and pictures of `metrics`."""

    name = "metrics"

    def keys(self) -> dict[str, Any]:
        """What ``metrics --json`` prints."""
        return metrics_keys(self.result)

    def frames(self) -> Mapping[str, pd.DataFrame]:
        """One row for each stage of each group; bottlenecks; cohorts; the trend by period."""
        import pandas as pd

        keys = self.keys()
        rows = []
        for group in ([keys["all"]] if self.result.by is not None else []) + keys["groups"]:
            of_group = {k: v for k, v in group.items() if k not in ("stages", "signing_rate", "label")}
            for stage in group["stages"]:
                of_stage = {"stage": stage["name"], **flat({k: v for k, v in stage.items() if k != "name"})}
                rows.append({"group": group["label"], **of_stage, **flat(of_group, "group_")})
        periods = [
            {"stage": trend["stage"], **flat(period)} for trend in keys["trend"] for period in trend["periods"]
        ]  # fmt: skip
        return {
            "groups": pd.DataFrame(rows),
            "bottlenecks": pd.DataFrame(keys["bottlenecks"]),
            "cohorts": pd.DataFrame(keys["cohorts"]),
            "trend": pd.DataFrame(periods),
        }

    def page(self, width: int) -> RenderableType:
        """The page of `metrics`."""
        from simfunnel.report.console.metrics import metrics_page

        return metrics_page(self.result, width)

    @property
    def provenance(self) -> str:
        """Which history, as of which day, by what."""
        r = self.result
        by = "" if r.by is None else f"; by {r.by}"
        return f"simfunnel {__version__}; history {r.file or 'in memory'}; as of {r.as_of}{by}"

    def figures(self) -> Mapping[str, Callable[[], Figure]]:
        """Conversions by group, and what becomes of deals by days."""
        from simfunnel.report.plots.metrics import conversions, courses

        return {"conversions": partial(conversions, self.result), "courses": partial(courses, self.result)}

    def texts(self) -> Sequence[str]:
        """Names of stages and groups."""
        return (*self.result.names, *(group.label for group in self.result.groups))


def metrics_keys(r: Metrics) -> dict[str, Any]:
    """Give what was measured; intervals are 90 %."""
    return {
        "sentence": first_sentence(r),
        "as_of": r.as_of.isoformat(),
        "observed_from": r.observed_from.isoformat(),
        "by": r.by,
        "every": r.every,
        "half_life": r.half_life,
        "currency": r.currency,
        "all": _group(r.whole, r.whole),
        "groups": [_group(group, r.whole) for group in r.groups],
        "bottlenecks": [
            {
                "group": b.group, "stage": b.stage, "p_below": b.p_below, "flagged": b.flagged,
                "conversion": b.conversion, "conversion_all": b.pool, "entrants_a_quarter": b.entrants,
                "wins_lost": b.wins_lost, "stderr": b.stderr,
            }
            for b in r.bottlenecks
        ],
        "cohorts": [
            {
                "month": f"{c.month:%Y-%m}", "months_since": c.months_since, "deals": c.deals, "won": c.won,
                "lost": c.lost, "void": c.void, "vanished": c.vanished, "open": c.open,
            }
            for c in r.cohorts
        ],
        "trend": [
            {
                "stage": t.stage, "per_year": t.per_year, "interval": None if t.interval is None else list(t.interval),
                "periods": [
                    {
                        "from": p.start.isoformat(), "entered": p.entered, "decided": p.decided,
                        "conversion": p.conversion, "interval": None if p.interval is None else list(p.interval),
                        "n_effective": p.n_effective,
                    }
                    for p in t.periods
                ],
            }
            for t in r.trend
        ],
        "excluded": [{"code": f.code, "sentence": f.sentence, "key": f.key} for f in r.findings],
        "cautions": [caution_dict(caution) for caution in r.cautions],
    }  # fmt: skip


def _group(group: GroupMetrics, whole: GroupMetrics) -> dict[str, Any]:
    return {
        "label": group.label, "n": group.n, "won": group.won, "lost": group.lost, "open": group.open,
        "stages": [_stage(stage) for stage in group.stages],
        "win_rate": _rate(group.win_rate),
        "against_all": AGAINST_ALL[group.win_rate.apart_from(whole.win_rate.shrunk)],
        "signing_rate": _rate(group.signing_rate),
        "cycle": group.cycle, "average_won": group.average_won, "velocity": group.velocity,
        "value_now": group.value_now,
    }  # fmt: skip


def _stage(stage: StageMetrics) -> dict[str, Any]:
    return {
        "name": stage.name, "entered": stage.entered, "decided": stage.decided, "open": stage.open,
        "undecided": stage.undecided, "conversion": _rate(stage.conversion), "win_rate": _rate(stage.win_rate),
        "days": {**_times(stage.days), "won": _times(stage.days_won), "lost": _times(stage.days_lost)},
    }  # fmt: skip


def _rate(rate: Rate) -> dict[str, Any]:
    return {
        "raw": rate.raw, "shrunk": rate.shrunk, "interval": list(rate.interval), "n_effective": rate.n_effective,
    }  # fmt: skip


def _times(times: Times) -> dict[str, Any]:
    return {"median": times.median, "p90": times.p90}
