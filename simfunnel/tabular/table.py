"""Headers and rows of cells: what every file becomes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from simfunnel.values.cells import Cell
from simfunnel.wording.findings import Finding


@dataclass(frozen=True, slots=True)
class Table:
    """Headers and rows of cells, as they stand in the source."""

    headers: tuple[str, ...]
    rows: Sequence[Sequence[Cell]]
    """Rows that are not blank; a row of a delimited file may be longer or shorter than the header."""
    numbers: Sequence[int]
    """Number of each row as a spreadsheet shows it: the header is row 1."""
    file: str | None = None
    encoding: str | None = None
    delimiter: str | None = None
    sheet: str | None = None
    warnings: tuple[Finding, ...] = ()

    def column(self, index: int) -> list[Cell]:
        """Cells of one column, None where a row is too short."""
        return [row[index] if index < len(row) else None for row in self.rows]
