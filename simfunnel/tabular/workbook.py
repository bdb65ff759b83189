"""Excel workbooks, one sheet."""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, time, timedelta
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree.ElementTree import ParseError

from simfunnel.errors import InputError, Problem
from simfunnel.tabular.files import check_archive
from simfunnel.tabular.layout import LOOKED_AT, Header, Numbered, Vocabulary, find_header, titles_of
from simfunnel.tabular.table import Table, columns_of
from simfunnel.values.cells import Cell, clean, nearest
from simfunnel.wording.findings import Finding

if TYPE_CHECKING:
    from simfunnel.tabular.reading import Settings

DAMAGED = "this is not an Excel workbook, or it is damaged: save it again"
_UNCOMPUTED = re.compile(rb"<f\b[^>]*(?:/>|>[^<]*</f>)\s*(?:<v\s*/>|<v></v>|</c>)")


def read_workbook(path: Path, name: str, settings: Settings, vocabulary: Vocabulary | None) -> Table:
    """Read one sheet of an .xlsx file: values, not formulas."""
    with _opened(path, name) as book:
        chosen, warnings = _choose(book, settings, vocabulary, name)
        numbered = list(_rows(book[chosen]))
        formulas = _uncomputed(path, book[chosen])
    return _table(name, chosen, numbered, formulas, settings, vocabulary, warnings)


def read_sheets(path: Path, name: str, settings: Settings, vocabulary: Vocabulary | None) -> tuple[list[Table], int]:
    """Read all visible sheets that hold a table, in their order; and say which one `read_workbook` would choose."""
    with _opened(path, name) as book:
        chosen, _ = _choose(book, settings, vocabulary, name)
        sheets = [sheet.title for sheet in book.worksheets if sheet.sheet_state == "visible"]
        sheets = sheets if chosen in sheets else [chosen, *sheets]
        rows = {sheet: list(_rows(book[sheet])) for sheet in sheets}
        formulas = {sheet: _uncomputed(path, book[sheet]) for sheet in rows}
    tables: list[Table] = []
    for sheet, numbered in rows.items():
        try:
            tables.append(_table(name, sheet, numbered, formulas[sheet], settings, vocabulary, []))
        except InputError:
            if sheet == chosen:
                raise
    return tables, [table.sheet for table in tables].index(chosen)


@contextmanager
def _opened(path: Path, name: str) -> Iterator[Any]:
    """Open a workbook, and close it whatever is in it."""
    try:
        import defusedxml  # noqa: F401 (openpyxl parses with it where it is there: without, entities would be expanded)
        import openpyxl
    except ModuleNotFoundError:
        raise InputError(Problem('Excel files need an extra: pip install "simfunnel[excel]"', file=name)) from None
    check_archive(path, name)
    with _damage_said(name), path.open("rb") as stream:  # opened here: what cannot be read is closed all the same
        book = openpyxl.load_workbook(stream, read_only=True, data_only=True)
        try:
            yield book
        finally:
            book.close()


def _table(
    name: str, sheet: str, numbered: list[tuple[int, list[Cell]]], formulas: int, settings: Settings,
    vocabulary: Vocabulary | None, warnings: list[Finding],
) -> Table:  # fmt: skip
    """Make a table of the rows of a sheet."""
    if not numbered:
        raise InputError(
            Problem(f"the sheet {sheet!r} is empty: expected a header row and one row per deal", file=name)
        )
    header = find_header(numbered, vocabulary, settings.header_row, name, settings.section)
    headers = [clean(cell) for cell in numbered[header.at][1]]
    while headers and not headers[-1]:
        headers.pop()
    rows = columns_of(
        [(number, _fit(list(row), len(headers))) for number, row in numbered[header.at + 1 :]], len(headers)
    )
    if header.at:
        said = {"row": header.number, "count": header.at}
        warnings.append(Finding("titles_above_header", said, key=f"{settings.section}.header_row"))
    if formulas:
        warnings.append(Finding("formulas_without_values", {"count": formulas}))
    return Table(
        headers=tuple(headers), columns=rows.columns, numbers=rows.numbers, widths=rows.widths, file=name,
        sheet=sheet, header_row=header.number, warnings=tuple(warnings), titles=titles_of(numbered, header),
    )  # fmt: skip


@contextmanager
def _damage_said(name: str) -> Iterator[None]:
    """Put whatever a broken or hostile workbook raises into one sentence."""
    try:
        yield
    except (zipfile.BadZipFile, zlib.error, ParseError, KeyError, ValueError, TypeError, AttributeError, IndexError,
            EOFError, NotImplementedError, AssertionError, OverflowError):  # fmt: skip
        raise InputError(Problem(DAMAGED, file=name)) from None
    except OSError as error:
        message = DAMAGED if error.strerror is None else f"cannot be read: {error.strerror}"
        raise InputError(Problem(message, file=name)) from None


def _rows(sheet: Any) -> Iterator[tuple[int, list[Cell]]]:
    sheet.reset_dimensions()  # what a file states of its size is not believed: it would be padded to that
    for number, row in enumerate(sheet.iter_rows(values_only=True), start=1):
        cells = [_value(cell) for cell in row]
        if any(clean(cell) for cell in cells):
            yield number, cells


def _choose(book: Any, settings: Settings, vocabulary: Vocabulary | None, name: str) -> tuple[str, list[Finding]]:
    names: list[str] = [sheet.title for sheet in book.worksheets]
    if (sheet := settings.sheet) is not None:
        if sheet in names:
            return sheet, []
        near = nearest(sheet, names)
        raise InputError(Problem(
            f"there is no sheet {sheet!r}" + (f": did you mean {near!r}?" if near else "")
            + f" The workbook has {', '.join(repr(known) for known in names)}", file=name))  # fmt: skip
    if not names:
        raise InputError(Problem("the workbook has no sheet with cells", file=name))
    visible = [known for known in names if book[known].sheet_state == "visible"] or names
    if len(visible) == 1:
        return visible[0], []
    fields = [_header(list(islice(_rows(book[known]), LOOKED_AT)), vocabulary) for known in visible]
    at = max(range(len(visible)), key=lambda i: (fields[i], -i))
    others = tuple(known for known in visible if known != visible[at])
    said = {"sheet": visible[at], "others": others, "first": at == 0}
    return visible[at], [Finding("one_sheet_only", said, key=f"{settings.section}.sheet")]


def _header(rows: Numbered, vocabulary: Vocabulary | None) -> int:
    """Count the fields that the header of a sheet names."""
    if not rows or vocabulary is None:
        return 0
    try:
        header: Header = find_header(rows, vocabulary, None, None)
    except InputError:
        return 0
    return header.fields


def _uncomputed(path: Path, sheet: Any) -> int:
    """Count the formulas of a sheet whose values were never stored: they would read as blank."""
    with zipfile.ZipFile(path) as archive, archive.open(sheet._worksheet_path.lstrip("/")) as stream:
        found, rest = 0, b""
        while block := stream.read(1 << 22):
            cells, _, left = (rest + block).rpartition(b"</c>")
            found += len(_UNCOMPUTED.findall(cells + b"</c>")) if cells else 0
            rest = left if cells else rest + block
    return found


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
