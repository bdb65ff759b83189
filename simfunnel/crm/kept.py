"""The rows of a pipeline out of a store, or out of a database, in place of a file."""

from __future__ import annotations

from datetime import date

from simfunnel.scenario.places import StorePlace
from simfunnel.tabular.table import Table
from simfunnel.wording.findings import Finding


def kept_table(place: StorePlace, as_of: date, book: str | None) -> tuple[Table, list[Finding]]:
    """Give the newest snapshot at or before `as_of`; and say how old it is where it is older.

    Parameters
    ----------
    book
        The book that is likely meant where `place` names none.

    Raises
    ------
    InputError
        If there is no store, no such book, or no snapshot so early.
    """
    from simfunnel.store import Store

    table, one = Store.open(place.url).table(
        as_of, place.book, likely=book, recorded_before=place.recorded_before
    )  # fmt: skip
    days = (as_of - one.valid_day).days
    if not days:
        return table, []
    return table, [Finding("snapshot_before_as_of", {"day": one.valid_day, "as_of": as_of, "days": days}, key="as_of")]


def asked_table(url: str, sql: str, as_of: date) -> Table:
    """Give the answer of a database to the query of a pipeline.

    Raises
    ------
    InputError
        If the query does more than read, or the database does not understand it.
    SurroundingsError
        If the database cannot be reached.
    """
    from simfunnel.store.query import query

    return query(url, sql, as_of)
