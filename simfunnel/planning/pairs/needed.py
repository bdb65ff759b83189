"""How far one assumption must move, alone: one answer to one question, whoever asks it (`plan`, `levers`, `stress`)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simfunnel.arrays import Ints
from simfunnel.forecast.estimates import Estimate
from simfunnel.forecast.forecast import Forecast
from simfunnel.planning.pairs.by_trial import critical_factors, needed_of_mean, needed_of_trials
from simfunnel.planning.pairs.differences import bookings, minor, moved_from, of_period, p_attain, to_come
from simfunnel.planning.pairs.goal import Goal
from simfunnel.planning.pairs.lead_curve import lead_curve
from simfunnel.planning.pairs.paired import SEARCH_TRIALS, PairedForecasts, shift
from simfunnel.planning.pairs.search import FIRST_STEP, Needed, Tried, needed_factor
from simfunnel.scenario.shifts import parse_shift_path

LOWEST = 0.01
"""Smallest factor considered."""
HIGHEST = {"win_rate": 20.0, "conversion": 5.0, "duration": 100.0, "amount": 100.0, "leads.rate": 100.0}
"""Largest factor considered; of durations, by which they are divided."""
SEARCH_FORECASTS = 5.0
"""Forecasts of a search, for the progress bar."""


@dataclass(frozen=True, slots=True)
class Question:
    """How far an assumption must move for P(attain) to be a probability, or for the mean to be the target."""

    path: str
    goal: Goal
    confidence: float | None
    """None: the mean is to be the target."""
    inverse: bool = False
    """The factor divides: less of it is better."""
    operation: str = "scale"
    of: tuple[str, str] | None = None
    """Group whose bookings are to reach the target; None all."""

    @property
    def name(self) -> str:
        """What is moved, without its filters."""
        return parse_shift_path(self.path).name

    @property
    def highest(self) -> float:
        """Largest factor considered."""
        return HIGHEST[self.name]

    def value(self, factor: float) -> float:
        """Value of the operation at a factor: `factor`, or one over it."""
        return 1 / factor if self.inverse else factor


def search_steps(trials: int, of: int = SEARCH_TRIALS) -> float:
    """What a search counts as, in forecasts of so many trials; each of its own has `of`."""
    return SEARCH_FORECASTS * min(1.0, of / trials)


def assumption_needed(
    pairs: PairedForecasts, question: Question, *, small: PairedForecasts | None = None, first: float = FIRST_STEP,
) -> Needed:  # fmt: skip
    """Answer from the trials themselves where they tell (amounts, lead rates), else by a search.

    Parameters
    ----------
    pairs
        The base, grouped by what the path filters by, and by source.
    question
        What is asked.
    small
        Pairs for a search; what their base misses of the long one is corrected for. Default `pairs.smaller()`.
    first
        First step of a search.
    """
    g = _group(pairs.base, question) if question.operation == "scale" and not question.inverse else None
    if g is not None and question.name == "amount":
        return _of_amounts(pairs.base, question, g)
    if g is not None and question.name == "leads.rate" and question.of is None:
        return _of_leads(pairs, question, g)
    if small is None:
        small = pairs.smaller(groups=() if question.of is None else question.of[:1])
    return _searched(pairs, small, question, first)


def _group(base: Forecast, q: Question) -> int | None:
    """Position of the group that is moved; None where the forecast does not have it, or does not tell whose it is."""
    filters = parse_shift_path(q.path).filters
    if len(filters) > 1:
        return None
    label = next(iter(filters.items()), ("", ""))
    if q.of not in (None, label):
        return None
    return 0 if not filters else base.groups.index(label) if label in base.groups else None


def _whose(forecast: Forecast, q: Question) -> int:
    return 0 if q.of is None else forecast.groups.index(q.of)


def _of_amounts(base: Forecast, q: Question, g: int) -> Needed:
    k, unit, target = q.goal.index, float(base.minor_units), q.goal.amount
    part = to_come(base, k, g)
    gap = minor(target, unit) - (bookings(base, k, _whose(base, q)) - part)
    if q.confidence is None:
        return needed_of_mean(gap, part, target, unit, LOWEST, q.highest)
    return needed_of_trials(critical_factors(gap, part), q.confidence, LOWEST, q.highest)


def _of_leads(pairs: PairedForecasts, q: Question, g: int) -> Needed:
    base, goal, target = pairs.base, q.goal, q.goal.amount
    k, unit = goal.index, float(base.minor_units)
    if q.confidence is None:
        part = of_period(base.samples.new[g], k)
        gap = minor(target, unit) - (bookings(base, k) - part)
        return needed_of_mean(gap, part, target, unit, LOWEST, q.highest)
    compiled = pairs.prepared.compiled(pairs.base_shifts, pairs.groups)
    sources = list(dict.fromkeys(compiled.book.sources))
    group = base.groups[g] if g else None
    if group is not None and group[0] == "source":
        sources, group = [group[1]], None
    curve = lead_curve(compiled, base, goal, target, sources, q.highest, q.confidence, pairs.threads, group)
    now = p_attain(base, k, target) or Estimate(0.0, 0.0)
    factor, interval = curve.needed(q.confidence, now)
    if factor is None:
        return Needed(False, None, None, curve.limit, q.highest)
    if factor < LOWEST or interval is None:
        return Needed(True, None, None, curve.p_attain(LOWEST), LOWEST)
    low = interval[0] if interval[0] >= LOWEST else None
    return Needed(True, factor, (low, interval[1]), curve.p_attain(factor), factor)


def _searched(pairs: PairedForecasts, small: PairedForecasts, q: Question, first: float) -> Needed:
    k, unit, target = q.goal.index, float(pairs.base.minor_units), q.goal.amount
    whole = bookings(pairs.base, k, _whose(pairs.base, q))
    wanted = None if q.confidence is None else target

    def tried(part: Ints, moved: Ints) -> Tried:
        sample = moved / unit if wanted is None else moved >= minor(target, unit)
        return Tried(moved_from(whole, part, moved, unit, wanted), np.asarray(sample, dtype=np.float64))

    def evaluate(factor: float) -> Tried:
        base, moved = small.pair((shift(q.path, **{q.operation: q.value(factor)}),))
        return tried(bookings(base, k, _whose(base, q)), bookings(moved, k, _whose(moved, q)))

    base = bookings(small.base, k, _whose(small.base, q))
    with pairs.steps.allotted(SEARCH_FORECASTS * small.weight):
        return needed_factor(
            evaluate, target if q.confidence is None else q.confidence, now=tried(base, base), highest=q.highest,
            lowest=LOWEST, probability=q.confidence is not None, first=first,
        )  # fmt: skip
