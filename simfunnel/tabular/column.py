"""A column as its distinct cells and a code for each row: what is decided is decided once for each distinct cell."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from simfunnel.arrays import Floats
from simfunnel.values.cells import Cell, clean

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
    whole: bool = False
    """Whether every cell occurs in some row."""

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
        return cls(np.array(codes, dtype=np.int32), index.cells, whole=True)

    @cached_property
    def texts(self) -> list[str]:
        """Text of each distinct cell, cleaned; empty for a blank."""
        return [clean(cell) for cell in self.cells]

    @cached_property
    def filled(self) -> Mask:
        """(rows,) whether the cell is not blank."""
        return self.marks(lambda text: text != "")

    @cached_property
    def used(self) -> list[int]:
        """Codes that occur, in order of first appearance."""
        if self.whole:
            return list(range(len(self.cells)))
        found, first = np.unique(self.codes, return_index=True)
        order: list[int] = found[np.argsort(first)].tolist()
        return order

    @property
    def words(self) -> list[str]:
        """Distinct texts that occur, blanks left out, in order of first appearance."""
        return list(dict.fromkeys(self.texts[code] for code in self.used if self.texts[code]))

    def marks(self, function: Callable[[str], bool]) -> Mask:
        """(rows,) ask a question of each distinct text."""
        return np.array([function(text) for text in self.texts] or [False], dtype=np.bool_)[self.codes]

    def numbers(self, function: Callable[[str], float]) -> Floats:
        """(rows,) make a number of each distinct text."""
        return np.array([function(text) for text in self.texts] or [np.nan], dtype=np.float64)[self.codes]

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
    """Numbers distinct cells in order of appearance; 1, 1.0, True and "1" are four.

    Parameters
    ----------
    text
        Whether all cells are text or None.
    """

    def __init__(self, *, text: bool = False) -> None:
        self._text = text
        self.cells: list[Cell] = []
        self._index = _Growing(self.cells)

    def codes(self, cells: Sequence[Cell]) -> list[int]:
        """Give the number of each cell."""
        if self._text:
            return list(map(self._index.__getitem__, cells))
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
