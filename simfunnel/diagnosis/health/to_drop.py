"""Which open deals are to be dropped or qualified again: the rule, and the deals, without a forecast."""

from __future__ import annotations

import math

from simfunnel.diagnosis.health.law import entering
from simfunnel.diagnosis.health.stage_days import StageDays, by_history
from simfunnel.diagnosis.results import Times
from simfunnel.engine.exact.chances import chances_by_period
from simfunnel.forecast.inputs import Prepared
from simfunnel.history.history import History

LOW = 1 / 3
"""Of the chance of a deal that enters its stage now: below it a stale deal is to be dropped or qualified again."""


def is_stale(age: float | None, won: Times) -> bool:
    """Whether a deal is longer in its stage than nine of ten won ones were."""
    return age is not None and won.p90 is not None and age > won.p90


def is_to_drop(chance: float, entering_now: float, *, stale: bool, past: bool) -> bool:
    """Whether a deal that is stale or past its close date has hardly a chance, beside one that enters its stage now."""
    return bool(stale or past) and bool(chance < LOW * entering_now)


def deals_to_drop(ready: Prepared, *, history: History | None = None, variant: str | None = None) -> frozenset[str]:
    """Find the ids of the open deals that `health` says to drop or to qualify again.

    Parameters
    ----------
    ready
        The scenario.
    history
        Deals of the past, by whose times in a stage a deal is stale; default the scenario's laws.
    variant
        Variant of the scenario.
    """
    compiled = ready.under(variant).compiled(ready.variant(variant), ())
    book, model = compiled.book, compiled.model
    if not len(model.deals.stage):
        return frozenset()
    chance, fresh = chances_by_period(model).sum(axis=0), entering(model)
    known = None if history is None else history.as_of(ready.scenario.as_of)
    stays = StageDays(compiled, by_history(known) if known is not None and len(known.deals) else {})
    found = []
    for d, id_ in enumerate(book.deals.id):
        funnel, stage = int(model.deals.funnel[d]), int(model.deals.stage[d])
        won, _ = stays.of(d, book.stages[stage])
        age = float(book.deals.age_days[d])
        stale = is_stale(None if math.isnan(age) else age, won)
        past = bool(book.deals.close_date[d] < 0)
        if is_to_drop(float(chance[d]), float(fresh[funnel, stage]), stale=stale, past=past):
            found.append(id_)
    return frozenset(found)
