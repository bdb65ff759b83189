"""What was read, what was used, and what was not, with the reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Excluded:
    """A row that takes no part in the forecast."""

    row: int
    id: str | None
    reason: str
    amount: float | None = None


@dataclass(frozen=True, slots=True)
class RowWarning:
    """Something odd that was kept; row and id are None when it concerns the whole file."""

    row: int | None
    id: str | None
    message: str


@dataclass(frozen=True, slots=True)
class Override:
    """A judgement of the analyst that was applied to a deal."""

    row: int
    id: str
    what: str
    """`win_rate 0.9`, `not before 2027-02-01` or `ignored`."""


@dataclass(frozen=True, slots=True)
class DataQuality:
    """Account of a pipeline table: `rows == used + won + won_earlier + lost + len(excluded)`."""

    rows: int = 0
    used: int = 0
    """Open deals kept."""
    won: int = 0
    """Won in the current period, before `as_of`."""
    won_earlier: int = 0
    lost: int = 0
    excluded: tuple[Excluded, ...] = ()
    warnings: tuple[RowWarning, ...] = ()
    overrides: tuple[Override, ...] = ()
    preset: str = "none"
    """CRM whose export this is; `inline` for deals written in the scenario, `none` without any."""
    columns: Mapping[str, str] = field(default_factory=dict)
    """Field -> header it was read from."""
    file: str | None = None
    encoding: str | None = None
    delimiter: str | None = None
    sheet: str | None = None
    unused: tuple[str, ...] = ()
    """Headers of the columns nothing was read from."""
