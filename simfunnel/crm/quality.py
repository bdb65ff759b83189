"""What was read, what was used, and what was not, with the reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from simfunnel.wording.findings import Finding


@dataclass(frozen=True, slots=True)
class Understood:
    """What a column was taken for."""

    column: str
    """Its header."""
    field: str
    unit: str | None
    """What one unit of its cells is, where the header or the scenario says so."""
    currency: str | None
    first: str | None
    """Its first cell that is not blank, as written."""
    blank: int
    """Cells that are blank."""
    key: str
    """Key of the scenario that changes the reading."""


@dataclass(frozen=True, slots=True)
class DataQuality:
    """Account of a pipeline table: `rows == used + won + won_earlier + lost + len(excluded)`."""

    rows: int = 0
    """Rows that were considered: without those `where` leaves out, and one for each deal with several."""
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
    cautions: tuple[Finding, ...] = ()
    """What may change the decision; of the file as a whole."""
    preset: str = "none"
    """CRM whose export this is; `inline` for deals written in the scenario, `none` without any."""
    columns: Mapping[str, str] = field(default_factory=dict)
    """Field -> header it was read from."""
    understood: tuple[Understood, ...] = ()
    """What every column that is read was taken for."""
    amounts: Mapping[str, float] = field(default_factory=dict)
    """Money of the open, won (in this period), lost and excluded rows, in the currency of the scenario."""
    negative: Mapping[str, float] = field(default_factory=dict)
    """What of these is below 0, and would hide as much of the rest."""
    file: str | None = None
    encoding: str | None = None
    delimiter: str | None = None
    sheet: str | None = None
    unused: tuple[str, ...] = ()
    """Headers of the columns nothing was read from."""
