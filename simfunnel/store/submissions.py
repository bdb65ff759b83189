"""What people said would come: commits and best cases by owner, period and day, each corrected, never overwritten."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from simfunnel.store.tables import recording, submission
from simfunnel.store.versions import insert, visible

KINDS = ("commit", "best_case")


@dataclass(frozen=True, slots=True, order=True)
class Submission:
    """What an owner said on a day of a whole period, what was won in it already included; money in major units."""

    made: dt.date
    owner: str
    period: str
    kind: str
    """One of `KINDS`."""
    amount: float

    @property
    def key(self) -> tuple[dt.date, str, str, str]:
        """What it is of: there is one amount for it."""
        return self.made, self.owner, self.period, self.kind


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

    Parameters
    ----------
    known_by
        As they were known by this recording.
    until
        Only those made on this day or before.
    """
    s = submission.c
    query = sa.select(s.made, s.owner, s.period, s.kind, s.amount).where(s.book == book, visible(known_by, submission))
    if until is not None:
        query = query.where(s.made <= until.isoformat())
    rows = connection.execute(query).all()
    return sorted(Submission(dt.date.fromisoformat(row.made), row.owner, row.period, row.kind, row.amount)
                  for row in rows)  # fmt: skip


def corrections(connection: sa.Connection, book: int, said: Sequence[Submission]) -> list[tuple[Submission, float]]:
    """Those that are kept with another amount: what is told now, and the amount that is kept."""
    known = {one.key: one.amount for one in submissions(connection, book)}
    return [(one, known[one.key]) for one in said if one.key in known and known[one.key] != one.amount]


def put_submissions(connection: sa.Connection, book: int, number: int, said: Sequence[Submission]) -> Told:
    """Keep submissions; one that is kept with another amount is superseded.

    Parameters
    ----------
    number
        Of the recording.
    said
        No two of one key.
    """
    known = {one.key: one.amount for one in submissions(connection, book)}
    fresh = [one for one in said if known.get(one.key) != one.amount]
    gone = [one for one in fresh if one.key in known]
    s = submission.c
    for one in gone:
        own = sa.and_(s.book == book, s.owner == one.owner, s.period == one.period, s.made == one.made.isoformat(),
                      s.kind == one.kind, visible(None, submission))  # fmt: skip
        connection.execute(submission.update().where(own).values(superseded=number))
    insert(connection, submission, [
        {"book": book, "owner": one.owner, "period": one.period, "made": one.made.isoformat(), "kind": one.kind,
         "recorded": number, "superseded": None, "amount": one.amount}
        for one in fresh
    ])  # fmt: skip
    return Told(len(fresh) - len(gone), len(said) - len(fresh), len(gone))


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
