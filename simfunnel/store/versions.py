"""Versions of deals: what a snapshot changed, and what held on a day as it was known by then, or is known now."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa

from simfunnel.store.inserting import insert
from simfunnel.store.rows import Rows, moved
from simfunnel.store.tables import deal, deal_version, layout


class Held(NamedTuple):
    """What is kept of a row."""

    layout: int
    fields: str


State = dict[int, Held]
"""Number of a deal -> its row."""


def headers_of(connection: sa.Connection) -> dict[int, tuple[str, ...]]:
    """Headers of every layout."""
    rows = connection.execute(sa.select(layout.c.id, layout.c.headers))
    return {row.id: tuple(json.loads(row.headers)) for row in rows}


def layout_of(connection: sa.Connection, headers: Sequence[str]) -> int:
    """Number of a list of headers; a new one where it is not known yet."""
    for number, known in headers_of(connection).items():
        if known == tuple(headers):
            return number
    number = next_id(connection, layout)
    text = json.dumps(list(headers), ensure_ascii=False)
    connection.execute(layout.insert().values(id=number, headers=text))
    return number


def next_id(connection: sa.Connection, table: sa.Table) -> int:
    """The number after the last."""
    return int(connection.execute(sa.select(sa.func.coalesce(sa.func.max(table.c.id), 0))).scalar_one()) + 1


def deal_numbers(connection: sa.Connection, book: int) -> dict[tuple[str, int], int]:
    """(name, part) -> number, of the deals of a book."""
    rows = connection.execute(sa.select(deal.c.name, deal.c.part, deal.c.id).where(deal.c.book == book))
    return {(name, part): number for name, part, number in rows}


def numbered(
    connection: sa.Connection, book: int, keys: Iterable[tuple[str, int]], known: dict[tuple[str, int], int]
) -> list[int]:
    """Number of each deal; new ones get the next numbers, in order of appearance. `known` grows."""
    fresh: list[dict[str, Any]] = []
    following = next_id(connection, deal)
    found = []
    for key in keys:
        number = known.get(key)
        if number is None:
            number = known[key] = following + len(fresh)
            fresh.append({"id": number, "book": book, "name": key[0], "part": key[1]})
        found.append(number)
    insert(connection, deal, fresh)
    return found


def visible(recording: int | None, table: sa.Table = deal_version) -> sa.ColumnElement[bool]:
    """What was known by a recording; None: what is known now."""
    if recording is None:
        return table.c.superseded.is_(None)
    told = table.c.recorded <= recording
    return sa.and_(told, sa.or_(table.c.superseded.is_(None), table.c.superseded > recording))


def state_at(
    connection: sa.Connection, book: int, day: str, recording: int | None = None, *, before: bool = False
) -> State:
    """Give every deal that is there on a day.

    Parameters
    ----------
    day
        ISO day.
    recording
        As it was known by this one; default: as it is known now.
    before
        What held before the day instead.
    """
    v = deal_version.c
    own = v.valid_from < day if before else v.valid_from <= day
    latest = (
        sa.select(v.deal, v.layout, v.fields, sa.func.row_number().over(
            partition_by=v.deal, order_by=v.valid_from.desc()).label("place"))
        .where(v.book == book, own, visible(recording))
        .subquery()
    )  # fmt: skip
    query = sa.select(latest.c.deal, latest.c.layout, latest.c.fields).where(
        latest.c.place == 1, latest.c.fields.is_not(None)
    )
    return {number: Held(layout_number, text) for number, layout_number, text in connection.execute(query)}


def state_of(rows: Rows, layout_number: int, numbers: Sequence[int]) -> State:
    """Rows of a table as a state."""
    return {number: Held(layout_number, text) for number, text in zip(numbers, rows.fields, strict=True)}


def settled(before: State, now: State, headers: Mapping[int, tuple[str, ...]]) -> State:
    """`now`, in which a deal that says the same as before is kept as it was before."""

    def same(old: Held, new: Held) -> bool:
        if old.layout == new.layout:
            return old.fields == new.fields
        return moved(old.fields, headers[old.layout], headers[new.layout]) == new.fields

    found = {}
    for number, held in now.items():
        old = before.get(number)
        found[number] = old if old is not None and same(old, held) else held
    return found


def differences(before: State, now: State) -> dict[int, Held | None]:
    """Deals that are not as before, and what is kept of them; None: they are not there any more."""
    changed: dict[int, Held | None] = {number: held for number, held in now.items() if before.get(number) != held}
    changed.update((number, None) for number in before if number not in now)
    return changed


def put(
    connection: sa.Connection, book: int, day: str, recording: int, wanted: Mapping[int, Held | None]
) -> tuple[int, int]:
    """Make the versions that begin on a day be these; what is there and is not wanted is superseded.

    Returns
    -------
    tuple of int
        Versions that are new, and versions that were superseded.
    """
    v = deal_version.c
    query = sa.select(v.deal, v.recorded, v.layout, v.fields).where(
        v.book == book, v.valid_from == day, visible(None)
    )  # fmt: skip
    there = {
        row.deal: (row.recorded, None if row.fields is None else Held(row.layout, row.fields))
        for row in connection.execute(query)
    }
    gone = [number for number, (_, held) in there.items() if number not in wanted or wanted[number] != held]
    own = sa.and_(v.book == book, v.deal == sa.bindparam("gone"), v.valid_from == day, visible(None))
    mine = [{"gone": number} for number in gone if there[number][0] == recording]
    others = [{"gone": number} for number in gone if there[number][0] != recording]
    if mine:
        connection.execute(deal_version.delete().where(own), mine)
    if others:
        connection.execute(deal_version.update().where(own).values(superseded=recording), others)
    told_anew = set(gone)
    new = [
        {
            "book": book, "deal": number, "valid_from": day, "recorded": recording, "superseded": None,
            "layout": None if held is None else held.layout, "fields": None if held is None else held.fields,
        }
        for number, held in sorted(wanted.items())
        if number not in there or number in told_anew
    ]  # fmt: skip
    insert(connection, deal_version, new)
    return len(new), len(gone)
