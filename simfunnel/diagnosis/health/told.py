"""What a history tells of the open deals and of their owners."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from simfunnel.arrays import Floats
from simfunnel.diagnosis.health.stage_days import by_history
from simfunnel.diagnosis.results import Times
from simfunnel.diagnosis.times import course, cycle
from simfunnel.estimation.book import last_text
from simfunnel.estimation.observation import observed_from
from simfunnel.estimation.outcomes import outcomes_of
from simfunnel.history.history import DAY, UNDATED, History

PUSHED = 2
"""Later close dates, in turn, that make a deal pushed."""


@dataclass(frozen=True, eq=False)
class Told:
    """Facts of a history by deal id, owner and stage."""

    stages: tuple[str, ...]
    last: dt.date
    """Day of the last event."""
    known: frozenset[str]
    """Ids in the history."""
    pushed: frozenset[str]
    went_back: frozenset[str]
    losses: bool
    """Whether it holds lost deals; if none, neither load nor share won can be told of an owner."""
    capacity: Mapping[str, int]
    """Owner -> most deals decided within any window of the median cycle."""
    won_of_decided: Mapping[str, float]
    cycle: float | None
    """Median days from creation to the win."""
    stage_days: Mapping[str, tuple[Times, Times]]


def told_by(history: History) -> Told:
    """Read what a view of a history says."""
    ids = history.deals.id
    deals = outcomes_of(history)
    every = np.ones(len(ids), dtype=np.bool_)
    length = cycle(course(deals, every, observed_from(history)))
    owner = np.array(last_text(history, "owner"), dtype=object)
    decided = deals.decided & (owner != "")
    losses = bool((deals.decided & ~deals.won).any())
    names = sorted(set(owner[decided].tolist())) if losses else []
    s = history.spells
    back = np.unique(s.deal[(s.to >= 0) & (s.to < s.stage)])
    return Told(
        stages=history.stages, last=history.day(history.last), known=frozenset(ids.tolist()),
        pushed=frozenset(ids[_pushed(history)].tolist()),
        went_back=frozenset(ids[back].tolist()), losses=losses,
        capacity={} if length is None else {
            name: most_within(deals.ended[decided & (owner == name)], length) for name in names
        },
        won_of_decided={name: float(deals.won[decided & (owner == name)].mean()) for name in names},
        cycle=length,
        stage_days=by_history(history),
    )  # fmt: skip


def _pushed(history: History) -> list[int]:
    """Deals whose close date was moved later at least `PUSHED` times."""
    facts = history.facts.get("close_date")
    if facts is None:
        return []
    value = np.asarray(facts.value, dtype=np.float64)
    dated = (facts.since != UNDATED) & ~np.isnan(value)
    deal, since, value = facts.deal[dated], facts.since[dated], value[dated]
    order = np.lexsort((since, deal))
    deal, value = deal[order], value[order]
    later = (deal[1:] == deal[:-1]) & (value[1:] > value[:-1] + DAY / 2)  # a day in spring has 23 hours
    moves = np.bincount(deal[1:][later], minlength=len(history.deals))
    return np.flatnonzero(moves >= PUSHED).tolist()


def most_within(days: Floats, length: float) -> int:
    """Most of some moments within any window of a length."""
    ordered = np.sort(days)
    last = np.searchsorted(ordered, ordered + length, side="left")
    return int((last - np.arange(len(ordered))).max(initial=0))
