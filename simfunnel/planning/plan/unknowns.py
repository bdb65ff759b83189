"""The other unknowns of a plan: what else would reach the target, if the leads stay as they are."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from simfunnel.forecast.estimates import order_interval, quantile_rank
from simfunnel.forecast.forecast import Forecast
from simfunnel.funnel.book import Compiled
from simfunnel.planning.pairs.by_trial import critical_factors, needed_of_trials
from simfunnel.planning.pairs.differences import bookings, closed, minor, of_period, to_come
from simfunnel.planning.pairs.goal import Goal
from simfunnel.planning.pairs.needed import Question, assumption_needed
from simfunnel.planning.pairs.paired import PairedForecasts, shift
from simfunnel.planning.pairs.search import Needed
from simfunnel.planning.plan.stocks import deals_of, entry_figures
from simfunnel.scenario.shifts import ShiftPath


@dataclass(frozen=True, slots=True)
class Change:
    """A figure now, and what it would have to be."""

    now: float
    needed: float | None
    """None where no value in reach does it, or where all do."""


@dataclass(frozen=True, slots=True)
class Unknowns:
    """What each assumption would have to be, alone, for P(attain) = confidence."""

    safe_target: float
    """The target that is as safe as asked for."""
    safe_target_interval: tuple[float, float]
    deal_size: Needed
    """Factor on the amounts of open deals and of leads."""
    conversion: Needed
    """Factor on the conversion of every stage (at most 100 %)."""
    cycle: Needed
    """Factor on the speed: durations are divided by it."""
    average_deal: Change | None
    """Mean amount of the deals won in the period, major units, now and at `deal_size`; None where none is won."""
    win_rate: Change
    """Mean chance that a deal which enters the funnel is won, now and at `conversion`."""
    sales_cycle: Change | None
    """Mean calendar days from there to Won, now and at `cycle`; None where nothing can be won."""
    closed_already: bool
    """Whether closed wins alone reach the target: nothing more is needed."""
    coverage: float | None
    """Open pipeline / (target - closed) now."""
    coverage_needed: float | None
    """The same at which P(attain) = confidence, every open deal being larger (or smaller) in proportion, the leads to
    come as they are; None where no open pipeline does it."""


def solve_unknowns(
    pairs: PairedForecasts, compiled: Compiled, goal: Goal, confidence: float, of: tuple[str, str] | None = None
) -> Unknowns:
    """Solve for everything but the lead rate; of everybody, or of one group of the base."""
    base, k = pairs.base, goal.index
    units = [lead.rate.per for lead in pairs.source.scenario.leads]
    g = 0 if of is None else base.groups.index(of)
    value = np.sort(bookings(base, k, g))
    n, unit = len(value), float(base.minor_units)
    low, high = order_interval(n, 1 - confidence)
    rank = n - 1 - quantile_rank(n, confidence)  # P(X >= target) >= confidence: as many trials above as that takes
    coverage, needed = _coverage(base, goal, confidence, compiled, g)

    def ask(name: str, *, inverse: bool = False) -> Needed:
        path = str(ShiftPath(name, {} if of is None else dict([of])))
        return assumption_needed(pairs, Question(path, goal, confidence, inverse, of=of))

    deal_size, conversion, cycle = ask("amount"), ask("conversion"), ask("duration", inverse=True)
    return Unknowns(
        safe_target=float(value[rank]) / unit,
        safe_target_interval=(float(value[low]) / unit, float(value[high]) / unit),
        deal_size=deal_size, conversion=conversion, cycle=cycle,
        average_deal=_average_deal(base, k, g, deal_size),
        win_rate=_win_rate(pairs, compiled, conversion, units, g, of),
        sales_cycle=_sales_cycle(compiled, cycle, units, g),
        closed_already=closed(base, k, g) >= minor(goal.amount, unit),
        coverage=coverage, coverage_needed=needed,
    )  # fmt: skip


def _average_deal(base: Forecast, k: int, g: int, needed: Needed) -> Change | None:
    wins = float(of_period(base.samples.wins[g], k).sum())
    if wins == 0:
        return None
    now = float(to_come(base, k, g).sum()) / wins / base.minor_units
    return Change(now, None if needed.factor is None else now * needed.factor)


def _win_rate(
    pairs: PairedForecasts, compiled: Compiled, needed: Needed, units: Sequence[str], g: int, of: tuple[str, str] | None
) -> Change:  # fmt: skip
    now = entry_figures(compiled, units, g)[0]
    if needed.factor is None:
        return Change(now, None)
    moved = shift(str(ShiftPath("conversion", {} if of is None else dict([of]))), scale=needed.factor)
    # the rates are cut at 1 one by one, so the product is not that of the factors
    return Change(now, entry_figures(pairs.prepared.compiled((*pairs.base_shifts, moved), pairs.groups), units, g)[0])


def _sales_cycle(compiled: Compiled, needed: Needed, units: Sequence[str], g: int) -> Change | None:
    win_rate, days = entry_figures(compiled, units, g)
    return Change(days, None if needed.factor is None else days / needed.factor) if win_rate > 0 else None


def _coverage(
    base: Forecast, goal: Goal, confidence: float, compiled: Compiled, g: int
) -> tuple[float | None, float | None]:
    unit, k = float(base.minor_units), goal.index
    aim = minor(goal.amount, unit)
    missing = aim - closed(base, k, g)
    if missing <= 0:
        return None, None
    open_ = of_period(base.samples.open[g], k)
    critical = critical_factors(aim - (bookings(base, k, g) - open_), open_)
    needed = needed_of_trials(critical, confidence, 0.0, math.inf)
    now = float(compiled.book.deals.amount[deals_of(compiled.model, g)].sum()) * unit / missing
    # no factor on nothing brings anything, and none is enough where the leads alone must do it
    within = needed.factor is not None and math.isfinite(needed.factor) and now > 0
    return now, now * needed.factor if within and needed.factor is not None else None
