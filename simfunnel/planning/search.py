"""How far one assumption must move: bracketing on paired forecasts.

Under common random numbers P(attain) is a monotone step function of the assumption, so a bracket closes without the
noise that would send a search astray.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from statistics import NormalDist

from simfunnel.forecast.estimates import Z95, Estimate

_NORMAL = NormalDist()
MOST_STEPS = 16
FIRST_STEP = 0.15
"""Of the logarithm of the factor: 16 %."""
ENOUGH = 1.0
"""A search ends when the goal is missed by less than so many standard errors: the rest is a step along the slope."""


@dataclass(frozen=True, slots=True)
class Needed:
    """How far one assumption must move, alone, to reach a goal."""

    reachable: bool
    factor: float | None
    """What the assumption is to be multiplied by; None where no factor in reach does it."""
    interval: tuple[float, float] | None
    """95 % interval of the factor, from the simulation error; infinite above where no factor may do."""
    limit: Estimate
    """What the goal comes to at the factor, or at the end of the reach."""
    at: float
    """The factor `limit` was found at."""


def needed_factor(
    evaluate: Callable[[float], Estimate],
    goal: float,
    *,
    now: Estimate,
    highest: float,
    lowest: float = 0.01,
    probability: bool = True,
    first: float = FIRST_STEP,
) -> Needed:
    """Find the factor at which a rising quantity comes to `goal`.

    Parameters
    ----------
    evaluate
        The quantity, with its standard error, at a factor.
    goal
        What it is to come to.
    now
        The quantity at a factor of 1.
    highest, lowest
        Largest and smallest factor to consider.
    probability
        Whether the quantity is a probability: it is then interpolated on the scale of the normal quantile, on which
        P(attain) is nearly straight in the logarithm of a factor.
    first
        Size of the first step in the logarithm of the factor: a guess of the answer, where there is one.
    """
    up = now.mean < goal
    scale = probit if probability else float
    wanted = scale(goal)
    end = math.log(highest if up else lowest)
    points = [_Point(0.0, now)]
    inner = before = points[0]
    outer: _Point | None = None
    for step in range(MOST_STEPS):
        if outer is None:
            x = _outward(before, inner, wanted, scale, end, first)
        else:
            x = _between(inner, outer, wanted, scale, halve=step % 3 == 2)
        found = _Point(x, evaluate(math.exp(x)))
        short = (found.found.mean < goal) == up and found.found.mean != goal
        points.append(found)
        if short and x == end:
            return Needed(not up, None, None, found.found, math.exp(end))
        if abs(found.found.mean - goal) <= ENOUGH * max(found.found.stderr, 1e-12):
            break
        if short:
            before, inner = inner, found
        else:
            outer = found
        if outer is not None and abs(outer.x - inner.x) < 1e-6:
            break
    last = points.pop()
    return _answer(last, min(points, key=lambda p: abs(p.x - last.x)), goal, scale)


@dataclass(frozen=True, slots=True)
class _Point:
    x: float
    """Logarithm of the factor."""
    found: Estimate


def _outward(
    last: _Point, inner: _Point, wanted: float, scale: Callable[[float], float], end: float, first: float
) -> float:
    """Next point while the goal has not been passed: along the slope so far, a little beyond, in growing steps."""
    side = math.copysign(1.0, end)
    if inner.x == 0:
        return side * min(first, abs(end))
    rise = scale(inner.found.mean) - scale(last.found.mean)
    slope = rise / (inner.x - last.x) if inner.x != last.x else 0.0
    ahead = 1.1 * abs((wanted - scale(inner.found.mean)) / slope) if slope else math.inf
    step = min(max(ahead, 0.02), 3 * abs(inner.x))
    return side * min(abs(inner.x) + step, abs(end))


def _between(inner: _Point, outer: _Point, wanted: float, scale: Callable[[float], float], *, halve: bool) -> float:
    """Next point inside a bracket: on the straight line, and now and then halfway, lest one side never moves."""
    y0, y1 = scale(inner.found.mean), scale(outer.found.mean)
    if halve or y0 == y1:
        return 0.5 * (inner.x + outer.x)
    return inner.x + (wanted - y0) / (y1 - y0) * (outer.x - inner.x)


def _answer(best: _Point, other: _Point, goal: float, scale: Callable[[float], float]) -> Needed:
    """Step from the last point to the goal along the slope between two points, and give the error along it."""
    x, y = best.x, scale(best.found.mean)
    run, rise = x - other.x, y - scale(other.found.mean)
    slope = rise / run if run and rise else math.inf
    at = x + (scale(goal) - y) / slope
    error = 0.0
    if best.found.stderr > 0 and math.isfinite(slope):
        local = (scale(goal + 0.5 * best.found.stderr) - scale(goal - 0.5 * best.found.stderr)) / slope
        error = Z95 * abs(local)
    return Needed(True, math.exp(at), (math.exp(at - error), math.exp(at + error)), best.found, math.exp(x))


def probit(p: float) -> float:
    """Give the normal quantile of a probability, cut where it would be infinite."""
    return _NORMAL.inv_cdf(min(max(p, 1e-6), 1 - 1e-6))
