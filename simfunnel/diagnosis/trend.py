"""Whether a conversion rises or falls: by period of entry, and its slope."""

from __future__ import annotations

import numpy as np
from scipy import stats

from simfunnel.arrays import Floats
from simfunnel.diagnosis.cohorts import periods
from simfunnel.diagnosis.results import Trend, TrendPeriod
from simfunnel.estimation.group_rates import onward_or_not
from simfunnel.estimation.risk import Risk
from simfunnel.estimation.transitions import beta_interval, stage_exits
from simfunnel.history.history import DAY, History

LEAST_DECIDED = 10
"""Decided entrants of a period below which it says nothing of a trend."""
MORE_UNDECIDED = 0.1
"""By how much the undecided share of a period may exceed that of all: above it the period is too young to say."""
YEAR = 365.25


def trends(history: History, risk: Risk, every: str) -> tuple[Trend, ...]:
    """Estimate the conversion of each stage by period of entry.

    Periods whose deals are mostly undecided are shown without a rate: what is known of them early are the quick ones.
    """
    if not len(risk.entered):
        return ()
    months = {"month": 1, "quarter": 3}[every]
    begun = max(float(risk.entered.min()), risk.since)
    starts = periods(history.day(int(begun * DAY)), history.day(history.end - 1), months)
    bounds = np.array([history.midnight(day) / DAY for day in starts])
    place = np.searchsorted(bounds, risk.entered, side="right") - 1
    found = []
    for k in range(risk.stages):
        collapsed = onward_or_not(risk, k)
        undecided = stage_exits(collapsed, np.ones(len(risk.entered)), k).undecided
        rows, at = [], []
        for i, start in enumerate(starts[:-1]):
            of = collapsed.of((risk.stage == k) & (place == i))
            exits = stage_exits(of, np.ones(len(of.entered)), k)
            decided = int(exits.counts.sum())
            p, n = float(exits.probability[risk.stages]), float(exits.n_effective[risk.stages])
            if decided < LEAST_DECIDED or exits.undecided > undecided + MORE_UNDECIDED:
                rows.append(TrendPeriod(start, exits.entered, decided, None, None, n if decided else 0.0))
                continue
            rows.append(TrendPeriod(start, exits.entered, decided, p, beta_interval(p, n), n))
            at.append((bounds[i : i + 2].mean() / YEAR, p, n))
        found.append(Trend(history.stages[k], tuple(rows), *slope(*np.array(at).reshape(-1, 3).T)))
    return tuple(found)


def slope(x: Floats, p: Floats, n: Floats) -> tuple[float | None, tuple[float, float] | None]:
    """Slope of rates by weighted least squares, and its 90 % interval.

    Rates weigh by their effective n under one common rate. Where they scatter more than that n says, the interval is
    as much wider (never narrower) and has the degrees of freedom of the scatter.
    """
    if len(x) < 3:
        return None, None
    centre = float(np.clip((p @ n + 0.5) / (n.sum() + 1), 1e-6, 1 - 1e-6))
    weight = n / (centre * (1 - centre))
    middle = float(weight @ x / weight.sum())
    spread = float(weight @ (x - middle) ** 2)
    found = float(weight @ ((x - middle) * p)) / spread
    mean = float(weight @ p / weight.sum())
    scatter = float(weight @ (p - mean - found * (x - middle)) ** 2) / (len(x) - 2)
    t = stats.t.ppf(0.95, len(x) - 2) * np.sqrt(scatter / spread)
    half = float(max(t, stats.norm.ppf(0.95) / np.sqrt(spread)))
    return found, (found - half, found + half)
