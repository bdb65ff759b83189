"""Sentences about what is found while a pipeline table is read."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from simfunnel.errors import shorten
from simfunnel.wording.numbers import money, percent, plural

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


def _sheets(sheet: str, others: Sequence[str], first: bool) -> str:
    which = (
        f"only the first sheet, {sheet!r}, was read" if first else f"the sheet {sheet!r} was read, which has the deals"
    )
    return f"{which} (not {', '.join(map(repr, others))}): set `pipeline.sheet` to choose"


def _worth(amount: float) -> str:
    return f"worth {money(amount)}"


def _counts(shown: Mapping[str, int]) -> str:
    return some([f"{text} ({plural(count, 'row')})" for text, count in shown.items()])


def _unknown_status(rows: int, amount: float, shown: Mapping[str, int]) -> str:
    word = next(iter(shown)).rsplit(" '", 1)[-1].rstrip("'\"")
    return (
        f"{plural(rows, 'row')} {_worth(amount)} left out, because nobody knows what is meant by {_counts(shown)}: say it under "
        f"`pipeline`, for example `status_map: {{{word}: lost}}` (open, won, lost, void, or null to leave them out)"
    )


def _contradictions(rows: int, amount: float, shown: Mapping[str, int]) -> str:
    return (
        f"{plural(rows, 'row')} {_worth(amount)} left out, because what they say contradicts itself: {_counts(shown)}; correct "
        "them, or leave a column out under `pipeline.columns`"
    )


def _closed_unclear(rows: int, amount: float, shown: Mapping[str, int]) -> str:
    return (
        f"{plural(rows, 'row')} {_worth(amount)} left out: closed according to {_counts(shown)}, and nothing says whether won "
        "or lost; name the column that does, for example `columns: {is_won: <header>}`, or map their stages in `stage_map`"
    )


def _on_hold(rows: int, amount: float, shown: Mapping[str, int]) -> str:
    return (
        f"{plural(rows, 'row')} {_worth(amount)} left out as on hold: {_counts(shown)}; to count them as open, add for example "
        "`status_map: {On hold: open}` under `pipeline`"
    )


def _excluded_share(rows: int, count: int, amount: float, worth: float, kinds: Sequence[tuple[str, int, float]]) -> str:
    listed = some([f"{name} ({plural(number, 'row')}, {_worth(value)})" for name, number, value in kinds], "; ")
    return f"{rows:,} of {plural(count, 'row')}, {_worth(amount)} of {money(worth)}, left out of the forecast: {listed}"


def _dominant(id: str, row: int, amount: float, share: float) -> str:
    return (
        f"one deal decides the forecast: row {row} ({id}) with {amount:,.15g} is {percent(share)} of the open pipeline; is its "
        "amount right?"
    )


def _after(day: object, as_of: object, fits: object, rows: int, wins: int, worth: float) -> str:
    won = f", among them {plural(wins, 'win')} {_worth(worth)}" if wins else ""
    return (
        f"the file is newer than as_of ({as_of}): {plural(rows, 'row')} tell of {day} or days before it from as_of on{won}, which "
        f"the forecast must not know; as_of that fits this export is {fits}"
    )


def _pipelines(header: str, pipelines: Mapping[str, int]) -> str:
    listed = some([f"{name!r} ({plural(count, 'open deal')})" for name, count in pipelines.items()])
    return (
        f"the file holds {len(pipelines)} pipelines that are read as one funnel: {listed}; to read one, add for example "
        f"`where: {{{header}: {next(iter(pipelines))}}}` under `pipeline`"
    )


def _newest(rows: int, deals: int, header: str, later: int) -> str:
    after = f"; {plural(later, 'row')} of after as_of not counted" if later else ""
    return (
        f"{plural(deals, 'deal')} {'has' if deals == 1 else 'have'} several rows, {rows:,} in all: the newest by {header!r} was "
        f"read{after} (else `pipeline.rows: sum`)"
    )


def _lines(rows: int, deals: int, amount: float) -> str:
    return (
        f"{plural(deals, 'deal')} {'has' if deals == 1 else 'have'} several rows, {rows:,} in all, that differ in what a line "
        f"of a deal has: line items, their amounts were summed ({money(amount)}; else `pipeline.rows: newest`)"
    )


def _fields(headers: Sequence[str], fields: Sequence[str]) -> str:
    return (
        f"no column holds {' or '.join(fields)}, and {some([repr(header) for header in headers])} {'holds' if len(headers) == 1 else 'hold'} "
        f'dates that are not read: if it is one of them, say so, for example `columns: {{{fields[0]}: "{headers[0]}"}}` under `pipeline`'
    )


def _star(stages: Mapping[str, int], to: str) -> str:
    listed = some([f"{stage!r} ({plural(count, 'row')})" for stage, count in stages.items()])
    return f'"*" in stage_map put {listed} into {to!r}'


def _held(header: str, field: str, example: str) -> str:
    return (
        f"column {header!r} is called like {field!r} but no cell of it can be read as that ({quoted(example)} for example): it "
        "was not used"
    )


def _repeating_id(header: str, count: int, id: str | None) -> str:
    now = f"while {id!r} is read as the id" if id else "and no column is read as the id"
    return (
        f"column {header!r} looks like an id, and {count:,} of its values stand in several rows, {now}: if it names the deals, "
        f'add `columns: {{id: "{header}"}}` under `pipeline`'
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
    "sums_above": lambda amount: f"its amount {amount:,.15g} is the sum of the rows above: a total, not a deal",
    "header_again": lambda: "the header again, not a deal",
    "second_table": lambda first: f"below another header in row {first}: a second table",
    "void": lambda what: f"{what} says that it is no deal, neither won nor lost",
    "archived": lambda: "archived in the CRM",
    "on_hold": lambda what: f"on hold ({what})",
    "status_dropped": lambda what: f"{what} dropped by status_map",
    "status_unknown": lambda what: f"{what} is not known: open, won or lost?",
    "signals_contradict": lambda signals: f"contradicts itself: {' but '.join(signals)}",
    "closed_not_known": lambda what: f"closed ({what}), but nothing says whether won or lost",
    "closed_looking_stage": lambda stage: f'stage {stage!r} sounds closed, so that "*" does not take it',
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
    "one_sheet_only": _sheets,
    "titles_above_header": lambda row, count: (
        f"the header was found in row {row}; {plural(count, 'row')} above it {'was' if count == 1 else 'were'} taken for titles"
    ),
    "formulas_without_values": lambda count: (
        f"{plural(count, 'cell')} of the sheet {'is a formula' if count == 1 else 'are formulas'} whose values were never stored, "
        "and read as blank: open the workbook in a spreadsheet and save it"
    ),
    "column_not_field": _held,
    "amount_in_home_currency": lambda header: (
        f"amounts were read from {header!r}: they are taken to be in the currency of the scenario"
    ),
    "probability_mixed": lambda header: (
        f"column {header!r} mixes percentages and shares and was not used; the forecast does not depend on it"
    ),
    "stages_filled_down": lambda count, groups: (
        f"the file is grouped by stage: {_has(count, 'row', 'no stage of its own')} and got that of the group above "
        f"({groups} groups)"
    ),
    "where_applied": lambda kept, rows, where: (
        f"`pipeline.where` keeps {kept:,} of {plural(rows, 'row')}: "
        + ", ".join(
            f"{name} is {value if isinstance(value, str) else ' or '.join(value)}" for name, value in where.items()
        )
    ),
    "newest_rows": _newest,
    "vanished": lambda count, header: (
        f"{plural(count, 'deal')} no longer {'stands' if count == 1 else 'stand'} in the newest snapshot by {header!r} and "
        f"{'is' if count == 1 else 'are'} not counted"
    ),
    "line_items": _lines,
    "line_items_same_amount": lambda rows, deals: (
        f"{_has(deals, 'deal', 'several rows')}, {rows:,} in all, with the same amount in each: it was taken once (else "
        "`pipeline.rows: sum`)"
    ),
    "could_be_date": _fields,
    "could_be_currency": lambda header, words: (
        f"column {header!r} holds currencies ({some(words)}) and is not read: if the amounts are in them, add "
        f'`columns: {{currency: "{header}"}}` under `pipeline`'
    ),
    "could_be_status": lambda header, words: (
        f"column {header!r} holds words such as {some([repr(word) for word in words])} and is not read: if it says how deals "
        f'stand, add `columns: {{status: "{header}"}}` under `pipeline`'
    ),
    "id_repeats": _repeating_id,
    "status_map_idle": lambda: (
        "`pipeline.status_map` does nothing: no column holds the status; say which one, for example `columns: {status: <header>}`"
    ),
    "star_took": _star,
    "no_rows": lambda: "the file has headers but no rows",
    "no_amount_column": _amount_column,
    "age_unknown": lambda count: (
        f"{_has(count, 'open deal', 'no date on which the stage was entered')}: {_AGE_UNKNOWN}"
    ),
    "no_id": lambda count: f"{_has(count, 'row', 'no id')}: named by row number ('row 2'), which changes with the file",
    "no_open_stage": lambda: "no open deal is in a stage of the scenario: is `pipeline.stage_map` complete?",
    "close_dates_past": lambda count: _has(count, "open deal", "a close date in the past"),
    "owners_alike": _owners,
}
"""What concerns the file as a whole."""

DECISIVE: dict[str, Callable[..., str]] = {
    "no_open_deal": lambda rows: f"no open deal is used: none of the {plural(rows, 'row')} of the file is open",
    "mostly_excluded": _excluded_share,
    "unknown_status": _unknown_status,
    "contradictions": _contradictions,
    "closed_unclear": _closed_unclear,
    "deals_on_hold": _on_hold,
    "one_deal_dominates": _dominant,
    "export_after_as_of": _after,
    "stale_file": lambda day, days: (
        f"the newest date in the file is {day}, {days} days before as_of: is this the right export?"
    ),
    "judged_throughout": lambda header, count: (
        f"all {count:,} open deals carry a judgement in {header!r}, which replaces what the stages say: if it is the CRM's own "
        "probability, add `columns: {win_rate: null}` under `pipeline`"
    ),
    "mixed_pipelines": _pipelines,
}
"""What may change the decision."""

SENTENCES: dict[str, Callable[..., str]] = EXCLUDED | ODD_ROWS | JUDGED | WHOLE_FILE | DECISIVE
CAUTIONS: frozenset[str] = frozenset({*DECISIVE, "id_repeats"})
GROUPS: dict[str, Callable[..., str]] = {
    "duplicate_row": lambda row, first: "duplicate",
    "duplicate_id": lambda row, first, id: "duplicate id",
    "unknown_stage": lambda stage, near: f"unknown stage {stage!r}",
    "too_many_cells": EXCLUDED["too_few_cells"],
    "lone_cell": lambda text: "only one cell is filled",
    "closed_after_as_of": lambda word, day, as_of: f"{word} on or after as_of",
    "created_after_as_of": lambda day, as_of: "created on or after as_of",
    "entered_after_as_of": lambda day, as_of: "entered its stage on or after as_of",
    "won_without_amount": lambda day: "won, but without an amount",
    "amount_negative": lambda amount: "negative amount",
    "sums_above": lambda amount: "a sum of the rows above",
    "total": lambda text: "a total",
    "second_table": lambda first: "in a second table",
}
"""Code -> what rows of its kind are counted under, where that is not the sentence itself."""
