"""Erasure: everything about a deal or an owner goes, files that held it included; what stays is that it went."""

from __future__ import annotations

import hashlib
import io
import json
import re
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import sqlalchemy as sa

from simfunnel.errors import InputError
from simfunnel.store.forecasts import packed, unpacked
from simfunnel.store.raw import make_whole
from simfunnel.store.rows import Rows
from simfunnel.store.snapshots import snapshots, tell
from simfunnel.store.spans import spans_of, swept, versions_by_deal, view_of
from simfunnel.store.tables import deal, deal_version, forecast, forecast_quantiles, raw_file, snapshot, submission
from simfunnel.store.tables import tombstone as tombstones
from simfunnel.store.versions import headers_of
from simfunnel.values.names import name_key

Kind = Literal["deal", "owner"]
FORGOTTEN = "(forgotten)"
"""Stands where a name stood in what was forecast."""
NAMED = ("teams", "owner")
"""Keys of a scenario under which names are keys themselves."""
CALENDAR = re.compile(r"(FY)?\d{4}(-[\dQWP][\d:T.+-]*Z?)?d?")
"""Days, times and labels of periods: no deal is named in them, even where one is called 2027."""

_LATIN = re.compile("[A-Za-z0-9_]")


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What an erasure took away."""

    kind: str
    deals: int
    versions: int
    files: int
    forecasts: int
    submissions: int = 0


def digest_of_name(book: int, kind: str, name: str) -> str:
    """What a tombstone knows a name by: enough to see it again, too little to read it."""
    return hashlib.sha256(f"{book}\0{kind}\0{name}".encode()).hexdigest()


def refuse_forgotten(connection: sa.Connection, book: int, rows: Rows, owners: Iterable[str]) -> None:
    """Refuse rows of what was to be forgotten.

    Raises
    ------
    InputError
        If there are such rows: with how many deals and owners, never with their names.
    """
    t = tombstones.c
    known = {(row.kind, row.digest) for row in connection.execute(sa.select(t.kind, t.digest).where(t.book == book))}
    if not known:
        return
    deals = sum(("deal", digest_of_name(book, "deal", name)) in known for name in dict.fromkeys(rows.names))
    people = sum(("owner", digest_of_name(book, "owner", name)) in known for name in set(owners))
    if deals or people:
        what = " and ".join(
            f"{count} {word if count == 1 else word + 's'}"
            for count, word in ((deals, "deal"), (people, "owner")) if count
        )  # fmt: skip
        raise InputError(f"the file holds {what} that this store was told to forget: take them out of the export")


def refuse_forgotten_owners(connection: sa.Connection, book: int, owners: Iterable[str]) -> None:
    """Refuse submissions of owners who were to be forgotten.

    Raises
    ------
    InputError
        If there are such: how many, never with their names.
    """
    refuse_forgotten(connection, book, Rows((), [], [], []), owners)


def forget(connection: sa.Connection, book: int, name: str, kind: Kind) -> Forgotten:
    """Erase a deal, or an owner with all deals that were ever theirs, from a book.

    Raises
    ------
    InputError
        If nothing of that name is there.
    """
    doomed = _deals_named(connection, book, name) if kind == "deal" else _deals_of_owner(connection, book, name)
    said = sa.and_(submission.c.book == book, submission.c.owner.in_(_spellings(connection, book, name, kind)))
    there = connection.execute(sa.select(sa.func.count()).where(said)).scalar_one()
    if not doomed and not there:
        raise InputError(f"no {kind} of that name is in the store: nothing was erased")
    number, _ = tell(connection, book, "forget")
    files = _erase_files(connection, book, doomed, number)
    versions = 0
    for one in sorted(doomed):
        own = sa.and_(deal_version.c.book == book, deal_version.c.deal == one)
        versions += connection.execute(deal_version.delete().where(own)).rowcount
        connection.execute(deal.delete().where(deal.c.id == one))
    _recount(connection, book)
    connection.execute(submission.delete().where(said))
    changed = _erase_words(connection, book, {name} if kind == "owner" else {name, *doomed.values()})
    known = digest_of_name(book, kind, name)
    t = tombstones.c
    connection.execute(tombstones.delete().where(t.book == book, t.kind == kind, t.digest == known))
    connection.execute(tombstones.insert().values(
        book=book, kind=kind, digest=known, recorded=number, versions=versions))  # fmt: skip
    return Forgotten(kind, len(doomed), versions, files, changed, there)


def _spellings(connection: sa.Connection, book: int, name: str, kind: Kind) -> list[str]:
    """Owners among the submissions who are this one, in whatever capitals."""
    if kind != "owner":
        return []
    s = submission.c
    found = connection.execute(sa.select(s.owner).where(s.book == book).distinct()).scalars()
    return [owner for owner in found if name_key(owner) == name_key(name)]


def _deals_named(connection: sa.Connection, book: int, name: str) -> dict[int, str]:
    rows = connection.execute(sa.select(deal.c.id, deal.c.name).where(deal.c.book == book, deal.c.name == name))
    return {row.id: row.name for row in rows}


def _deals_of_owner(connection: sa.Connection, book: int, name: str) -> dict[int, str]:
    """Deals of which some version names the owner, in the column of owners of the snapshots of its layout."""
    columns: dict[int, set[str]] = {}
    for one in snapshots(connection, book, corrected=True):
        header = one.reading.get("columns", {}).get("owner")
        if header:
            columns.setdefault(one.layout, set()).add(header)
    headers = headers_of(connection)
    v = deal_version.c
    query = (
        sa.select(v.deal, v.layout, v.fields, deal.c.name).join(deal, deal.c.id == v.deal)
        .where(v.book == book, v.fields.is_not(None))
    )  # fmt: skip
    found = {}
    for row in connection.execute(query):
        own = columns.get(row.layout, set())
        cells = zip(headers[row.layout], json.loads(row.fields), strict=False)
        if any(header in own and isinstance(cell, str) and cell.strip() == name for header, cell in cells):
            found[row.deal] = row.name
    return found


def _erase_files(connection: sa.Connection, book: int, doomed: dict[int, str], number: int) -> int:
    """Take away every file of the book's snapshots that shows one of the deals."""
    found = snapshots(connection, book, corrected=True)
    views = spans_of(found)
    for deal_number, versions in versions_by_deal(connection, book):
        if deal_number in doomed:
            for spans in views.values():
                spans.add(deal_number, None, versions)
    shown = {known_by: spans.rows for known_by, spans in views.items()}
    hashes = {one.source_hash for one in found if one.source_hash and shown[view_of(one)][one.valid_day.isoformat()]}
    make_whole(connection, hashes)
    erased = 0
    for digest in hashes:
        own = sa.and_(raw_file.c.hash == digest, raw_file.c.erased.is_(None))
        erased += connection.execute(
            raw_file.update().where(own).values(bytes=None, size=0, name="erased", erased=number)
        ).rowcount
    return erased


def _recount(connection: sa.Connection, book: int) -> None:
    """Snapshots without what went: their rows, and the number that tells whether they are whole."""
    found = snapshots(connection, book, corrected=True)
    told = {known_by: (spans.rows, spans.contents) for known_by, spans in swept(connection, book, found).items()}
    for one in found:
        rows, contents = told[view_of(one)]
        day = one.valid_day.isoformat()
        values = {"rows": rows[day], "content": contents[day]}
        connection.execute(snapshot.update().where(snapshot.c.id == one.id).values(**values))


def _erase_words(connection: sa.Connection, book: int, words: set[str]) -> int:
    """Take names out of kept forecasts: of their scenarios, summaries and groups."""
    changed = 0
    rows = connection.execute(
        sa.select(forecast.c.id, forecast.c.scenario, forecast.c.summary, forecast.c.samples)
        .where(forecast.c.book == book)
    ).all()  # fmt: skip
    finder = _finder(words)
    for row in rows:
        values: dict[str, bytes | None] = {}
        for column in ("scenario", "summary"):
            data = unpacked(getattr(row, column))
            erased = _without(data, finder)
            if erased != data:
                values[column] = packed(erased)
        if row.samples is not None and finder.search(_line_of(bytes(row.samples))):
            values["samples"] = None  # how it was made names them, and the trials alone can be made again
        q = forecast_quantiles.c
        own = sa.and_(q.forecast == row.id, q.dimension == "owner", q.label.in_(words))
        gone = connection.execute(forecast_quantiles.delete().where(own)).rowcount
        if values:
            connection.execute(forecast.update().where(forecast.c.id == row.id).values(**values))
        changed += bool(values) or gone > 0
    return changed


def _line_of(samples: bytes) -> str:
    """How the trials were made, with what was set; empty where they cannot be read."""
    try:
        with np.load(io.BytesIO(samples), allow_pickle=False) as arrays:
            return str(arrays["provenance"])
    except (OSError, ValueError, KeyError, zipfile.BadZipFile):
        return ""


def _finder(words: set[str]) -> re.Pattern[str]:
    """The words, not within longer ones where blanks part words: forgetting deal 1 leaves deal 10 as it is."""
    longest_first = sorted(words, key=len, reverse=True)
    return re.compile("|".join(
        ("(?<![A-Za-z0-9_])" if _LATIN.match(word[:1]) else "") + re.escape(word)
        + ("(?![A-Za-z0-9_])" if _LATIN.match(word[-1:]) else "")
        for word in longest_first
    ))  # fmt: skip


def _without(data: Any, words: re.Pattern[str], under: str = "") -> Any:
    if isinstance(data, dict):
        return {
            words.sub(FORGOTTEN, name) if under in NAMED else name: _without(value, words, name)
            for name, value in data.items()
        }
    if isinstance(data, list):
        return [_without(value, words, under) for value in data]
    if isinstance(data, str) and not CALENDAR.fullmatch(data):
        return words.sub(FORGOTTEN, data)
    return data
