"""Rows of a table as text that gives the same cells again, and each row's deal."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from simfunnel.tabular.column import Column
from simfunnel.tabular.table import Table, columns_of
from simfunnel.values.cells import Cell

WIDTH = "w"
"""Key of the last element of a row that has more or fewer cells than the header."""

PLAIN = (str, int, bool)
"""Types of cells that JSON writes as they are."""


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows of one export. All lists have one length."""

    headers: tuple[str, ...]
    names: list[str]
    """Deal of each row; of a row without one, a name made of what stands in it."""
    parts: list[int]
    """0 for the first row of its deal in the table, then 1, and so on."""
    fields: list[str]
    """JSON list of the cells, without the blanks at its end."""

    def __len__(self) -> int:
        return len(self.names)


def rows_of(table: Table, id_column: int | None) -> Rows:
    """Write the rows of a table.

    Parameters
    ----------
    id_column
        Position of the column that identifies deals.
    """
    fields = _texts(table)
    if id_column is None:
        names = [_nameless(text) for text in fields]
    else:
        known = table.column(id_column)
        names = [known.texts[code] or _nameless(text) for code, text in zip(known.codes.tolist(), fields, strict=True)]
    seen: dict[str, int] = {}
    parts = []
    for name in names:
        parts.append(seen.get(name, 0))
        seen[name] = parts[-1] + 1
    return Rows(table.headers, names, parts, fields)


def _nameless(text: str) -> str:
    return "row " + hashlib.blake2b(text.encode(), digest_size=8).hexdigest()


def _texts(table: Table) -> list[str]:
    columns = [fragments(column.cells) for column in table.columns]
    width = len(table.headers)
    odd = {int(row): int(table.widths[row]) for row in np.flatnonzero(table.widths != width)}
    texts = []
    for row, codes in enumerate(zip(*(column.codes.tolist() for column in table.columns), strict=True)):
        cells = [column[code] for column, code in zip(columns, codes, strict=True)]
        if row in odd:
            cells.append(f'{{"{WIDTH}":{odd[row]}}}')
        texts.append(row_text(cells))
    return texts


def row_text(cells: Sequence[str]) -> str:
    """Write a row of written cells, without the blanks at its end."""
    count = len(cells)
    while count and cells[count - 1] == "null":
        count -= 1
    return f"[{','.join(cells[:count])}]"


def fragments(cells: Sequence[Cell]) -> list[str]:
    """Write cells, each as `fragment` writes it."""
    if not cells or not all(cell is None or type(cell) in PLAIN for cell in cells):
        return [fragment(cell) for cell in cells]
    # all at once is several times as fast; within a text a new line is written otherwise, so it parts the cells
    plain = [None if cell == "" else cell for cell in cells]
    return json.dumps(plain, ensure_ascii=False, separators=("\n", ":"))[1:-1].split("\n")


def fragment(cell: Cell) -> str:
    """Write a cell so that it reads back as it was, type included; an empty text is a blank like any other."""
    if cell == "":
        return "null"
    if isinstance(cell, dt.datetime):
        return json.dumps({"t": cell.isoformat()})
    if isinstance(cell, dt.date):
        return json.dumps({"d": cell.isoformat()})
    if isinstance(cell, float) and not math.isfinite(cell):
        return "null" if math.isnan(cell) else json.dumps({"f": repr(cell)})
    return json.dumps(cell, ensure_ascii=False)


def cell_of(value: Any) -> Cell:
    """Read a cell back."""
    if not isinstance(value, dict):
        return value  # type: ignore[no-any-return]
    ((kind, text),) = value.items()
    if kind == "t":
        return dt.datetime.fromisoformat(text)
    return dt.date.fromisoformat(text) if kind == "d" else float(text)


def content_of(headers: Sequence[str], text: str) -> tuple[tuple[str, int, str], ...]:
    """What a row says, whatever the order of its columns: (header, which of that name, cell), blanks left out."""
    seen: dict[str, int] = {}
    found = []
    values = json.loads(text)
    for at, value in enumerate(values):
        header = headers[at] if at < len(headers) else WIDTH
        number = seen.get(header, 0)
        seen[header] = number + 1
        if value is not None:
            found.append((header, number, json.dumps(value, ensure_ascii=False)))
    return tuple(sorted(found))


def moved(text: str, old: Sequence[str], new: Sequence[str]) -> str | None:
    """Write a row under other headers; None where they have no place for what it says."""
    if tuple(old) == tuple(new):
        return text
    values = json.loads(text)
    if len(values) > len(old):
        return None
    if len(set(old)) < len(old) or len(set(new)) < len(new):
        return None
    placed = dict(zip(old, values, strict=False))
    if any(value is not None and header not in new for header, value in placed.items()):
        return None
    return row_text([json.dumps(placed.get(header), ensure_ascii=False) for header in new])


def table_of(headers: Sequence[str], fields: Sequence[str], numbers: Sequence[int] | None = None, **more: Any) -> Table:
    """Make the table again.

    Parameters
    ----------
    headers
        Of the table.
    fields
        Texts of its rows, under these headers.
    numbers
        Of the rows; by default from the row after the header on.
    more
        What else a `Table` holds.
    """
    width = len(headers)
    first = int(more.get("header_row", 1)) + 1
    listed: list[tuple[int, list[Cell]]] = []
    odd: dict[int, int] = {}
    for at, text in enumerate(fields):
        values = json.loads(text)
        if len(values) > width:
            odd[at] = int(values.pop()[WIDTH])
        cells = [cell_of(value) for value in values]
        listed.append((first + at if numbers is None else int(numbers[at]), cells + [None] * (width - len(cells))))
    rows = columns_of(listed, width)
    widths = np.full(len(listed), width, dtype=np.int32)
    for at, found in odd.items():
        widths[at] = found
    columns = rows.columns or tuple(Column.of([]) for _ in range(width))
    return Table(tuple(headers), columns, rows.numbers, widths, **more)


def digest_of(name: str, part: int, layout: int, text: str) -> int:
    """A number for what is kept of a row; the sum over the rows of a snapshot tells whether any has changed."""
    data = f"{name}\0{part}\0{layout}\0{text}".encode()
    return int.from_bytes(hashlib.blake2b(data, digest_size=16).digest(), "big")
