"""What owners said would come, kept beside the forecasts."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from simfunnel.errors import InputError
from simfunnel.record.submitted_file import Submitted, read_submissions
from simfunnel.scenario.periods import Periods
from simfunnel.shown import Shown
from simfunnel.store import Store
from simfunnel.store.books import book_to_read
from simfunnel.store.forecasts import details_of, forecasts
from simfunnel.store.forgotten import refuse_forgotten_owners
from simfunnel.store.snapshots import snapshot_table, snapshots, tell
from simfunnel.store.submissions import Submission, Told, corrections, put_submissions, submissions
from simfunnel.tabular.table import Table
from simfunnel.values.messages import nearest, show
from simfunnel.values.names import name_key


@dataclass(frozen=True)
class KeptSubmissions(Shown):
    """What keeping a file of submissions did."""

    store: str
    book: str
    said: tuple[Submission, ...]
    """What the file holds."""
    told: Told
    blank: int
    """Rows with neither a commit nor a best case."""
    derived: int
    """Rows that were read from an export, and not from people."""
    unread: tuple[str, ...]
    """Headers of columns that were not read."""
    strangers: tuple[tuple[str, str | None], ...]
    """Owners who have no deal in the newest snapshot, each with the name there that is like theirs."""


def keep_submissions(
    store: Store, path: str | os.PathLike[str], *, book: str | None = None, day: dt.date | None = None,
    period: str | None = None, correct: bool = False,
) -> KeptSubmissions:  # fmt: skip
    """Keep a file of what owners said would come, in a book that holds a forecast.

    Parameters
    ----------
    store
        The store.
    path
        CSV, XLSX or Parquet with the columns owner, day, period, and commit or best case or both.
    book
        Which pipeline.
    day, period
        Of all rows, where the file has no such column.
    correct
        Whether what is kept with another amount may be told anew.

    Raises
    ------
    InputError
        If the file cannot be read, or says of an owner, day and period something else than what is kept.
    """
    with store.reading() as connection:
        number, name = book_to_read(connection, book, store.address.shown)
        kept = forecasts(connection, number)
        if not kept:
            raise InputError(
                f"{store.address.shown}, book {name!r}: no forecast was kept, so nothing says by which calendar the "
                "periods are meant; `simfunnel keep SCENARIO` keeps one"
            )
        scenario = details_of(connection, kept[-1]["id"])["scenario"]
        with_deals = _owners_of_newest(connection, number)
        known = [*with_deals, *dict.fromkeys(one.owner for one in submissions(connection, number))]
    found = read_submissions(
        path, currency=kept[-1]["currency"], periods=Periods.model_validate(scenario["periods"]), day=day,
        period=period, decimal=scenario["pipeline"].get("decimal"), owners=known,
    )  # fmt: skip

    def work(connection: sa.Connection) -> Told:
        own, _ = book_to_read(connection, name, store.address.shown)
        return tell_submissions(connection, own, tell(connection, own, "submissions")[0], found.said, correct=correct)

    return kept_submissions(store, name, found, store.writing(work), with_deals)


def tell_submissions(
    connection: sa.Connection, book: int, number: int, said: Sequence[Submission], *, correct: bool
) -> Told:  # fmt: skip
    """Keep submissions in a transaction; refuse to change what is kept where that was not asked for.

    Raises
    ------
    InputError
        If an owner was to be forgotten, or something else is kept.
    """
    refuse_forgotten_owners(connection, book, {one.owner for one in said})
    others = corrections(connection, book, said)
    if others and not correct:
        one, amount = others[0]
        more = f", and {len(others) - 1:,} more" if len(others) > 1 else ""
        raise InputError(
            f"the {one.kind.replace('_', ' ')} of {show(one.owner)} for {one.period} on {one.made} is kept as "
            f"{amount:,g}, and the file says {one.amount:,g}{more}: --correct tells it anew"
        )
    return put_submissions(connection, book, number, said)


def kept_submissions(
    store: Store, book: str, found: Submitted, told: Told, with_deals: Iterable[str]
) -> KeptSubmissions:  # fmt: skip
    """Say what was kept, and which owners nobody knows."""
    there = {name_key(name): name for name in with_deals}
    unknown = [name for name in dict.fromkeys(one.owner for one in found.said) if name_key(name) not in there]
    strangers = tuple((name, nearest(name, there.values())) for name in unknown)
    return KeptSubmissions(
        store.address.shown, book, found.said, told, found.blank, found.derived, found.unread, strangers
    )


def owners_in(table: Table, header: str | None) -> list[str]:
    """Names in the column of owners of an export."""
    return table.column(table.headers.index(header)).words if header in table.headers else []


def _owners_of_newest(connection: sa.Connection, book: int) -> list[str]:
    kept = snapshots(connection, book)
    if not kept:
        return []
    return owners_in(snapshot_table(connection, kept[-1], "store"), kept[-1].reading.get("columns", {}).get("owner"))
