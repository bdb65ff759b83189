"""What the chance of each deal was on earlier kept days: by the scenario and the deals that were kept then."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from simfunnel.engine.exact.chances import chances_by_period
from simfunnel.errors import InputError, SurroundingsError
from simfunnel.forecast.inputs import Prepared
from simfunnel.record.explain import as_kept, kept_day
from simfunnel.record.place import book_of, store_there
from simfunnel.store import Store
from simfunnel.store.books import book_to_read, books
from simfunnel.store.snapshots import snapshots

MOST_DAYS = 4
"""Kept days that are looked at."""
BACK = 100
"""Days to look back."""


@dataclass(frozen=True)
class EarlierDay:
    """A kept day, and what each of its open deals was worth believing."""

    as_of: dt.date
    p_win: Mapping[str, float]
    """Deal -> chance of being won by the end of the last period, as it was known then."""


def earlier_chances(
    store: Store, until: dt.date, last_period: str, *, book: str | None = None, likely: str | None = None
) -> tuple[EarlierDay, ...]:
    """Look up the chances of open deals on some earlier kept days.

    Parameters
    ----------
    store
        The store.
    until
        Days before this one.
    last_period
        Label of the period by whose end a deal is to be won; days whose forecast did not reach it are passed over.
    book, likely
        Which pipeline; the one that is meant where several are kept.

    Returns
    -------
    tuple of EarlierDay
        The oldest first; at most `MOST_DAYS`, spread evenly over those kept in the last `BACK` days.

    Raises
    ------
    InputError
        If there is no such book.
    """
    with store.reading() as connection:
        number, name = book_to_read(connection, book, store.address.shown, likely)
        listed = [one for one in snapshots(connection, number, None) if 0 < (until - one.valid_day).days <= BACK]
        every = sorted({one.valid_day: one for one in listed}.values(), key=lambda one: one.valid_day)
        chosen = every if len(every) <= MOST_DAYS else [
            every[round(i * (len(every) - 1) / (MOST_DAYS - 1))] for i in range(MOST_DAYS)
        ]  # fmt: skip
        days = [kept_day(connection, one, None) for one in chosen]
    found = []
    for day in days:
        if day.scenario is None:
            continue
        try:
            ready = as_kept(store, name, day)
        except InputError:
            continue  # what was kept then cannot be read any more as it is read now
        labels = [period.label for period in ready.periods]
        if last_period not in labels:
            continue
        compiled = ready.compiled((), ())
        p = chances_by_period(compiled.model)[: labels.index(last_period) + 1].sum(axis=0)
        found.append(EarlierDay(day.snapshot.valid_day, dict(zip(compiled.book.deals.id, p.tolist(), strict=True))))
    return tuple(found)


def chances_before(ready: Prepared, store: str, book: str | None = None) -> list[tuple[dt.date, Mapping[str, float]]]:
    """Look up for a scenario what the chances of its deals were; empty where its book has no earlier day."""
    opened = Store.open(store)
    likely = book_of(ready.loaded)
    with opened.reading() as connection:
        if book is None and likely not in books(connection):
            return []
    days = earlier_chances(opened, ready.scenario.as_of, ready.periods[-1].label, book=book, likely=likely)
    return [(day.as_of, day.p_win) for day in days]


def chances_if_there(
    ready: Prepared, store: str | None = None, book: str | None = None
) -> list[tuple[dt.date, Mapping[str, float]]]:
    """`chances_before`, of the scenario's own store where none is named: one that cannot be read is passed over."""
    where = store or store_there(ready.loaded)
    if where is None:
        return []
    try:
        return chances_before(ready, where, book)
    except (InputError, SurroundingsError):
        if store is not None:
            raise
        return []
