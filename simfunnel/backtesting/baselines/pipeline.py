"""What the open deals are worth by simple ratios."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import replace

import numpy as np

from simfunnel.arrays import Floats
from simfunnel.backtesting.baselines.draws import error_factor, of_sum
from simfunnel.backtesting.baselines.run_rates import run_rate_mean
from simfunnel.backtesting.origin import Origin
from simfunnel.estimation.book import last_number
from simfunnel.estimation.present import TINY
from simfunnel.history.history import DAY, UNDATED, Facts, History

EARLIER = 4
"""Earlier windows whose same point is looked at."""
LEAST_DAYS = 14
"""Days of history before the first of them."""


def weighted(origin: Origin) -> Floats:
    """Open value x the share of decided deals that had been in its stage and were won: a point, and no window."""
    view, known, stages = origin.view, origin.known, len(origin.view.stages)
    place = np.flatnonzero(origin.past.history.known_by(view.end))
    seen = np.unique(place[view.spells.deal] * stages + view.spells.stage)  # a deal counts once for each stage
    deal, stage = seen // stages, seen % stages
    ended = (known.closed[deal] < origin.start) & known.real[deal]  # void deals are neither won nor lost
    rate = np.bincount(stage, ended & known.won[deal], stages) / np.maximum(np.bincount(stage, ended, stages), 1)
    return np.array([float(rate[origin.standing.stage] @ origin.standing.amount)])


def same_point(origin: Origin) -> Floats:
    """What came of the open deals, and with deals not yet created, from the same point of earlier windows on."""
    mean = same_point_mean(origin)
    return of_sum(mean, _variance(mean, origin), origin.random("same_point"))


def same_point_spread(origin: Origin) -> Floats:
    """The same, spread as it missed in the past."""
    rng = origin.random("same_point_spread")
    factor = error_factor(origin, same_point_mean, rng)
    mean = same_point_mean(origin)
    return of_sum(mean, _variance(mean, origin), rng, factor)


def same_point_mean(origin: Origin) -> float:
    """Open value x the share that its stage brought within earlier windows, and what new deals brought in them."""
    past, day, days = origin.past, origin.day, origin.days
    return past.mean("same_point", day, days, lambda: _same_point_mean(Origin(past, day, days)))


def _same_point_mean(origin: Origin) -> float:
    known, stages = origin.known, len(origin.past.history.stages)
    won, had, new = np.zeros(stages), np.zeros(stages), []
    for k in range(1, EARLIER + 1):
        before = Origin(origin.past, origin.day - dt.timedelta(days=k * origin.days), origin.days)
        if before.start < math.floor(origin.standing.first) + LEAST_DAYS:
            break
        there = before.standing
        came = known.won_between(before.start, before.until)
        won += np.bincount(there.stage, there.amount * came[there.deal], stages)
        had += np.bincount(there.stage, there.amount, stages)
        new.append(known.value(came & ~before.there))
    if not new:
        return run_rate_mean(origin, origin)
    share = won / np.maximum(had, 1e-9)
    now = origin.standing
    return float(share @ np.bincount(now.stage, now.amount, stages)) + float(np.mean(new))


def owner(origin: Origin) -> Floats | None:
    """The probabilities that people wrote down, for deals that they expect to close in the window; None without any.

    A deal without a close date is taken as expected in the window. Probabilities and close dates without a time are not
    taken: of a deal that is over they tell how it ended (100 % of the won), and when.
    """
    view = origin.view
    place = np.flatnonzero(origin.past.history.known_by(view.end))
    position = np.searchsorted(place, origin.standing.deal)
    chance = _dated(view, "probability")[position]
    if np.isnan(chance).all():
        return None
    expected = np.nan_to_num(chance) * origin.standing.amount
    close = _dated(view, "close_date")[position] / DAY
    expected = np.where(np.isnan(close) | (close < origin.until), expected, 0.0)
    return np.array([float(expected.sum())])


def _dated(view: History, field: str) -> Floats:
    """(D,) the value of a field that was known last, of those of which the view says since when they hold."""
    facts = view.facts.get(field)
    if facts is None:
        return np.full(len(view.deals), np.nan)
    told = facts.since != UNDATED
    dated = Facts(facts.deal[told], facts.since[told], facts.since_before[told], facts.value[told])
    return last_number(replace(view, facts={field: dated}), field)


def _variance(mean: float, origin: Origin) -> float:
    return mean * origin.known.won_square / max(origin.known.won_mean, TINY)
