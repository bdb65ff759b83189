"""The rows of a pipeline out of a store, in place of a file."""

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
