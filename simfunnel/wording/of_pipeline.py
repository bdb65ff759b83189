"""Sentences about what is found while a pipeline table is read."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from simfunnel.errors import shorten
from simfunnel.wording.numbers import plural

LISTED = 8
"""Names listed in one sentence."""
_AGE_UNKNOWN = "age unknown, taken as that of a deal found in its stage at random"
_DATES = {
    "stage_entered": "the date on which it entered its stage, {}, cannot be read",
    "created": "its creation date {} cannot be read",
    "close_date": "its close date {} cannot be read",
    "last_activity": "its last activity {} cannot be read",
    "not_before": "'not before' date {} cannot be read: no judgement applied",
}


def quoted(text: str) -> str:
    """Quote a text found in the file, shortened to one line."""
    return repr(shorten(text))


def some(names: Sequence[str], between: str = ", ") -> str:
    """List the first names and count the rest."""
    more = len(names) - LISTED
    return between.join(names[:LISTED]) + (f" and {more} more" if more > 0 else "")


def _has(count: int, thing: str, what: str) -> str:
    return f"{plural(count, thing)} {'has' if count == 1 else 'have'} {what}"


def _owners(groups: Sequence[Sequence[str]]) -> str:
    named = [" and ".join(map(repr, group)) for group in groups]
    more = f"; and {len(named) - LISTED} more" if len(named) > LISTED else ""
    return f"owners that differ only in case or spacing are kept apart: {'; '.join(named[:LISTED])}{more}"


def _sheets(sheet: str, others: Sequence[str]) -> str:
    return (
        f"only the first sheet, {sheet!r}, was read (not {', '.join(map(repr, others))}): "
        "set `pipeline.sheet` to choose"
    )


def _amount_column(unused: Sequence[str]) -> str:
    listed = f"; headers not used: {some([repr(name) for name in unused])}; say which one under pipeline.columns"
    return "no column holds the amount" + (listed if unused else "")


EXCLUDED: dict[str, Callable[..., str]] = {
    "deleted": lambda: "deleted in the CRM",
    "ignored": lambda: "ignored by judgement",
    "duplicate_row": lambda row, first: f"duplicate: row {row} is the same as row {first}",
    "duplicate_id": lambda row, first, id: (
        f"duplicate id: rows {first} and {row} have the id {quoted(id)}, row {first} was kept"
    ),
    "no_stage": lambda: "no stage",
    "stage_dropped": lambda stage: f"stage {stage!r} dropped by stage_map",
    "stage_dropped_by_star": lambda stage: f"stage {stage!r} dropped by stage_map ('*')",
    "closed_stage_but_open": lambda stage: f"stage {stage!r}, but its status says it is open",
    "unknown_stage": lambda stage, near: f"unknown stage {stage!r}" + (f": did you mean {near!r}?" if near else ""),
    "closed_after_as_of": lambda word, day, as_of: f"{word} on {day}, not before as_of ({as_of})",
    "created_after_as_of": lambda day, as_of: f"created on {day}, not before as_of ({as_of})",
    "entered_after_as_of": lambda day, as_of: f"entered its stage on {day}, on or after as_of ({as_of})",
    "won_close_date_unreadable": lambda text: f"won, but its close date {quoted(text)} cannot be read",
    "won_without_close_date": lambda: "won, but without a close date",
    "won_without_amount": lambda day: f"won on {day}, but without an amount",
    "amount_unreadable": lambda text: f"amount {quoted(text)} cannot be read",
    "amount_too_large": lambda text: f"amount {quoted(text)} is too large; check the amount column",
    "amount_negative": lambda amount: f"negative amount {amount:,.15g}",
    "too_few_cells": lambda cells, width: f"has {plural(cells, 'cell')}, the header has {width}",
    "too_many_cells": lambda cells, width: (
        f"has {plural(cells, 'cell')}, the header has {width}: is a delimiter unquoted?"
    ),
    "lone_cell": lambda text: f"only one cell is filled ({quoted(text)}): a title or total, not a deal",
    "total": lambda text: f"a total ({quoted(text)}), not a deal",
}
"""Why a row takes no part in the forecast."""
ODD_ROWS: dict[str, Callable[..., str]] = {
    "lost_close_date_late": lambda day: f"lost, but its close date {day} is not before as_of: counted lost",
    "amount_zero": lambda: "its amount is 0",
    "entered_before_created": lambda entered, created: (
        f"entered its stage on {entered}, before it was created on {created}: the stage date was used"
    ),
    "date_unreadable": lambda field, text: _DATES[field].format(quoted(text)),
    "win_rate_unreadable": lambda text: (
        f"win rate {quoted(text)} is not in 0 to 1 or 0 % to 100 %: no judgement applied"
    ),
    "closes_before_created": lambda closed, created: f"closes before it was created ({closed}, {created})",
}
"""What is odd about a row that was kept."""
JUDGED: dict[str, Callable[..., str]] = {
    "judged_ignored": lambda: "ignored",
    "judged_win_rate": lambda rate: f"win_rate {rate:.6g}",
    "judged_not_before": lambda day: f"not before {day}",
}
"""Judgements of the analyst that were applied to a deal."""
WHOLE_FILE: dict[str, Callable[..., str]] = {
    "not_utf8": lambda encoding: (
        f"the file is not UTF-8: read as {encoding}; if names look wrong, set `pipeline.encoding`"
    ),
    "first_sheet_only": _sheets,
    "no_rows": lambda: "the file has headers but no rows",
    "no_amount_column": _amount_column,
    "stale_file": lambda day, days: (
        f"the newest date in the file is {day}, {days} days before as_of: is this the right export?"
    ),
    "age_unknown": lambda count: (
        f"{_has(count, 'open deal', 'no date on which the stage was entered')}: {_AGE_UNKNOWN}"
    ),
    "no_id": lambda count: f"{_has(count, 'row', 'no id')}: named by row number ('row 2'), which changes with the file",
    "no_open_stage": lambda: "no open deal is in a stage of the scenario: is `pipeline.stage_map` complete?",
    "close_dates_past": lambda count: _has(count, "open deal", "a close date in the past"),
    "owners_alike": _owners,
}
"""What concerns the file as a whole."""

SENTENCES: dict[str, Callable[..., str]] = EXCLUDED | ODD_ROWS | JUDGED | WHOLE_FILE
CAUTIONS: frozenset[str] = frozenset()
GROUPS: dict[str, Callable[..., str]] = {
    "duplicate_row": lambda row, first: "duplicate",
    "duplicate_id": lambda row, first, id: "duplicate id",
    "unknown_stage": lambda stage, near: f"unknown stage {stage!r}",
    "too_many_cells": EXCLUDED["too_few_cells"],
    "lone_cell": lambda text: f"only one cell is filled ({quoted(text)})",
}
"""Code -> what rows of its kind are counted under, where that is not the sentence itself."""
