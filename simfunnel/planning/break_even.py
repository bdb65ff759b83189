"""How far each assumption may fall, alone, before P(attain) < a threshold; or must rise, where it is below already."""

from __future__ import annotations

import math
from dataclasses import dataclass

from simfunnel.errors import InputError
from simfunnel.forecast.estimates import Estimate
from simfunnel.planning.differences import bookings, moved_from
from simfunnel.planning.goal import Goal, Share
from simfunnel.planning.paired import PairedForecasts, shift
from simfunnel.planning.search import needed_factor, probit
from simfunnel.planning.tornado import Bar
from simfunnel.scenario.messages import show
from simfunnel.scenario.numbers import parse_fraction
from simfunnel.scenario.shifts import parse_shift_path

FURTHEST = {"win_rate": 20.0, "conversion": 5.0, "duration": 20.0, "amount": 20.0, "leads.rate": 10.0}
"""Largest factor considered, and one over the smallest of `duration`, of which less is better."""
LEAST = 0.01
"""Smallest factor considered (`duration`: one over the largest)."""


@dataclass(frozen=True, slots=True)
class BreakEven:
    """Where one assumption, alone, brings P(attain) to the threshold."""

    path: str
    operation: str
    worse: bool
    """Whether it is how much worse the assumption may get (P(attain) is above the threshold now)."""
    value: float | None
    """Value of the operation; None where no value considered does it."""
    interval: tuple[float, float] | None
    """95 % interval from the simulation error."""
    p_attain: Estimate
    """P(attain) at the last value tried: near `value`, or at the end of the reach."""
    at: float
    """The value `p_attain` was found at."""


def resolve_threshold(threshold: Share) -> float:
    """Read a threshold: a probability strictly between 0 and 1."""
    try:
        value = parse_fraction(threshold)
    except ValueError as error:
        raise InputError(f"threshold: {error}; write a probability such as 0.5 or 50%") from None
    if not 0 < value < 1:
        raise InputError(
            f"threshold: expected a probability above 0 and below 1, such as 0.5 or 50%, found {show(threshold)}"
        )
    return value


def break_even(pairs: PairedForecasts, small: PairedForecasts, goal: Goal, threshold: float, bar: Bar) -> BreakEven:
    """Search for the break-even of one assumption.

    Parameters
    ----------
    pairs
        The long base.
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
    if goal.target is None:
        raise InputError(f"the scenario has no target for {goal.period}; give one, such as --target 3M")
    path, target, k = bar.assumption.path, goal.target, goal.index
    operation = "odds" if bar.assumption.operation == "odds" else "scale"
    unit, whole = float(pairs.base.minor_units), bookings(pairs.base, k)
    side = 1.0 if bar.rises else -1.0  # so that more is better
    found: dict[float, Estimate] = {}

    def evaluate(better: float) -> Estimate:
        if better not in found:
            part, moved = (bookings(f, k) for f in small.pair((shift(path, **{operation: better**side}),)))
            found[better] = moved_from(whole, part, moved, unit, target)
        return found[better]

    now = moved_from(whole, whole, whole, unit, target)
    worse = now.mean >= threshold
    furthest = FURTHEST[parse_shift_path(path).name]
    end = LEAST if worse else furthest
    guess = _guess(bar, now.mean, threshold, worse=worse)
    if guess > 0.5 * abs(math.log(end)):
        # the far end first: many single stages or owners cannot do it alone, and that is then the only forecast
        last = evaluate(math.exp(math.log(end)))
        if (last.mean >= threshold) == worse:
            return BreakEven(path, operation, worse, None, None, last, end**side)
        guess = 0.5 * abs(math.log(end))
    needed = needed_factor(evaluate, threshold, now=now, highest=furthest, lowest=LEAST, first=guess)
    if needed.factor is None or needed.interval is None:
        return BreakEven(path, operation, worse, None, None, needed.limit, needed.at**side)
    ends = sorted(x**side for x in needed.interval)
    return BreakEven(path, operation, worse, needed.factor**side, (ends[0], ends[1]), needed.limit, needed.at**side)


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
