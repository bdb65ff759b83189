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

from simfunnel.crm.words.units import CODES, SCALES, ideographic
from simfunnel.errors import InputError, Problem
from simfunnel.tabular.column import Column
from simfunnel.values.cells import DASHES, Cell, clean
from simfunnel.values.words import fold

SUFFIXES = {word: factor for word, factor in SCALES.items() if factor >= 1}
"""Folded word after a number -> factor: `12k`, `850 tsd`, `1.2 million`."""
WORDS = {
    "元": "CNY", "円": "JPY", "€": "EUR", "£": "GBP", "₹": "INR", "₩": "KRW", "zł": "PLN", "kč": "CZK",
    "fr": "CHF",
    "rs": "INR", "us$": "USD", "r$": "BRL", "a$": "AUD", "c$": "CAD", "hk$": "HKD", "nt$": "TWD", "s$": "SGD",
    "$": "$", "¥": "¥", "kr": "kr",
}  # fmt: skip

_PARTS = re.compile(
    r"(?P<before>[^\d.,+\-]*)(?P<digits>[+\-]?[\d.,' ]*\d[\d.,' ]*?(?:[eE][+\-]?\d+)?)(?P<after>[^\d]*)$"
)
_GLUED = re.compile(r"(k|t|m|mn|mio|b|bn)?\W?(\$|€|£|¥|[a-z]{3})")
_SHARE = re.compile(r"\+?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?", re.IGNORECASE)
PLAIN = re.compile(r"-?\d{1,15}(?:\.(?:\d{1,2}|\d{4,}))?", re.ASCII)
"""A number that can be read in one way only."""
NO_NUMBER = frozenset({"na", "tbd"})
"""What stands for a missing number, and may be a name elsewhere, casefolded."""
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
    scaled: str | None = None
    """A cell that carries a scale of its own, such as `12k`; None if none does."""


@dataclass(frozen=True, slots=True)
class _Amount:
    sign: float
    digits: str
    factor: float
    currency: str | None


def read_amounts(
    cells: Sequence[Cell] | Column, *, decimal: str | None = None, header: str = "amount", file: str | None = None
) -> AmountColumn:
    """Read a column of money.

    Parameters
    ----------
    cells
        Text such as `1,234.50`, `$1,234`, `1.234,50`, `1 234,50`, `(1,234)`, `USD 1,234`, `¥3.5万`, `850 tsd`, or
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
    column = Column.of(cells)
    values = np.full(max(len(column.cells), 1), np.nan)
    texts: dict[int, _Amount | None] = {}
    point: str | None = None  # a plain number with a decimal point
    for code in column.used:
        cell = column.cells[code]
        if isinstance(cell, str) and decimal != "," and PLAIN.fullmatch(cell):
            values[code] = float(cell)
            point = point or (cell if "." in cell else None)
        elif isinstance(cell, (int, float)) and not isinstance(cell, bool):
            try:
                values[code] = cell
            except OverflowError:  # a whole number of hundreds of digits
                values[code] = np.inf
        elif (text := column.texts[code]) and not _is_missing(text):
            texts[code] = _split(text)
    mark = decimal or _decimal_mark([a for a in texts.values() if a is not None], header, file, point)
    unreadable = np.zeros(len(values), dtype=np.bool_)
    written: dict[int, str] = {}
    for code, amount in texts.items():
        number = _number(amount, mark)
        if number is None or amount is None:
            unreadable[code] = True
            continue
        values[code] = number
        if amount.currency is not None:
            written[code] = amount.currency
    large = np.abs(values) > LARGEST
    values[large] = np.nan
    carries = np.isin(column.codes, list(written)) if written else np.zeros(len(column), dtype=np.bool_)
    return AmountColumn(
        values[column.codes],
        _texts(column, unreadable),
        {row: written[int(column.codes[row])] for row in np.flatnonzero(carries).tolist()},
        _texts(column, large),
        next((column.texts[code] for code, amount in texts.items() if amount and amount.factor != 1), None),
    )


def _texts(column: Column, those: npt.NDArray[np.bool_]) -> dict[int, str]:
    """Row -> text of the cells that are marked."""
    if not those.any():
        return {}
    return {row: column.text(row) for row in np.flatnonzero(those[column.codes]).tolist()}


def _is_missing(text: str) -> bool:
    """Whether a text says that there is no number: also a dash beside a currency, `EUR -`."""
    word = text.casefold()
    if word in NO_NUMBER:
        return True
    left = word.strip(DASHES + " .\u00a0")
    return left != word and not any(c.isdigit() for c in left) and (not left or left.upper() in CODES or left in WORDS)


def is_amount(cell: Cell) -> bool:
    """Whether a cell is a number, as money is written."""
    if isinstance(cell, bool) or cell is None:
        return False
    if isinstance(cell, (int, float)):
        return True
    amount = _split(clean(cell))
    return amount is not None and any(_number(amount, mark) is not None for mark in ".,")


def is_share(cell: Cell) -> bool:
    """Whether a cell is a number or a percentage."""
    return not isinstance(cell, bool) and _SHARE.fullmatch(_share_text(clean(cell)).removesuffix("%")) is not None


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
    for part in (*match["before"].split(), *match["after"].split()):
        word = part.strip(".").casefold()
        if not word:
            continue
        if fold(word) in SUFFIXES and part not in match["before"].split():
            factor *= SUFFIXES[fold(word)]
        elif word in WORDS:
            currency = WORDS[word]
        elif (unit := ideographic(word)) is not None:
            factor, currency = factor * unit[0], unit[1] or currency
        elif part.upper() in CODES or re.fullmatch(r"[A-Z]{3}", part):
            currency = part.upper()
        elif len(part) == 1 and unicodedata.category(part) == "Sc":
            currency = part
        elif (glued := _GLUED.fullmatch(word)) is not None and (glued[2] in WORDS or glued[2].upper() in CODES):
            factor *= SUFFIXES.get(glued[1] or "", 1e3 if glued[1] == "t" else 1.0)
            currency = WORDS.get(glued[2], glued[2].upper())
        else:
            return None
    return _Amount(sign, digits, factor, currency)


def _decimal_mark(amounts: Sequence[_Amount], header: str, file: str | None, point: str | None) -> str:
    """Decide the decimal mark from every cell that shows it; a lone `1.234` shows nothing."""
    evidence: dict[str, str] = {} if point is None else {".": point}
    doubtful: str | None = None
    for amount in amounts:
        text = amount.digits
        mark = _shown_mark(text)
        if mark is not None and _number(amount, mark) is not None:
            evidence.setdefault(mark, text)
        elif mark is None and "." in text and "e" not in text.lower():
            doubtful = doubtful or text
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
    if doubtful is not None:
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


def read_shares(
    cells: Sequence[Cell] | Column, *, header: str = "probability", file: str | None = None
) -> tuple[npt.NDArray[np.float64], dict[int, str]]:
    """Read a column of percentages or shares as numbers in [0, 1].

    `20%` is 0.2; without a sign the column is 0-100 if any of its values exceeds 1, else 0-1.

    Returns
    -------
    tuple
        Values, NaN where blank or unreadable, and index -> text of what cannot be read.

    Raises
    ------
    InputError
        If some values without a sign are percentages and others shares, such as 90 and 0.8.
    """
    column = Column.of(cells)
    values = np.full(max(len(column.cells), 1), np.nan)
    bare = np.zeros(len(values), dtype=bool)
    unreadable = np.zeros(len(values), dtype=bool)
    for code in column.used:
        text = column.texts[code]
        if not text or _is_missing(text):
            continue
        number = _share_text(text).removesuffix("%")
        if not _SHARE.fullmatch(number):
            unreadable[code] = True
            continue
        bare[code] = number == _share_text(text)
        values[code] = float(number) if bare[code] else float(number) / 100
    if bare.any() and np.nanmax(values[bare]) > 1:
        _check_scale(column, values, bare, header, file)
        values[bare] /= 100
    beyond = values > 1
    unreadable |= beyond
    values[beyond] = np.nan
    return values[column.codes], _texts(column, unreadable)


def _check_scale(
    column: Column, values: npt.NDArray[np.float64], bare: npt.NDArray[np.bool_], header: str, file: str | None
) -> None:
    shares = np.flatnonzero(bare & (values > 0) & (values < 1))
    if len(shares):
        percent = column.texts[int(np.flatnonzero(bare & (values > 1))[0])]
        share = column.texts[int(shares[0])]
        raise InputError(Problem(
            f"column {header!r} mixes percentages ({percent!r}) and shares ({share!r}): write all of it in one way, "
            "for example with a % sign", file=file))  # fmt: skip


def _share_text(text: str) -> str:
    return unicodedata.normalize("NFKC", text).replace(",", ".").replace(" ", "")
