"""What a workbook holds: sheets of plain values with the format of each column."""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    import pandas as pd

Value: TypeAlias = str | float | int | bool | dt.date | None
"""What a cell holds; None is empty."""
SHARE = re.compile(
    r"^(p|share|delta_p|coverage|probability|conversion|win_rate|signing_rate|difference)(_|$)"
    r"|_(share|probability|rate)(_|$)|^(relative_crps|missed_by|bias|undecided|won_of_decided|stderr)$"
)
"""Names of columns that hold shares: shown in percent."""
_DAYS = re.compile(r"(day|week|start|end|date|as_of|from|to)$")


@dataclass(frozen=True)
class Sheet:
    """One table."""

    name: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Value]]
    formats: Sequence[str]
    """Of each column: ``text``, ``share``, ``money``, ``number``, ``count`` or ``day``."""


def sheets_of(frames: Mapping[str, pd.DataFrame]) -> list[Sheet]:
    """Make a sheet of each frame that has columns: numbers stay numbers, days become days."""
    return [_sheet(name, frame) for name, frame in frames.items() if len(frame.columns)]


def _sheet(name: str, frame: pd.DataFrame) -> Sheet:
    columns = [str(column) for column in frame.columns]
    rows = [
        [plain(value, day=bool(_DAYS.search(column))) for column, value in zip(columns, row, strict=True)]
        for row in frame.itertuples(index=False, name=None)
    ]
    return Sheet(name, columns, rows, [format_of(column, (row[i] for row in rows)) for i, column in enumerate(columns)])


def plain(value: object, *, day: bool = False) -> Value:
    """A value as a cell holds it; nothing for what is unknown, and text for what a spreadsheet has no number for."""
    if value is None or isinstance(value, str | bool | int):
        return _day(value) if day and isinstance(value, str) else value
    if isinstance(value, dt.datetime):
        return value.date() if value.time() == dt.time() else value.isoformat(sep=" ")
    if isinstance(value, dt.date):
        return value
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, int | bool):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None if math.isnan(value) else str(value)
    return str(value)


def _day(text: str) -> Value:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        return text


def format_of(column: str, values: Iterable[Value]) -> str:
    """How a column is shown: by its name where it holds shares, else by the size of its numbers."""
    known = [value for value in values if value is not None and value != ""]
    if known and all(isinstance(value, dt.date) for value in known):
        return "day"
    numbers = [value for value in known if isinstance(value, int | float) and not isinstance(value, bool)]
    if not numbers or len(numbers) < len(known):
        return "text"
    if all(isinstance(value, int) for value in numbers):
        return "count"
    if SHARE.search(column) and all(abs(value) <= 1 for value in numbers):
        return "share"
    return "money" if max(abs(value) for value in numbers) >= 1000 else "number"
