"""Logs of fields as the rows of deals: what each field was last set to; before its first change, what that replaced."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from simfunnel.history.desk import Desk
from simfunnel.record.stay_days import day_span, first_days, own_times
from simfunnel.store.bulk import Stays
from simfunnel.store.rows import fragment, row_text
from simfunnel.tabular.column import Column


def changes_of(desk: Desk) -> tuple[Stays, list[dt.date], int]:
    """Read a log; with the days of the snapshots, and how many rows tell nothing: no id, no time, or no field."""
    deal, names, at, rows = own_times(desk, "time")
    log = _Log.of(desk)
    own = np.flatnonzero(rows & log.fields.filled)
    own = own[np.lexsort((own, at[own], deal[own]))]
    who, day = deal[own], first_days(at[own], desk.time_zone) if len(own) else own
    headers = (desk.header("case"), *dict.fromkeys(log.fields.texts[code] for code in log.fields.take(own).used))
    days = day_span(int(day.min()), int(day.max()), desk.table.file) if len(own) else []
    deals: list[int] = []
    begin: list[int] = []
    texts: list[str] = []
    for first, last in pairwise([*np.flatnonzero(np.diff(who, prepend=-1)).tolist(), len(own)]):
        number = int(who[first])
        for on, text in log.states(headers, names[number], own[first:last].tolist(), day[first:last].tolist()):
            deals.append(number)
            begin.append(on)
            texts.append(text)
    start = np.array(begin, dtype=np.int64) - (int(day.min()) if len(own) else 0)
    stays = Stays(
        names, np.array(deals, dtype=np.int64), np.zeros(len(texts), dtype=np.int64), start,
        np.full(len(texts), len(days)), headers, lambda: iter(texts),
    )  # fmt: skip
    return stays, days, len(rows) - len(own)


@dataclass(frozen=True, slots=True)
class _Log:
    """Which field each row sets, to what, and what it replaces."""

    fields: Column
    new: Column
    old: Column | None

    @classmethod
    def of(cls, desk: Desk) -> _Log:
        fields, new = desk.column("field"), desk.column("new")
        assert fields is not None and new is not None
        return cls(fields, new, desk.column("old"))

    def states(
        self, headers: Sequence[str], name: str, rows: Sequence[int], days: Sequence[int]
    ) -> Iterator[tuple[int, str]]:
        """Day and row, as it is kept, of one deal for each day on which something of it was set.

        Parameters
        ----------
        rows
            Of the deal in the log, by time.
        days
            Of each, from which on it holds.
        """
        place = {header: at for at, header in enumerate(headers)}
        state = [fragment(name), *["null"] * (len(headers) - 1)]
        if self.old is not None:
            for row in reversed(rows):  # of each field what its first change replaced stays
                state[place[self.fields.text(row)]] = fragment(self.old.cell(row))
        for at, (row, day) in enumerate(zip(rows, days, strict=True)):
            state[place[self.fields.text(row)]] = fragment(self.new.cell(row))
            if at + 1 == len(rows) or days[at + 1] != day:
                yield day, row_text(state)
