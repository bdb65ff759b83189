"""Several tables as one: columns of the same header below one another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from simfunnel.crm.detect import header_key
from simfunnel.tabular.column import Column
from simfunnel.tabular.table import Table
from simfunnel.values.cells import Cell
from simfunnel.wording.findings import Finding


@dataclass(frozen=True, slots=True)
class Stacked(Table):
    """A table made of several."""

    def noting(self, finding: Finding) -> Stacked:
        """Add something that was noticed."""
        return replace(self, warnings=(*self.warnings, finding))


def stack(tables: Sequence[Table], constant: Mapping[str, Sequence[Cell]], file: str | None) -> Stacked:
    """Put tables below one another.

    Parameters
    ----------
    constant
        Header -> one cell for each table: columns that are added.
    file
        What the whole is called in messages.
    """
    added = {header_key(header) for header in constant}
    headers: dict[str, str] = {}
    for table in tables:
        for header in table.headers:
            if header and header_key(header) not in added:
                headers.setdefault(header_key(header), header)
    sizes = [len(table) for table in tables]
    columns = [_below([_own(table, name) for table in tables], sizes) for name in headers]
    for cells in constant.values():
        codes = np.repeat(np.arange(len(tables), dtype=np.int32), sizes)
        columns.append(Column(codes, list(cells)))
    numbers = np.concatenate([table.numbers for table in tables])
    width = len(headers) + len(constant)
    warnings = {(w.code, str(w.fields)): w for table in tables for w in table.warnings}
    first = tables[0]
    return Stacked(
        (*headers.values(), *constant), tuple(columns), numbers, np.full(len(numbers), width, dtype=np.int32),
        file=file, encoding=first.encoding, delimiter=first.delimiter, header_row=first.header_row,
        warnings=tuple(warnings.values()),
    )  # fmt: skip


def _own(table: Table, name: str) -> Column | None:
    return next((c for c, header in zip(table.columns, table.headers, strict=True) if header_key(header) == name), None)


def _below(columns: Sequence[Column | None], sizes: Sequence[int]) -> Column:
    """Join columns, equal cells once; a table without the column has blanks."""
    index: dict[object, int] = {}
    cells: list[Cell] = []
    parts = []
    for column, size in zip(columns, sizes, strict=True):
        own: Sequence[Cell] = [None] if column is None else column.cells
        table = np.zeros(max(len(own), 1), dtype=np.int32)
        for code, cell in enumerate(own):
            known = index.setdefault((type(cell), cell), len(cells))
            if known == len(cells):
                cells.append(cell)
            table[code] = known
        parts.append(table[np.zeros(size, dtype=np.int32) if column is None else column.codes])
    return Column(np.concatenate(parts), cells)
