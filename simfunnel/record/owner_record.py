"""What owners said would come against what came: people scored as models are, small samples shrunk to all."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from simfunnel.arrays import Bools, Ints
from simfunnel.backtesting.past import Past
from simfunnel.estimation.owner_bias import OwnerBias, OwnerPeriod, owner_biases
from simfunnel.funnel.calendar import Period
from simfunnel.history.history import DAY
from simfunnel.store.submissions import KINDS, Submission
from simfunnel.values.names import name_key
from simfunnel.wording.language import tell

Actual = Callable[[Period], tuple[str | None, dt.date]]
"""Period -> why nobody knows what it brought, and the day as of which it is looked at."""


@dataclass(frozen=True, slots=True)
class ScoredSubmission:
    """What an owner said on a day of a period, and what came of it."""

    said: Submission
    first: dt.date | None
    last: dt.date | None
    """The day after the period."""
    actual: float | None
    why: str | None
    """Why there is no actual."""


@dataclass(frozen=True, slots=True)
class OwnerRecord:
    """All submissions of a book beside what came, and what they say of their owners."""

    submissions: tuple[ScoredSubmission, ...]
    biases: tuple[OwnerBias, ...]
    """By kind; of all first, then by owner."""

    def of(self, kind: str) -> tuple[OwnerBias, ...]:
        """Biases of the owners, in the order of their probability of being too high."""
        own = [one for one in self.biases if one.kind == kind and one.owner is not None]
        return tuple(sorted(own, key=lambda one: (-(0.5 if one.p_high is None else one.p_high), one.owner or "")))

    def whole(self, kind: str) -> OwnerBias | None:
        """What all owners have in common."""
        return next((one for one in self.biases if one.kind == kind and one.owner is None), None)


def owner_record(
    past: Past, owners: Sequence[str], said: Sequence[Submission], period: Callable[[str], Period | None],
    actual: Actual,
) -> OwnerRecord:  # fmt: skip
    """Score submissions.

    Parameters
    ----------
    past
        What tells what came.
    owners
        (deals,) who has each deal of it; empty where nobody is told.
    said
        The submissions.
    period
        Label -> period.
    actual
        Whether what a period brought is known.
    """
    names = sorted({name_key(name) for name in owners} - {""})
    place = {name: at for at, name in enumerate(names)}
    of = np.array([place.get(name_key(name), -1) for name in owners], dtype=np.int64)
    spelled: dict[str, str] = {}
    rows = []
    for one in said:
        spelled.setdefault(name_key(one.owner), one.owner)
        rows.append(_scored(past, one, period(one.period), of, place, actual))
    biases = [
        replace(found, owner=None if found.owner is None else spelled[found.owner])
        for kind in KINDS
        for found in owner_biases(kind, _cells(kind, rows))
    ]
    return OwnerRecord(tuple(rows), tuple(biases))


def _scored(
    past: Past, one: Submission, period: Period | None, of: Ints, place: Mapping[str, int], actual: Actual
) -> ScoredSubmission:  # fmt: skip
    if period is None:
        return ScoredSubmission(one, None, None, None, tell("the calendar has no period {period}", period=one.period))
    why, day = actual(period)
    number = place.get(name_key(one.owner))
    if one.made >= period.end:
        why = tell("said when the period was over")
    elif why is None and number is None:
        why = tell("no deal of an owner of that name was ever kept")
    if why is not None or number is None:
        return ScoredSubmission(one, period.start, period.end, None, why)
    known = past.known(day)
    first, last = (past.history.midnight(x) / DAY for x in (period.start, period.end))
    own: Bools = of == number
    came = known.value(known.won_between(first, last) & own)
    return ScoredSubmission(one, period.start, period.end, came, None)


def _cells(kind: str, rows: Sequence[ScoredSubmission]) -> list[OwnerPeriod]:
    amounts: dict[tuple[str, str], list[float]] = {}
    came: dict[tuple[str, str], float] = {}
    for row in rows:
        if row.said.kind == kind and row.actual is not None:
            key = (name_key(row.said.owner), row.said.period)
            amounts.setdefault(key, []).append(row.said.amount)
            came[key] = row.actual
    return [
        OwnerPeriod(owner, period, len(said), float(np.mean(said)), came[owner, period])
        for (owner, period), said in sorted(amounts.items())
    ]
