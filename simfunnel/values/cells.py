"""Cells as text: trimming, blanks, comparison of names, the nearest name."""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Iterable
from datetime import date
from math import isnan

Cell = str | int | float | bool | date | None
"""What a table holds: text from delimited files, typed values from workbooks, Parquet and data frames."""

BLANKS = frozenset({"", "(no value)", "(blank)", "none", "null", "n/a", "#n/a", "-", "--", "—"})
INVISIBLE = "\ufeff\u200b\u200e\u200f"


def clean(cell: Cell) -> str:
    """Text of a cell: NFC, trimmed; whole numbers without a decimal point; empty for a blank cell."""
    if cell is None:
        return ""
    if isinstance(cell, float):
        if isnan(cell):
            return ""
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    text = cell if isinstance(cell, str) else str(cell)
    if not text.isascii():
        text = unicodedata.normalize("NFC", text).strip(INVISIBLE)
    text = text.strip()
    return "" if text.casefold() in BLANKS else text


def key(text: str) -> str:
    """Form in which names are compared when their exact spelling is unknown: NFC, trimmed, casefolded."""
    return unicodedata.normalize("NFC", text).strip(INVISIBLE).strip().casefold()


def letters(text: str) -> str:
    """Letters and digits only, casefolded: `Qualified To Buy` and `qualifiedtobuy` are the same."""
    return "".join(character for character in key(text) if character.isalnum())


def label(cell: Cell) -> str | None:
    """Text of a cell used as a label (owner, team, source), or None if blank."""
    return clean(cell) or None


def nearest(name: str, known: Iterable[str]) -> str | None:
    """Return the known name most like `name`, or None if none is near."""
    by_key = {key(candidate): candidate for candidate in known}
    found = difflib.get_close_matches(key(name), list(by_key), n=1, cutoff=0.6)
    return by_key[found[0]] if found else None
