"""Open, won, lost or deleted, by the flags and status words of the CRM."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from simfunnel.crm.presets.common import STATUSES
from simfunnel.values.cells import Cell, clean, key

TRUE = frozenset({"true", "yes", "y", "1", "x", "ja", "wahr", "oui", "si", "sí", "是", "√", "✓"})
FALSE = frozenset({"false", "no", "n", "0", "nein", "falsch", "non", "否"})


def truth(cell: Cell) -> bool | None:
    """Return True, False, or None for a blank cell or any other word."""
    if isinstance(cell, bool):
        return cell
    word = key(clean(cell))
    return True if word in TRUE else False if word in FALSE else None


def read_statuses(fields: Mapping[str, Sequence[Cell]], count: int, words: Mapping[str, str]) -> list[str | None]:
    """Tell the status of each row, None where nothing says it.

    Parameters
    ----------
    fields
        Cells of those of status, is_closed, is_won, is_lost, is_deleted that the table has.
    count
        Number of rows.
    words
        Status words of the preset, beside the usual ones.
    """
    blank: list[Cell] = [None] * count
    known = STATUSES | dict(words)
    columns = [fields.get(name, blank) for name in ("is_deleted", "is_won", "is_lost", "is_closed", "status")]
    memory: dict[tuple[object, ...], str | None] = {}
    found: list[str | None] = []
    for cells in zip(*columns, strict=True):
        combination = tuple(clean(cell) for cell in cells)
        if combination not in memory:
            memory[combination] = _status(cells, known, can_win="is_won" in fields)
        found.append(memory[combination])
    return found


def _status(cells: Sequence[Cell], words: Mapping[str, str], *, can_win: bool) -> str | None:
    deleted, won, lost, closed = (truth(cell) for cell in cells[:4])
    word = words.get(key(clean(cells[4])))
    if deleted:
        return "deleted"
    if won:
        return "won"
    if lost or (closed and can_win and won is False):
        return "lost"
    if word is not None:
        return word
    return "open" if closed is False else None
