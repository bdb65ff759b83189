"""Sentences about what is found while a pipeline table is read; those that may change the decision stand beside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from simfunnel.wording.language import joined, quoted, tell, term
from simfunnel.wording.listed import LISTED, Words, counted, some
from simfunnel.wording.numbers import money, plural

_DATES = {
    "stage_entered": "the date on which it entered its stage, {text}, cannot be read",
    "created": "its creation date {text} cannot be read",
    "close_date": "its close date {text} cannot be read",
    "last_activity": "its last activity {text} cannot be read",
    "not_before": "'not before' date {text} cannot be read: no judgement applied",
}


def _has(count: int, thing: str, what: str) -> str:
    return tell(
        "{things} {has_or_have} {what}",
        things=plural(count, thing), has_or_have="has" if count == 1 else "have", what=tell(what),
    )  # fmt: skip


def _owners(groups: Sequence[Sequence[str]]) -> str:
    named = [joined(map(repr, group), " and ") for group in groups]
    more = tell("; and {more} more", more=len(named) - LISTED) if len(named) > LISTED else ""
    return tell(
        "owners that differ only in case or spacing are kept apart: {named}{more}",
        named=joined(named[:LISTED], "; "), more=more,
    )  # fmt: skip


def _sheets(sheet: str, others: Sequence[str], first: bool) -> str:
    which = (
        tell("only the first sheet, {sheet!r}, was read", sheet=sheet)
        if first
        else tell("the sheet {sheet!r} was read, for its headers", sheet=sheet)
    )
    return tell("{which} (not {others}): set `pipeline.sheet` to choose", which=which, others=joined(map(repr, others)))


def _amount_column(unused: Sequence[str]) -> str:
    if not unused:
        return tell("no column holds the amount")
    return tell(
        "no column holds the amount; headers not used: {names}; say which one under pipeline.columns",
        names=some([repr(name) for name in unused]),
    )


def _where(kept: int, rows: int, where: Mapping[str, str | Sequence[str]]) -> str:
    said = [
        tell("{name} is {value}", name=name, value=value if isinstance(value, str) else joined(value, " or "))
        for name, value in where.items()
    ]
    return tell(
        "`pipeline.where` keeps {kept:,} of {rows}: {said}", kept=kept, rows=plural(rows, "row"), said=joined(said)
    )


def _title_unit(title: str, unit: str | None, factor: float, currency: str | None) -> str:
    what = [tell("1 is {factor:,.12g}", factor=factor)] if unit is not None else []
    what += [tell("in {currency}", currency=currency)] if currency is not None else []
    advice = (
        tell("add `amount_unit: 1` under `pipeline`") if unit is not None else tell("name the currency in their header")
    )
    return tell(
        "the title {title} above the headers holds for the amounts: {what}; if it does not, {advice}",
        title=quoted(title),
        what=joined(what, " "),
        advice=advice,
    )


def _newest(rows: int, deals: int, header: str, later: int) -> str:
    after = (
        tell(
            "; {rows} from as_of on {was_or_were} not",
            rows=plural(later, "row"),
            was_or_were="was" if later == 1 else "were",
        )
        if later
        else ""
    )
    return tell(
        "{deals}, {rows:,} in all: the newest of each by {header!r} was read{after} (the other "
        "way: `pipeline.rows: sum`)",
        deals=_has(deals, "deal", "several rows"),
        rows=rows,
        header=header,
        after=after,
    )


def _vanished(count: int, header: str) -> str:
    stands, are = ("stands", "is") if count == 1 else ("stand", "are")
    return tell(
        "{deals} no longer {stands_or_stand} in the newest snapshot by {header!r} and {is_or_are} not counted",
        deals=plural(count, "deal"), stands_or_stand=stands, header=header, is_or_are=are,
    )  # fmt: skip


def _lines(rows: int, deals: int, amount: float) -> str:
    return tell(
        "{deals}, {rows:,} in all, which differ as line items do: their amounts were summed, "
        "{amount} together (the other way: `pipeline.rows: newest`)",
        deals=_has(deals, "deal", "several rows"),
        rows=rows,
        amount=money(amount),
    )


def _same_amount(rows: int, deals: int) -> str:
    return tell(
        "{deals}, {rows:,} in all, each with the amount of the deal: it was taken once (the other "
        "way: `pipeline.rows: sum`)",
        deals=_has(deals, "deal", "several rows"),
        rows=rows,
    )


def _dates_unread(headers: Sequence[str], fields: Sequence[str]) -> str:
    return tell(
        "no column holds {fields}, and dates stand unread in {headers}: if they are that, add for "
        'example `columns: {{{field}: "{header}"}}` under `pipeline`',
        fields=joined(fields, " or "),
        headers=some([repr(name) for name in headers]),
        field=fields[0],
        header=headers[0],
    )


def _could_be(field: str, holds: str) -> Words:
    def words(header: str, words: Sequence[str]) -> str:
        return tell(
            "column {header!r} holds {holds} ({words}) and is not read: if it says so of the deals, "
            'add `columns: {{{field}: "{header}"}}` under `pipeline`',
            header=header,
            holds=tell(holds),
            words=some([repr(word) for word in words]),
            field=field,
        )

    return words


def _unread_money(header: str, words: Sequence[str]) -> str:
    return tell(
        "no column holds the amount, so that every amount is drawn, and {header!r} holds numbers "
        "that look like money ({words}): if they are the amounts, add `columns: {{amount: "
        '"{header}"}}` under `pipeline`',
        header=header,
        words=some([repr(word) for word in words]),
    )


def _repeating_id(header: str, count: int, id: str | None) -> str:
    now = tell("while {id!r} is read as the id", id=id) if id else tell("and no column is read as the id")
    return tell(
        "column {header!r} looks like an id, and {count:,} of its values stand in several rows, "
        '{now}: if it names the deals, add `columns: {{id: "{header}"}}` under `pipeline`',
        header=header,
        count=count,
        now=now,
    )


def _star(stages: Mapping[str, int], to: str) -> str:
    return tell(
        '"*" in stage_map put {counted} into {to!r}',
        counted=counted({repr(stage): count for stage, count in stages.items()}),
        to=to,
    )


EXCLUDED: dict[str, Words] = {
    "deleted": lambda: tell("deleted in the CRM"),
    "archived": lambda: tell("archived in the CRM"),
    "ignored": lambda: tell("ignored by judgement"),
    "duplicate_row": lambda row, first: tell("duplicate: row {row} is the same as row {first}", row=row, first=first),
    "duplicate_id": lambda row, first, id: tell(
        "duplicate id: rows {first} and {row} have the id {id}, row {first} was kept",
        first=first,
        row=row,
        id=quoted(id),
    ),
    "no_stage": lambda: tell("no stage"),
    "stage_dropped": lambda stage: tell("stage {stage!r} dropped by stage_map", stage=stage),
    "stage_dropped_by_star": lambda stage: tell("stage {stage!r} dropped by stage_map ('*')", stage=stage),
    "status_dropped": lambda what: tell("{what} dropped by status_map", what=what),
    "status_unknown": lambda what, **_: tell("{what} is not known: open, won or lost?", what=what),
    "signals_contradict": lambda signals: tell("contradicts itself: {signals}", signals=joined(signals, " but ")),
    "closed_not_known": lambda what: tell("closed ({what}), but nothing says whether won or lost", what=what),
    "void": lambda what: tell("{what} says that it is no deal, neither won nor lost", what=what),
    "on_hold": lambda what: tell("on hold ({what})", what=what),
    "closed_stage_but_open": lambda stage: tell("stage {stage!r}, but its status says it is open", stage=stage),
    "closed_looking_stage": lambda stage: tell(
        'stage {stage!r} sounds closed, so that "*" does not take it', stage=stage
    ),
    "unknown_stage": lambda stage, near: (
        tell("unknown stage {stage!r}: did you mean {near!r}?", stage=stage, near=near)
        if near
        else tell("unknown stage {stage!r}", stage=stage)
    ),
    "closed_after_as_of": lambda word, day, as_of: tell(
        "{word} on {day}, not before as_of ({as_of})", word=term(word), day=day, as_of=as_of
    ),
    "created_after_as_of": lambda day, as_of: tell(
        "created on {day}, not before as_of ({as_of})", day=day, as_of=as_of
    ),
    "entered_after_as_of": lambda day, as_of: tell(
        "entered its stage on {day}, on or after as_of ({as_of})", day=day, as_of=as_of
    ),
    "won_close_date_unreadable": lambda text: tell("won, but its close date {text} cannot be read", text=quoted(text)),
    "won_without_close_date": lambda: tell("won, but without a close date"),
    "won_without_amount": lambda day: tell("won on {day}, but without an amount", day=day),
    "amount_unreadable": lambda text: tell("amount {text} cannot be read", text=quoted(text)),
    "amount_too_large": lambda text: tell("amount {text} is too large; check the amount column", text=quoted(text)),
    "amount_negative": lambda amount: tell("negative amount {amount:,.15g}", amount=amount),
    "too_few_cells": lambda cells, width: tell(
        "has {cells}, the header has {width}", cells=plural(cells, "cell"), width=width
    ),
    "too_many_cells": lambda cells, width: tell(
        "has {cells}, the header has {width}: is a delimiter unquoted?", cells=plural(cells, "cell"), width=width
    ),
    "lone_cell": lambda text: tell("only one cell is filled ({text}): a title or total, not a deal", text=quoted(text)),
    "group_heading": lambda text: tell(
        "only its stage is filled ({text}): the heading of a group, not a deal", text=quoted(text)
    ),
    "total": lambda text: tell("a total ({text}), not a deal", text=quoted(text)),
    "sums_above": lambda amount: tell(
        "its amount {amount:,.15g} is the sum of the rows above: a total, not a deal", amount=amount
    ),
    "header_again": lambda: tell("the header again, not a deal"),
    "second_table": lambda first: tell("below another header in row {first}: a second table", first=first),
}
"""Why a row takes no part in the forecast."""
ODD_ROWS: dict[str, Words] = {
    "lost_close_date_late": lambda day: tell(
        "lost, but its close date {day} is not before as_of: counted lost", day=day
    ),
    "amount_zero": lambda: tell("its amount is 0"),
    "entered_before_created": lambda entered, created: tell(
        "entered its stage on {entered}, before it was created on {created}: the stage date was used",
        entered=entered,
        created=created,
    ),
    "date_unreadable": lambda field, text: tell(_DATES[field], text=quoted(text)),
    "win_rate_unreadable": lambda text: tell(
        "win rate {text} is not in 0 to 1 or 0 % to 100 %: no judgement applied", text=quoted(text)
    ),
    "closes_before_created": lambda closed, created: tell(
        "closes before it was created ({closed}, {created})", closed=closed, created=created
    ),
}
"""What is odd about a row that was kept."""
JUDGED: dict[str, Words] = {
    "judged_ignored": lambda: tell("ignored"),
    "judged_win_rate": lambda rate: tell("win_rate {rate:.6g}", rate=rate),
    "judged_not_before": lambda day: tell("not before {day}", day=day),
}
"""Judgements of the analyst that were applied to a deal."""
LAYOUT: dict[str, Words] = {
    "not_utf8": lambda encoding, key="pipeline.encoding": tell(
        "the file is not UTF-8: read as {encoding}; if names look wrong, set `{key}`", encoding=encoding, key=key
    ),
    "one_sheet_only": _sheets,
    "titles_above_header": lambda row, count: tell(
        "the headers were found in row {row}, below {rows} taken for titles", row=row, rows=plural(count, "row")
    ),
    "title_unit": _title_unit,
    "formulas_without_values": lambda count: tell(
        "the values of {formulas} were never stored and read as blank: open the workbook in a spreadsheet and save it",
        formulas=plural(count, "formula"),
    ),
    "no_rows": lambda: tell("the file has headers but no rows"),
    "stages_filled_down": lambda count, groups: tell(
        "the file is grouped by stage ({groups} groups): {rows} without a stage got that of the group",
        groups=groups,
        rows=plural(count, "row"),
    ),
    "second_table_below": lambda first, count: tell(
        "another table begins in row {first}: {rows} of it {was_or_were} not read",
        first=first,
        rows=plural(count, "row"),
        was_or_were="was" if count == 1 else "were",
    ),
    "where_applied": _where,
    "newest_rows": _newest,
    "vanished": _vanished,
    "told_by_name": lambda header: tell(
        "no column holds an id: the rows of a deal in several snapshots were told by {header}; "
        "if the file has ids, add `columns: {{id: <header>}}` under `pipeline`",
        header=header,
    ),
    "line_items": _lines,
    "line_items_same_amount": _same_amount,
}
"""How the file was taken apart."""
COLUMNS: dict[str, Words] = {
    "idle_home_rate": lambda name, rate, home: tell(
        "`rates: {{{name}: {rate:g}}}` does nothing: the scenario is in {home} itself; give the "
        "value of one unit of another currency in {home}",
        name=name,
        rate=rate,
        home=home,
    ),
    "no_amount_column": _amount_column,
    "column_not_field": lambda header, field, example: tell(
        "column {header!r} is called like {field!r}, but none of its cells can be that "
        "({example} for one): it was not used",
        header=header,
        field=field,
        example=quoted(example),
    ),
    "amount_in_own_currency": lambda header, other, currency: tell(
        "amounts were read from {header!r}, in {currency} as the scenario is, and not from {other!r}",
        header=header,
        currency=currency,
        other=other,
    ),
    "amount_in_home_currency": lambda header: tell(
        "amounts were read from {header!r}: they are taken to be in the currency of the scenario", header=header
    ),
    "probability_mixed": lambda header: tell(
        "column {header!r} mixes percentages and shares and was not used; the forecast does not depend on it",
        header=header,
    ),
    "could_be_date": _dates_unread,
    "could_be_currency": _could_be("currency", "currencies"),
    "could_be_amount": _unread_money,
    "could_be_status": _could_be("status", "words of won and lost deals"),
    "id_repeats": _repeating_id,
    "status_map_idle": lambda: tell(
        "`pipeline.status_map` does nothing, for no column holds the status: name one, for "
        "example `columns: {{status: <header>}}`"
    ),
    "star_took": _star,
    "numbered_stages": lambda stages: tell(
        "numbers before the names of stages were passed over: {stages}",
        stages=counted({repr(stage): count for stage, count in stages.items()}),
    ),
    "age_unknown": lambda count: tell(
        "{deals}: age unknown, taken as that of a deal found in its stage at random",
        deals=_has(count, "open deal", "no date on which the stage was entered"),
    ),
    "no_id": lambda count, row: tell(
        "{rows}: named by row number ('row {row}'), which changes with the file",
        rows=_has(count, "row", "no id"),
        row=row,
    ),
    "close_dates_past": lambda count: _has(count, "open deal", "a close date in the past"),
    "owners_alike": _owners,
}
"""How its columns were taken."""


SENTENCES: dict[str, Words] = EXCLUDED | ODD_ROWS | JUDGED | LAYOUT | COLUMNS
CAUTIONS: frozenset[str] = frozenset({"id_repeats", "could_be_status", "could_be_currency", "could_be_amount"})


def _kind(words: str) -> Words:
    def group(**_: Any) -> str:
        return tell(words)

    return group


GROUPS: dict[str, Words] = {
    "duplicate_row": _kind("duplicate"),
    "duplicate_id": _kind("duplicate id"),
    "unknown_stage": lambda stage, near: tell("unknown stage {stage!r}", stage=stage),
    "too_many_cells": EXCLUDED["too_few_cells"],
    "lone_cell": _kind("only one cell is filled"),
    "group_heading": _kind("heading of a group"),
    "total": _kind("a total"),
    "sums_above": _kind("a sum of the rows above"),
    "second_table": _kind("in a second table"),
    "created_after_as_of": _kind("created on or after as_of"),
    "entered_after_as_of": _kind("entered its stage on or after as_of"),
    "closed_after_as_of": lambda word, day, as_of: tell("{word} on or after as_of", word=term(word)),
    "won_without_amount": _kind("won, but without an amount"),
    "won_close_date_unreadable": _kind("won, but its close date cannot be read"),
    "amount_unreadable": _kind("amount cannot be read"),
    "amount_too_large": _kind("amount is too large"),
    "amount_negative": _kind("negative amount"),
}
"""Code -> what rows of its kind are counted under, whatever their details, where that is not the sentence itself."""
