"""Excel workbooks, one sheet."""

from __future__ import annotations

import zipfile
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any

from simfunnel.errors import InputError, Problem
from simfunnel.tabular.table import Table
from simfunnel.values.cells import Cell, clean, nearest
from simfunnel.wording.findings import Finding


def read_workbook(path: Path, name: str, sheet: str | None) -> Table:
    """Read one sheet of an .xlsx file: values, not formulas."""
    try:
        import openpyxl
    except ModuleNotFoundError:
        raise InputError(Problem('Excel files need an extra: pip install "simfunnel[excel]"', file=name)) from None
    try:
        book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    except (zipfile.BadZipFile, KeyError, ValueError, OSError, EOFError):
        raise InputError(Problem("this is not an Excel workbook, or it is damaged: save it again", file=name)) from None
    try:
        chosen, warnings = _choose(book, sheet, name)
        numbered = [
            (number, [_value(cell) for cell in row])
            for number, row in enumerate(book[chosen].iter_rows(values_only=True), start=1)
        ]
    finally:
        book.close()
    numbered = [(number, row) for number, row in numbered if any(clean(cell) for cell in row)]
    if not numbered:
        raise InputError(
            Problem(f"the sheet {chosen!r} is empty: expected a header row and one row per deal", file=name)
        )
    headers = [clean(cell) for cell in numbered[0][1]]
    while headers and not headers[-1]:
        headers.pop()
    width = len(headers)
    rows = [_fit(row, width) for _, row in numbered[1:]]
    return Table(
        headers=tuple(headers), rows=rows, numbers=[number for number, _ in numbered[1:]], file=name,
        sheet=chosen, warnings=warnings,
    )  # fmt: skip


def _choose(book: Any, sheet: str | None, name: str) -> tuple[str, tuple[Finding, ...]]:
    names: list[str] = book.sheetnames
    if sheet is not None:
        if sheet in names:
            return sheet, ()
        near = nearest(sheet, names)
        raise InputError(Problem(
            f"there is no sheet {sheet!r}" + (f": did you mean {near!r}?" if near else "")
            + f" The workbook has {', '.join(repr(known) for known in names)}", file=name))  # fmt: skip
    visible = [known for known in names if book[known].sheet_state == "visible"] or names
    if len(visible) == 1:
        return visible[0], ()
    fields = {"sheet": visible[0], "others": tuple(visible[1:])}
    return visible[0], (Finding("first_sheet_only", fields, key="pipeline.sheet"),)


def _value(cell: object) -> Cell:
    if isinstance(cell, timedelta):
        return cell.total_seconds() / 86400
    if isinstance(cell, time):
        return str(cell)
    if isinstance(cell, (str, int, float, bool, datetime)) or cell is None:
        return cell
    return str(cell)


def _fit(row: list[Cell], width: int) -> list[Cell]:
    """Pad to the header's width; cells beyond it stay only if filled (the row is then reported)."""
    while len(row) > width and not clean(row[-1]):
        row.pop()
    return row + [None] * (width - len(row))
