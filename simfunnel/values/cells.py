"""Cells as text: trimming, blanks, comparison of names, the nearest name."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterable
from datetime import date
from math import isnan

Cell = str | int | float | bool | date | None
"""What a table holds: text from delimited files, typed values from workbooks, Parquet and data frames."""

BLANKS = frozenset({
    "", "(no value)", "(blank)", "(empty)", "(null)", "none", "null", "nil", "nan", "nat", "<na>", "n/a", "#n/a",
    "#null!", "\\n", "k.a.", "k. a.", "n.a.", "n. a.", "s.o.", "s. o.", "n.d.", "n. d.", "n/d", "s/d", "n.v.", "n. v.",
    "н/д", "н.д.", "н. д.", "-", "--", "---", "–", "—", "undefined", "（空）", "(空)",
    "0000-00-00", "0000-00-00 00:00:00", "0000-00-00t00:00:00", "00/00/0000", "00.00.0000", "0/0/0000",
    "1/0/1900", "01/00/1900", "00/01/1900", "0/1/1900", "0.1.1900", "00.01.1900", "1900-01-00", "1900/1/0", "1/0/00",
    "1/0/1900 0:00", "1/0/1900 00:00", "00.01.1900 00:00",
})  # fmt: skip
"""How people and programs write an empty cell, casefolded: databases, data frames, spreadsheets (a blank taken for a
date is day 0 of January 1900), and CRMs."""
_LONGEST_BLANK = max(map(len, BLANKS))
DASHES = "-\u2010\u2011\u2012\u2013\u2014\u2212"
INVISIBLE = "\ufeff\u200b\u200e\u200f"
_SURROGATES = re.compile("[\ud800-\udfff]")


def clean(cell: Cell) -> str:
    """Text of a cell: NFC, trimmed; whole numbers without a decimal point; empty for a blank cell."""
    if type(cell) is str and cell.isascii():
        text = cell.strip()
        if len(text) > _LONGEST_BLANK:
            return text
        dashed = text[:1] == "-" or text[-1:] == "-"  # of the dashes the one in ASCII: a million cells come by here
        return "" if text.casefold() in BLANKS or (dashed and _is_dash(text)) else text
    if cell is None:
        return ""
    if isinstance(cell, float):
        if isnan(cell):
            return ""
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    text = cell if isinstance(cell, str) else str(cell)
    if not text.isascii():
        text = writable(unicodedata.normalize("NFC", text).strip(INVISIBLE))
    text = text.strip()
    return "" if text.casefold() in BLANKS or _is_dash(text) else text


def _is_dash(text: str) -> bool:
    """Whether a text is a dash beside the sign of a currency: how spreadsheets show that there is no amount."""
    if len(text) > _LONGEST_BLANK or (text[:1] not in DASHES and text[-1:] not in DASHES):
        return False
    rest = text.strip(DASHES + " \u00a0\u202f.").strip()
    return all(unicodedata.category(character) == "Sc" for character in rest)


def writable(text: str) -> str:
    """Replace halves of characters (lone surrogates), which no file and no terminal can take."""
    return _SURROGATES.sub("\ufffd", text)


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
