"""Versions of deals with the exact time from which, and up to which, each held: dbt snapshots, Fivetran history."""

from __future__ import annotations

import numpy as np

from simfunnel.arrays import Bools, Ints
from simfunnel.history.assembly import Marks, joined
from simfunnel.history.desk import Desk
from simfunnel.history.history import LOST, UNSEEN, VOID, WON, History
from simfunnel.history.iso_times import UNREAD
from simfunnel.history.readers.states import state_codes
from simfunnel.history.row_facts import attributes, row_facts
from simfunnel.history.stage_words import NO_STAGE
from simfunnel.history.telling import Told, deal_numbers, finish

GRACE = 1_000_000
"""Versions follow one another if they are at most a second apart."""
ENDS = (WON, LOST, VOID)


def read_versions(desk: Desk) -> History:
    """Read rows that each hold from one time to another."""
    cases, starts, stops = desk.column("case"), desk.times("valid_from"), desk.times("valid_to")
    assert cases is not None and starts is not None
    deal, ids = deal_numbers(cases)
    desk.note("no_case", deal < 0)
    rows = deal >= 0
    desk.note("time_unreadable", rows & starts.unreadable, header=desk.header("valid_from"))
    desk.note("no_time", rows & ~starts.there & ~starts.unreadable, header=desk.header("valid_from"))
    rows &= starts.there
    codes, names = state_codes(desk, rows)
    rows &= codes > NO_STAGE
    own = np.flatnonzero(rows)
    own = own[np.lexsort((own, starts.at[own], deal[own]))]
    first = np.concatenate([[True], deal[own][1:] != deal[own][:-1]])[: len(own)]
    last = np.concatenate([first[1:], [True]])[: len(own)]
    begin = starts.at[own]
    created = _created(desk, own, begin, first)
    at = np.where(first & (created != UNREAD), created, begin)
    known = np.where(at < begin, begin + 1, begin)  # what a version tells of before is known just after it began
    parts = [Marks(deal[own], at, known, codes[own])]
    if stops is not None:
        stop = stops.at[own]
        following = np.concatenate([begin[1:], [0]])[: len(own)]
        gone = (stop != UNREAD) & ~np.isin(codes[own], ENDS) & (last | (following > stop + GRACE))
        parts.append(Marks(deal[own][gone], stop[gone], stop[gone], np.full(int(gone.sum()), UNSEEN)))
    born = np.full(len(ids), UNREAD, dtype=np.int64)
    born_before = born.copy()
    born[deal[own][first]], born_before[deal[own][first]] = at[first], known[first]
    seen = np.full(len(deal), -1, dtype=np.int64)
    seen[own] = deal[own]
    sinces, befores = np.zeros_like(seen), np.zeros_like(seen)
    sinces[own], befores[own] = at, known
    facts = row_facts(desk, seen, sinces, befores)
    ordered = desk.settings.stages is not None or desk.decided is not None or "stage" not in desk.fields
    told = Told(
        ids,
        joined(parts),
        names,
        born,
        born_before,
        begin,
        facts,
        attributes(desk, seen, len(ids), starts.at),
        ordered=ordered,
    )
    return finish(desk, told)


def _created(desk: Desk, own: Ints, begin: Ints, first: Bools) -> Ints:
    """Creation where a column states one before the first version."""
    times = desk.times("created")
    if times is None:
        return np.full(len(own), UNREAD, dtype=np.int64)
    stated = times.at[own]
    return np.where(first & (stated != UNREAD) & (stated <= begin), stated, UNREAD)
