"""The deals of a view as arrays: what is open, what came in, what was won, for how much."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from simfunnel.arrays import Bools, Floats, Ints
from simfunnel.estimation.panel.completed import completed
from simfunnel.history.history import DAY, NEVER, UNDATED, VOID, WON, History


@dataclass(frozen=True, eq=False)
class Book:
    """One view of a history, by deal, in days from the epoch."""

    created: Floats
    """(n,) day of creation, or the last day on which the deal was not there yet."""
    created_before: Floats
    """(n,) day on which it was there; the day of creation where that is known."""
    first_stage: Ints
    """Stage of the first spell, or in which the deal most likely began before it was seen; -1 where there is none."""
    closed: Floats
    """Day of the last end, NaN while there is none."""
    won: Bools
    """Whether the last end is a win."""
    amount: Floats
    """Last known amount; NaN where none is known."""
    real: Bools
    """Whether the deal came in: it was in a stage, and is not void (a duplicate, invalid)."""
    open: Ints
    """(n,) deals that are in a stage at the end of the view."""
    open_stage: Ints
    """(n,)"""
    open_age: Floats
    """(n,) days in that stage."""

    @property
    def begun(self) -> Floats:
        """(n,) day of creation; the middle of the days between two snapshots."""
        return np.asarray((self.created + self.created_before) / 2)


def book_of(history: History, *, count: bool = False, unseen: bool = True) -> Book:
    """Lay out a view.

    Parameters
    ----------
    count
        Every amount is 1.
    unseen
        Whether the stage in which a deal began before it was seen is looked for: it takes the law of all stages.
    """
    n, end = len(history.deals), history.end / DAY
    spells = history.spells
    first = np.full(n, -1, dtype=np.int64)
    first[spells.deal[::-1]] = spells.stage[::-1]
    rows = completed(history) if unseen else None
    if rows is not None:  # a deal may have passed stages before a snapshot shows it in one
        first = np.where(rows.first_stage >= 0, rows.first_stage, first)
    closed, won = np.full(n, np.nan), np.zeros(n, dtype=np.bool_)
    order = np.argsort(history.ends.closed, kind="stable")
    at = history.ends.deal[order]
    closed[at] = history.ends.closed[order] / DAY
    won[at] = history.ends.outcome[order] == WON
    void = np.zeros(n, dtype=np.bool_)
    void[at] = history.ends.outcome[order] == VOID
    still = np.flatnonzero(spells.left == NEVER)
    return Book(
        created=history.deals.created / DAY,
        created_before=history.deals.created_before / DAY,
        first_stage=first,
        closed=closed,
        won=won & ~np.isnan(closed),
        amount=np.ones(n) if count else last_number(history, "amount"),
        real=(first >= 0) & ~void,
        open=spells.deal[still],
        open_stage=spells.stage[still],
        open_age=np.maximum(end - (spells.entered[still] + spells.entered_before[still]) / 2 / DAY, 0.0),
    )


def with_amounts(book: Book, mean: float) -> Book:
    """Give won deals whose amount nobody wrote down the mean of the others, as a forecast expects of them."""
    return replace(book, amount=np.where(book.won & np.isnan(book.amount), mean, book.amount))


def last_number(history: History, field: str) -> Floats:
    """(D,) the value of a field that was known last; NaN where none was."""
    result = np.full(len(history.deals), np.nan)
    facts = history.facts.get(field)
    if facts is None or not len(facts.deal):
        return result
    values = np.asarray(facts.value, dtype=np.float64)
    told = ~np.isnan(values)
    order = np.argsort(np.where(facts.since == UNDATED, np.iinfo(np.int64).min + 1, facts.since)[told], kind="stable")
    result[facts.deal[told][order]] = values[told][order]
    return result


def last_text(history: History, field: str) -> list[str]:
    """The text of a field that was known last, by deal; empty where none was."""
    result = [""] * len(history.deals)
    facts = history.facts.get(field)
    if facts is None:
        return result
    order = np.argsort(np.where(facts.since == UNDATED, np.iinfo(np.int64).min + 1, facts.since), kind="stable")
    for deal, value in zip(facts.deal[order].tolist(), facts.value[order].tolist(), strict=True):
        result[deal] = value or result[deal]
    return result


def has_worth(history: History) -> bool:
    """Whether some won deal has an amount above 0."""
    book = book_of(history, unseen=False)
    return bool((book.amount[book.won] > 0).any())


def has_amounts(view: History) -> bool:
    """Whether most won deals have an amount."""
    book = book_of(view, unseen=False)
    return bool(book.won.any() and np.mean(~np.isnan(book.amount[book.won]) & (book.amount[book.won] > 0)) >= 0.5)
