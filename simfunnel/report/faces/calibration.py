"""The face of what was learned from a history."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from simfunnel.calibration.calibration import Calibration
from simfunnel.calibration.groups import LearnedGroup
from simfunnel.calibration.pace import Pace
from simfunnel.estimation.holiday_gain import HolidayGain
from simfunnel.estimation.month_gain import MonthGain
from simfunnel.report.faces.base import ResultFace
from simfunnel.report.faces.quality import caution_dict
from simfunnel.version import __version__

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure
    from rich.console import RenderableType


class CalibrationFace(ResultFace[Calibration]):
    """Keys, tables, page and pictures of `calibrate`."""

    name = "calibration"

    def keys(self) -> dict[str, Any]:
        """What ``calibrate --json`` prints."""
        return calibration_keys(self.result)

    def frames(self) -> Mapping[str, pd.DataFrame]:
        """One row for each transition, and one for each group and stage."""
        import pandas as pd

        rows = []
        for stage in self.keys()["stages"]:
            for way in stage["transitions"]:
                ends = {
                    f"{name}{end}": way[key][i]
                    for name, key in (("", "interval"), ("median_", "median_interval"), ("p90_", "p90_interval"))
                    for i, end in enumerate(("low", "high"))
                }
                rows.append({"stage": stage["name"], **way, **ends})
        dropped = ["interval", "median_interval", "p90_interval", "law"]
        found = {"transitions": pd.DataFrame(rows).drop(columns=dropped, errors="ignore")}
        if self.result.groups is not None:
            found["groups"] = pd.DataFrame(_group_rows(self.keys()["groups"]))
        return found

    def page(self, width: int) -> RenderableType:
        """The page of `calibrate`."""
        from simfunnel.report.console.calibration import calibration_page

        return calibration_page(self.result, width)

    @property
    def provenance(self) -> str:
        """Which history, as of which day."""
        r = self.result
        return f"simfunnel {__version__}; history {r.file or 'in memory'}; as of {r.as_of}"

    def figures(self) -> Mapping[str, Callable[[], Figure]]:
        """Incidence curves of each stage, the inflow, and the amounts where money is forecast."""
        from simfunnel.report.plots.calibration import amounts, incidence_curves, inflow

        found = {"incidence": partial(incidence_curves, self.result), "arrivals": partial(inflow, self.result)}
        return found | ({"amounts": partial(amounts, self.result)} if self.result.counts_amounts else {})

    def texts(self) -> Sequence[str]:
        """Names of the stages."""
        return self.result.names

    def files(self) -> Mapping[str, Callable[[Path], None]]:
        """The scenario and its pipeline file."""
        return {
            "scenario.yaml": lambda path: path.write_text(self.result.scenario, "utf-8") and None,
            "pipeline.csv": lambda path: path.write_text(self.result.pipeline_text, "utf-8") and None,
        }


def calibration_keys(r: Calibration) -> dict[str, Any]:
    """Give what was learned; intervals are 90 %."""
    low, high = r.arrivals.interval()
    d = r.dependence
    return {
        "as_of": r.as_of.isoformat(),
        "observed_from": r.observed_from.isoformat(),
        "horizon_days": r.horizon,
        "value": r.value,
        "deals": {
            "n": r.deals.n, "won": r.deals.won, "lost": r.deals.lost, "void": r.deals.void, "open": r.deals.open,
            "vanished": r.deals.vanished, "unseen": r.deals.unseen,
        },
        "stages": [_stage(r, k) for k in range(len(r.names))],
        "leads": [
            {"name": f"new in {name}", "stage": name, "per_week": 7 * r.arrivals.per_day * float(share),
             "interval": [7 * low * float(share), 7 * high * float(share)], "level_sd": r.arrivals.level_sd}
            for name, share in zip(r.names, r.entry, strict=True) if share > 0
        ],
        "amount": None if r.amounts is None else {
            "median": r.amounts.median, "mean": r.amounts.mean, "level_sd": r.amounts.level_sd, "n": r.amounts.n,
        },
        "dependence": {
            "correlation_market": d.correlation, "correlation_interval": list(d.interval),
            "pace_sd": d.pace.sd if d.pace else 0.0, "pace": _pace(d.pace),
            "windows": d.windows, "independent_windows": d.independent,
            "one_window_error": None if r.total_error is None else r.total_error,
            "one_window_error_given_arrivals": d.error_sd, "rates_sd": d.rates_sd, "reproduced": d.reproduced,
        },
        "anchor": None if r.anchor is None else {
            "factor": r.anchor.factor, "spread": r.anchor.spread, "weight": r.anchor.weight,
            "run_rate": r.anchor.run_rate, "model": r.anchor.model, "value": r.value,
        },
        "clock": _clock(r),
        "holidays": _holidays(r.holidays),
        "wins_by_month_of_quarter": _months(r.months),
        "prior": None if r.prior is None else {
            "file": r.prior.prior.file,
            "stages": [{"name": s.prior.name, "n": s.prior.n, "weight": s.weight} for s in r.prior.stages],
        },
        "half_life": r.half_life,
        "tail": {"oldest_age_at_risk": r.oldest_age, "open_value_beyond": r.open_value_beyond},
        "groups": _groups(r),
        "excluded": [{"code": f.code, "sentence": f.sentence, "key": f.key} for f in r.findings],
        "cautions": [caution_dict(caution) for caution in r.cautions],
    }  # fmt: skip


def _groups(r: Calibration) -> dict[str, Any]:
    found = r.groups
    if found is None:
        return {}
    return {
        "by": found.by,
        "stages": [
            {"name": name, "conversion": pool, "factor": float(factor)}
            for name, pool, factor in zip(r.names, found.pool, found.factor, strict=True) if pool is not None
        ],
        "amount_factor": found.amount_factor,
        "segments": [_segment(r, member) for member in found.members],
    }  # fmt: skip


def _group_rows(groups: Mapping[str, Any]) -> list[dict[str, Any]]:
    rows = []
    for segment in groups["segments"]:
        of = {"segment": segment["label"], **{key: segment[key] for key in ("n", "open", "share", "per_week")}}
        for stage in segment["stages"]:
            rate = dict(stage["conversion"])
            low, high = rate.pop("interval")
            rows.append({**of, "stage": stage["name"], **rate, "low": low, "high": high})
    return rows


def _segment(r: Calibration, member: LearnedGroup) -> dict[str, Any]:
    a = member.amounts
    believed = r.prior is not None and r.prior.inflow is not None  # leads of the prior are of no group
    return {
        "label": member.label, "n": member.n, "open": member.open, "share": member.share,
        "per_week": None if believed else 7 * r.arrivals.per_day * member.share,
        "stages": [
            {"name": name, "conversion": {"raw": rate.raw, "shrunk": rate.shrunk, "interval": list(rate.interval),
                                          "n_effective": rate.n_effective, "odds": rate.odds}}
            for name, rate in zip(r.names, member.rates, strict=True) if rate is not None
        ],
        "amount": None if a is None else {
            "median": a.median, "mean": a.mean, "level_sd": a.level_sd, "n": member.seen, "own": member.own_amounts,
        },
    }  # fmt: skip


def _clock(r: Calibration) -> dict[str, Any] | None:
    w = r.weekdays
    if w is None:
        return None
    gain = w.gain
    return {
        "weekdays": w.fitted.speed.tolist(), "exits": w.fitted.exits.tolist(), "written": w.proved,
        "gain": None if gain is None else gain.mean, "gain_interval": None if gain is None else [gain.low, gain.high],
        "independent_windows": w.independent,
    }  # fmt: skip


def _ends(interval: tuple[float, float | None] | None) -> list[float | None]:
    return [None, None] if interval is None else list(interval)


def _law(r: Calibration, k: int, j: int) -> str:
    """Where the days to an exit are from: the history itself, a family fitted to its few exits, or the prior."""
    if r.prior is not None and not r.prior.stages[k].own_law[j]:
        return "prior"
    fitted = r.stages[k].families[j]
    return "empirical" if fitted is None else fitted.family


def _stage(r: Calibration, k: int) -> dict[str, Any]:
    exits = r.stages[k]
    ends = [*r.names, "Won", "Lost"]
    ways = []
    for j, p in enumerate(exits.probability.tolist()):
        if p <= 0:
            continue
        median, p90 = (exits.age_at(j, q) for q in (0.5, 0.9))
        ways.append({
            "to": ends[j], "probability": p, "interval": list(exits.interval(j)),
            "n_effective": float(exits.n_effective[j]), "events": int(exits.counts[j]), "median": median, "p90": p90,
            "median_interval": _ends(exits.age_interval(j, 0)), "p90_interval": _ends(exits.age_interval(j, 1)),
            "law": _law(r, k, j),
        })  # fmt: skip
    return {
        "name": r.names[k], "entered": exits.entered, "open": r.open_count[k], "transitions": ways,
        "undecided": exits.undecided, "win_rate": float(r.win_rate[k, 0]),
        "win_rate_interval": np.asarray(r.win_rate[k, 1:]).tolist(),
    }  # fmt: skip


def _pace(pace: Pace | None) -> dict[str, Any] | None:
    if pace is None:
        return None
    fall = pace.fall
    return {
        "moved": pace.moved, "moved_early": pace.early, "moved_late": pace.late, "written": pace.written,
        "mean": pace.mean, "fall": None if fall is None else fall.mean,
        "fall_interval": None if fall is None else [fall.low, fall.high],
    }  # fmt: skip


def _holidays(h: HolidayGain | None) -> dict[str, Any] | None:
    if h is None:
        return None
    gain = h.gain
    days, once = (
        [{"month": x.date[0], "day": x.date[1], "speed": x.speed, "came": x.came, "expected": x.expected,
          "years": x.years} for x in some]
        for some in (h.found, h.once)
    )  # fmt: skip
    return {
        "days": days, "once": once, "written": h.proved, "gain": None if gain is None else gain.mean,
        "gain_interval": None if gain is None else [gain.low, gain.high], "windows": h.windows,
    }  # fmt: skip


def _months(m: MonthGain | None) -> dict[str, Any] | None:
    if m is None:
        return None
    gain = m.gain
    return {
        "factors": None if m.factors is None else m.factors.tolist(), "wins": m.wins.tolist(), "quarters": m.quarters,
        "written": m.proved, "why": m.why, "gain": None if gain is None else gain.mean,
        "gain_interval": None if gain is None else [gain.low, gain.high], "independent_windows": m.independent,
    }  # fmt: skip
