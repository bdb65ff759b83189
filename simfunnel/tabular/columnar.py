"""Parquet files and data frames: typed columns."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from math import isnan
from pathlib import Path
from typing import TYPE_CHECKING, Any

from simfunnel.errors import InputError, Problem
from simfunnel.tabular.table import Table
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
        data = pq.read_table(path)
    except (pa.ArrowException, OSError):
        raise InputError(Problem("this is not a Parquet file, or it is damaged: write it again", file=name)) from None
    columns = []
    for column in data.columns:
        cells = column
        if pa.types.is_timestamp(column.type):  # Python has no nanoseconds
            cells = column.cast(pa.timestamp("us", tz=column.type.tz), safe=False)
        columns.append([_value(cell) for cell in cells.to_pylist()])
    return _table([str(header) for header in data.column_names], columns, name)


def from_frame(frame: pd.DataFrame) -> Table:
    """Take a data frame as a table."""
    columns = [[_value(cell) for cell in frame.iloc[:, index].tolist()] for index in range(frame.shape[1])]
    return _table([str(header) for header in frame.columns], columns, None)


def _table(headers: list[str], columns: list[list[Cell]], name: str | None) -> Table:
    rows = [list(row) for row in zip(*columns, strict=True)]
    kept = [(number, row) for number, row in enumerate(rows, start=2) if any(clean(cell) for cell in row)]
    return Table(
        headers=tuple(clean(header) for header in headers), rows=[row for _, row in kept],
        numbers=[number for number, _ in kept], file=name,
    )  # fmt: skip


def _value(cell: Any) -> Cell:
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
        return _value(cell.item())
    return str(cell)
