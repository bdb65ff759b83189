"""How far one assumption must move: bracketing on paired forecasts.

Under common random numbers P(attain) is a step function of the assumption, for most of them a monotone one. Where its
steps are fine it is as good as smooth, and a short bracket tells the answer by a straight line; where they are coarse
(few deals, fixed durations) the bracket closes on the step, and the answer is the side that meets the goal.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import NormalDist

from simfunnel.arrays import Floats
from simfunnel.forecast.estimates import Z95, Estimate

_NORMAL = NormalDist()
MOST_STEPS = 40
MOST_OUTWARD = 8
"""Steps in search of the other side of the goal; the last one goes to the end of the reach."""
FIRST_STEP = 0.15
"""Of the logarithm of the factor: 16 %."""
NARROW = 1e-4
"""A bracket this short (in the logarithm of the factor) has closed on a step."""
WINDOW = 4.0
"""A straight line is trusted between points that miss the goal by at most so many standard errors,"""
SIGNIFICANT = 4.0
"""and that differ by so many standard errors of their paired difference."""
MOST_AHEAD = 4
"""Steps beyond all points in search of an end of the interval."""
FARTHER = 0.75
"""How far beyond all points a line is trusted, in lengths of its own."""
COARSE = 0.01
"""How exactly an end of the interval is found where the steps are coarse."""
NEAR = 2.5
"""How far beyond the goal, in standard errors, the second of two such points is looked for."""

Scale = Callable[[float], float]
Bound = float | None


@dataclass(frozen=True, slots=True)
class Needed:
    """How far one assumption must move, alone, to reach a goal."""

    reachable: bool
    factor: float | None
    """What the assumption is to be multiplied by; None where no factor in reach does it, or where all do."""
    interval: tuple[Bound, Bound] | None
    """95 % interval of the factor, from the simulation error; None for an end that lies beyond the reach."""
    limit: Estimate
    """What the goal comes to at the factor; where there is none, the best that was found."""
    at: float
    """The factor `limit` was found at."""
    far: float | None = None
    """Where no factor does it: how far was looked. `limit` may have been found before, for not all moves help."""


@dataclass(frozen=True, slots=True)
class Tried:
    """A quantity at one factor."""

    found: Estimate
    sample: Floats | None = None
    """(n,) its value in every trial, paired with those at other factors; None where it is known exactly."""

    def above(self, other: Tried) -> Estimate:
        """How much larger it is than at another factor, with the error of the paired difference."""
        if self.sample is None or other.sample is None:
            return Estimate(self.found.mean - other.found.mean, 0.0)
        d = self.sample - other.sample
        return Estimate(float(d.mean()), float(d.std()) / math.sqrt(len(d)))


@dataclass(frozen=True, slots=True)
class _Point:
    x: float
    """Logarithm of the factor."""
    tried: Tried
    factor: float = 1.0

    @property
    def mean(self) -> float:
        return self.tried.found.mean

    @property
    def stderr(self) -> float:
        return self.tried.found.stderr


def needed_factor(
    evaluate: Callable[[float], Tried],
    goal: float,
    *,
    now: Tried,
    highest: float,
    lowest: float = 0.01,
    probability: bool = True,
    first: float = FIRST_STEP,
) -> Needed:
    """Find the factor at which a rising quantity comes to `goal`.

    Parameters
    ----------
    evaluate
        The quantity at a factor.
    goal
        What it is to come to.
    now
        The quantity at a factor of 1.
    highest, lowest
        Largest and smallest factor to consider; neither the answer nor its interval lies beyond.
    probability
        Whether the quantity is a probability: it is then interpolated on the scale of the normal quantile, on which
        P(attain) is nearly straight in the logarithm of a factor.
    first
        Size of the first step in the logarithm of the factor: a guess of the answer, where there is one.
    """
    up = now.found.mean < goal
    scale: Scale = probit if probability else float
    end = math.log(highest if up else lowest)
    points = [_Point(0.0, now)]

    def at(x: float) -> _Point:
        # the ends as they were given, not as the exponential of a logarithm
        factor = highest if x == math.log(highest) else lowest if x == math.log(lowest) else math.exp(x)
        return _Point(x, evaluate(factor), factor)

    inner = before = points[0]
    outer: _Point | None = None
    for step in range(MOST_STEPS):
        if outer is None:
            if inner.x == end:
                break
            x = end if step == MOST_OUTWARD else _outward(before, inner, scale(goal), scale, end, first)
        elif _line(points, goal) is not None or abs(outer.x - inner.x) < NARROW:
            break
        else:
            x = _between(inner, outer, goal, scale, halve=step % 3 == 2)
        point = at(x)
        points.append(point)
        if (point.mean < goal) != up:
            outer = point
        else:
            before, inner = inner, point
    if outer is None:
        # not every quantity is monotone: the best may lie before the end
        best = max(points, key=lambda p: (p.mean, abs(p.x))) if up else points[-1]
        return Needed(not up, None, None, best.tried.found, best.factor, highest if up else lowest)
    return _answer(points, inner, outer, goal, scale, at, (math.log(lowest), math.log(highest)))


def _outward(last: _Point, inner: _Point, wanted: float, scale: Scale, end: float, first: float) -> float:
    """Next point while the goal has not been passed: along the slope so far, a little beyond, in growing steps."""
    side = math.copysign(1.0, end)
    if inner.x == 0:
        return side * min(first, abs(end))
    slope = (scale(inner.mean) - scale(last.mean)) / (inner.x - last.x)
    # where it did not move, or moved the wrong way, there is nothing to go by
    ahead = 1.1 * abs((wanted - scale(inner.mean)) / slope) if slope > 0 else math.inf
    step = min(max(ahead, 0.02), 3 * abs(inner.x))
    return side * min(abs(inner.x) + step, abs(end))


def _line(points: Sequence[_Point], goal: float) -> tuple[_Point, _Point] | None:
    """Two points about the goal, both near it and surely apart: where there are such, a straight line will do.

    The farthest of the near ones: of two that lie close together, luck decides which is the higher.
    """
    near = [p for p in points if abs(p.mean - goal) <= WINDOW * p.stderr]
    below, above = [p for p in near if p.mean < goal], [p for p in near if p.mean >= goal]
    if not below or not above:
        return None
    a, b = min(below, key=lambda p: p.x), max(above, key=lambda p: p.x)
    rise = b.tried.above(a.tried)
    return (a, b) if a.x < b.x and rise.mean > SIGNIFICANT * rise.stderr else None


def _between(inner: _Point, outer: _Point, goal: float, scale: Scale, *, halve: bool) -> float:
    """Next point inside a bracket: on the straight line, and now and then halfway, lest one side never moves.

    Where one side is near the goal and the other far, a point as near on that other side.
    """
    near, far = sorted((inner, outer), key=lambda p: abs(p.mean - goal))
    wanted = goal
    if abs(near.mean - goal) < near.stderr:
        wanted += math.copysign(NEAR * near.stderr, far.mean - goal)
    y0, y1 = scale(near.mean), scale(far.mean)
    if halve or y0 == y1:
        return 0.5 * (inner.x + outer.x)
    part = (scale(wanted) - y0) / (y1 - y0)
    return near.x + min(max(part, 0.01), 0.99) * (far.x - near.x)


def _answer(
    points: list[_Point], inner: _Point, outer: _Point, goal: float, scale: Scale, at: Callable[[float], _Point],
    reach: tuple[float, float],
) -> Needed:  # fmt: skip
    """Answer from a bracket, with the interval in which the simulation error leaves it."""
    left, right = sorted((inner, outer), key=lambda p: p.x)
    near = max(inner, outer, key=lambda p: p.mean)  # the side that meets the goal
    x, factor = near.x, near.factor
    line = _line(points, goal)
    if line is not None:
        part = (scale(goal) - scale(left.mean)) / (scale(right.mean) - scale(left.mean))
        x = left.x + part * (right.x - left.x)
        near, factor = min(inner, outer, key=lambda p: abs(p.x - x)), math.exp(x)
    error = Z95 * max(left.stderr, right.stderr)
    low, high = (
        _reached(points, start, level, scale, at, end, line)
        for start, level, end in ((right, goal - error, reach[0]), (left, goal + error, reach[1]))
    )
    interval = (
        None if low is None else math.exp(min(low, x)),
        None if high is None else math.exp(max(high, x)),
    )
    return Needed(True, factor, interval, near.tried.found, near.factor)


def _reached(
    points: list[_Point], start: _Point, level: float, scale: Scale, at: Callable[[float], _Point], end: float,
    line: tuple[_Point, _Point] | None,
) -> float | None:  # fmt: skip
    """Where a quantity comes to a level, going from a side of the bracket to an end of the reach; None: nowhere.

    Of a quantity with coarse steps, where there is no line to go by, no straight line is drawn over a wide gap either:
    the gap is halved until it is short.
    """
    if scale is probit and not 0 < level < 1:
        return None
    side, far = math.copysign(1.0, end), 0
    for _ in range(MOST_STEPS):
        path = sorted((p for p in points if side * (p.x - start.x) >= 0), key=lambda p: side * p.x)
        crossing = next(((a, b) for a, b in pairwise(path) if side * (b.mean - level) >= 0), None)
        if crossing is not None:
            a, b = crossing
            if line is not None or abs(b.x - a.x) < COARSE:
                rise = scale(b.mean) - scale(a.mean)
                part = (scale(level) - scale(a.mean)) / rise if rise else 1.0
                return a.x + min(max(part, 0.0), 1.0) * (b.x - a.x)
            x = 0.5 * (a.x + b.x)
        else:
            last = path[-1]
            ahead, span = _ahead(path, level, scale, line)
            x = last.x + side * ahead
            if line is not None and ahead <= FARTHER * span and abs(x) <= abs(end):
                return x
            if last.x == end or far == MOST_AHEAD:
                return None
            x, far = side * min(side * x, abs(end)), far + 1
        points.append(at(x))
    return None


def _ahead(
    path: Sequence[_Point], level: float, scale: Scale, line: tuple[_Point, _Point] | None
) -> tuple[float, float]:
    """How far beyond the last point the level should be, by the line or else the last two points; and how long it is.

    At most ten times as far again.
    """
    a, b = path[-2:] if line is None else line
    span, rise = abs(b.x - a.x), abs(scale(b.mean) - scale(a.mean))
    missing = abs(scale(level) - scale(path[-1].mean))
    return max(NARROW, span * min(10.0, missing / rise) if rise else 3 * span), span


def probit(p: float) -> float:
    """Give the normal quantile of a probability, cut where it would be infinite."""
    return _NORMAL.inv_cdf(min(max(p, 1e-6), 1 - 1e-6))
