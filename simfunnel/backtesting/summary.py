"""All origins together: means, their intervals, and what a right forecast would have had."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import fields
from typing import Any

import numpy as np

from simfunnel.arrays import Floats
from simfunnel.backtesting.budget import AgeBand, Budget
from simfunnel.backtesting.judge import right_forecasts
from simfunnel.backtesting.results import (
    INTERVALS,
    OriginScore,
    PartSummary,
    Reliability,
    RivalSummary,
    Summary,
)
from simfunnel.backtesting.scores import pinball
from simfunnel.estimation.long_run import mean_of_windows

PINBALL = (0.1, 0.5, 0.9)


def summarised(scores: Sequence[OriginScore]) -> Summary:
    """Summarise the origins of everything, or of one group, in the order of their days."""
    days = scores[0].days
    at = np.array([score.as_of.toordinal() for score in scores], dtype=np.int64)
    independent = min((int(at[-1] - at[0]) + days) / days, float(len(scores)))  # windows may lie apart
    actual, mean = np.array([s.actual for s in scores]), np.array([s.mean for s in scores])
    crps = np.array([s.crps for s in scores])
    mean_actual = float(actual.mean())
    scale = 1 / mean_actual if mean_actual > 0 else math.nan
    pits = np.array([s.pit for s in scores])
    right = right_forecasts(tuple(at.tolist()), days, pits)
    apart = side_by_side(scores)
    names = list(dict.fromkeys(name for score in scores for name in score.rivals))
    return Summary(
        n=len(scores),
        independent_windows=independent,
        mean_actual=mean_actual,
        crps=float(crps.mean()),
        relative_crps=_finite(float(crps.mean()) * scale),
        crps_error=mean_of_windows(crps, independent, alike=right.alike),
        bias=_finite(float((mean - actual).mean()) * scale),
        bias_error=(
            mean_of_windows((mean - actual) * scale, independent, alike=right.alike) if mean_actual > 0 else None
        ),
        coverage={level: float(np.mean([_inside(s, level) for s in scores])) for level in INTERVALS},
        coverage_region={
            level: right.coverage_region(level, np.array([s.within[level] for s in scores])) for level in INTERVALS
        },
        pit_p_value=right.p_value(pits),
        pinball={
            q: float(np.mean([pinball(np.array([q]), np.array([s.quantiles[q]]), s.actual)[0] for s in scores]))
            for q in PINBALL
        },
        reliability=_reliability(scores),
        missed_by=missed_by([s.quantiles[0.5] for s in apart], apart),
        side_by_side=len(apart),
        inside_80=sum(_inside(s, 0.8) for s in apart),
        rivals={name: _rival(name, scores, independent, right.alike) for name in names},
        rival_missed_by=_rivals_missed_by(names, apart),
        parts={
            name: PartSummary(
                float(np.mean([s.parts[name].actual for s in scores])),
                float(np.mean([s.parts[name].mean for s in scores])),
                float(np.mean([s.parts[name].crps for s in scores])),
            )
            for name in scores[0].parts
        },
        bands=_bands(scores),
        budget=_budget(scores, scale),
    )  # fmt: skip


def chosen(scores: Sequence[OriginScore]) -> dict[str, dict[str, Any]]:
    """Say how often each option was chosen, and what the choice gained out of sample, as a share of the mean actual.

    The gain of a name is over all origins; where the recipe was kept it is 0.
    """
    mean_actual = float(np.mean([s.actual for s in scores]))
    found: dict[str, dict[str, Any]] = {}
    for name in dict.fromkeys(name for score in scores for name in score.choices):
        options = [score.choices[name] for score in scores if name in score.choices]
        gained = float(np.mean([score.gains.get(name, 0.0) for score in scores]))
        found[name] = {
            "chosen": {option: options.count(option) for option in dict.fromkeys(options)},
            "gain": gained / mean_actual if mean_actual > 0 else None,
        }  # fmt: skip
    return found


def side_by_side(scores: Sequence[OriginScore]) -> list[OriginScore]:
    """Windows that do not overlap: the latest, and from there back."""
    kept: list[OriginScore] = []
    for score in reversed(scores):
        if not kept or (kept[-1].as_of - score.as_of).days >= score.days:
            kept.append(score)
    return kept[::-1]


def missed_by(forecast: Sequence[float], scores: Sequence[OriginScore]) -> float | None:
    """Mean absolute error of points, as a share of the mean actual; None where nothing was won."""
    total = sum(score.actual for score in scores)
    if total <= 0:
        return None
    return sum(abs(x - score.actual) for x, score in zip(forecast, scores, strict=True)) / total


def _inside(score: OriginScore, level: float) -> bool:
    low, high = INTERVALS[level]
    return score.quantiles[low] <= score.actual <= score.quantiles[high]


def _finite(x: float) -> float | None:
    return x if math.isfinite(x) else None


def _rival(name: str, scores: Sequence[OriginScore], independent: float, alike: Floats) -> RivalSummary:
    there = [name in score.rivals for score in scores]
    both = [(s, s.rivals[name]) for s in scores if name in s.rivals]
    actual = np.array([s.actual for s, _ in both])
    crps = np.array([r.crps for _, r in both])
    mean_actual = float(actual.mean())
    scale = 1 / mean_actual if mean_actual > 0 else math.nan
    ends = [(s.actual, r.quantiles) for s, r in both if r.quantiles is not None]
    share = len(both) / len(scores)
    return RivalSummary(
        n=len(both),
        crps=float(crps.mean()),
        relative_crps=float(crps.mean()) * scale,
        bias=float(np.mean([r.mean for _, r in both]) - mean_actual) * scale,
        difference=mean_of_windows(
            np.array([s.crps for s, _ in both]) - crps, independent * share, alike=alike[there][:, there]
        ),
        coverage={
            level: float(np.mean([q[low] <= came <= q[high] for came, q in ends]))
            for level, (low, high) in INTERVALS.items() if all(low in q and high in q for _, q in ends)
        } if ends else None,
    )  # fmt: skip


def _rivals_missed_by(names: Sequence[str], apart: Sequence[OriginScore]) -> dict[str, float]:
    found = {}
    for name in names:
        if all(name in score.rivals for score in apart):
            points = [score.rivals[name] for score in apart]
            missed = missed_by([(r.quantiles or {}).get(0.5, r.mean) for r in points], apart)
            if missed is not None:
                found[name] = missed
    return found


def _reliability(scores: Sequence[OriginScore]) -> tuple[Reliability, ...]:
    found = []
    for multiple in dict.fromkeys(t.multiple for score in scores for t in score.targets):
        of = [t for score in scores for t in score.targets if t.multiple == multiple]
        p, attained = np.array([t.p for t in of]), np.array([t.attained for t in of], dtype=np.float64)
        found.append(Reliability(multiple, float(np.mean((p - attained) ** 2)), float(p.mean()),
                                 float(attained.mean())))  # fmt: skip
    return tuple(found)


def _bands(scores: Sequence[OriginScore]) -> tuple[AgeBand, ...]:
    """Sums over the origins."""
    return tuple(
        AgeBand(of[0].first, of[0].last, sum(b.deals for b in of), sum(b.expected for b in of), sum(b.came for b in of))
        for of in zip(*(score.bands for score in scores if score.bands), strict=True)
    )


def _budget(scores: Sequence[OriginScore], scale: float) -> Budget | None:
    of = [score.budget for score in scores if score.budget is not None]
    if not of or not math.isfinite(scale):
        return None
    return Budget(*(float(np.mean([getattr(b, f.name) for b in of])) * scale for f in fields(Budget)))
