"""The days on which rows of dated files hold, and the deals they are of."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import numpy as np

from simfunnel.arrays import Bools, Ints
from simfunnel.errors import InputError, Problem
from simfunnel.history.desk import Desk
from simfunnel.history.telling import deal_numbers

HOUR, DAY = 3_600_000_000, 86_400_000_000
"""In microseconds."""
DAYS_ALIKE = 36_525
"""Days that a history may span."""


def own_times(desk: Desk, name: str) -> tuple[Ints, list[str], Ints, Bools]:
    """Deals, their names, the times of a field, and the rows that have both."""
    cases, times = desk.column("case"), desk.times(name)
    if cases is None or times is None:
        message = "nothing says which deal a row is of, or of which day: name the columns under `history.columns`"
        raise InputError(Problem(message, "history.columns", desk.table.file))
    deal, names = deal_numbers(cases)
    return deal, names, times.at, (deal >= 0) & times.there


def first_days(at: Ints, time_zone: str) -> Ints:
    """Day, from the epoch, at whose start what begins at an instant holds for the first time."""
    zone = ZoneInfo(time_zone)
    hours, place = np.unique(at // HOUR, return_inverse=True)
    offset = np.array([
        int((dt.datetime.fromtimestamp(hour * 3600, zone).utcoffset() or dt.timedelta()).total_seconds()) * 1_000_000
        for hour in hours.tolist()
    ], dtype=np.int64)  # fmt: skip
    return np.asarray(-(-(at + offset[place]) // DAY), dtype=np.int64)


def day_span(first: int, last: int, file: str | None) -> list[dt.date]:
    """Days, counted from the epoch, from the first to the last."""
    if last - first > DAYS_ALIKE:
        raise InputError(Problem(f"tells of {last - first:,} days: a date is not what it seems", file=file))
    epoch = dt.date(1970, 1, 1)
    return [epoch + dt.timedelta(days=day) for day in range(first, last + 1)]
