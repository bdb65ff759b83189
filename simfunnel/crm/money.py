"""Amounts and shares as people and CRMs write them.

A column decides together which of `.` and `,` is the decimal mark, because one cell may not tell.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from simfunnel.errors import InputError, Problem
from simfunnel.values.cells import Cell, clean

SUFFIXES = {
    "k": 1e3,
    "m": 1e6,
    "mn": 1e6,
    "mio": 1e6,
    "b": 1e9,
    "bn": 1e9,
    "万": 1e4,
    "萬": 1e4,
    "亿": 1e8,
    "億": 1e8,
}
WORDS = {
    "元": "CNY", "円": "JPY", "€": "EUR", "£": "GBP", "₹": "INR", "₩": "KRW", "zł": "PLN", "kč": "CZK",
    "fr": "CHF",
    "rs": "INR", "us$": "USD", "r$": "BRL", "a$": "AUD", "c$": "CAD", "hk$": "HKD", "nt$": "TWD", "s$": "SGD",
    "$": "$", "¥": "¥", "kr": "kr",
}  # fmt: skip

_PARTS = re.compile(
    r"(?P<before>[^\d.,+\-]*)(?P<digits>[+\-]?[\d.,' ]*\d[\d.,' ]*?(?:[eE][+\-]?\d+)?)(?P<after>[^\d]*)$"
)
_SHARE = re.compile(r"\+?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?", re.IGNORECASE)
LARGEST = 1e15
"""A larger amount is none: a wrong column was read, or a cell is damaged."""
_GROUPED = re.compile(r"\d{1,3}(?:G\d{3})+$|\d{1,2}(?:G\d{2})+G\d{3}$|\d+$")


@dataclass(frozen=True, slots=True)
class AmountColumn:
    """Amounts of a column."""

    values: npt.NDArray[np.float64]
    """NaN where blank or unreadable."""
    unreadable: dict[int, str] = field(default_factory=dict)
    """Index -> the text that cannot be read."""
    currencies: dict[int, str] = field(default_factory=dict)
    """Index -> currency written in the cell itself, such as `EUR` in `EUR 1,200`."""
    too_large: dict[int, str] = field(default_factory=dict)
    """Index -> the text of an amount beyond `LARGEST`; its value is NaN."""


@dataclass(frozen=True, slots=True)
class _Amount:
    sign: float
    digits: str
    factor: float
    currency: str | None


def read_amounts(
    cells: Sequence[Cell], *, decimal: str | None = None, header: str = "amount", file: str | None = None
) -> AmountColumn:
    """Read a column of money.

    Parameters
    ----------
    cells
        Text such as `1,234.50`, `$1,234`, `1.234,50`, `1 234,50`, `(1,234)`, `USD 1,234`, `¥3.5万`, or
        numbers.
    decimal
        Decimal mark, `.` or `,`; None finds it from the whole column.
    header, file
        For messages.

    Raises
    ------
    InputError
        If the column does not tell which mark is the decimal one.
    """
    values = np.full(len(cells), np.nan)
    unreadable: dict[int, str] = {}
    currencies: dict[int, str] = {}
    texts: dict[str, _Amount | None] = {}
    pending: list[tuple[int, str]] = []
    for index, cell in enumerate(cells):
        if isinstance(cell, (int, float)) and not isinstance(cell, bool):
            try:
                values[index] = cell
            except OverflowError:  # a whole number of hundreds of digits
                values[index] = np.inf
        elif text := clean(cell):
            if text not in texts:
                texts[text] = _split(text)
            pending.append((index, text))
    mark = decimal or _decimal_mark([a for a in texts.values() if a is not None], header, file)
    numbers = {text: _number(amount, mark) for text, amount in texts.items()}
    for index, text in pending:
        number, amount = numbers[text], texts[text]
        if number is None or amount is None:
            unreadable[index] = text
            continue
        values[index] = number
        if amount.currency is not None:
            currencies[index] = amount.currency
    too_large = {index: clean(cells[index]) for index in np.flatnonzero(np.abs(values) > LARGEST).tolist()}
    values[list(too_large)] = np.nan
    return AmountColumn(values, unreadable, currencies, too_large)


def _split(text: str) -> _Amount | None:
    """Take sign, currency and suffix off; None if what is left is not a number."""
    text = unicodedata.normalize("NFKC", text).replace("−", "-").replace("’", "'").strip()
    sign = 1.0
    if text.startswith("(") and text.endswith(")"):
        sign, text = -1.0, text[1:-1].strip()
    if text.endswith("-"):
        sign, text = -sign, text[:-1].strip()
    if text.startswith("-"):
        sign, text = -sign, text[1:].strip()
    match = _PARTS.match(text)
    if match is None:
        return None
    digits = match["digits"].replace(" ", "").replace("'", "")
    if digits[0] in "+-":
        sign, digits = (-sign if digits[0] == "-" else sign), digits[1:]
    currency, factor = None, 1.0
    for part in (*match["before"].split(), *re.split(r"\s+|(?<=[万萬亿億])", match["after"].strip())):
        word = part.strip(".").casefold()
        if not word:
            continue
        if word in SUFFIXES and part not in match["before"].split():
            factor *= SUFFIXES[word]
        elif word in WORDS:
            currency = WORDS[word]
        elif re.fullmatch(r"[A-Za-z]{3}", part):
            currency = part.upper()
        elif len(part) == 1 and unicodedata.category(part) == "Sc":
            currency = part
        elif (glued := re.fullmatch(r"(k|m|mn|mio|b|bn)?\W?(\$|€|£|¥|[a-z]{3})", word)) is not None:
            factor *= SUFFIXES.get(glued[1] or "", 1.0)
            currency = WORDS.get(glued[2], glued[2].upper())
        else:
            return None
    return _Amount(sign, digits, factor, currency)


def _decimal_mark(amounts: Sequence[_Amount], header: str, file: str | None) -> str:
    """Decide the decimal mark from every cell that shows it; a lone `1.234` shows nothing."""
    evidence: dict[str, str] = {}
    doubtful: str | None = None
    ungrouped = False
    for amount in amounts:
        text = amount.digits
        mark = _shown_mark(text)
        if mark is not None and _number(amount, mark) is not None:
            evidence.setdefault(mark, text)
        elif mark is None and "." in text and "e" not in text.lower():
            doubtful = doubtful or text
        elif text.isdigit():
            ungrouped = ungrouped or len(text) > 3
    if len(evidence) == 2:
        raise InputError(
            Problem(
                f"column {header!r} writes decimals both ways ({evidence['.']!r} and {evidence[',']!r}): "
                'state the decimal mark under `pipeline`, for example `decimal: "."`',
                file=file,
            )
        )
    if evidence:
        return next(iter(evidence))
    if doubtful is not None and not ungrouped:
        whole = doubtful.replace(".", "")
        raise InputError(
            Problem(
                f"column {header!r}: {doubtful!r} can be {whole} or {doubtful} with three decimals, and no "
                f'amount in the column tells which: add `decimal: ","` (it is {whole}) or `decimal: "."` '
                "under `pipeline`",
                file=file,
            )
        )
    return "."


def _shown_mark(text: str) -> str | None:
    """Return the decimal mark one number shows, if it does."""
    point, comma = text.count("."), text.count(",")
    if "e" in text.lower() or not (point or comma):
        return None
    if point and comma:
        return "." if text.rfind(".") > text.rfind(",") else ","
    if point > 1 or comma > 1:
        return "," if point else "."
    mark = "." if point else ","
    before, after = text.split(mark)
    return mark if len(after) != 3 or not 1 <= len(before) <= 3 or before.startswith("0") else None


def _number(amount: _Amount | None, mark: str) -> float | None:
    if amount is None:
        return None
    text = amount.digits
    if "e" in text.lower():
        try:
            return amount.sign * float(text.replace(",", ".")) * amount.factor
        except ValueError:
            return None
    group = "," if mark == "." else "."
    whole, _, fraction = text.partition(mark)
    if fraction and not fraction.isdigit():
        return None
    if not _GROUPED.match(whole.replace(group, "G")) and whole != "":
        return None
    number = (whole.replace(group, "") or "0") + "." + (fraction or "0")
    return amount.sign * float(number) * amount.factor


def read_shares(cells: Sequence[Cell]) -> tuple[npt.NDArray[np.float64], dict[int, str]]:
    """Read a column of percentages or shares as numbers in [0, 1].

    `20%` is 0.2; without a sign the column is 0-100 if any of its values exceeds 1, else 0-1.

    Returns
    -------
    tuple
        Values, NaN where blank or unreadable, and index -> text of what cannot be read.
    """
    values = np.full(len(cells), np.nan)
    bare = np.zeros(len(cells), dtype=bool)
    unreadable: dict[int, str] = {}
    for index, cell in enumerate(cells):
        text = unicodedata.normalize("NFKC", clean(cell)).replace(",", ".").replace(" ", "")
        if not text:
            continue
        number = text.removesuffix("%")
        if not _SHARE.fullmatch(number):
            unreadable[index] = clean(cell)
            continue
        bare[index] = number == text
        values[index] = float(number) if bare[index] else float(number) / 100
    if bare.any() and np.nanmax(values[bare]) > 1:
        values[bare] /= 100
    for index in np.flatnonzero(values > 1).tolist():
        unreadable[index] = clean(cells[index])
        values[index] = np.nan
    return values, unreadable
