"""A law of time to an exit as quantile points: half days where deals are young, coarser later, atoms where they are."""

from __future__ import annotations

import math

import numpy as np

from simfunnel.arrays import Floats

FINE_TO, FINE = 45.0, 0.5
"""Days up to which steps are `FINE` days long: by age in half days forecasts of loan applications were a sixth better
than by weeks; see `docs/validation.md`."""
AT_ONCE = 1 / 1440
"""Days within which an exit happens on entry: a minute."""
_SMALLEST = 1e-9


def edges(oldest: float, step: float) -> Floats:
    """Ages between which a law is straight: steps to 45 days, then weeks to half a year, then months."""
    fine = np.arange(0.0, FINE_TO + step / 2, step)
    coarse = [fine, np.arange(FINE_TO + 7, 180.0, 7.0), np.arange(187.0, max(oldest, 187.0) + 31, 30.0)]
    return np.concatenate(coarse)


def step_of(ages: Floats) -> float:
    """Give a day where every age is whole, for nothing finer is known; else half a day."""
    return 1.0 if len(ages) and np.all(np.abs(ages - np.rint(ages)) < 1e-9) else FINE


def quantile_points(age: Floats, mass: Floats, *, pooled: float = 0.0, digits: int = 4) -> list[list[float]]:
    """Write the law of an exit as points ``[probability, age]``, to be joined by straight lines.

    Parameters
    ----------
    age
        (m,) rising ages of exits.
    mass
        (m,) probability of an exit at each; their sum is what the law is divided by.
    pooled
        Share of the mass that a step beyond `FINE_TO` holds at least; smaller ones are joined with the next.
    digits
        Decimals of a probability.
    """
    total = float(mass.sum())
    if total <= 0:
        return []
    at_once = float(mass[age < AT_ONCE].sum()) / total
    later, weight = age[age >= AT_ONCE], mass[age >= AT_ONCE] / total
    points: list[list[float]] = []
    reached = 0.0
    if at_once > _SMALLEST:
        points.append([at_once, 0.0])
        reached = at_once
    if not len(later):
        return [[0.5, 0.0], [1.0, AT_ONCE]]
    bounds = edges(float(later[-1]), step_of(later))
    counts, _ = np.histogram(later, bounds, weights=weight)
    held, start = 0.0, bounds[0]
    for i, share in enumerate(counts.tolist()):
        low, high = float(bounds[i]), float(bounds[i + 1])
        held += share
        fine = high <= FINE_TO
        if held <= _SMALLEST or (not fine and held < pooled and i + 1 < len(counts) and counts[i + 1 :].sum() > 0):
            if held <= _SMALLEST:
                start = high
            continue
        if not points or points[-1][1] < start:
            points.append([reached, start])  # a gap: nothing happens before
        reached += held
        points.append([reached, min(high, _end(later, low, high))])
        held, start = 0.0, high
    return _rounded(points, digits)


def _end(age: Floats, low: float, high: float) -> float:
    """End of the last step: no exit beyond the oldest age that is known."""
    last = float(age[-1])
    return high if last >= high else max(math.nextafter(last, math.inf), low + (high - low) / 2)


def _rounded(points: list[list[float]], digits: int) -> list[list[float]]:
    """Round, drop what rounding made the same, and end at 1."""
    found: list[list[float]] = []
    for p, x in points:
        pair = [round(min(p, 1.0), digits), round(x, 3)]
        if not found or pair != found[-1]:
            found.append(pair)
    found[-1][0] = 1.0
    while len(found) > 1 and found[-2][0] >= 1.0:
        found.pop(-2)
    if len(found) == 1:
        found.insert(0, [0.0, found[0][1] / 2])
    if found[-1][1] <= 0:
        found[-1][1] = AT_ONCE
    return found
