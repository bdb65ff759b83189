"""The face of saved forecasts that were scored."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from simfunnel.backtesting.results import INTERVALS
from simfunnel.backtesting.saved import Track, TrackedForecast, missed_by
from simfunnel.report.faces.base import ResultFace
from simfunnel.report.faces.keys import flat
from simfunnel.version import __version__

if TYPE_CHECKING:
    import pandas as pd
    from rich.console import RenderableType


class TrackFace(ResultFace[Track]):
    """Keys, table and page."""

    name = "track"

    def keys(self) -> dict[str, Any]:
        """What ``backtest --forecasts --json`` prints."""
        return track_keys(self.result)

    def frames(self) -> Mapping[str, pd.DataFrame]:
        """One row for each period of each forecast."""
        import pandas as pd

        return {"forecasts": pd.DataFrame([flat(row) for row in self.keys()["forecasts"]])}

    def page(self, width: int) -> RenderableType:
        """The page."""
        from simfunnel.report.console.track import track_page

        return track_page(self.result, width)

    @property
    def provenance(self) -> str:
        """Which history scored them."""
        return f"simfunnel {__version__}; saved forecasts scored by {self.result.file or 'a history in memory'}"


def track_keys(r: Track) -> dict[str, Any]:
    """Give the forecasts and their scores; null where the period is not over."""
    return {
        "currency": r.currency,
        "value": r.value,
        "forecasts": [forecast_keys(x) for x in r.forecasts],
        "summary": _summary(r),
    }


def forecast_keys(x: TrackedForecast) -> dict[str, Any]:
    """Give what was said of one period, and its scores."""
    return {
        "path": x.path, "as_of": x.as_of.isoformat(), "period": x.period, "from": x.first.isoformat(),
        "to": x.last.isoformat(),
        "group": None if x.group is None else {"dimension": x.group[0], "label": x.group[1]}, "made": x.made,
        "mean": x.mean,
        "quantiles": {f"{level:g}": value for level, value in x.quantiles.items()}, "target": x.target,
        "p_attain": x.p_attain, "actual": x.actual, "why": x.why, "inside_80": x.inside_80, "pit": x.pit,
        "crps": x.crps, "baselines": {name: {"mean": y.mean, "crps": y.crps} for name, y in x.rivals.items()},
    }  # fmt: skip


def _summary(r: Track) -> dict[str, Any]:
    rows = r.scored
    if not rows:
        return {"n": 0}
    actual = np.array([x.actual for x in rows], dtype=np.float64)
    scale = 1 / actual.mean() if actual.mean() > 0 else None
    crps = float(np.mean([x.crps for x in rows if x.crps is not None]))
    both = [x for x in rows if "run_rate" in x.rivals]
    return {
        "n": len(rows),
        "mean_actual": float(actual.mean()),
        "crps": crps,
        "relative_crps": None if scale is None else crps * scale,
        "bias": None if scale is None else float((np.array([x.mean for x in rows]) - actual).mean() * scale),
        "coverage": {f"{level:g}": float(np.mean([x.quantiles[a] <= (x.actual or 0.0) <= x.quantiles[b] for x in rows]))
                     for level, (a, b) in INTERVALS.items()},
        "missed_by": missed_by(rows),
        "baselines": {"run_rate": {"n": len(both), "crps": float(np.mean([x.rivals["run_rate"].crps for x in both]))}}
        if both else {},
    }  # fmt: skip
