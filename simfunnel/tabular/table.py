"""Headers and columns of cells: what every file becomes."""

from __future__ import annotations

import gc
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import islice

import numpy as np
import numpy.typing as npt

from simfunnel.tabular.column import Column, Distinct, Mask
from simfunnel.values.cells import Cell
from simfunnel.wording.findings import Finding
from simfunnel.wording.shown_text import from_cell

CHUNK = 20_000


@dataclass(frozen=True, slots=True)
class Table:
    """Headers and columns of cells, as they stand in the source."""

    headers: tuple[str, ...]
    columns: tuple[Column, ...]
    numbers: npt.NDArray[np.int64]
    """Number of each row as a spreadsheet shows it: the header is row 1, unless titles stand above it."""
    widths: npt.NDArray[np.int32]
    """Cells of each row: it may be shorter than the header, or longer if what is beyond is filled."""
    file: str | None = None
    encoding: str | None = None
    delimiter: str | None = None
    sheet: str | None = None
    header_row: int = 1
    warnings: tuple[Finding, ...] = ()
    titles: tuple[str, ...] = ()
    """Rows above the header, each as one text."""

    def __len__(self) -> int:
        return len(self.numbers)

    def column(self, index: int) -> Column:
        """One column."""
        return self.columns[index]

    def take(self, rows: Mask) -> Table:
        """Keep some rows."""
        columns = tuple(column.take(rows) for column in self.columns)
        return replace(self, columns=columns, numbers=self.numbers[rows], widths=self.widths[rows])

    def row(self, index: int) -> list[str]:
        """Texts of one row."""
        return [column.text(index) for column in self.columns]


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows of cells on their way into columns."""

    columns: tuple[Column, ...]
    numbers: npt.NDArray[np.int64]
    widths: npt.NDArray[np.int32]


def columns_of(numbered: Iterable[tuple[int, Sequence[Cell]]], width: int, *, text: bool = False) -> Rows:
    """Turn numbered rows into columns, a chunk at a time: the rows themselves are never all in memory.

    Parameters
    ----------
    numbered
        Rows with their numbers.
    width
        Cells of the header.
    text
        Whether all cells are text.
    """
    building = _Building(width, text=text)
    with _uncollected():
        for chunk in _chunks(iter(numbered)):
            building.add(chunk)
    return building.rows()


class _Building:
    """Columns that grow by chunks of rows."""

    def __init__(self, width: int, *, text: bool) -> None:
        self._width, self._text = width, text
        self._distinct = [Distinct(text=text) for _ in range(width)]
        none = np.zeros(0, dtype=np.int32)
        self._parts = [[none] for _ in range(width)]
        self._numbers = [none.astype(np.int64)]
        self._widths = [none]

    def add(self, chunk: Sequence[tuple[int, Sequence[Cell]]]) -> None:
        width = self._width
        rows = [row for _, row in chunk]
        self._numbers.append(np.array([number for number, _ in chunk], dtype=np.int64))
        cells = np.array(list(map(len, rows)), dtype=np.int32)
        for at in np.flatnonzero(cells != width).tolist():
            row = rows[at]
            if len(row) > width and not any(_filled(cell) for cell in row[width:]):
                cells[at] = width
            rows[at] = [*row[:width], *([None] * (width - len(row)))]
        self._widths.append(cells)
        for part, index, column in zip(self._parts, self._distinct, zip(*rows, strict=True), strict=False):
            part.append(np.array(index.codes(column), dtype=np.int32))

    def rows(self) -> Rows:
        columns = zip(self._parts, self._distinct, strict=True)
        return Rows(
            tuple(Column(np.concatenate(part), self._meant(index.cells), whole=True) for part, index in columns),
            np.concatenate(self._numbers),
            np.concatenate(self._widths),
        )

    def _meant(self, cells: Sequence[Cell]) -> Sequence[Cell]:
        """Text without the apostrophe that keeps a spreadsheet from computing it."""
        if not self._text:
            return cells
        return [from_cell(cell) if isinstance(cell, str) and cell[:1] == "'" else cell for cell in cells]


@contextmanager
def _uncollected() -> Iterator[None]:
    """Pause the search for reference cycles: cells have none, and looking at millions of them outlasts reading them."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def _chunks(numbered: Iterator[tuple[int, Sequence[Cell]]]) -> Iterator[list[tuple[int, Sequence[Cell]]]]:
    while chunk := list(islice(numbered, CHUNK)):
        yield chunk


def _filled(cell: Cell) -> bool:
    return cell is not None and (not isinstance(cell, str) or bool(cell.strip()))
