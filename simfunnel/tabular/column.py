"""A column as its distinct cells and a code for each row: what is decided is decided once for each distinct cell."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from simfunnel.arrays import Floats
from simfunnel.values.cells import Cell, clean

T = TypeVar("T")
Codes = npt.NDArray[np.int32]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Column:
    """Cells of one column.

    `cells[codes[row]]` is the cell of a row; None stands for the cells of rows that are too short.
    """

    codes: Codes
    cells: Sequence[Cell]
    """Distinct cells, in order of appearance."""

    def __len__(self) -> int:
        return len(self.codes)

    def __iter__(self) -> Iterator[Cell]:
        return (self.cells[code] for code in self.codes.tolist())

    @classmethod
    def of(cls, cells: Sequence[Cell] | Column) -> Column:
        """Take a list of cells as a column."""
        if isinstance(cells, Column):
            return cells
        index = Distinct()
        codes = index.codes(cells)
        return cls(np.array(codes, dtype=np.int32), index.cells)

    @cached_property
    def texts(self) -> list[str]:
        """Text of each distinct cell, cleaned; empty for a blank."""
        return [clean(cell) for cell in self.cells]

    @cached_property
    def filled(self) -> Mask:
        """(rows,) whether the cell is not blank."""
        return self.map(lambda text: text != "", np.bool_)

    @cached_property
    def used(self) -> list[int]:
        """Codes that occur, in order of first appearance."""
        found, first = np.unique(self.codes, return_index=True)
        order: list[int] = found[np.argsort(first)].tolist()
        return order

    @property
    def words(self) -> list[str]:
        """Distinct texts that occur, blanks left out, in order of first appearance."""
        return list(dict.fromkeys(self.texts[code] for code in self.used if self.texts[code]))

    def map(self, function: Callable[[str], object], dtype: npt.DTypeLike) -> npt.NDArray[np.generic]:  # type: ignore[type-arg]
        """Apply a function to each distinct text; one entry per row."""
        return np.array([function(text) for text in self.texts] or [function("")], dtype=dtype)[self.codes]

    def text(self, row: int) -> str:
        """Text of one row."""
        return self.texts[int(self.codes[row])]

    def cell(self, row: int) -> Cell:
        """Cell of one row."""
        return self.cells[int(self.codes[row])]

    def take(self, rows: npt.NDArray[np.intp] | Mask) -> Column:
        """Keep some rows."""
        return Column(self.codes[rows], self.cells)

    @cached_property
    def identity(self) -> npt.NDArray[np.int64]:
        """(rows,) the same number for the same text: cells that differ in type or blanks alone are one."""
        index: dict[str, int] = {}
        return np.array([index.setdefault(t, len(index)) for t in self.texts] or [0], dtype=np.int64)[self.codes]


class Distinct:
    """Numbers distinct cells in order of appearance; 1, 1.0, True and "1" are four."""

    def __init__(self) -> None:
        self.cells: list[Cell] = []
        self._index = _Growing(self.cells)

    def codes(self, cells: Sequence[Cell]) -> list[int]:
        """Give the number of each cell."""
        keys = [cell if type(cell) is str else (type(cell), cell) for cell in cells]
        return list(map(self._index.__getitem__, keys))


class _Growing(dict[object, int]):
    def __init__(self, cells: list[Cell]) -> None:
        super().__init__()
        self._cells = cells

    def __missing__(self, key: object) -> int:
        self[key] = code = len(self)
        self._cells.append(key[1] if isinstance(key, tuple) else key)  # type: ignore[arg-type]
        return code


def days_of(column: Column, values: Sequence[float]) -> Floats:
    """Spread one number for each distinct cell over the rows."""
    return np.array(values or [np.nan], dtype=np.float64)[column.codes]
