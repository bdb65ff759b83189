"""Changes of fields: one row for each value that a field of a deal took."""

from __future__ import annotations

import re

import numpy as np

from simfunnel.arrays import Bools, Ints
from simfunnel.crm.flags import truth
from simfunnel.history.assembly import Marks, joined
from simfunnel.history.desk import Desk
from simfunnel.history.history import LOST, VOID, WON, History
from simfunnel.history.instants import Instants, read_instants
from simfunnel.history.iso_times import UNREAD
from simfunnel.history.readers.fields_changed import changed_fields
from simfunnel.history.row_facts import date_fields
from simfunnel.history.stage_words import NO_STAGE, StageWords
from simfunnel.history.telling import RawFact, Told, deal_numbers, finish, texts_of
from simfunnel.tabular.column import Column

USUAL = 0.8
"""Deals are taken to begin in a stage if at least this part of those that were moved did."""
AGAIN = -20
"""A status that says open: the deal is in the stage it was in before."""
_USER_ID = re.compile(r"005[0-9A-Za-z]{12}(?:[0-9A-Za-z]{3})?")
"""A user as Salesforce numbers it; the name stands in a row of its own."""


def read_changes(desk: Desk) -> History:
    """Read rows of field, old and new value, and time."""
    desk.read_dates(date_fields())
    cases, times, fields, new = desk.column("case"), desk.times("time"), desk.column("field"), desk.column("new")
    assert cases is not None and times is not None and fields is not None and new is not None
    deal, ids = deal_numbers(cases)
    deleted_rows = desk.column("is_deleted")
    gone = np.zeros(len(deal), dtype=np.bool_)
    if deleted_rows is not None:
        gone = deleted_rows.marks(lambda text: truth(text) is True)
    desk.note("events_deleted", gone)
    desk.note("no_case", (deal < 0) & ~gone)
    rows = (deal >= 0) & ~gone
    desk.note("time_unreadable", rows & times.unreadable, header=desk.header("time"))
    desk.note("no_time", rows & ~times.there & ~times.unreadable, header=desk.header("time"))
    rows &= times.there
    of = changed_fields(desk, fields, rows)
    created = _created(desk, deal, times, rows, of, len(ids))
    words = desk.words()
    marks, names = _stages(desk, words, deal, rows & of["stage"], times.at, created)
    marks = joined([marks, *_statuses(desk, deal, rows & of["status"], times.at)])
    facts: dict[str, list[RawFact]] = {}
    for name in ("amount", "owner", "close_date", "probability", "forecast_category", "source", "pipeline"):
        if (own := rows & of[name]).any():
            facts[name] = [_values(desk, name, new, deal, own, times.at)]
    ordered = words.stages is not None
    told = Told(ids, _again(marks), names, created, created, times.at[rows], facts, {}, ordered=ordered)
    return finish(desk, told)


def _created(desk: Desk, deal: Ints, times: Instants, rows: Bools, of: dict[str, Bools], count: int) -> Ints:
    """Creation of deals: by a column, by rows that give the day, or by the row that says so."""
    at = times.at.copy()
    new = desk.column("new")
    dated = rows & of["created_date"]
    if new is not None and dated.any():
        read = _dates(desk, new.take(dated), "created")
        at[dated] = np.where(read.there, read.at, at[dated])
    told = rows & (of["created"] | of["created_date"])
    column = desk.times("created")
    if column is not None:
        told |= rows & column.there
        at = np.where(column.there, column.at, at)
    created = np.full(count, np.iinfo(np.int64).max, dtype=np.int64)
    np.minimum.at(created, deal[told], at[told])
    return np.where(created == np.iinfo(np.int64).max, UNREAD, created)


def _stages(
    desk: Desk, words: StageWords, deal: Ints, rows: Bools, at: Ints, created: Ints
) -> tuple[Marks, tuple[str, ...]]:
    """Stages that deals were moved to, and those that they were in before the first move."""
    new, old = desk.column("new"), desk.column("old")
    assert new is not None
    own = np.flatnonzero(rows)
    order = own[np.lexsort((own, at[own], deal[own]))]
    first = order[np.concatenate([[True], deal[order][1:] != deal[order][:-1]])[: len(order)]]
    both = _both(new, old, order, first)
    codes, names = words.codes(both)
    moves, before = codes[: len(order)], codes[len(order) :]
    use = moves >= NO_STAGE + 1
    parts = [Marks(deal[order][use], at[order][use], at[order][use], moves[use])]
    if old is not None:
        known = before >= 0
        dated = known & (created[deal[first]] != UNREAD) & (created[deal[first]] <= at[first])
        desk.note("initial_stage_undated", known & ~dated)
        usual = _usual(desk, before[known], names)
        parts.insert(0, _first_known(deal[first[dated]], created, at[first[dated]], before[dated], usual))
        parts.insert(0, _begun(desk, deal[first], created, before, usual, names))
    return joined(parts), names


def _both(new: Column, old: Column | None, order: Ints, first: Ints) -> Column:
    """New values, and the old values of first changes, as one column."""
    if old is None:
        return new.take(order)
    codes = np.concatenate([new.codes[order], old.codes[first] + len(new.cells)])
    return Column(codes.astype(np.int32), [*new.cells, *old.cells])


def _usual(desk: Desk, before: Ints, names: tuple[str, ...]) -> int | None:
    """Stage in which deals begin, if nearly all do in one."""
    counts = np.bincount(before, minlength=1)
    clear = len(before) > 0 and counts.max() >= USUAL * counts.sum()
    name = desk.decide("initial", names[int(counts.argmax())] if clear else "")
    return names.index(name) if name in names else None


def _begun(desk: Desk, moved: Ints, created: Ints, before: Ints, usual: int | None, names: tuple[str, ...]) -> Marks:
    """Deals of known creation begin where nearly all do: a first change only tells later that one did not."""
    begun = np.flatnonzero(created != UNREAD) if usual is not None else np.zeros(0, dtype=np.int64)
    still = np.ones(len(created), dtype=np.bool_)
    still[moved] = False
    other = (before >= 0) & (before != usual) & (created[moved] != UNREAD)
    if usual is not None:
        desk.note("initial_stage_taken", still[begun], stage=names[usual])
        desk.note("initial_stage_corrected", other, stage=names[usual])
    return Marks(begun, created[begun], created[begun], np.full(len(begun), usual or 0, dtype=np.int64))


def _first_known(deal: Ints, created: Ints, changed: Ints, before: Ints, usual: int | None) -> Marks:
    """Stages left by first changes that are not the usual one: known only since that change."""
    other = np.ones(len(before), dtype=np.bool_) if usual is None else before != usual
    # what a change tells is known just after it, as the change itself
    return Marks(deal[other], created[deal[other]], changed[other] + 1, before[other])


def _statuses(desk: Desk, deal: Ints, rows: Bools, at: Ints) -> list[Marks]:
    """Ends, and deals opened again, by changes of a status."""
    new = desk.column("new")
    if new is None or not rows.any():
        return []
    own = np.flatnonzero(rows)
    settings = desk.settings
    words = StageWords(("Open",), {}, settings.won, settings.lost, settings.void)
    column = new.take(own)
    said = [words.read(text) for text in column.texts] or [NO_STAGE]
    codes = np.array([a if isinstance(a, int) and a in (WON, LOST, VOID) else AGAIN for a in said], dtype=np.int64)
    return [Marks(deal[own], at[own], at[own], codes[column.codes])]


def _again(marks: Marks) -> Marks:
    """Put the stage a deal was in where it is said to be open."""
    if not (marks.code == AGAIN).any():
        return marks
    m = marks.take(np.lexsort((np.arange(len(marks)), marks.at, marks.deal)))
    starts = np.concatenate([[True], m.deal[1:] != m.deal[:-1]])
    last = np.maximum.accumulate(np.where(starts, np.arange(len(m)), 0))
    stage = np.maximum.accumulate(np.where(m.code >= 0, np.arange(len(m)), -1))
    known = stage >= last
    code = np.where((m.code == AGAIN) & known, m.code[np.maximum(stage, 0)], m.code)
    return Marks(m.deal, m.at, m.before, code).take(code != AGAIN)


def _values(desk: Desk, name: str, new: Column, deal: Ints, rows: Bools, at: Ints) -> RawFact:
    """Values of one field."""
    column, own = new.take(rows), np.flatnonzero(rows)
    header = f"{desk.header('new')} of {name}"
    value: object
    if name == "amount":
        value = desk.money(column, header)
    elif name == "probability":
        value = desk.shares(column, header)
    elif name == "close_date":
        read = _dates(desk, column, name)
        value = np.where(read.there, read.at.astype(np.float64), np.nan)
    else:
        value = texts_of(column)
        if name == "owner":
            value[column.marks(lambda text: _USER_ID.fullmatch(text) is not None)] = ""
    return RawFact(deal[own], at[own], at[own], value)


def _dates(desk: Desk, column: Column, name: str) -> Instants:
    """Read values that are dates; how they are written is decided once."""
    header = f"{desk.header('new')} of {name}"
    decided = desk.decided.dates if desk.decided is not None and header in desk.decided.dates else desk.dates
    kept = {header: decided[header]} if header in decided else None
    read, forms = read_instants(
        {header: column}, desk.time_zone, date_format=desk.settings.date_format, decided=kept, file=desk.table.file
    )
    desk.dates |= forms
    desk.note("date_unreadable_in", read[header].unreadable, header=header)
    return read[header]
