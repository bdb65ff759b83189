"""Whether the cells of a column are what its header promises."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from enum import IntEnum

from simfunnel.crm.currency import is_currency
from simfunnel.crm.dates import parse_date, parse_with_format
from simfunnel.crm.flags import DATED, FLAGS, flag_value
from simfunnel.crm.money import is_amount, is_share
from simfunnel.crm.stages import without_number
from simfunnel.crm.words.outcome_words import outcome
from simfunnel.tabular.column import Column
from simfunnel.values.cells import Cell, clean, key

DATES = (
    "stage_entered", "created", "close_date", "closed", "won_date", "lost_date", "last_activity", "not_before",
    "modified", "snapshot", "exited",
)  # fmt: skip
AMOUNTS = ("amount", "amount_won")
SHARES = ("probability", "win_rate")
LOOKED_AT = 2000
"""Distinct cells looked at."""
FEW = 24
"""A flag has at most so many different cells."""


class Fit(IntEnum):
    """How well a column holds a field."""

    NOT = 0
    """Cells are there, and none is of the field."""
    BLANK = 1
    """No cell is filled, or they are names nobody knows."""
    HOLDS = 2
    """Some cell is of the field."""


@dataclass(frozen=True, slots=True)
class Known:
    """What is known before a table is read."""

    stages: frozenset[str] = frozenset()
    """Names of stages, compared: of the scenario and of its map."""
    labels: frozenset[str] = frozenset()
    """Names of stages that CRMs have, compared."""
    beginnings: tuple[str, ...] = ()
    """Keys of `stage_map` that match a beginning, compared."""
    statuses: frozenset[str] = frozenset()
    """Status words of the scenario and of the CRM, compared."""
    date_format: str | None = None
    currency: str | None = None
    """Currency of the scenario."""
    cache: dict[tuple[str, int], Fit] = field(default_factory=dict, compare=False)

    def is_stage(self, text: str) -> bool:
        """Whether the text is a stage of the scenario or of its map."""
        compared = key(text)
        if key(without_number(text)) in self.stages:
            return True
        return compared in self.stages or any(compared.startswith(start) for start in self.beginnings)


def fit(field_name: str, column: Column, known: Known) -> Fit:
    """Tell whether a column holds a field."""
    cells = sample(column)
    if not cells:
        return Fit.BLANK
    if field_name in DATES:
        return _any(cells, lambda cell: is_date(cell, known.date_format))
    if field_name in AMOUNTS:
        return _any(cells, is_amount)
    if field_name in SHARES:
        return _any(cells, is_share)
    if field_name == "age":
        return _most(cells, is_age)
    if field_name == "currency":
        return _most(cells, is_currency)
    if field_name in FLAGS:
        return _flag(field_name, column, len(set(map(clean, cells))))
    if field_name == "stage":
        is_known = any(
            known.is_stage(text) or key(text) in known.labels or outcome(text) is not None for text in map(clean, cells)
        )
        return Fit.HOLDS if is_known else Fit.BLANK
    if field_name in {"status", "outcome", "status_detail"}:
        return _status(cells, known)
    return Fit.HOLDS


def sample(column: Column) -> list[Cell]:
    """Distinct cells that are not blank, spread over the column if they are many."""
    codes = [code for code in column.used if column.texts[code]]
    step = max(1, len(codes) // LOOKED_AT)
    return [column.cells[code] for code in codes[::step]]


def is_date(cell: Cell, date_format: str | None = None) -> bool:
    """Whether a cell is a date in some format."""
    if cell is None or isinstance(cell, bool):
        return False
    if not isinstance(cell, str):
        return parse_date(cell) is not None
    text = clean(cell)
    return parse_date(text) is not None or (
        date_format is not None and parse_with_format(text, date_format) is not None
    )


def is_age(cell: Cell) -> bool:
    """Whether a cell is a number of days."""
    text = clean(cell).replace(",", ".")
    return not isinstance(cell, bool) and text.replace(".", "", 1).isdecimal() and len(text) < 9


def _flag(field_name: str, column: Column, different: int) -> Fit:
    """Whether most rows answer yes or no: a word that does not is a question about its row, not about the column."""
    if different > FEW and field_name not in DATED:
        return Fit.NOT
    answers = int((column.marks(lambda text: flag_value(text, field_name) is not None) & column.filled).sum())
    return Fit.HOLDS if 2 * answers > int(column.filled.sum()) else Fit.NOT


def _status(cells: Iterable[Cell], known: Known) -> Fit:
    texts = [clean(cell) for cell in cells]
    if any(key(text) in known.statuses or outcome(text) is not None for text in texts):
        return Fit.HOLDS
    return Fit.NOT if all(known.is_stage(text) for text in texts) else Fit.BLANK


def _any(cells: Sequence[Cell], holds: Callable[[Cell], bool]) -> Fit:
    return Fit.HOLDS if any(map(holds, cells)) else Fit.NOT


def _most(cells: Sequence[Cell], holds: Callable[[Cell], bool]) -> Fit:
    return Fit.HOLDS if 2 * sum(map(holds, cells)) > len(cells) else Fit.NOT
