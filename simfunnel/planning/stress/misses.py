"""What separates the trials that miss the target from those that make it, told by the trials themselves.

Of each deal: whether it is not won in the period. Of an owner, a segment, the open deals, the new ones: whether they
bring less than their mean. Of what all deals of a trial share: whether it is worse than in half of all trials. Each is
found in a share of the missing trials and in a share of the making ones; how far these are apart is how well it tells
them apart, which is not what would happen if it were otherwise.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from simfunnel.arrays import Bools, Floats
from simfunnel.engine.draws.keys import entity_keys
from simfunnel.engine.trial.shared import TrialBlock, trial_block
from simfunnel.forecast.estimates import Estimate
from simfunnel.forecast.forecast import Forecast
from simfunnel.funnel.book import Compiled
from simfunnel.funnel.copies import with_market_alone
from simfunnel.funnel.model import ALL, NONE_LABEL, Model
from simfunnel.planning.pairs.by_deal import ByDeal
from simfunnel.planning.pairs.differences import bookings, minor, of_period, to_come
from simfunnel.planning.pairs.goal import Goal

LEAST = 30
"""Trials that must miss, and make, the target: of fewer no share is told."""
MARKET, PACE, RATES, AMOUNTS = "market", "pace", "win rates", "amount levels"
_BLOCK = 8192


@dataclass(frozen=True, slots=True)
class Miss:
    """How often something falls short in trials that miss, and in trials that make it."""

    kind: str
    """deal, owner, segment, origin or factor."""
    name: str
    """Of a deal its id; open or new; or what all deals share."""
    share_missing: float
    """Share of the missing trials in which it fell short."""
    share_making: float
    difference: Estimate
    """The first minus the second."""
    called: str | None = None
    """What people call a deal."""


def misses(compiled: Compiled, base: Forecast, goal: Goal, deals: ByDeal) -> tuple[Miss, ...]:
    """List what falls short more often in trials that miss, the most telling first.

    Parameters
    ----------
    compiled
        The scenario of `base`.
    base
        The forecast, with groups by owner and segment.
    goal
        Period and target.
    deals
        Of the same forecast: in how many of its missing trials each deal is not won.

    Returns
    -------
    tuple of Miss
        Empty without a target, or where fewer than `LEAST` trials miss it or make it.
    """
    if goal.target is None:
        return ()
    missed = bookings(base, goal.index) < minor(goal.target, float(base.minor_units))
    count = int(missed.sum()), int((~missed).sum())
    if min(count) < LEAST:
        return ()
    book = compiled.book.deals
    found = [
        _miss("deal", id_, short, made, count, name or account)
        for id_, name, account, short, made in zip(
            book.id, book.name, book.account, deals.missing_without, deals.making_without, strict=True
        )
    ]  # fmt: skip
    for kind, name, short in (*_groups(base, goal), *_factors(compiled, base)):
        found.append(_miss(kind, name, int((short & missed).sum()), int((short & ~missed).sum()), count))
    return tuple(sorted(found, key=lambda one: -one.difference.mean))


def _miss(
    kind: str, name: str, missing: float, making: float, count: tuple[int, int], called: str | None = None
) -> Miss:  # fmt: skip
    """Two shares, and the error of their difference: the trials of the one are not those of the other."""
    p, q = missing / count[0], making / count[1]
    error = math.sqrt(p * (1 - p) / count[0] + q * (1 - q) / count[1])
    return Miss(kind, name, p, q, Estimate(p - q, error), called)


def _groups(base: Forecast, goal: Goal) -> Iterator[tuple[str, str, Bools]]:
    """Owners, segments, and where bookings come from: in which trials they bring less than their mean."""
    for g, (dimension, label) in enumerate(base.groups):
        if dimension in ("owner", "segment") and label != NONE_LABEL:
            value = to_come(base, goal.index, g)
            if value.any():
                yield dimension, label, value < value.mean()
    for name, rows in (("open", base.samples.open), ("new", base.samples.new)):
        value = of_period(rows[ALL], goal.index)
        if value.any():
            yield "origin", name, value < value.mean()


def _factors(compiled: Compiled, base: Forecast) -> Iterator[tuple[str, str, Bools]]:
    """What all deals of a trial share: in which trials it is worse than in half of them."""
    model, n = with_market_alone(compiled.model), base.trials
    keys = entity_keys(model.keys, base.provenance.seed)
    drawn: dict[str, list[Floats]] = {}
    with np.errstate(over="ignore"):  # words wrap around
        for first in range(0, n, _BLOCK):
            for name, value in _drawn(model, trial_block(model, keys, first, min(_BLOCK, n - first))):
                drawn.setdefault(name, []).append(value)
    for name, parts in drawn.items():
        values = np.concatenate(parts)
        if np.ptp(values) > 0:
            yield "factor", name, values < np.median(values)


def _drawn(model: Model, block: TrialBlock) -> Iterator[tuple[str, Floats]]:
    """What is drawn once for a trial, higher where it is better; rates as the mean over deals and leads."""
    factors = model.factors
    if factors.market_load > 0 and math.isnan(factors.market_given) and len(block.factor):
        yield MARKET, block.factor[0].copy()
    if factors.pace_table >= 0:
        yield PACE, -block.pace
    both = ((part.funnel, part.stage) for part in (model.deals, model.streams))
    entered = np.concatenate([funnel * (model.funnels.stages + 2) + stage for funnel, stage in both])
    if len(block.win_rate) > 1 and len(entered):
        count = np.bincount(entered, minlength=block.win_rate.shape[1])
        yield RATES, block.win_rate @ (count / len(entered))
    levels = factors.level_table >= 0
    if levels.any():
        yield AMOUNTS, block.level[levels].mean(axis=0)
