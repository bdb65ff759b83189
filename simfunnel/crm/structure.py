"""Rows that are no deals: ragged ones, titles and totals of reports, repeated ids."""

from __future__ import annotations

from collections.abc import Sequence

from simfunnel.tabular.table import Table
from simfunnel.values.cells import Cell, clean, key
from simfunnel.wording.findings import Finding

TOTALS = (
    "grand total",
    "grand totals",
    "total",
    "totals",
    "subtotal",
    "sum",
    "summe",
    "gesamt",
    "合计",
    "总计",
    "总和",
)
LONE_CELL_WIDTH = 3
"""In a table of at least this many columns a row with one filled cell is no deal."""


def structural_faults(table: Table, stages: Sequence[str], *, report: bool) -> dict[int, Finding]:
    """Index of a row -> why it is no deal.

    Parameters
    ----------
    stages
        Cleaned stage of each row.
    report
        Whether the table comes from an export, which may carry titles and totals.
    """
    width = len(table.headers)
    faults: dict[int, Finding] = {}
    for index, row in enumerate(table.rows):
        filled = [text for text in map(clean, row) if text] if len(row) != width or not stages[index] else None
        if report and filled is not None and (what := _furniture(filled, width, stages[index])):
            faults[index] = what
        elif len(row) < width:
            faults[index] = Finding("too_few_cells", {"cells": len(row), "width": width})
        elif len(row) > width and any(clean(cell) for cell in row[width:]):
            faults[index] = Finding("too_many_cells", {"cells": len(row), "width": width})
    return faults


def _furniture(filled: Sequence[str], width: int, stage: str) -> Finding | None:
    if not filled:
        return None
    if len(filled) == 1 and width >= LONE_CELL_WIDTH:
        return Finding("lone_cell", {"text": filled[0]})
    if not stage and key(filled[0]).rstrip(" :") in TOTALS:
        return Finding("total", {"text": filled[0]})
    return None


class Repeats:
    """Finds rows with an id seen before."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._first: dict[str, int] = {}

    def check(self, index: int, identifier: str) -> Finding | None:
        """Return why the row at `index` repeats an earlier one, or None and remember it."""
        first = self._first.setdefault(identifier, index)
        if first == index:
            return None
        here, there = self._table.numbers[index], self._table.numbers[first]
        if _same(self._table.rows[index], self._table.rows[first]):
            return Finding("duplicate_row", {"row": here, "first": there})
        return Finding("duplicate_id", {"row": here, "first": there, "id": identifier})


def _same(one: Sequence[Cell], other: Sequence[Cell]) -> bool:
    return [clean(cell) for cell in one] == [clean(cell) for cell in other]
