"""Columns that answer yes or no: won, lost, closed, open, deleted, archived."""

from __future__ import annotations

from functools import lru_cache

from simfunnel.crm.dates import parse_date
from simfunnel.crm.words.outcome_words import Outcome, outcome
from simfunnel.values.cells import Cell, clean
from simfunnel.values.words import fold

TRUE = frozenset({
    "true", "t", "yes", "y", "1", "1.0", "x", "on", "ja", "j", "wahr", "oui", "o", "vrai", "si", "s",
    "sim", "verdadeiro", "verdadero", "vero", "да", "д", "истина", "はい", "是", "是的", "有", "对", "√", "✓",
    "✔", "☑",
})  # fmt: skip
FALSE = frozenset({
    "false", "f", "no", "n", "0", "0.0", "off", "nein", "falsch", "non", "faux", "falso", "nao", "нет",
    "н", "ложь", "いいえ", "否", "不", "不是", "无", "✗", "✘", "×", "☐",
})  # fmt: skip
FLAGS: dict[str, Outcome] = {
    "is_won": "won", "is_lost": "lost", "is_closed": "closed", "is_open": "open", "is_active": "open",
    "is_deleted": "void", "is_archived": "void", "is_void": "void",
}  # fmt: skip
"""Field -> what a yes in it says."""
DATED = frozenset({"is_deleted", "is_archived", "is_void"})
"""Flags that may be written as the day on which it happened."""


@lru_cache(maxsize=10_000)
def truth(cell: Cell) -> bool | None:
    """Return True, False, or None for a blank cell or any other word."""
    if isinstance(cell, bool):
        return cell
    word = fold(clean(cell))
    return True if word in TRUE else False if word in FALSE else None


def flag_value(text: str, field: str) -> bool | None:
    """Read a flag by yes and no, by its own word (`Archived`, `Not archived`), or by the day on which it happened."""
    said = truth(text)
    if said is not None or not text:
        return said
    if field in DATED and parse_date(text) is not None:
        return True
    meaning = outcome(text)
    return None if meaning is None else meaning == FLAGS[field]
