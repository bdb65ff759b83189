"""What was read, what was used, and what was not, with the reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from simfunnel.wording.findings import Finding


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
    excluded: tuple[Finding, ...] = ()
    """Rows that take no part in the forecast, with their row, id and amount."""
    warnings: tuple[Finding, ...] = ()
    """Something odd that was kept; row and id are None when it concerns the whole file."""
    overrides: tuple[Finding, ...] = ()
    """Judgements of the analyst that were applied to a deal."""
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
