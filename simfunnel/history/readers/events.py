"""Events: one row for each entry into a stage, or each state that was saved."""

from __future__ import annotations

import numpy as np

from simfunnel.arrays import Bools, Floats, Ints
from simfunnel.crm.flags import truth
from simfunnel.history.assembly import Marks, joined
from simfunnel.history.desk import Desk
from simfunnel.history.history import LOST, NEVER, UNSEEN, VOID, WON, History
from simfunnel.history.iso_times import UNREAD
from simfunnel.history.readers.standings import outcome_codes
from simfunnel.history.row_facts import attributes, date_fields, row_facts
from simfunnel.history.stage_words import LEFT_OUT, NO_STAGE, StageWords
from simfunnel.history.telling import RawFact, Told, deal_numbers, finish
from simfunnel.values.cells import key

GRACE = 1_000_000
"""A stay that ended up to a second before the next began led to that one."""
COMPLETE = frozenset({"complete", "completed", "end", "ended", "finish", "finished"})
"""Words of a life cycle that say that something has happened."""


def read_events(desk: Desk) -> History:
    """Read rows that each tell of one event."""
    desk.read_dates(date_fields())
    cases = desk.column("case")
    stages, times = desk.column("stage"), desk.times("time")
    assert cases is not None and stages is not None and times is not None
    deal, ids = deal_numbers(cases)
    used = np.ones(len(deal), dtype=np.bool_)
    deleted = _deleted(desk)
    incomplete = _incomplete(desk)
    desk.note("events_deleted", deleted)
    desk.note("events_incomplete", incomplete & ~deleted)
    used &= ~deleted & ~incomplete
    desk.note("no_case", used & (deal < 0))
    used &= deal >= 0
    words = desk.words()
    before = _before(desk, words, used)
    codes, names = words.codes(stages, used)
    dropped = codes == LEFT_OUT
    desk.note("events_left_out", used & dropped)
    latest = times.at[used & times.there]
    desk.note("time_unreadable", used & ~dropped & times.unreadable, header=desk.header("time"))
    desk.note("no_time", used & ~dropped & ~times.there & ~times.unreadable, header=desk.header("time"))
    twin = _twins(desk, used & times.there)
    desk.note("duplicate_events", twin)
    told = used & ~dropped & ~twin
    counted = told & times.there
    desk.note("no_stage_in_row", counted & (codes == NO_STAGE))
    rows = counted & (codes != NO_STAGE)
    parts = [Marks(deal[rows], times.at[rows], times.at[rows], codes[rows])]
    parts += _outcomes(desk, deal, counted, times.at)
    parts += _exits(desk, deal, rows, times.at, codes)
    created = _created(desk, deal, told, len(ids))
    parts = [*_begun(desk, deal, rows, times.at, before, created), *parts]
    facts = row_facts(desk, np.where(counted, deal, -1), times.at, times.at)
    constant = attributes(desk, np.where(told, deal, -1), len(ids), times.at)
    ordered = words.stages is not None
    return finish(
        desk,
        Told(
            ids,
            joined(parts),
            names,
            created,
            created,
            latest,
            facts,
            constant,
            ordered=ordered,
            rank=_probabilities(facts, codes, rows, len(names)),
        ),
    )


def _probabilities(facts: dict[str, list[RawFact]], codes: Ints, rows: Bools, count: int) -> Floats | None:
    """(stages,) median probability of the rows that enter a stage, if the source gives probabilities."""
    if "probability" not in facts:
        return None
    value = facts["probability"][0].value
    own = [value[rows & (codes == code)] for code in range(count)]
    given = [part[~np.isnan(part.astype(np.float64))].astype(np.float64) for part in own]
    return np.array([np.median(part) if len(part) else np.nan for part in given])


def _deleted(desk: Desk) -> Bools:
    column = desk.column("is_deleted")
    if column is None:
        return np.zeros(len(desk.table), dtype=np.bool_)
    return column.marks(lambda text: truth(text) is True)


def _incomplete(desk: Desk) -> Bools:
    """Events of a life cycle that only began; if none is complete, all count."""
    column = desk.column("lifecycle")
    if column is None:
        return np.zeros(len(desk.table), dtype=np.bool_)
    complete = column.marks(lambda text: key(text) in COMPLETE)
    several = desk.decide("lifecycle", "complete" if complete.any() and not complete.all() else "all")
    return ~complete & column.filled if several == "complete" else np.zeros(len(complete), dtype=np.bool_)


def _twins(desk: Desk, used: Bools) -> Bools:
    """Rows that repeat an earlier row cell by cell."""
    rows = np.flatnonzero(used)
    keys = [desk.table.column(desk.fields[name]).identity[rows] for name in ("case", "time", "stage")]
    order = np.lexsort((rows, *keys))
    same = np.ones(max(len(rows) - 1, 0), dtype=np.bool_)
    for part in keys:
        same &= part[order][1:] == part[order][:-1]
    twin = np.zeros(len(desk.table), dtype=np.bool_)
    places = np.flatnonzero(same)
    if len(places):
        for column in desk.table.columns:
            identity = column.identity
            places = places[identity[rows[order[places + 1]]] == identity[rows[order[places]]]]
        twin[rows[order[places + 1]]] = True
    return twin


def _created(desk: Desk, deal: Ints, rows: Bools, count: int) -> Ints:
    """Instant of creation by deal, where a column states it: the earliest."""
    created = np.full(count, UNREAD, dtype=np.int64)
    times = desk.times("created")
    if times is not None:
        stated = rows & times.there
        earliest = np.full(count, np.iinfo(np.int64).max, dtype=np.int64)
        np.minimum.at(earliest, deal[stated], times.at[stated])
        seen = earliest != np.iinfo(np.int64).max
        created[seen] = earliest[seen]
    return created


def _exits(desk: Desk, deal: Ints, rows: Bools, at: Ints, codes: Ints) -> list[Marks]:
    """Stays that ended where no other began: the deal is out of sight from then on."""
    times = desk.times("exited")
    if times is None:
        return []
    own = np.flatnonzero(rows)
    own = own[np.lexsort((own, at[own], deal[own]))]
    following = np.append(np.where(deal[own][1:] == deal[own][:-1], at[own][1:], NEVER), NEVER)[: len(own)]
    stop = times.at[own]
    gone = (stop != UNREAD) & (stop >= at[own]) & (codes[own] >= 0) & (following > stop + GRACE)
    return [Marks(deal[own][gone], stop[gone], stop[gone], np.full(int(gone.sum()), UNSEEN))]


def _before(desk: Desk, words: StageWords, used: Bools) -> Ints | None:
    """(rows,) codes of the stages that the events left."""
    column = desk.column("from")
    return None if column is None else words.codes(column, used)[0]


def _begun(desk: Desk, deal: Ints, rows: Bools, at: Ints, before: Ints | None, created: Ints) -> list[Marks]:
    """Stages that the first events left: entered since creation, and known just after that event."""
    if before is None:
        return []
    own = np.flatnonzero(rows)
    own = own[np.lexsort((own, at[own], deal[own]))]
    first = own[np.concatenate([[True], deal[own][1:] != deal[own][:-1]])[: len(own)]]
    first = first[before[first] >= 0]
    start = created[deal[first]]
    dated = (start != UNREAD) & (start < at[first])
    desk.note("initial_stage_undated", ~dated)
    return [Marks(deal[first[dated]], start[dated], at[first[dated]] + 1, before[first[dated]])]


def _outcomes(desk: Desk, deal: Ints, rows: Bools, at: Ints) -> list[Marks]:
    """Ends that columns beside the stage tell: at the closing day if there is one, else when the row was written."""
    codes = outcome_codes(desk)
    if codes is None:
        return []
    ended = rows & np.isin(codes, (WON, LOST, VOID))
    closed = desk.times("closed")
    if closed is not None:
        ended &= closed.there
        return [Marks(deal[ended], closed.at[ended], closed.at[ended], codes[ended])]
    first = np.zeros(int(deal.max(initial=-1)) + 2, dtype=np.int64)
    first[deal[rows][::-1]] = codes[rows][::-1]
    varies = bool((codes[rows] != first[deal[rows]]).any())
    if desk.decide("outcome", "state" if varies else "case") == "case":  # said in every row: known at the last one
        last = np.full(len(first), -1, dtype=np.int64)
        order = np.flatnonzero(ended)[np.argsort(at[ended], kind="stable")]
        last[deal[order]] = order
        order = last[last >= 0]
        desk.note("outcome_at_last_event", len(order), header=desk.header(desk.taken["outcome_field"]))
        return [Marks(deal[order], at[order], at[order], codes[order])]
    return [Marks(deal[ended], at[ended], at[ended], codes[ended])]
