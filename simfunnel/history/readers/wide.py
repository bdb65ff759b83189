"""One row a deal: a date for each stage, or the days of creation and closing."""

from __future__ import annotations

import numpy as np

from simfunnel.arrays import Bools, Ints
from simfunnel.history.assembly import Marks, joined
from simfunnel.history.desk import Desk
from simfunnel.history.history import LOST, UNDATED, UNSEEN, VOID, WON, History
from simfunnel.history.iso_times import UNREAD
from simfunnel.history.readers.standings import UNCLEAR, outcome_codes
from simfunnel.history.row_facts import attributes, date_fields, undated_facts
from simfunnel.history.stage_words import LEFT_OUT, NO_STAGE
from simfunnel.history.telling import RawFact, Told, closes, deal_numbers, finish
from simfunnel.tabular.column import Column

ENDS = (WON, LOST, VOID)
GRACE = 1_000_000
"""A stage left up to a second before the next was entered led to that one."""
ONE_STAGE = "Open"


def read_wide(desk: Desk) -> History:
    """Read rows with a date column for each stage."""
    desk.read_dates(date_fields())
    deal, ids, first = _deals(desk)
    parts: list[Marks] = []
    words = desk.words()
    header_words = Column.of([stage for _, stage in desk.entered])
    filled = np.array([bool(desk.instants[index].there.any()) for index, _ in desk.entered], dtype=np.bool_)
    codes, names = words.codes(header_words, filled)  # a column without any date names no stage of these deals
    entered = sorted(zip(codes.tolist(), [index for index, _ in desk.entered], strict=True), key=_process_order)
    for code, index in entered:
        times = desk.instants[index]
        desk.note("date_unreadable_in", first & times.unreadable, header=desk.table.headers[index])
        rows = first & times.there
        if code not in (LEFT_OUT, NO_STAGE):
            parts.append(Marks(deal[rows], times.at[rows], times.at[rows], np.full(int(rows.sum()), code)))
    parts += _exits(desk, deal, first, names)
    dated = {code for code, _ in entered if code in ENDS}
    stage_codes = _standing_stage(desk)
    entry = _earliest(parts, len(ids))
    created = _created(desk, deal, first, len(ids))
    entry = np.where((created != UNREAD) & (created < entry), created, entry)
    ends, left_out, _ = _ends(desk, deal, first, entry, dated, parts, stage_codes)
    only_end = (entry == np.iinfo(np.int64).max) & ~left_out
    ends = ends.take(~only_end[ends.deal])
    facts = undated_facts(desk, np.where(first, deal, -1))
    return finish(desk, Told(
        ids, joined([*parts, ends]), names, created, created, _latest(desk), facts,
        attributes(desk, np.where(first, deal, -1), len(ids)), left_out, ordered=words.stages is not None,
    ))  # fmt: skip


def read_two_dates(desk: Desk) -> History:
    """Read rows with the days of creation and closing: one stage, from the one to the other."""
    desk.read_dates(date_fields())
    deal, ids, first = _deals(desk)
    created_at = desk.times("created")
    assert created_at is not None
    desk.note("date_unreadable_in", first & created_at.unreadable, header=desk.header("created"))
    born = first & created_at.there
    created = _created(desk, deal, first, len(ids))
    entry = np.where(created == UNREAD, np.iinfo(np.int64).max, created)
    stays = Marks(deal[born], created_at.at[born], created_at.at[born], np.zeros(int(born.sum()), dtype=np.int64))
    ends, left_out, over = _ends(desk, deal, first, entry, set(), [stays], _standing_stage(desk))
    ends = ends.take(created[ends.deal] != UNREAD)
    facts = undated_facts(desk, np.where(first, deal, -1))
    closed = np.full(len(ids), UNREAD, dtype=np.int64)
    closed[ends.deal] = ends.at
    if "amount" in facts:
        facts["amount"] = [_amounts_at_close(desk, fact, closed, over) for fact in facts["amount"]]
    return finish(desk, Told(
        ids, joined([stays, ends]), (ONE_STAGE,), created, created, _latest(desk), facts,
        attributes(desk, np.where(first, deal, -1), len(ids)), left_out,
    ))  # fmt: skip


def _process_order(pair: tuple[int, int]) -> tuple[bool, int]:
    """Stages in their order, then ends: of simultaneous entries the later stage comes last."""
    return pair[0] < 0, pair[0] if pair[0] >= 0 else -pair[0]


def _deals(desk: Desk) -> tuple[Ints, list[str], Bools]:
    """Number the rows' deals; the first row of each counts."""
    column = desk.column("case")
    if column is None:
        numbers = np.arange(len(desk.table), dtype=np.int64)
        return (
            numbers,
            [f"row {number}" for number in desk.table.numbers.tolist()],
            np.ones(len(numbers), dtype=np.bool_),
        )
    deal, ids = deal_numbers(column)
    desk.note("no_case", deal < 0)
    first = np.zeros(len(deal), dtype=np.bool_)
    places = np.unique(deal, return_index=True)[1]
    first[places] = True
    first &= deal >= 0
    desk.note("duplicate_deals", (deal >= 0) & ~first, header=desk.header("case"))
    return deal, ids, first


def _standing_stage(desk: Desk) -> Ints | None:
    """(rows,) what the stage in which deals stand says of an end; None without such a column."""
    column = desk.column("stage")
    if column is None:
        return None
    words = desk.words()
    answers = [words.read(text) for text in column.texts] or [NO_STAGE]
    return np.array([a if isinstance(a, int) and a in ENDS else 0 for a in answers], dtype=np.int64)[column.codes]


def _created(desk: Desk, deal: Ints, first: Bools, count: int) -> Ints:
    created = np.full(count, UNREAD, dtype=np.int64)
    times = desk.times("created")
    if times is not None:
        rows = first & times.there
        created[deal[rows]] = times.at[rows]
    return created


def _earliest(parts: list[Marks], count: int) -> Ints:
    """(deals,) the first entry into a stage; the end of time for none."""
    first = np.full(count, np.iinfo(np.int64).max, dtype=np.int64)
    for part in parts:
        staged = part.code >= 0
        np.minimum.at(first, part.deal[staged], part.at[staged])
    return first


def _exits(desk: Desk, deal: Ints, first: Bools, names: tuple[str, ...]) -> list[Marks]:
    """Stages that were left for none that has a column: the deal is out of sight from then on."""
    parts: list[Marks] = []
    entered = [desk.instants[index] for index, _ in desk.entered]
    place = {stage: desk.instants[index] for index, stage in desk.entered}
    for index, stage in desk.exited:
        times = desk.instants[index]
        rows = first & times.there
        for other in entered:
            onward = other.there & (other.at >= times.at) & (other.at <= times.at + GRACE)
            rows &= ~onward
        own = place.get(stage)
        if own is not None:
            rows &= own.there & (own.at <= times.at)
            for other in entered:  # it was left before: the way led over another stage in between
                if other is not own:
                    rows &= ~(other.there & (other.at > own.at) & (other.at < times.at))
        parts.append(Marks(deal[rows], times.at[rows], times.at[rows], np.full(int(rows.sum()), UNSEEN)))
    return parts


def _ends(
    desk: Desk, deal: Ints, first: Bools, entry: Ints, dated: set[int], parts: list[Marks], stages: Ints | None
) -> tuple[Marks, Bools, Bools]:
    """Ends that outcome and closing day tell; deals of which nobody knows how or when they ended; rows that are over.

    In a part of the source, a deal that is over without a date was closed on a day that is not in the part: it is open.
    """
    count = len(entry)
    left_out = np.zeros(count, dtype=np.bool_)
    codes = outcome_codes(desk, stages)
    if codes is None:
        codes = np.full(len(deal), -1, dtype=np.int64)
    unclear = first & (codes == UNCLEAR)
    desk.note("end_unclear", unclear)
    at = np.full(len(deal), UNREAD, dtype=np.int64)
    for name, end in (("closed", 0), ("won_date", WON), ("lost_date", LOST)):
        times = desk.times(name)
        if times is not None:
            desk.note("date_unreadable_in", first & times.unreadable & (codes != -1), header=desk.header(name))
            own = times.there & (at == UNREAD) & ((codes == end) | (end == 0))
            at = np.where(own, times.at, at)
    over = first & np.isin(codes, ENDS)
    ended = np.zeros(count, dtype=np.bool_)
    for part in parts:
        ended[part.deal[np.isin(part.code, ENDS)]] = True
    by_column = np.isin(codes, list(dated)) if dated else np.zeros(len(codes), dtype=np.bool_)
    undated = over & ~ended[deal] & (by_column | (at == UNREAD))
    if desk.decided is None:
        desk.note("ended_without_date", undated)
        left_out[deal[unclear | undated]] = True
    rows = over & ~by_column & (at != UNREAD)
    start = entry[deal]
    moved, early = closes(at, np.where(start == np.iinfo(np.int64).max, UNREAD, start))
    desk.note("closed_before_created", early & rows)
    return Marks(deal[rows], moved[rows], moved[rows], codes[rows]), left_out, over


def _latest(desk: Desk) -> Ints:
    """Times of what has happened: not those that somebody expects."""
    expected = {desk.fields[name] for name in ("close_date", "last_activity", "modified") if name in desk.fields}
    expected |= {desk.fields["closed"]} if "closed" in desk.fields else set()
    return np.concatenate([np.zeros(0, dtype=np.int64), *(
        one.at[one.there] for index, one in desk.instants.items() if index not in expected
    )])  # fmt: skip


def _amounts_at_close(desk: Desk, fact: RawFact, closed: Ints, over: Bools) -> RawFact:
    """The amount of a deal that is over became known when it closed; what it was before, nobody knows."""
    at = np.where(fact.deal >= 0, closed[fact.deal], UNREAD)
    since = np.where(at == UNREAD, UNDATED, at)
    value = fact.value
    if "amount_won" in desk.fields:
        final = desk.money(desk.column("amount_won"), desk.header("amount_won"))
        value = np.where((at != UNREAD) & ~np.isnan(final), final, value.astype(np.float64))
    return RawFact(fact.deal, since, since, np.where(over & (at == UNREAD), np.nan, value.astype(np.float64)))
