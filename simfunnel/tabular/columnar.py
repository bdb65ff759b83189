"""Parquet files and data frames: typed columns."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from math import isnan
from pathlib import Path
from typing import TYPE_CHECKING, Any

from simfunnel.errors import InputError, Problem
from simfunnel.tabular.files import LARGEST
from simfunnel.tabular.table import Table, columns_of
from simfunnel.values.cells import Cell, clean

if TYPE_CHECKING:
    import pandas as pd


def read_parquet(path: Path, name: str) -> Table:
    """Read a Parquet file with pyarrow."""
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ModuleNotFoundError:
        raise InputError(Problem('Parquet files need an extra: pip install "simfunnel[parquet]"', file=name)) from None
    try:
        if (size := sum(group.total_byte_size for group in _groups(pq.read_metadata(path)))) > LARGEST:
            message = f"unpacks to {size >> 30} GiB, more than {LARGEST >> 30}: export fewer rows or columns"
            raise InputError(Problem(message, file=name))
        data = pq.read_table(path)
    except (pa.ArrowException, OSError):
        raise InputError(Problem("this is not a Parquet file, or it is damaged: write it again", file=name)) from None
    columns = []
    for column in data.columns:
        cells = column
        if pa.types.is_timestamp(column.type):  # Python has no nanoseconds
            cells = column.cast(pa.timestamp("us", tz=column.type.tz), safe=False)
        columns.append([value_of(cell) for cell in cells.to_pylist()])
    return _table([str(header) for header in data.column_names], columns, name)


def from_frame(frame: pd.DataFrame) -> Table:
    """Take a data frame as a table."""
    columns = [[value_of(cell) for cell in frame.iloc[:, index].tolist()] for index in range(frame.shape[1])]
    return _table([str(header) for header in frame.columns], columns, None)


def _groups(metadata: Any) -> list[Any]:
    return [metadata.row_group(index) for index in range(metadata.num_row_groups)]


def _table(headers: list[str], columns: list[list[Cell]], name: str | None) -> Table:
    numbered = enumerate(zip(*columns, strict=True), start=2)
    rows = columns_of(((n, row) for n, row in numbered if any(clean(cell) for cell in row)), len(headers))
    return Table(tuple(clean(header) for header in headers), rows.columns, rows.numbers, rows.widths, file=name)


def value_of(cell: Any) -> Cell:
    """A cell of what a program or a database gives: text, a number, a day or a time, or nothing."""
    if type(cell).__name__ in {"NaTType", "NAType"}:
        return None
    if cell is None or isinstance(cell, (str, bool, int)):
        return cell
    if isinstance(cell, float) and isnan(cell):
        return None
    if isinstance(cell, Decimal):
        return float(cell)
    if isinstance(cell, (float, date)):
        return cell
    if hasattr(cell, "item"):
        return value_of(cell.item())
    return str(cell)
