"""How often close dates moved between two snapshots, and by how many days."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import sqlalchemy as sa

from simfunnel.crm.date_columns import DateRules, read_dates
from simfunnel.errors import InputError
from simfunnel.store.rows import cell_of
from simfunnel.store.snapshots import deal_names, snapshots
from simfunnel.store.tables import deal_version
from simfunnel.store.versions import headers_of, visible
from simfunnel.values.cells import Cell
from simfunnel.wording.language import tell
from simfunnel.wording.numbers import plural

FIELD = "close_date"


@dataclass(frozen=True, slots=True)
class Pushed:
    """Moves of one deal's close date as the kept snapshots show it; a way there and back between two is not seen."""

    times: int
    """To a later day."""
    days: int
    """In all of them together."""
    pulled: int
    """Times to an earlier day."""
    pulled_days: int

    @property
    def words(self) -> str:
        """Say it: pushed 3 times, 74 days."""
        told = tell("pushed {times}, {days}", times=_times(self.times), days=plural(self.days, "day"))
        if not self.pulled:
            return told
        return tell(
            "{pushed}, pulled in {times}, {days}",
            pushed=told, times=_times(self.pulled), days=plural(self.pulled_days, "day"),
        )  # fmt: skip


def pushes(
    connection: sa.Connection, book: int, days: tuple[dt.date, dt.date], known_by: int | None,
    reading: Mapping[str, Any],
) -> dict[str, Pushed]:  # fmt: skip
    """Find the deals whose close date moved between two snapshots.

    Parameters
    ----------
    days
        Of the two.
    known_by
        As the snapshots were known by this recording.
    reading
        Keys `date_format` and `time_zone` of the pipeline, by which dates are read.

    Returns
    -------
    dict
        By id; empty where the dates cannot be read as those of one column.
    """
    told = _cells(connection, book, days, known_by)
    flat = [cell for cells in told.values() for cell in cells]
    rules = DateRules(days[0], reading.get("date_format"), reading.get("time_zone"))
    try:
        at = np.floor(read_dates({FIELD: flat}, rules)[FIELD].days)
    except InputError:  # two ways of writing dates: the two days themselves are read each by its own
        return {}
    names, found, first = deal_names(connection, book), {}, 0
    for deal, cells in told.items():
        own = at[first : first + len(cells)]
        first += len(cells)
        steps = np.diff(own[~np.isnan(own)])
        later, earlier = steps[steps > 0], steps[steps < 0]
        if len(later):
            found[names[deal][0]] = Pushed(len(later), int(later.sum()), len(earlier), int(-earlier.sum()))
    return found


def _cells(
    connection: sa.Connection, book: int, days: tuple[dt.date, dt.date], known_by: int | None
) -> dict[int, list[Cell]]:  # fmt: skip
    """Deal -> its close dates: what held on the first day, and what the versions after it up to the last one say."""
    headers = headers_of(connection)
    place: dict[int, int] = {}
    for one in snapshots(connection, book, corrected=True):
        header = one.reading.get("columns", {}).get(FIELD)
        if header in headers[one.layout]:
            place[one.layout] = headers[one.layout].index(header)
    v = deal_version.c
    query = (
        sa.select(v.deal, v.valid_from, v.layout, v.fields)
        .where(v.book == book, v.fields.is_not(None), visible(known_by), v.valid_from <= days[1].isoformat())
        .order_by(v.deal, v.valid_from)
    )
    start = days[0].isoformat()
    found: dict[int, list[Cell]] = {}
    for row in connection.execute(query):
        if row.layout not in place:
            continue
        values = json.loads(row.fields)
        cell = cell_of(values[place[row.layout]]) if place[row.layout] < len(values) else None
        if row.valid_from <= start:
            found[row.deal] = [cell]
        else:
            found.setdefault(row.deal, []).append(cell)
    return found


def _times(count: int) -> str:
    return tell({1: "once", 2: "twice"}[count]) if count in (1, 2) else tell("{count} times", count=count)
