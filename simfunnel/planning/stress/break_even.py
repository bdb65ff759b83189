"""How far each assumption may fall, alone, before P(attain) < a threshold; or must rise, where it is below already."""

from __future__ import annotations

import math
from dataclasses import dataclass

from simfunnel.forecast.estimates import Estimate
from simfunnel.planning.pairs.differences import p_attain
from simfunnel.planning.pairs.goal import Goal
from simfunnel.planning.pairs.needed import LOWEST, Question, assumption_needed
from simfunnel.planning.pairs.paired import PairedForecasts
from simfunnel.planning.pairs.search import probit
from simfunnel.planning.stress.tornado import Bar


@dataclass(frozen=True, slots=True)
class BreakEven:
    """Where one assumption, alone, brings P(attain) to the threshold."""

    path: str
    operation: str
    worse: bool
    """Whether it is how much worse the assumption may get (P(attain) is above the threshold now)."""
    value: float | None
    """Value of the operation; None where no value considered does it."""
    interval: tuple[float | None, float | None] | None
    """95 % interval from the simulation error; None for an end that lies beyond what was considered."""
    p_attain: Estimate
    """P(attain) near `value`; where there is none, the best that was found."""
    at: float
    """The value `p_attain` was found at."""
    far: float
    """How far was looked: the end of the reach, where there is no `value`, else `at`."""


def break_even(pairs: PairedForecasts, small: PairedForecasts, goal: Goal, threshold: float, bar: Bar) -> BreakEven:
    """Search for the break-even of one assumption.

    Parameters
    ----------
    pairs
        The long base, by owner, segment and source.
    small
        Pairs for the search; what their base misses of the long one is corrected for.
    goal
        Period and target.
    threshold
        P(attain) to be met.
    bar
        The assumption moved: tells in which direction it makes things better. A rate moved by odds is followed by
        odds, everything else by a factor.
    """
    path, k = bar.assumption.path, goal.index
    operation = "odds" if bar.assumption.operation == "odds" else "scale"
    question = Question(path, goal, threshold, inverse=not bar.rises, operation=operation)
    now = p_attain(pairs.base, k, goal.amount) or Estimate(0.0, 0.0)
    worse = now.mean >= threshold
    # a first step of at most half the way: the next one may then be the end
    furthest = abs(math.log(LOWEST if worse else question.highest))
    first = min(_guess(bar, now.mean, threshold, worse=worse), 0.5 * furthest)
    needed = assumption_needed(pairs, question, small=small, first=first)
    at = question.value(needed.at)
    far = at if needed.far is None else question.value(needed.far)
    if needed.factor is None or needed.interval is None:
        return BreakEven(path, operation, worse, None, None, needed.limit, at, far)
    low, high = (None if x is None else question.value(x) for x in needed.interval)
    interval = (high, low) if question.inverse else (low, high)
    return BreakEven(path, operation, worse, question.value(needed.factor), interval, needed.limit, at, far)


def _guess(bar: Bar, now: float, threshold: float, *, worse: bool) -> float:
    """Log of the factor that the bar of the tornado suggests, straight on the scale of the normal quantile."""
    better = bar.p_high if bar.rises else bar.p_low
    poorer = bar.p_low if bar.rises else bar.p_high
    end = poorer if worse else better
    a = bar.assumption
    # points added to a rate say little of a factor on it: about the step of a rate of a half
    factor = 1 + 2 * a.high if a.operation == "add" else a.low if worse == bar.rises else a.high
    rise = abs(probit(end if end is not None else now) - probit(now))
    if rise < 1e-9:
        return math.inf
    return max(1e-3, abs(math.log(factor)) * abs(probit(threshold) - probit(now)) / rise)
