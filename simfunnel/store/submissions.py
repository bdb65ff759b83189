"""What people said would come: commits and best cases by owner, period and day, each corrected, never overwritten."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from simfunnel.errors import InputError
from simfunnel.store.inserting import insert
from simfunnel.store.snapshots import tell
from simfunnel.store.tables import recording, submission
from simfunnel.store.versions import visible
from simfunnel.values.names import name_key

KINDS = ("commit", "best_case")
FILE, EXPORT = "file", "export"
"""Where a submission came from: from people, or from the forecast categories of a pipeline's export."""
RECORDED = "commits"
"""Kind of the recordings by which submissions of exports are told; those of files are told by all others."""


@dataclass(frozen=True, slots=True, order=True)
class Submission:
    """What an owner said on a day of a whole period, what was won in it already included; money in major units."""

    made: dt.date
    owner: str
    period: str
    kind: str
    """One of `KINDS`."""
    amount: float
    source: str = FILE
    """`FILE` or `EXPORT`."""

    @property
    def key(self) -> tuple[dt.date, str, str, str]:
        """What it is of: there is one amount for it."""
        return self.made, self.owner, self.period, self.kind

    @property
    def week(self) -> tuple[int, int, str, str, str]:
        """What it is of, to the week: what people say in it counts before what their deals do."""
        year, week, _ = self.made.isocalendar()
        return year, week, name_key(self.owner), self.period, self.kind


@dataclass(frozen=True, slots=True)
class Told:
    """What keeping submissions did."""

    new: int
    unchanged: int
    corrected: int


def submissions(
    connection: sa.Connection, book: int, known_by: int | None = None, until: dt.date | None = None
) -> list[Submission]:  # fmt: skip
    """List the submissions of a book by day, owner, period and kind.

    One of an export is not listed where a file says something of the same owner, period, kind and week.

    Parameters
    ----------
    known_by
        As they were known by this recording.
    until
        Only those made on this day or before.
    """
    found = _told(connection, book, known_by, until)
    said = {one.week for one in found if one.source == FILE}
    return sorted(one for one in found if one.source == FILE or one.week not in said)


def _told(
    connection: sa.Connection, book: int, known_by: int | None = None, until: dt.date | None = None
) -> list[Submission]:  # fmt: skip
    """All of them, those of exports too where a file says something else."""
    s = submission.c
    query = (
        sa.select(s.made, s.owner, s.period, s.kind, s.amount, recording.c.kind.label("told_by"))
        .outerjoin(recording, recording.c.id == s.recorded)
        .where(s.book == book, visible(known_by, submission))
    )
    if until is not None:
        query = query.where(s.made <= until.isoformat())
    rows = connection.execute(query).all()
    try:
        return [
            Submission(dt.date.fromisoformat(row.made), row.owner, row.period, row.kind, row.amount,
                       EXPORT if row.told_by == RECORDED else FILE)
            for row in rows
        ]  # fmt: skip
    except (ValueError, TypeError):
        raise InputError("a submission in the store is damaged; `simfunnel store check` lists what is") from None


def corrections(connection: sa.Connection, book: int, said: Sequence[Submission]) -> list[tuple[Submission, float]]:
    """Those that a file told with another amount: what is told now, and the amount that is kept."""
    known = {one.key: one.amount for one in _told(connection, book) if one.source == FILE}
    return [(one, known[one.key]) for one in said if one.key in known and known[one.key] != one.amount]


def put_submissions(connection: sa.Connection, book: int, number: int, said: Sequence[Submission]) -> Told:
    """Keep submissions of a file; one that is kept with another amount is superseded, as is one of an export.

    Parameters
    ----------
    number
        Of the recording.
    said
        No two of one key.
    """
    known = {one.key: one for one in _told(connection, book)}
    fresh = [one for one in said if known.get(one.key) != one]
    gone = [known[one.key] for one in fresh if one.key in known]
    _supersede(connection, book, number, gone)
    _write(connection, book, number, fresh)
    corrected = sum(one.source == FILE for one in gone)
    return Told(len(fresh) - corrected, len(said) - len(fresh), corrected)


def put_commits(
    connection: sa.Connection, book: int, day: dt.date, said: Sequence[Submission]
) -> tuple[Told, int]:  # fmt: skip
    """Make the submissions of a day's export be these, in a recording of their own.

    Returns
    -------
    tuple
        What that did, and how many of them a file overrules.
    """
    there = [one for one in _told(connection, book) if one.source == FILE or one.made == day]
    weeks = {one.week for one in there if one.source == FILE}
    taken = {one.key for one in there if one.source == FILE}
    known = {one.key: one for one in there if one.source == EXPORT}
    wanted = {one.key: one for one in said if one.key not in taken}
    gone = [one for key, one in known.items() if wanted.get(key) != one]
    fresh = [one for key, one in wanted.items() if known.get(key) != one]
    if gone or fresh:
        number, _ = tell(connection, book, RECORDED)
        _supersede(connection, book, number, gone)
        _write(connection, book, number, fresh)
    corrected = sum(one.key in known for one in fresh)
    told = Told(len(fresh) - corrected, len(wanted) - len(fresh), corrected)
    return told, sum(one.week in weeks for one in said)


def _supersede(connection: sa.Connection, book: int, number: int, gone: Sequence[Submission]) -> None:
    s = submission.c
    for one in gone:
        own = sa.and_(s.book == book, s.owner == one.owner, s.period == one.period, s.made == one.made.isoformat(),
                      s.kind == one.kind, visible(None, submission))  # fmt: skip
        connection.execute(submission.update().where(own).values(superseded=number))


def _write(connection: sa.Connection, book: int, number: int, fresh: Sequence[Submission]) -> None:
    insert(connection, submission, [
        {"book": book, "owner": one.owner, "period": one.period, "made": one.made.isoformat(), "kind": one.kind,
         "recorded": number, "superseded": None, "amount": one.amount}
        for one in fresh
    ])  # fmt: skip


def faulty_submissions(connection: sa.Connection, book: int) -> list[str]:
    """What is wrong with the submissions of a book: each with its day, never with a name."""
    s = submission.c
    rows = connection.execute(
        sa.select(s.made, s.owner, s.period, s.kind, s.amount, s.superseded, recording.c.id)
        .outerjoin(recording, recording.c.id == s.recorded).where(s.book == book)
    ).all()  # fmt: skip
    found, seen = [], set()
    for row in rows:
        amount = row.amount
        if not isinstance(amount, float) or not math.isfinite(amount) or amount < 0:
            found.append(f"a submission of {row.made} with no amount")
        if row.id is None:
            found.append(f"a submission of {row.made} whose recording is missing")
        if row.kind not in KINDS or not row.owner or not row.period or not _is_day(row.made):
            found.append(f"a submission of {row.made} that cannot be read")
        key = (row.made, row.owner, row.period, row.kind)
        if row.superseded is None and key in seen:
            found.append(f"a submission of {row.made} that is kept twice")
        if row.superseded is None:
            seen.add(key)
    return found


def _is_day(text: str) -> bool:
    try:
        return dt.date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False
