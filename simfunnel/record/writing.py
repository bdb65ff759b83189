"""What one `keep` writes: the snapshot, its file, the forecast and what was said beside it; all of it, or nothing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from simfunnel.errors import InputError
from simfunnel.record.reading import Export
from simfunnel.record.said import SaidForecast
from simfunnel.record.submissions import tell_submissions
from simfunnel.store.books import book_to_write, books
from simfunnel.store.forecasts import put_forecast
from simfunnel.store.forgotten import refuse_forgotten, refuse_forgotten_owners
from simfunnel.store.raw import hash_of_bytes, put_raw
from simfunnel.store.snapshots import Kept, Snapshot, keep_snapshot, snapshots, tell
from simfunnel.store.submissions import Submission, Told, put_commits

NOTHING = Told(0, 0, 0)


@dataclass(frozen=True, slots=True)
class Asked:
    """How it is to be kept."""

    book: str
    correct: bool
    raw: bool
    said: tuple[Submission, ...]
    """What owners said."""
    commits: tuple[Submission, ...]
    """What the export says that they commit."""


@dataclass(frozen=True, slots=True)
class Done:
    """What a transaction did."""

    kept: Kept
    at: str
    corrected: bool
    same: bool
    forecast_new: bool
    told: Told
    commits: tuple[Told, int]
    """What became of the submissions of the export, and how many a file overrules."""
    rows_before: int | None
    beside: tuple[str, ...]


def write(
    connection: sa.Connection, day: dt.date, export: Export, said: SaidForecast, asked: Asked
) -> Done:  # fmt: skip
    """Write all that is kept of a day, in the transaction that is open.

    Raises
    ------
    InputError
        If the day does not fit what is kept, or something is to be kept that was to be forgotten.
    """
    others = books(connection)
    book = book_to_write(connection, asked.book)
    known = snapshots(connection, book)
    digest = hash_of_bytes(export.data)
    there = next((one for one in known if one.valid_day == day), None)
    before = next((one for one in reversed(known) if one.valid_day < day), None)
    same = there is not None and _is_same(there, digest, export)
    corrected = False
    if not same:
        corrected = _check_order(known, there, day, asked.book, correct=asked.correct)
        refuse_forgotten(connection, book, export.rows, export.owners)
    number, at = tell(connection, book, "keep")
    kept = Kept(0, len(export.rows), 0)
    if not same:
        like = None if before is None else before.source_hash
        source = put_raw(connection, export.data, export.name, like=like) if asked.raw else None
        kept = keep_snapshot(
            connection, book, day, number, export.rows, source_hash=digest,
            reading=export.reading | ({} if source else {"raw": False}),
        )  # fmt: skip
    _, new = put_forecast(
        connection, book, number, identity=said.identity, as_of=said.as_of, currency=said.currency,
        scenario=said.scenario, summary=said.summary, samples=said.samples, parts=said.parts,
    )  # fmt: skip
    refuse_forgotten_owners(connection, book, {one.owner for one in asked.commits})
    told = tell_submissions(connection, book, number, asked.said, correct=asked.correct) if asked.said else NOTHING
    return Done(
        kept, at, corrected, same, new, told, put_commits(connection, book, day, asked.commits),
        None if before is None else before.rows, () if asked.book in others else tuple(others),
    )  # fmt: skip


def _is_same(there: Snapshot, digest: str, export: Export) -> bool:
    """Whether the snapshot is of these bytes, read from the same place in them."""
    own = (export.reading.get("sheet"), export.reading.get("header_row"))
    return there.source_hash == digest and (there.reading.get("sheet"), there.reading.get("header_row")) == own


def _check_order(
    known: Sequence[Snapshot], there: Snapshot | None, day: dt.date, name: str, *, correct: bool
) -> bool:  # fmt: skip
    """Whether the past is told anew; refuse that where it was not asked for."""
    newest = max((one.valid_day for one in known), default=None)
    if there is not None:
        if not correct:
            raise InputError(
                f"{day} is kept already in the book {name!r}, with another file ({there.reading.get('file')}, "
                f"recorded {there.recorded_at[:19]}): to correct that day, --correct; for another day, --valid DAY"
            )
        return True
    if newest is not None and day < newest:
        if not correct:
            raise InputError(
                f"{day} lies before the newest snapshot of the book {name!r}, {newest}: to tell that day later than "
                "the days after it, --correct; for another day, --valid DAY"
            )
        return True
    return False
