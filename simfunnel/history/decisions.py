"""What was decided while a history was read: made once, on the whole source, and used again for parts of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Form = Literal["events", "wide", "snapshots", "changes", "two_dates", "xes"]
Days = Literal["moments", "utc", "own"]


@dataclass(frozen=True, slots=True)
class DateForm:
    """How the dates of one column are read."""

    orders: Mapping[str, bool] = field(default_factory=dict)
    """Separator -> whether the day comes first."""
    days: Days = "moments"
    """What a value with an offset is: a moment, or a day that a program wrote as midnight of UTC or of its own zone."""


@dataclass(frozen=True, slots=True)
class Decisions:
    """Form, columns, date order, decimal mark, stages: what a part of a source cannot show as well as the whole."""

    form: Form
    columns: Mapping[str, str]
    """Field -> header."""
    dates: Mapping[str, DateForm]
    """Header -> how its dates are read."""
    stages: tuple[str, ...]
    """In order."""
    decimals: Mapping[str, str] = field(default_factory=dict)
    """Header -> decimal mark."""
    entered: tuple[tuple[str, str], ...] = ()
    """(header, stage as it is named there) of columns that say when a stage was entered."""
    exited: tuple[tuple[str, str], ...] = ()
    attributes: tuple[str, ...] = ()
    """Headers of columns that never change within a deal."""
    left_out: frozenset[str] = frozenset()
    """Deals that are over without anybody knowing since when, or how: in a part, others without a date are open."""
    taken: Mapping[str, str] = field(default_factory=dict)
    """Everything else that was decided by the content: name -> answer."""
