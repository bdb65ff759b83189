"""What scored forecasts add up to: forecasts of one period share what came, so periods count, not forecasts."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from simfunnel.backtesting.results import INTERVALS
from simfunnel.backtesting.saved import TrackedForecast, missed_by

LEAST_PERIODS = 3
"""Periods below which nothing is said of what chance explains."""
LEVEL = 0.9


@dataclass(frozen=True)
class Attained:
    """Chances of reaching targets beside how often they were reached."""

    n: int
    p: float
    """Mean of the chances."""
    share: float
    """Of the forecasts whose target was reached."""
    interval: tuple[float, float]
    """Of the share (Wilson, 90 %), by the number of periods."""
    brier: float


@dataclass(frozen=True)
class RecordSummary:
    """Scores of forecasts whose periods are over; shares of the mean actual where not said otherwise."""

    n: int
    periods: int
    """Different periods."""
    mean_actual: float
    crps: float
    """Money."""
    relative_crps: float | None
    bias: float | None
    """Mean forecast less mean actual."""
    bias_interval: tuple[float, float] | None
    """90 %, by the errors of the periods; None below three."""
    coverage: Mapping[float, float]
    inside_80: int
    missed_by: float | None
    attained: Attained | None
    rivals: Mapping[str, tuple[int, float, float]]
    """Name -> forecasts, mean CRPS, and ours of the same forecasts."""

    @property
    def by_chance(self) -> bool | None:
        """Whether chance alone explains the bias; None where nobody can tell."""
        if self.bias_interval is None:
            return None
        return self.bias_interval[0] <= 0 <= self.bias_interval[1]


def record_summary(rows: Sequence[TrackedForecast]) -> RecordSummary | None:
    """Add up the scores of forecasts; None where no period is over."""
    rows = [row for row in rows if row.actual is not None]
    if not rows:
        return None
    actual = np.array([row.actual for row in rows], dtype=np.float64)
    said = np.array([row.mean for row in rows])
    own = np.array([row.crps for row in rows], dtype=np.float64)
    scale = 1 / float(actual.mean()) if actual.mean() > 0 else None
    errors: dict[str, list[float]] = {}
    for row, error in zip(rows, said - actual, strict=True):
        errors.setdefault(row.period, []).append(float(error))
    interval = _interval([float(np.mean(of)) for of in errors.values()])
    rivals = {}
    for name in dict.fromkeys(name for row in rows for name in row.rivals):
        both = [(row.rivals[name].crps, crps) for row, crps in zip(rows, own, strict=True) if name in row.rivals]
        rivals[name] = (len(both), float(np.mean([a for a, _ in both])), float(np.mean([b for _, b in both])))
    return RecordSummary(
        n=len(rows), periods=len(errors), mean_actual=float(actual.mean()), crps=float(own.mean()),
        relative_crps=None if scale is None else float(own.mean()) * scale,
        bias=None if scale is None else float((said - actual).mean()) * scale,
        bias_interval=None if scale is None or interval is None else (interval[0] * scale, interval[1] * scale),
        coverage={
            level: float(np.mean([row.quantiles[a] <= (row.actual or 0.0) <= row.quantiles[b] for row in rows]))
            for level, (a, b) in INTERVALS.items()
        },
        inside_80=sum(bool(row.inside_80) for row in rows), missed_by=missed_by(rows), attained=_attained(rows),
        rivals=rivals,
    )  # fmt: skip


def _interval(errors: Sequence[float]) -> tuple[float, float] | None:
    """Student's t over periods."""
    n = len(errors)
    if n < LEAST_PERIODS:
        return None
    mean, half = float(np.mean(errors)), float(np.std(errors, ddof=1)) / math.sqrt(n)
    reach = float(stats.t.ppf(0.5 + LEVEL / 2, n - 1)) * half
    return mean - reach, mean + reach


def _attained(rows: Sequence[TrackedForecast]) -> Attained | None:
    asked = [row for row in rows if row.target is not None and row.p_attain is not None]
    if not asked:
        return None
    p = np.array([row.p_attain for row in asked], dtype=np.float64)
    reached = np.array([(row.actual or 0.0) >= (row.target or 0.0) for row in asked], dtype=np.float64)
    share = float(reached.mean())
    return Attained(
        len(asked), float(p.mean()), share, _wilson(share, len({row.period for row in asked})),
        float(np.mean((p - reached) ** 2)),
    )  # fmt: skip


def _wilson(share: float, n: int) -> tuple[float, float]:
    z = float(stats.norm.ppf(0.5 + LEVEL / 2))
    centre, reach = share + z * z / (2 * n), z * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    return max((centre - reach) / (1 + z * z / n), 0.0), min((centre + reach) / (1 + z * z / n), 1.0)
