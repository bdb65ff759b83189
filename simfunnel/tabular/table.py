"""Headers and columns of cells: what every file becomes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice

import numpy as np
import numpy.typing as npt

from simfunnel.tabular.column import Column, Distinct, Mask
from simfunnel.values.cells import Cell
from simfunnel.wording.findings import Finding

CHUNK = 20_000


@dataclass(frozen=True, slots=True)
class Table:
    """Headers and columns of cells, as they stand in the source."""

    headers: tuple[str, ...]
    columns: tuple[Column, ...]
    numbers: npt.NDArray[np.int64]
    """Number of each row as a spreadsheet shows it: the header is row 1, unless titles stand above it."""
    widths: npt.NDArray[np.int32]
    """Cells of each row: a row of a delimited file may be shorter than the header, or longer if what is beyond is filled."""
    file: str | None = None
    encoding: str | None = None
    delimiter: str | None = None
    sheet: str | None = None
    header_row: int = 1
    warnings: tuple[Finding, ...] = ()

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


def columns_of(numbered: Iterable[tuple[int, Sequence[Cell]]], width: int) -> Rows:
    """Turn numbered rows into columns, a chunk at a time: the rows themselves are never all in memory."""
    distinct = [Distinct() for _ in range(width)]
    parts: list[list[npt.NDArray[np.int32]]] = [[] for _ in range(width)]
    numbers: list[npt.NDArray[np.int64]] = []
    widths: list[npt.NDArray[np.int32]] = []
    for chunk in _chunks(iter(numbered)):
        rows = [row for _, row in chunk]
        numbers.append(np.array([number for number, _ in chunk], dtype=np.int64))
        cells = np.array(list(map(len, rows)), dtype=np.int32)
        for at in np.flatnonzero(cells != width).tolist():
            row = rows[at]
            if len(row) > width and not any(_filled(cell) for cell in row[width:]):
                cells[at] = width
            rows[at] = [*row[:width], *([None] * (width - len(row)))]
        widths.append(cells)
        for part, index, column in zip(parts, distinct, zip(*rows, strict=True), strict=False):
            part.append(np.array(index.codes(column), dtype=np.int32))
    none = np.zeros(0, dtype=np.int32)
    return Rows(
        tuple(Column(np.concatenate([none, *part]), index.cells) for part, index in zip(parts, distinct, strict=True)),
        np.concatenate([np.zeros(0, dtype=np.int64), *numbers]),
        np.concatenate([none, *widths]),
    )


def _chunks(
    numbered: Iterator[tuple[int, Sequence[Cell]]],
) -> Iterator[list[tuple[int, Sequence[Cell]]]]:
    while chunk := list(islice(numbered, CHUNK)):
        yield chunk


def _filled(cell: Cell) -> bool:
    return cell is not None and (not isinstance(cell, str) or bool(cell.strip()))
