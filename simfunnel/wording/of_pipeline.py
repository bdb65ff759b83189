"""Sentences about what is found while a pipeline table is read."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from simfunnel.errors import shorten
from simfunnel.wording.numbers import money, percent, plural

LISTED = 8
_YAML_WORDS = frozenset({"null", "true", "false", "yes", "no", "on", "off", "y", "n"})
"""Names listed in one sentence."""
_AGE_UNKNOWN = "age unknown, taken as that of a deal found in its stage at random"
_DATES = {
    "stage_entered": "the date on which it entered its stage, {}, cannot be read",
    "created": "its creation date {} cannot be read",
    "close_date": "its close date {} cannot be read",
    "last_activity": "its last activity {} cannot be read",
    "not_before": "'not before' date {} cannot be read: no judgement applied",
}
Words = Callable[..., str]


def quoted(text: str) -> str:
    """Quote a text found in the file, shortened to one line."""
    return repr(shorten(text))


def some(names: Sequence[str], between: str = ", ") -> str:
    """List the first names and count the rest."""
    more = len(names) - LISTED
    return between.join(names[:LISTED]) + (f" and {more} more" if more > 0 else "")


def _has(count: int, thing: str, what: str) -> str:
    return f"{plural(count, thing)} {'has' if count == 1 else 'have'} {what}"


def _left_out(rows: int, amount: float) -> str:
    return f"{plural(rows, 'row')} worth {money(amount)} left out"


def _counted(names: Mapping[str, int], thing: str = "row", between: str = ", ") -> str:
    return some([f"{name} ({plural(count, thing)})" for name, count in names.items()], between)


def _owners(groups: Sequence[Sequence[str]]) -> str:
    named = [" and ".join(map(repr, group)) for group in groups]
    more = f"; and {len(named) - LISTED} more" if len(named) > LISTED else ""
    return f"owners that differ only in case or spacing are kept apart: {'; '.join(named[:LISTED])}{more}"


def _sheets(sheet: str, others: Sequence[str], first: bool) -> str:
    which = f"only the first sheet, {sheet!r}, was read" if first else f"the sheet {sheet!r} was read, for its headers"
    return f"{which} (not {', '.join(map(repr, others))}): set `pipeline.sheet` to choose"


def _amount_column(unused: Sequence[str]) -> str:
    listed = f"; headers not used: {some([repr(name) for name in unused])}; say which one under pipeline.columns"
    return "no column holds the amount" + (listed if unused else "")


def _where(kept: int, rows: int, where: Mapping[str, str | Sequence[str]]) -> str:
    said = (f"{name} is {value if isinstance(value, str) else ' or '.join(value)}" for name, value in where.items())
    return f"`pipeline.where` keeps {kept:,} of {plural(rows, 'row')}: {', '.join(said)}"


def _title_unit(title: str, unit: str | None, factor: float, currency: str | None) -> str:
    what = [f"1 is {factor:,.12g}"] if unit is not None else []
    what += [f"in {currency}"] if currency is not None else []
    advice = "add `amount_unit: 1` under `pipeline`" if unit is not None else "name the currency in their header"
    return (
        f"the title {quoted(title)} above the headers holds for the amounts: {' '.join(what)}; if it does not, {advice}"
    )


def _newest(rows: int, deals: int, header: str, later: int) -> str:
    after = f"; {plural(later, 'row')} from as_of on {'was' if later == 1 else 'were'} not" if later else ""
    return (
        f"{_has(deals, 'deal', 'several rows')}, {rows:,} in all: the newest of each by {header!r} was read{after} "
        "(the other way: `pipeline.rows: sum`)"
    )


def _vanished(count: int, header: str) -> str:
    stands, are = ("stands", "is") if count == 1 else ("stand", "are")
    return f"{plural(count, 'deal')} no longer {stands} in the newest snapshot by {header!r} and {are} not counted"


def _lines(rows: int, deals: int, amount: float) -> str:
    return (
        f"{_has(deals, 'deal', 'several rows')}, {rows:,} in all, which differ as line items do: their amounts were "
        f"summed, {money(amount)} together (the other way: `pipeline.rows: newest`)"
    )


def _same_amount(rows: int, deals: int) -> str:
    return (
        f"{_has(deals, 'deal', 'several rows')}, {rows:,} in all, each with the amount of the deal: it was taken once "
        "(the other way: `pipeline.rows: sum`)"
    )


def _dates_unread(headers: Sequence[str], fields: Sequence[str]) -> str:
    return (
        f"no column holds {' or '.join(fields)}, and dates stand unread in {some([repr(name) for name in headers])}: "
        f'if they are that, add for example `columns: {{{fields[0]}: "{headers[0]}"}}` under `pipeline`'
    )


def _could_be(field: str, holds: str) -> Words:
    def words(header: str, words: Sequence[str]) -> str:
        return (
            f"column {header!r} holds {holds} ({some([repr(word) for word in words])}) and is not read: if it says so "
            f'of the deals, add `columns: {{{field}: "{header}"}}` under `pipeline`'
        )

    return words


def _unread_money(header: str, words: Sequence[str]) -> str:
    return (
        f"no column holds the amount, so that every amount is drawn, and {header!r} holds numbers that look like money "
        f'({some([repr(word) for word in words])}): if they are the amounts, add `columns: {{amount: "{header}"}}` '
        "under `pipeline`"
    )


def _repeating_id(header: str, count: int, id: str | None) -> str:
    now = f"while {id!r} is read as the id" if id else "and no column is read as the id"
    return (
        f"column {header!r} looks like an id, and {count:,} of its values stand in several rows, {now}: if it names "
        f'the deals, add `columns: {{id: "{header}"}}` under `pipeline`'
    )


def _star(stages: Mapping[str, int], to: str) -> str:
    return f'"*" in stage_map put {_counted({repr(stage): count for stage, count in stages.items()})} into {to!r}'


EXCLUDED: dict[str, Words] = {
    "deleted": lambda: "deleted in the CRM",
    "archived": lambda: "archived in the CRM",
    "ignored": lambda: "ignored by judgement",
    "duplicate_row": lambda row, first: f"duplicate: row {row} is the same as row {first}",
    "duplicate_id": lambda row, first, id: (
        f"duplicate id: rows {first} and {row} have the id {quoted(id)}, row {first} was kept"
    ),
    "no_stage": lambda: "no stage",
    "stage_dropped": lambda stage: f"stage {stage!r} dropped by stage_map",
    "stage_dropped_by_star": lambda stage: f"stage {stage!r} dropped by stage_map ('*')",
    "status_dropped": lambda what: f"{what} dropped by status_map",
    "status_unknown": lambda what, **_: f"{what} is not known: open, won or lost?",
    "signals_contradict": lambda signals: f"contradicts itself: {' but '.join(signals)}",
    "closed_not_known": lambda what: f"closed ({what}), but nothing says whether won or lost",
    "void": lambda what: f"{what} says that it is no deal, neither won nor lost",
    "on_hold": lambda what: f"on hold ({what})",
    "closed_stage_but_open": lambda stage: f"stage {stage!r}, but its status says it is open",
    "closed_looking_stage": lambda stage: f'stage {stage!r} sounds closed, so that "*" does not take it',
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
    "group_heading": lambda text: f"only its stage is filled ({quoted(text)}): the heading of a group, not a deal",
    "total": lambda text: f"a total ({quoted(text)}), not a deal",
    "sums_above": lambda amount: f"its amount {amount:,.15g} is the sum of the rows above: a total, not a deal",
    "header_again": lambda: "the header again, not a deal",
    "second_table": lambda first: f"below another header in row {first}: a second table",
}
"""Why a row takes no part in the forecast."""
ODD_ROWS: dict[str, Words] = {
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
JUDGED: dict[str, Words] = {
    "judged_ignored": lambda: "ignored",
    "judged_win_rate": lambda rate: f"win_rate {rate:.6g}",
    "judged_not_before": lambda day: f"not before {day}",
}
"""Judgements of the analyst that were applied to a deal."""
LAYOUT: dict[str, Words] = {
    "not_utf8": lambda encoding, key="pipeline.encoding": (
        f"the file is not UTF-8: read as {encoding}; if names look wrong, set `{key}`"
    ),
    "one_sheet_only": _sheets,
    "titles_above_header": lambda row, count: (
        f"the headers were found in row {row}, below {plural(count, 'row')} taken for titles"
    ),
    "title_unit": _title_unit,
    "formulas_without_values": lambda count: (
        f"the values of {plural(count, 'formula')} were never stored and read as blank: open the workbook in a "
        "spreadsheet and save it"
    ),
    "no_rows": lambda: "the file has headers but no rows",
    "stages_filled_down": lambda count, groups: (
        f"the file is grouped by stage ({groups} groups): {plural(count, 'row')} without a stage got that of the group"
    ),
    "second_table_below": lambda first, count: (
        f"another table begins in row {first}: {plural(count, 'row')} of it {'was' if count == 1 else 'were'} not read"
    ),
    "where_applied": _where,
    "newest_rows": _newest,
    "vanished": _vanished,
    "told_by_name": lambda header: (
        f"no column holds an id: the rows of a deal in several snapshots were told by {header}; if the file has ids, "
        "add `columns: {id: <header>}` under `pipeline`"
    ),
    "line_items": _lines,
    "line_items_same_amount": _same_amount,
}
"""How the file was taken apart."""
COLUMNS: dict[str, Words] = {
    "idle_home_rate": lambda name, rate, home: (
        f"`rates: {{{name}: {rate:g}}}` does nothing: the scenario is in {home} itself; give the value of one unit of "
        f"another currency in {home}"
    ),
    "no_amount_column": _amount_column,
    "column_not_field": lambda header, field, example: (
        f"column {header!r} is called like {field!r}, but none of its cells can be that ({quoted(example)} for one): "
        "it was not used"
    ),
    "amount_in_own_currency": lambda header, other, currency: (
        f"amounts were read from {header!r}, in {currency} as the scenario is, and not from {other!r}"
    ),
    "amount_in_home_currency": lambda header: (
        f"amounts were read from {header!r}: they are taken to be in the currency of the scenario"
    ),
    "probability_mixed": lambda header: (
        f"column {header!r} mixes percentages and shares and was not used; the forecast does not depend on it"
    ),
    "could_be_date": _dates_unread,
    "could_be_currency": _could_be("currency", "currencies"),
    "could_be_amount": _unread_money,
    "could_be_status": _could_be("status", "words of won and lost deals"),
    "id_repeats": _repeating_id,
    "status_map_idle": lambda: (
        "`pipeline.status_map` does nothing, for no column holds the status: name one, for example "
        "`columns: {status: <header>}`"
    ),
    "star_took": _star,
    "numbered_stages": lambda stages: (
        "numbers before the names of stages were passed over: "
        + _counted({repr(stage): count for stage, count in stages.items()})
    ),
    "age_unknown": lambda count: (
        f"{_has(count, 'open deal', 'no date on which the stage was entered')}: {_AGE_UNKNOWN}"
    ),
    "no_id": lambda count: f"{_has(count, 'row', 'no id')}: named by row number ('row 2'), which changes with the file",
    "close_dates_past": lambda count: _has(count, "open deal", "a close date in the past"),
    "owners_alike": _owners,
}
"""How its columns were taken."""


def _unknown_status(
    rows: int, amount: float, shown: Mapping[str, int], words: Sequence[str], fields: Sequence[str]
) -> str:
    lines = some([f"{_yaml(word)}: <open | won | lost | void>" for word in words])
    return (
        f"{_left_out(rows, amount)}, because nobody knows what is meant by {_counted(shown)}: say it under `pipeline`, "
        f"`status_map: {{{lines}}}` (one of the four for each word, or null to leave its rows out); "
        f"if the column says something else, `columns: {{{fields[0]}: null}}`"
    )


def _yaml(word: str) -> str:
    """A word as a key of YAML; quoted where it could be read as something else."""
    plain = word.replace(" ", "").replace("-", "").isalpha() and word.casefold() not in _YAML_WORDS
    return word if plain and word[0].isalpha() else json.dumps(word, ensure_ascii=False)


def _contradictions(rows: int, amount: float, shown: Mapping[str, int]) -> str:
    return (
        f"{_left_out(rows, amount)}, because they contradict themselves: {_counted(shown, between='; ')}; correct "
        "them, or leave a column out under `pipeline.columns`"
    )


def _closed_unclear(rows: int, amount: float, shown: Mapping[str, int]) -> str:
    return (
        f"{_left_out(rows, amount)}: closed according to {_counted(shown)}, and nothing says whether won or lost; name "
        "the column that does, for example `columns: {is_won: <header>}`, or map their stages in `stage_map`"
    )


def _on_hold(rows: int, amount: float, shown: Mapping[str, int], key: str) -> str:
    word = next(iter(shown)).rsplit(" '", 1)[-1].rstrip("'\"")
    return f"{_left_out(rows, amount)} as on hold: {_counted(shown)}; to count them as open, add under `pipeline` " + (
        f"`status_map: {{{word}: open}}`" if key.endswith("status_map") else f"`stage_map: {{{word}: <stage>}}`"
    )


def _excluded(rows: int, count: int, amount: float, worth: float, kinds: Sequence[tuple[str, int, float]]) -> str:
    listed = some([f"{name} ({plural(number, 'row')}, worth {money(value)})" for name, number, value in kinds], "; ")
    return f"{rows:,} of {plural(count, 'row')}, worth {money(amount)} of {money(worth)}, left out: {listed}"


def _dominant(id: str, row: int, amount: float, share: float) -> str:
    return (
        f"one deal decides the forecast: row {row}{f' ({id})' if id else ''} with {amount:,.15g} is {percent(share)} "
        "of the open pipeline; is its amount right?"
    )


def _after(day: object, as_of: object, fits: object, rows: int, wins: int, worth: float) -> str:
    won = f", {plural(wins, 'win')} worth {money(worth)} among them" if wins else ""
    tells = "tells" if rows == 1 else "tell"
    return (
        f"the file is newer than as_of ({as_of}): {plural(rows, 'row')} {tells} of that day or later, up to "
        f"{day}{won}; the forecast must not know them. The as_of that fits this file is {fits}"
    )


def _pipelines(header: str, pipelines: Mapping[str, int]) -> str:
    listed = _counted({repr(name): count for name, count in pipelines.items()}, "open deal")
    return (
        f"the file holds {len(pipelines)} pipelines, read as one funnel: {listed}; to read one of them, add for "
        f"example `where: {{{header}: {next(iter(pipelines))}}}` under `pipeline`"
    )


def _judged(header: str, count: int) -> str:
    return (
        f"all {count:,} open deals carry a judgement in {header!r}, which replaces what their stages say: if it is the "
        "CRM's own probability, add `columns: {win_rate: null}` under `pipeline`"
    )


def _header(name: str | None) -> str:
    return "<header>" if name is None else f'"{name}"'


DECISIVE: dict[str, Words] = {
    "no_open_deal": lambda rows: f"no open deal is used: of {plural(rows, 'row')} none is open",
    "mostly_excluded": _excluded,
    "unknown_status": _unknown_status,
    "contradictions": _contradictions,
    "closed_unclear": _closed_unclear,
    "deals_on_hold": _on_hold,
    "title_unit_unread": lambda title: (
        f"the text {quoted(title)} beside the table names a unit or a currency that was not applied to the amounts: if "
        "it holds for them, add `amount_unit: <what 1 is worth>` under `pipeline`, or name the currency in the header"
    ),
    "same_rows": lambda rows, amount, example, header: (
        f"{plural(rows, 'row')} worth {money(amount)} {'is' if rows == 1 else 'are'} the same, cell by cell, as "
        f"another one (row {example} for one), and no id tells whether they are the same deal: each was counted; to "
        f"count them once, add under `pipeline` the column that names the deals, `columns: {{id: {_header(header)}}}`"
    ),
    "lost_by_reason": lambda header, rows, amount: (
        f"{plural(rows, 'row')} worth {money(amount)} {'is' if rows == 1 else 'are'} counted as lost only because "
        f"{header!r} is filled: if such deals are still open, add `columns: {{lost_reason: null}}` under `pipeline`"
    ),
    "one_deal_dominates": _dominant,
    "export_after_as_of": _after,
    "stale_file": lambda day, days: (
        f"the newest date in the file is {day}, {days} days before as_of: is this the right export?"
    ),
    "snapshot_before_as_of": lambda day, as_of, days: (
        f"the newest snapshot kept for {as_of} or before is of {day}: what happened in the {days} "
        f"{'day' if days == 1 else 'days'} between is not in it"
    ),
    "judged_throughout": _judged,
    "mixed_pipelines": _pipelines,
}
"""What may change the decision."""

SENTENCES: dict[str, Words] = EXCLUDED | ODD_ROWS | JUDGED | LAYOUT | COLUMNS | DECISIVE
CAUTIONS: frozenset[str] = frozenset(
    {*DECISIVE, "id_repeats", "could_be_status", "could_be_currency", "could_be_amount"}
)


def _kind(words: str) -> Words:
    def group(**_: Any) -> str:
        return words

    return group


GROUPS: dict[str, Words] = {
    "duplicate_row": _kind("duplicate"),
    "duplicate_id": _kind("duplicate id"),
    "unknown_stage": lambda stage, near: f"unknown stage {stage!r}",
    "too_many_cells": EXCLUDED["too_few_cells"],
    "lone_cell": _kind("only one cell is filled"),
    "group_heading": _kind("heading of a group"),
    "total": _kind("a total"),
    "sums_above": _kind("a sum of the rows above"),
    "second_table": _kind("in a second table"),
    "created_after_as_of": _kind("created on or after as_of"),
    "entered_after_as_of": _kind("entered its stage on or after as_of"),
    "closed_after_as_of": lambda word, day, as_of: f"{word} on or after as_of",
    "won_without_amount": _kind("won, but without an amount"),
    "won_close_date_unreadable": _kind("won, but its close date cannot be read"),
    "amount_unreadable": _kind("amount cannot be read"),
    "amount_too_large": _kind("amount is too large"),
    "amount_negative": _kind("negative amount"),
}
"""Code -> what rows of its kind are counted under, whatever their details, where that is not the sentence itself."""
