"""Sentences about what is found while a history is read."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from simfunnel.errors import shorten
from simfunnel.wording.language import joined, tell, term
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
    of = "" if preset == "generic" else tell(" of {crm}", crm=_CRMS.get(preset, preset.capitalize()))
    listed = joined([tell("{name} from {header!r}", name=name, header=header) for name, header in columns.items()])
    return tell("read as {form}{of}: {listed}", form=term(_FORMS.get(form, form)), of=of, listed=listed)


def _rows(what: str) -> Callable[..., str]:
    def words(count: int) -> str:
        return tell("{things} {what}", things=plural(count, "row"), what=tell(what))

    return words


def _deals(one: str, many: str | None = None) -> Callable[..., str]:
    def words(count: int) -> str:
        return tell("{things} {what}", things=plural(count, "deal"), what=tell(one if count == 1 else many or one))

    return words


def _unread(header: str, count: int, example: str = "") -> str:
    shown = tell(", {example!r} for one", example=shorten(example)) if example else ""
    return tell(
        "{cells} of {header!r} cannot be read{shown}: left out", cells=plural(count, "cell"), header=header, shown=shown
    )


def _years_apart(deals: Sequence[str], count: int, late: bool, begins: str, ends: str) -> str:
    day, other = (ends, begins) if late else (begins, ends)
    named = joined([shorten(name) for name in deals])
    if count > len(deals):
        named = tell("{named} and {count:,} more", named=named, count=count - len(deals))
    of = tell(" of {deals} ({named})", deals=plural(count, "deal"), named=named) if count else ""
    return tell(
        "what is dated {day} or {later}{of} lies years {where} all else, which {ends} on "
        "{other}: is a year mistyped? Correct the dates in the file",
        day=day,
        later=tell("later") if late else tell("earlier"),
        of=of,
        where=tell("after") if late else tell("before"),
        ends=tell("ends") if late else tell("begins"),
        other=other,
    )


def _id_of_many_deals(deals: int, ends: int, header: str) -> str:
    of = tell(" in {header!r}", header=header) if header else ""
    return tell(
        "{ids}{of} {stands_or_stand} for {ends:,} ends: was each deal really won or lost so often? If "
        "not, name the column that holds the ids of deals under `history.columns.case`",
        ids=plural(deals, "id"),
        of=of,
        stands_or_stand="stands" if deals == 1 else "stand",
        ends=ends,
    )


SENTENCES: dict[str, Callable[..., str]] = {
    "history_form": _form,
    "stages_found": lambda stages, by: tell(
        "nobody stated the order of the stages; taken {order}: {stages} (the other way: `stages`)",
        order=tell(_ORDERS[by]),
        stages=joined(stages),
    ),
    "time_zone_taken": lambda zone: tell("no `time_zone` is stated: days begin at midnight {zone}", zone=zone),
    "columns_kept": lambda headers: tell(
        "kept beside each deal, to group by: {headers}", headers=joined(map(repr, headers))
    ),
    "columns_unread": lambda headers: tell("nothing was read from {headers}", headers=joined(map(repr, headers))),
    "events_deleted": _rows("marked as deleted: left out"),
    "events_incomplete": _rows("of events that only began or were scheduled: left out, those that are complete count"),
    "events_left_out": _rows("left out by stage_map"),
    "duplicate_events": _rows("the same as an earlier one, cell by cell: left out"),
    "no_case": _rows("without a deal: left out"),
    "no_stage_in_row": _rows("without a stage: taken for facts about the deal, not for an entry"),
    "no_time": lambda count, header: tell(
        "{rows} without a time in {header!r}: left out", rows=plural(count, "row"), header=header
    ),
    "time_unreadable": lambda count, header: tell(
        "{rows} with a time in {header!r} that is none, or impossible: left out",
        rows=plural(count, "row"),
        header=header,
    ),
    "date_unreadable_in": _unread,
    "amount_unread": _unread,
    "stray_times": lambda count, header, example: tell(
        "{times} of {header!r} cannot be: years apart from all others, or after the file was "
        "last changed ({example!r} for one); left out",
        times=plural(count, "time"),
        header=header,
        example=example,
    ),
    "undated_deals": _deals("has no date at all: left out", "have no date at all: left out"),
    "history_repeated": _rows("into a stage in which the deal was already: no new entry"),
    "history_reopened": lambda count: tell(
        "{deals} opened again after an end: goes on from there", deals=plural(count, "deal")
    ),
    "id_of_many_deals": _id_of_many_deals,
    "years_apart": _years_apart,
    "history_ended_again": lambda count: tell(
        "{outcomes} after another outcome of the same deal: the last one known holds", outcomes=plural(count, "outcome")
    ),
    "history_closed_at_once": _deals("closed without ever being seen in a stage"),
    "history_unseen": _deals("lost from sight: known up to the last sight"),
    "outcome_at_last_event": lambda count, header: tell(
        "{header!r} says the same in every row of a deal, and no column says when it closed: the "
        "end of {deals} was taken to be the last event",
        header=header,
        deals=plural(count, "deal"),
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
    "duplicate_deals": lambda count, header: tell(
        "{rows} with an id in {header!r} that an earlier row has: left out, the first row counts",
        rows=plural(count, "row"),
        header=header,
    ),
    "closed_taken_for_won": lambda word: tell(
        "deals that are {word!r} are taken for won, because others are lost and none is called "
        "won (the other way: `void: [{word}]` or `lost: [{word}]`)",
        word=word,
    ),
    "undated_facts": lambda fields: tell(
        "nothing says since when these hold: {fields}; used from the creation of each deal on (the "
        "other way: `undated: unknown`)",
        fields=joined(fields),
    ),
    "several_currencies": lambda currencies: tell(
        "amounts are in {currencies} and were not converted: sums over them mean nothing", currencies=joined(currencies)
    ),
    "stage_sounds_closed": lambda stages: tell(
        "{stages} sounds like an end and was read as a stage: name it under `won`, `lost` or `void`",
        stages=joined(map(repr, stages)),
    ),
    "fields_not_read": lambda fields: tell(
        "changes of these fields were not read: {fields}",
        fields=joined([tell("{name!r} ({rows})", name=name, rows=plural(n, "row")) for name, n in fields.items()]),
    ),
    "initial_stage_undated": _deals(
        "began in a stage of which nothing says when it was entered: known from the first change on"
    ),
    "state_unclear": _rows("over or contradicting themselves without saying how the deal ended: left out"),
    "initial_stage_taken": lambda count, stage: tell(
        "{deals} without a change of stage: taken to be in {stage!r} since creation",
        deals=plural(count, "deal"),
        stage=stage,
    ),
    "initial_stage_corrected": lambda count, stage: tell(
        "{deals} did not begin in {stage!r}: that became known with its first change",
        deals=plural(count, "deal"),
        stage=stage,
    ),
    "snapshots_read": lambda count, first, last, changes: tell(
        "{snapshots} from {first} to {last}, {changes} between them: each known only to lie between two",
        snapshots=plural(count, "snapshot"),
        first=first,
        last=last,
        changes=plural(changes, "change"),
    ),
    "snapshots_unchanged": lambda count: tell(
        "{snapshots} the same as the one before: told nothing new", snapshots=plural(count, "snapshot")
    ),
    "in_first_snapshot": _deals("there from the first snapshot on"),
    "vanished_deals": _deals("no longer in the next snapshot, not closed: censored at the last sight"),
    "back_in_sight": _deals("back after having been lost from sight"),
    "born_and_ended": _deals("first seen when it was over already", "first seen when they were over already"),
    "twice_in_snapshot": lambda count: tell(
        "{rows} of a deal that stands in its snapshot already: left out, the first row counts",
        rows=plural(count, "row"),
    ),
    "files_left_out": lambda files: tell(
        "no day stands in the names of {files}: left out, {names}",
        files=plural(len(files), "file"),
        names=(
            joined(files[:5])
            if len(files) <= 5
            else tell("{named} and {count:,} more", named=joined(files[:5]), count=len(files) - 5)
        ),
    ),
    "sheets_read": lambda sheets: tell(
        "read from {sheets}: {names}", sheets=plural(len(sheets), "sheet"), names=joined(map(repr, sheets))
    ),
    "sheets_left_out": lambda sheets: tell(
        "not read, for they hold another kind of table: {names} (to choose one: `sheet`)",
        names=joined(map(repr, sheets)),
    ),
}
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
