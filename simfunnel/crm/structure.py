"""Rows that are no deals: ragged ones, titles and totals of reports, repeated headers; and groups under one stage."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from simfunnel.arrays import Floats
from simfunnel.crm.detect import header_key
from simfunnel.crm.words.total_words import is_subtotal, is_total
from simfunnel.tabular.column import Codes, Column
from simfunnel.tabular.layout import Vocabulary
from simfunnel.tabular.table import Table
from simfunnel.wording.findings import Finding

LONE_CELL_WIDTH = 3
"""In a table of at least this many columns a row with one filled cell is no deal."""
TABLE_FIELDS = 3
"""A row below a gap that names so many fields begins another table."""
SUMMED = 2
"""A total is the sum of at least so many rows."""
SPARSE = 0.6
"""A row of sums has at most this part of the cells that deals have."""
LABELLED = 3
"""Columns in which the label of a total may stand."""
GAPS_LOOKED_AT = 200
SUMS_BELOW = 2
"""Rows of sums that may stand below the deals of a group."""
_COUNTED = re.compile(r"(.{1,200}?)\s{0,9}[(\[\uff08](\d{1,9})[^\d)\]\uff09]*[)\]\uff09]")
"""A stage with the number of rows in its group, as reports write it."""


@dataclass(frozen=True, slots=True)
class Structure:
    """What the rows of a table are."""

    faults: Mapping[int, Finding]
    """Row -> why it is no deal."""
    stages: Column
    """Stages of the rows, filled down where a report states them once for a group."""
    found: tuple[Finding, ...]
    """What there is to say of the file."""


def read_structure(
    table: Table, stage: int, identifier: int | None, amounts: Callable[[], Floats], vocabulary: Vocabulary,
    *, report: bool, names: Sequence[int] = (),
) -> Structure:  # fmt: skip
    """Tell deals from what else stands in a table.

    Parameters
    ----------
    stage, identifier
        Columns of the stage and of the id.
    amounts
        Gives the amounts of the rows; asked only if there may be rows of sums.
    report
        Whether the table comes from an export, which may carry titles and totals.
    names
        Columns of names, of deals and accounts and owners.
    """
    stages = table.column(stage)
    width = len(table.headers)
    faults: dict[int, Finding] = {}
    if not len(table):
        return Structure({}, stages, ())
    found: list[Finding] = []
    filled = np.zeros(len(table), dtype=np.int32)
    for column in table.columns:
        filled += column.filled
    headings = _headings(table, stages, filled) if report else {}
    faults |= {row: Finding("group_heading", {"text": stages.text(row)}) for row in headings}
    if report:
        _furniture(table, stages, filled, faults)
        found += _headers_again(table, stage, vocabulary, faults)
    for row in np.flatnonzero(table.widths != width).tolist():
        if row not in faults:
            code = "too_few_cells" if table.widths[row] < width else "too_many_cells"
            faults[row] = Finding(code, {"cells": int(table.widths[row]), "width": width})
    if report:
        _labelled_totals(table, stages, identifier, names, filled, faults)
        stages, filled_down = (
            _under_headings(stages, headings, faults) if headings else _grouped(table, stages, filled, faults)
        )
        found += filled_down
        _sums(table, stages, identifier, filled, amounts, faults)
    return Structure(dict(sorted(faults.items())), stages, tuple(found))


def _headings(table: Table, stages: Column, filled: Codes) -> dict[int, str]:
    """Row -> stage of the rows that are headings of a group: the rows below have a blank stage, or the same again.

    Of a heading only the stage is filled, or the stage with the number of rows below it (`Proposal (2)`) beside sums
    of them.
    """
    if len(table.headers) < LONE_CELL_WIDTH:
        return {}
    found: dict[int, str] = {}
    stated = np.flatnonzero(stages.filled & ~stages.marks(is_total))
    ends = np.append(stated[1:], len(table))
    counted = stages.marks(lambda text: _COUNTED.fullmatch(text) is not None)[stated]
    candidates = ((filled[stated] == 1) | counted) & (stated + 1 < len(table))
    for row, end in zip(stated[candidates].tolist(), ends[candidates].tolist(), strict=True):
        text = stages.text(row)
        match = _COUNTED.fullmatch(text)
        name = match[1] if match else text
        below = int((filled[row + 1 : end] > 1).sum())
        again = filled[row + 1] > 1 and stages.text(row + 1) == name
        alone = filled[row] == 1 and (below > 0 or again)
        if alone or (match is not None and below > 0 and 0 <= below - int(match[2]) <= SUMS_BELOW):
            found[row] = name
    if found:  # a report with groups: others that hold nothing but a stage are groups without deals
        found |= {row: stages.text(row) for row in stated[filled[stated] == 1].tolist() if row not in found}
    return found


def _under_headings(
    stages: Column, headings: Mapping[int, str], faults: Mapping[int, Finding]
) -> tuple[Column, tuple[Finding, ...]]:
    """Give the rows below a heading its stage."""
    cells = [*stages.cells]
    codes = stages.codes.copy()
    count = 0
    stated = np.flatnonzero(stages.filled & ~stages.marks(is_total))
    for row, name in headings.items():
        after = stated[np.searchsorted(stated, row, side="right") :]
        own = np.arange(row + 1, after[0] if len(after) else len(stages))
        cells.append(name)
        codes[own[~stages.filled[own]]] = len(cells) - 1
        count += sum(at not in faults for at in own.tolist())
    if not count:  # the rows below state it again
        return stages, ()
    found = Finding("stages_filled_down", {"count": count, "groups": len(headings)})
    return Column(codes.astype(np.int32), cells), (found,)


def _furniture(table: Table, stages: Column, filled: Codes, faults: dict[int, Finding]) -> None:
    """Titles and footers: one cell is filled; totals: no stage, and the first filled cell says so."""
    width = len(table.headers)
    lone = (filled == 1) & (width >= LONE_CELL_WIDTH) & (~stages.filled | (table.widths != width))
    for row in np.flatnonzero(lone).tolist():
        if row in faults:
            continue
        faults[row] = Finding("lone_cell", {"text": next(filter(None, table.row(row)))})
    for row in np.flatnonzero(~stages.filled & ~lone & (filled > 0)).tolist():
        text = next(filter(None, table.row(row)))
        if is_total(text):
            faults[row] = Finding("total", {"text": text})


def _headers_again(table: Table, stage: int, vocabulary: Vocabulary, faults: dict[int, Finding]) -> list[Finding]:
    """A header repeated on every page, and another table below the first."""
    stages = table.column(stage)
    own = header_key(table.headers[stage])
    for row in np.flatnonzero(stages.marks(lambda text: header_key(text) == own)).tolist():
        pairs = zip(table.row(row), table.headers, strict=True)
        if all(not text or header_key(text) == header_key(header) for text, header in pairs):
            faults[row] = Finding("header_again")
    before = np.concatenate([[table.header_row], table.numbers[:-1]])
    for row in np.flatnonzero(table.numbers - before > 1)[:GAPS_LOOKED_AT].tolist():
        texts = [text for text in table.row(row) if text]
        if row not in faults and vocabulary.fields(texts) >= TABLE_FIELDS and 2 * vocabulary.fields(texts) > len(texts):
            for below in range(row, len(table)):
                faults[below] = Finding("second_table", {"first": int(table.numbers[row])})
            return [Finding("second_table_below", {"first": int(table.numbers[row]), "count": len(table) - row - 1})]
    return []


def _labelled_totals(
    table: Table, stages: Column, identifier: int | None, names: Sequence[int], filled: Codes,
    faults: dict[int, Finding],
) -> None:  # fmt: skip
    """Totals that are labelled in the column of the stage, of the id, or in a name of a row that has no id."""
    for row in np.flatnonzero(stages.marks(is_total)).tolist():
        faults.setdefault(row, Finding("total", {"text": stages.text(row)}))
    if identifier is not None:
        column = table.column(identifier)
        for row in np.flatnonzero(filled < np.median(filled)).tolist():  # a total lacks some cell of a deal
            if is_total(column.text(row)):
                faults.setdefault(row, Finding("total", {"text": column.text(row)}))
    given = None if identifier is None else table.column(identifier).filled
    if given is not None and 2 * given.sum() < len(given):
        return
    # Without ids nothing but the label tells it from a deal: it says no more than total, and some cell is missing.
    rows = np.flatnonzero(filled < np.median(filled) if given is None else ~given).tolist()
    for column in (*(table.column(index) for index in names), *([stages] if given is not None else [])):
        for row in rows:
            if is_subtotal(text := column.text(row)) and (given is not None or is_total(text)):
                faults.setdefault(row, Finding("total", {"text": text}))


def _grouped(
    table: Table, stages: Column, filled: Codes, faults: Mapping[int, Finding]
) -> tuple[Column, tuple[Finding, ...]]:
    """Fill the stage down where a report states it in the first row of each group only."""
    deal = np.ones(len(table), dtype=np.bool_)
    deal[list(faults)] = False
    blank, stated = deal & ~stages.filled, deal & stages.filled
    names = [stages.text(row) for row in np.flatnonzero(stated)[:1000].tolist()]
    first = np.flatnonzero(deal)[:1]
    grouped = (
        1 < len(names) <= blank.sum() and len(set(names)) == len(names) == stated.sum()
        and bool(stated[first].all()) and bool((filled[blank] >= 2).all())
    )  # fmt: skip
    if not grouped:
        return stages, ()
    at = np.maximum.accumulate(np.where(stated, np.arange(len(table)), 0))
    codes = np.where(blank, stages.codes[at], stages.codes)
    found = Finding("stages_filled_down", {"count": int(blank.sum()), "groups": len(names)})
    return Column(codes.astype(np.int32), stages.cells), (found,)


def _sums(
    table: Table, stages: Column, identifier: int | None, filled: Codes, amounts: Callable[[], Floats],
    faults: dict[int, Finding],
) -> None:  # fmt: skip
    """Other totals: a sparse row, or one with a label among its first cells, whose amount is the sum of rows above."""
    deal = np.ones(len(table), dtype=np.bool_)
    deal[list(faults)] = False
    if deal.sum() <= SUMMED:
        return
    usual = float(np.median(filled[deal]))
    nameless = ~stages.filled if identifier is None else ~table.column(identifier).filled
    if nameless[deal].mean() > 0.5:
        nameless = ~stages.filled
    sparse = deal & (filled <= SPARSE * usual) & nameless
    for column in table.columns[:LABELLED]:
        thin = np.flatnonzero(deal & (filled < usual) & ~sparse)
        sparse[[row for row in thin.tolist() if is_total(column.text(row)) or is_subtotal(column.text(row))]] = True
    if not sparse.any():
        return
    values = np.nan_to_num(amounts())
    start = 0
    for row in np.flatnonzero(sparse).tolist():
        above = np.flatnonzero(deal[start:row] & ~sparse[start:row]) + start
        total = float(values[above].sum())
        everything = float(values[:row][deal[:row] & ~sparse[:row]].sum())
        if (
            len(above) >= SUMMED
            and total
            and any(abs(values[row] - s) <= 1e-9 * abs(s) + 0.005 for s in (total, everything))
        ):
            faults[row] = Finding("sums_above", {"amount": float(values[row])})
            start = row + 1
