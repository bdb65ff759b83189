"""Sentences about what is found while a history is read."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from simfunnel.errors import shorten
from simfunnel.wording.numbers import plural

_FORMS = {
    "events": "events, one a row", "xes": "events of an XES log", "wide": "one row a deal, with a date for each stage",
    "snapshots": "states of deals, as seen again and again", "changes": "changes of fields",
    "two_dates": "one row a deal, with the days of creation and closing",
}  # fmt: skip


_CRMS = {"hubspot": "HubSpot", "dynamics": "Dynamics 365"}
_ORDERS = {
    "entries": "as most deals go", "probability": "by the probability that the file gives them",
    "preset": "from the CRM's defaults",
}  # fmt: skip


def _form(form: str, preset: str, columns: Mapping[str, str]) -> str:
    of = "" if preset == "generic" else f" of {_CRMS.get(preset, preset.capitalize())}"
    listed = ", ".join(f"{name} from {header!r}" for name, header in columns.items())
    return f"read as {_FORMS.get(form, form)}{of}: {listed}"


def _rows(what: str) -> Callable[..., str]:
    def words(count: int) -> str:
        return f"{plural(count, 'row')} {what}"

    return words


def _deals(one: str, many: str | None = None) -> Callable[..., str]:
    def words(count: int) -> str:
        return f"{plural(count, 'deal')} {one if count == 1 else many or one}"

    return words


def _unread(header: str, count: int, example: str = "") -> str:
    shown = f", {shorten(example)!r} for one" if example else ""
    return f"{plural(count, 'cell')} of {header!r} cannot be read{shown}: left out"


def _years_apart(deals: Sequence[str], count: int, late: bool, begins: str, ends: str) -> str:
    where, day, other = ("after", ends, begins) if late else ("before", begins, ends)
    named = ", ".join(shorten(name) for name in deals) + (f" and {count - len(deals):,} more" * (count > len(deals)))
    of = f" of {plural(count, 'deal')} ({named})" if count else ""
    return (
        f"what is dated {day} or {'later' if late else 'earlier'}{of} lies years {where} all else, which "
        f"{'ends' if late else 'begins'} on {other}: is a year mistyped? Correct the dates in the file"
    )


def _id_of_many_deals(deals: int, ends: int, header: str) -> str:
    of = f" in {header!r}" if header else ""
    return (
        f"{plural(deals, 'id')}{of} {'stands' if deals == 1 else 'stand'} for {ends:,} ends: was each deal really won "
        "or lost so often? If not, name the column that holds the ids of deals under `history.columns.case`"
    )


SENTENCES: dict[str, Callable[..., str]] = {
    "history_form": _form,
    "stages_found": lambda stages, by: (
        f"nobody stated the order of the stages; taken {_ORDERS[by]}: {', '.join(stages)} (the other way: `stages`)"
    ),
    "time_zone_taken": lambda zone: f"no `time_zone` is stated: days begin at midnight {zone}",
    "columns_kept": lambda headers: f"kept beside each deal, to group by: {', '.join(map(repr, headers))}",
    "columns_unread": lambda headers: f"nothing was read from {', '.join(map(repr, headers))}",
    "events_deleted": _rows("marked as deleted: left out"),
    "events_incomplete": _rows("of events that only began or were scheduled: left out, those that are complete count"),
    "events_left_out": _rows("left out by stage_map"),
    "duplicate_events": _rows("the same as an earlier one, cell by cell: left out"),
    "no_case": _rows("without a deal: left out"),
    "no_stage_in_row": _rows("without a stage: taken for facts about the deal, not for an entry"),
    "no_time": lambda count, header: f"{plural(count, 'row')} without a time in {header!r}: left out",
    "time_unreadable": lambda count, header: (
        f"{plural(count, 'row')} with a time in {header!r} that is none, or impossible: left out"
    ),
    "date_unreadable_in": _unread,
    "amount_unread": _unread,
    "stray_times": lambda count, header, example: (
        f"{plural(count, 'time')} of {header!r} cannot be: years apart from all others, or after the file was last "
        f"changed ({example!r} for one); left out"
    ),
    "undated_deals": _deals("has no date at all: left out", "have no date at all: left out"),
    "history_repeated": _rows("into a stage in which the deal was already: no new entry"),
    "history_reopened": lambda count: f"{plural(count, 'deal')} opened again after an end: goes on from there",
    "id_of_many_deals": _id_of_many_deals,
    "years_apart": _years_apart,
    "history_ended_again": lambda count: (
        f"{plural(count, 'outcome')} after another outcome of the same deal: the last one known holds"
    ),
    "history_closed_at_once": _deals("closed without ever being seen in a stage"),
    "history_unseen": _deals("lost from sight: known up to the last sight"),
    "outcome_at_last_event": lambda count, header: (
        f"{header!r} says the same in every row of a deal, and no column says when it closed: the end of "
        f"{plural(count, 'deal')} was taken to be the last event"
    ),
    "closed_before_created": _deals(
        "closed before it was created: the closing counts on the day of creation",
        "closed before they were created: the closing counts on the day of creation",
    ),
    "ended_without_date": _deals(
        "is over, but nothing says since when: left out", "are over, but nothing says since when: left out"
    ),
    "end_unclear": _deals(
        "is over or contradicts itself, and nothing says how it ended: left out",
        "are over or contradict themselves, and nothing says how they ended: left out",
    ),
    "duplicate_deals": lambda count, header: (
        f"{plural(count, 'row')} with an id in {header!r} that an earlier row has: left out, the first row counts"
    ),
    "closed_taken_for_won": lambda word: (
        f"deals that are {word!r} are taken for won, because others are lost and none is called won (the other way: "
        f"`void: [{word}]` or `lost: [{word}]`)"
    ),
    "undated_facts": lambda fields: (
        f"nothing says since when these hold: {', '.join(fields)}; used from the creation of each deal on (the other "
        "way: `undated: unknown`)"
    ),
    "several_currencies": lambda currencies: (
        f"amounts are in {', '.join(currencies)} and were not converted: sums over them mean nothing"
    ),
    "stage_sounds_closed": lambda stages: (
        f"{', '.join(map(repr, stages))} sounds like an end and was read as a stage: name it under `won`, `lost` or "
        "`void`"
    ),
    "fields_not_read": lambda fields: (
        "changes of these fields were not read: "
        + ", ".join(f"{name!r} ({plural(count, 'row')})" for name, count in fields.items())
    ),
    "initial_stage_undated": _deals(
        "began in a stage of which nothing says when it was entered: known from the first change on"
    ),
    "state_unclear": _rows("over or contradicting themselves without saying how the deal ended: left out"),
    "initial_stage_taken": lambda count, stage: (
        f"{plural(count, 'deal')} without a change of stage: taken to be in {stage!r} since creation"
    ),
    "initial_stage_corrected": lambda count, stage: (
        f"{plural(count, 'deal')} did not begin in {stage!r}: that became known with its first change"
    ),
    "snapshots_read": lambda count, first, last, changes: (
        f"{plural(count, 'snapshot')} from {first} to {last}, {plural(changes, 'change')} between them: each known "
        "only to lie between two"
    ),
    "snapshots_unchanged": lambda count: f"{plural(count, 'snapshot')} the same as the one before: told nothing new",
    "in_first_snapshot": _deals("there from the first snapshot on"),
    "vanished_deals": _deals("no longer in the next snapshot, not closed: censored at the last sight"),
    "back_in_sight": _deals("back after having been lost from sight"),
    "born_and_ended": _deals("first seen when it was over already", "first seen when they were over already"),
    "twice_in_snapshot": lambda count: (
        f"{plural(count, 'row')} of a deal that stands in its snapshot already: left out, the first row counts"
    ),
    "files_left_out": lambda files: (
        f"no day stands in the names of {plural(len(files), 'file')}: left out, {', '.join(files[:5])}"
        + (f" and {len(files) - 5:,} more" if len(files) > 5 else "")
    ),
    "sheets_read": lambda sheets: f"read from {plural(len(sheets), 'sheet')}: {', '.join(map(repr, sheets))}",
    "sheets_left_out": lambda sheets: (
        f"not read, for they hold another kind of table: {', '.join(map(repr, sheets))} (to choose one: `sheet`)"
    ),
}  # fmt: skip
CAUTIONS: frozenset[str] = frozenset(
    {
        "closed_taken_for_won",
        "several_currencies",
        "stage_sounds_closed",
        "end_unclear",
        "files_left_out",
        "id_of_many_deals",
        "years_apart",
    }
)
