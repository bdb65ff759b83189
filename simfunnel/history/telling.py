"""What a reader tells of a source, put in order: one numbering of deals, spells, facts and ends by deal and time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from simfunnel.arrays import Bools, Floats, Ints
from simfunnel.crm.detect import detect_preset
from simfunnel.crm.words.outcome_words import looks_closed
from simfunnel.errors import InputError, Problem
from simfunnel.history.assembly import Marks, assemble
from simfunnel.history.desk import Desk
from simfunnel.history.history import DAY, NEVER, UNDATED, Deals, Ends, Facts, History, Texts, midnight
from simfunnel.history.iso_times import UNREAD
from simfunnel.history.order import stage_order
from simfunnel.history.silences import silences
from simfunnel.tabular.column import Column
from simfunnel.wording.findings import Finding

MANY_ENDS, OFTEN = 30, 3
"""Ends in all, and by deal, from which on an id seems to stand for many deals."""


@dataclass(frozen=True, slots=True)
class RawFact:
    """Values of a field in the order of the source."""

    deal: Ints
    since: Ints
    before: Ints
    value: Floats | Texts


@dataclass
class Told:
    """What a source tells, deals numbered as they come."""

    ids: Sequence[str]
    """Text by number of the deal."""
    marks: Marks
    stages: tuple[str, ...]
    created: Ints
    """(deals,) `UNREAD` where nothing states it."""
    created_before: Ints
    latest: Ints
    """Instants up to which the source tells, beside those of marks."""
    facts: dict[str, list[RawFact]] = field(default_factory=dict)
    attributes: dict[str, Texts] = field(default_factory=dict)
    left_out: Bools | None = None
    """(deals,) whether a deal is left out as a whole."""
    ordered: bool = True
    """Whether the stages are in order already."""
    rank: Floats | None = None
    """(stages,) probability that the source gives them; NaN where it gives none."""
    moments: Ints | None = None
    """Instants of snapshots."""


def deal_numbers(column: Column) -> tuple[Ints, list[str]]:
    """Number the deals of a column of ids; -1 where it is blank."""
    index: dict[str, int] = {}
    table = np.array([index.setdefault(t, len(index)) if t else -1 for t in column.texts] or [-1], dtype=np.int64)
    return table[column.codes], list(index)


def finish(desk: Desk, told: Told) -> History:
    """Make the history of what was told."""
    marks, stages = told.marks, told.stages
    if not told.ordered and desk.settings.stages is None and desk.decided is None:
        labels = tuple(dict.fromkeys(detect_preset(desk.table.headers).stage_names.values()))
        marks, stages, by = stage_order(marks, stages, labels, told.rank)
        if len(stages) > 1:
            desk.found.append(Finding("stages_found", {"stages": stages, "by": by}, key="history.stages"))
    closed = () if desk.settings.stages is not None else tuple(name for name in stages if looks_closed(name))
    if closed:
        desk.found.append(Finding("stage_sounds_closed", {"stages": closed}, key="history.won"))
    count = len(told.ids)
    created, created_before = told.created.copy(), told.created_before.copy()
    first = np.full(count, NEVER, dtype=np.int64)
    np.minimum.at(first, marks.deal, marks.at)
    first_before = np.full(count, NEVER, dtype=np.int64)
    np.minimum.at(first_before, marks.deal, marks.before)
    stated = created != UNREAD
    earlier = (first < created) | ~stated
    created = np.where(earlier & (first != NEVER), first, created)
    created_before = np.where(earlier & (first != NEVER), first_before, created_before)
    ids = np.array(told.ids, dtype=object)
    left_out = told.left_out if told.left_out is not None else np.zeros(count, dtype=np.bool_)
    if desk.decided is not None:
        left_out = np.array([name in desk.decided.left_out for name in told.ids], dtype=np.bool_)
    desk.note("undated_deals", (created == UNREAD) & ~left_out)
    there = (created != UNREAD) & ~left_out
    kept = np.flatnonzero(there)
    if not len(kept) and desk.decided is None:
        raise InputError(nothing_left(desk))
    order = kept[np.lexsort((ids[kept].astype("U"), created[kept]))] if len(kept) else kept
    place = np.full(count, -1, dtype=np.int64)
    place[order] = np.arange(len(order))
    keep = place[marks.deal] >= 0
    known = marks.take(keep)
    known = replace(known, deal=place[known.deal])
    made = assemble(known)
    if desk.form == "snapshots":  # every snapshot says the same again
        del made.counts["repeated"]
    for name, number in made.counts.items():
        desk.note(f"history_{name}", number)
    deals = Deals(ids[order], created[order], created_before[order], {h: v[order] for h, v in told.attributes.items()})
    facts = {name: fact for name, parts in told.facts.items() if (fact := _fact(parts, place)) is not None}
    told_at = [known.at, known.before, created[order], told.latest]
    told_at += [
        np.concatenate([f.since[f.since != UNDATED], f.since_before[f.since != UNDATED]]) for f in facts.values()
    ]
    instants = np.concatenate(told_at)
    instants = instants[(instants != UNREAD) & (instants != NEVER)]
    settings = desk.settings
    if settings.time_zone is None:
        desk.found.append(Finding("time_zone_taken", {"zone": "UTC"}, key="history.time_zone"))
    if many := _ended_often(desk, made.ends):
        desk.found.append(many)
    history = History(
        deals, made.spells, facts, made.ends, stages, desk.time_zone, int(instants.max(initial=0)), desk.form,
        file=desk.table.file, since=None if settings.since is None else midnight(settings.since, desk.time_zone),
        undated=settings.undated, currency=desk.taken.get("currency") or None,
        decisions=desk.decisions(stages, frozenset(ids[left_out].tolist())), moments=told.moments,
    )  # fmt: skip
    return replace(history, findings=(*desk.found, *(silence.finding(history) for silence in silences(history))))


def _ended_often(desk: Desk, ends: Ends) -> Finding | None:
    """Say that an id seems to stand for many deals: those that ended did so again and again."""
    deals = len(np.unique(ends.deal))
    if len(ends.deal) < MANY_ENDS or len(ends.deal) <= OFTEN * deals:
        return None
    header = desk.header("case") if "case" in desk.fields else ""
    fields = {"deals": deals, "ends": len(ends.deal), "header": header}
    return Finding("id_of_many_deals", fields, key="history.columns.case")


def nothing_left(desk: Desk) -> Problem:
    """Say that no deal is left, and what became of all of them."""
    told = [finding.sentence for finding in desk.found if "count" in finding.fields]
    lines = "".join(f"\n  {sentence}" for sentence in told[:8])
    return Problem(
        f"no deal with a date is left of {len(desk.table):,} rows read as {desk.form}:{lines}\nSay which column is "
        "what under `columns`, or what the rows are with `format`",
        "history", desk.table.file)  # fmt: skip


def _fact(parts: Sequence[RawFact], place: Ints) -> Facts | None:
    """By deal and time; a value that is that of before is no new fact."""
    deal, since, before = (np.concatenate([getattr(p, name) for p in parts]) for name in ("deal", "since", "before"))
    value = np.concatenate([p.value for p in parts])
    deal = np.where(deal >= 0, place[deal], -1)
    text = value.dtype == object
    filled = np.array([bool(v) for v in value], dtype=np.bool_) if text else ~np.isnan(value)
    keep = np.flatnonzero((deal >= 0) & filled)
    order = keep[np.lexsort((since[keep], deal[keep]))]
    deal, since, before, value = deal[order], since[order], before[order], value[order]
    same = np.concatenate([[False], (deal[1:] == deal[:-1]) & (value[1:] == value[:-1])])[: len(deal)]
    if not len(deal):
        return None
    return Facts(deal[~same], since[~same], before[~same], value[~same])


def texts_of(column: Column) -> Texts:
    """(rows,) texts, empty where blank."""
    table = np.empty(max(len(column.cells), 1), dtype=object)
    table[: len(column.cells)] = column.texts
    if not len(column.cells):
        table[0] = ""
    return table[column.codes]


def closes(at: Ints, created: Ints) -> tuple[Ints, Bools]:
    """Closings before creation count on the day of creation."""
    early = (at != UNREAD) & (created != UNREAD) & (at < created)
    return np.where(early, created, at), early & (at // DAY != created // DAY)
