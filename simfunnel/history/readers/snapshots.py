"""States of deals as they were seen again and again: dated exports, and versions with exact times."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import numpy as np

from simfunnel.arrays import Bools, Ints
from simfunnel.errors import InputError, Problem
from simfunnel.history.assembly import Marks, joined
from simfunnel.history.desk import Desk
from simfunnel.history.history import LOST, UNSEEN, VOID, WON, History
from simfunnel.history.iso_times import UNREAD
from simfunnel.history.readers.states import state_codes
from simfunnel.history.readers.versions import read_versions
from simfunnel.history.row_facts import attributes, date_fields, row_facts
from simfunnel.history.stage_words import NO_STAGE
from simfunnel.history.telling import Told, deal_numbers, finish
from simfunnel.wording.findings import Finding

ENDS = (WON, LOST, VOID)


@dataclass(frozen=True, slots=True)
class Sights:
    """Deals as snapshots show them, by deal and then by snapshot."""

    row: Ints
    deal: Ints
    number: Ints
    """Number of the snapshot."""
    code: Ints
    """Stage, or WON, LOST, VOID."""

    @property
    def first(self) -> Bools:
        """Whether it is the first sight of its deal."""
        fresh: Bools = np.concatenate([[True], self.deal[1:] != self.deal[:-1]])[: len(self.deal)]
        return fresh

    @property
    def last(self) -> Bools:
        """Whether it is the last sight of its deal."""
        gone: Bools = np.concatenate([self.deal[1:] != self.deal[:-1], [True]])[-len(self.deal) or 1 :]
        return gone[: len(self.deal)]


def read_snapshots(desk: Desk) -> History:
    """Read states of deals that hold at the time of a snapshot, or from one time to another."""
    desk.read_dates(date_fields())
    if "valid_from" in desk.fields:
        return read_versions(desk)
    cases, times = desk.column("case"), desk.times("snapshot")
    assert cases is not None
    if times is None:
        raise InputError(Problem(
            "nothing says of which day the rows are: expected a column such as `Snapshot Date`, or a folder of files "
            "with the day in their names", "history.columns.snapshot", desk.table.file))  # fmt: skip
    deal, ids = deal_numbers(cases)
    desk.note("no_case", deal < 0)
    rows = deal >= 0
    desk.note("time_unreadable", rows & times.unreadable, header=desk.header("snapshot"))
    desk.note("no_time", rows & ~times.there & ~times.unreadable, header=desk.header("snapshot"))
    rows &= times.there
    codes, names = state_codes(desk, rows)
    rows &= codes > NO_STAGE
    if not rows.any() and desk.decided is None:
        raise InputError(Problem(
            "no row has a day, a deal and a stage: nothing is left to read",
            "history.columns", desk.table.file))  # fmt: skip
    moments, number = np.unique(times.at[rows], return_inverse=True)
    sights, twice = _sights(np.flatnonzero(rows), deal, number, codes)
    desk.note("twice_in_snapshot", twice)
    marks, created, created_before, since = _marks(desk, sights, moments, len(ids))
    seen = np.full(len(deal), -1, dtype=np.int64)
    seen[sights.row] = sights.deal
    sinces, befores = np.zeros_like(seen), np.zeros_like(seen)
    sinces[sights.row], befores[sights.row] = since, moments[sights.number]
    facts = row_facts(desk, seen, sinces, befores)
    if len(moments):
        desk.found.append(Finding("snapshots_read", {
            "count": len(moments), "first": _day(desk, moments[0]), "last": _day(desk, moments[-1]),
            "changes": _changes(sights),
        }))  # fmt: skip
    ordered = desk.settings.stages is not None or desk.decided is not None or "stage" not in desk.fields
    constant = attributes(desk, seen, len(ids), times.at)
    told = Told(
        ids, marks, names, created, created_before, moments, facts, constant, ordered=ordered, moments=moments
    )  # fmt: skip
    return finish(desk, told)


def _sights(rows: Ints, deal: Ints, number: Ints, codes: Ints) -> tuple[Sights, int]:
    """Sort rows by deal and snapshot; of a deal that stands twice in one, the first row counts."""
    order = np.lexsort((rows, number, deal[rows]))
    own, snapshot = rows[order], number[order]
    again = np.concatenate([[False], (deal[own][1:] == deal[own][:-1]) & (snapshot[1:] == snapshot[:-1])])[: len(own)]
    own, snapshot = own[~again], snapshot[~again]
    return Sights(own, deal[own], snapshot, codes[own]), int(again.sum())


def _marks(desk: Desk, s: Sights, moments: Ints, count: int) -> tuple[Marks, Ints, Ints, Ints]:
    """What happened between the sights of a deal, and when it was created: in ``[x, x_before)``."""
    first, last = s.first, s.last
    ended = np.isin(s.code, ENDS)
    own = moments[s.number]
    earlier = np.where(s.number > 0, moments[np.maximum(s.number - 1, 0)], own - 1)
    created = _stated(desk, "created", s)
    stated = first & (created != UNREAD) & (created < own)
    start = np.where(stated, created, earlier)
    closed = _stated(desk, "closed", s)
    bound = np.where(first, np.where(stated, created, np.where(s.number > 0, earlier, UNREAD + 1)), earlier)
    exact = ended & (closed != UNREAD) & (closed >= bound) & (closed < own)
    at = np.where(exact, closed, start)
    marks = Marks(s.deal, at, own, s.code)
    after = np.concatenate([s.number[1:], [0]])[: len(s.number)]
    gone = ~ended & np.where(last, s.number < len(moments) - 1, after > s.number + 1)
    desk.note("vanished_deals", gone & last)
    desk.note("back_in_sight", gone & ~last)
    next_one = moments[np.clip(s.number + 1, 0, max(len(moments) - 1, 0))]
    lost = Marks(s.deal[gone], own[gone], next_one[gone], np.full(int(gone.sum()), UNSEEN))
    desk.note("in_first_snapshot", first & (s.number == 0) & ~ended)
    desk.note("born_and_ended", first & ended & (s.number > 0))
    born = np.full(count, UNREAD, dtype=np.int64)
    born_before = born.copy()
    born[s.deal[first]] = np.minimum(start, at)[first]
    born_before[s.deal[first]] = own[first]
    return joined([marks, lost]), born, born_before, start


def _stated(desk: Desk, name: str, s: Sights) -> Ints:
    times = desk.times(name)
    return np.full(len(s.row), UNREAD, dtype=np.int64) if times is None else times.at[s.row]


def _changes(s: Sights) -> int:
    return int((~s.first & np.concatenate([[False], s.code[1:] != s.code[:-1]])).sum())


def _day(desk: Desk, instant: int) -> str:
    return str(dt.datetime.fromtimestamp(int(instant) // 1_000_000, ZoneInfo(desk.time_zone)).date())
