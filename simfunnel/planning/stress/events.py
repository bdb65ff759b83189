"""What may happen to a forecast: a bad market, the biggest deal lost, an owner who leaves, a variant come true."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from simfunnel.errors import shorten
from simfunnel.forecast.estimates import Estimate
from simfunnel.forecast.forecast import Forecast
from simfunnel.funnel.model import NONE_LABEL, Model
from simfunnel.planning.pairs.by_deal import MustClose
from simfunnel.planning.pairs.differences import Difference, bookings, compare_forecasts, difference, p_attain, to_come
from simfunnel.planning.pairs.goal import Goal, unknown_name
from simfunnel.planning.pairs.paired import PairedForecasts, shift
from simfunnel.scenario.shifts import MARKET_FACTOR
from simfunnel.wording.language import tell
from simfunnel.wording.numbers import spelled_money


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that may happen, against the base."""

    kind: str
    """variant, market, deal or owner."""
    name: str
    mean: float
    p_attain: float | None
    """None without a target."""
    delta_mean: Estimate
    delta_p: Estimate | None


def compared(kind: str, name: str, d: Difference, mean: Estimate, p: Estimate | None) -> Event:
    """Make an event of a difference to the base."""
    reached = None if p is None or d.p_attain is None else min(max(p.mean + d.p_attain.mean, 0.0), 1.0)
    return Event(kind, name, mean.mean + d.mean.mean, reached, d.mean, d.p_attain)


def market_at_quantile(
    pairs: PairedForecasts, goal: Goal, model: Model, quantile: float, score: float, mean: Estimate, p: Estimate | None
) -> tuple[Event, ...]:
    """Condition the forecast on the market factor at a quantile; nothing where there is no market factor."""
    if model.factors.market_load == 0 or not np.isnan(model.factors.market_given):
        return ()
    base, moved = pairs.pair((shift(MARKET_FACTOR, set=score),))
    name = tell("market at its {level:g} % quantile", level=100 * quantile)
    return (compared("market", name, compare_forecasts(base, moved, goal.index, goal.target), mean, p),)


def without_biggest_deal(deals: Sequence[MustClose], mean: Estimate) -> tuple[Event, ...]:
    """Lose the deal of the largest amount among those that can be won in the period."""
    possible = [deal for deal in deals if deal.p_win > 0]
    if not possible:
        return ()
    deal = max(possible, key=lambda d: d.amount)
    named = shorten(deal.name or deal.id, 60)
    name = tell("biggest deal lost ({name}, {amount})", name=named, amount=spelled_money(deal.amount))
    return (Event("deal", name, mean.mean + deal.delta_mean.mean, deal.p_attain, deal.delta_mean, deal.delta_p),)


def owners_leave(base: Forecast, goal: Goal, owners: Sequence[str] = ()) -> tuple[Event, ...]:
    """Lose the open deals of an owner and the leads that would have been his, owner by owner, the worst first.

    Raises
    ------
    InputError
        For an owner who has neither deals nor leads, with the known ones.
    """
    known = [name for of, name in base.groups if of == "owner" and name != NONE_LABEL]
    for name in owners:
        if name not in known:
            raise unknown_name("owner", name, known)
    whole = bookings(base, goal.index)
    p = p_attain(base, goal.index, goal.target)
    unit = float(base.minor_units)
    mean = Estimate(float(whole.mean()) / unit, 0.0)
    number = {group: g for g, group in enumerate(base.groups)}
    found = []
    for name in owners or known:
        left = whole - to_come(base, goal.index, number["owner", name])
        # an event shows no quantiles, whose errors take most of the time where there are many owners
        d = difference(whole, left, unit, (goal.target, goal.target), quantiles=())
        found.append(compared("owner", tell("{name} leaves", name=name), d, mean, p))
    return tuple(sorted(found, key=lambda e: (e.delta_p.mean if e.delta_p else 0.0, e.delta_mean.mean)))
