"""Numbers as people write them: ``3M``, ``250k``, ``3_000_000``, ``45%``; never NaN, never infinite."""

from __future__ import annotations

import math
import re
from decimal import Decimal
from numbers import Integral, Real
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, WithJsonSchema

from simfunnel.values.full_width import full_width_in
from simfunnel.values.messages import show

_SUFFIX = {"": 0, "k": 3, "m": 6, "b": 9}
_NUMBER = re.compile(r"([+-]?(?:\d+(?:_\d+)*)?(?:\.\d+(?:_\d+)*|\.)?(?:[eE][+-]?\d+)?)\s*([kKmMbB]?)(\s*%)?")
_GROUPED = re.compile(r"[+-]?[1-9]\d{0,2}(,\d{3})+")
_DECIMAL_COMMA = re.compile(r"[+-]?\d+,\d+\s*([kKmMbB]|%)?")
NUMBER_PATTERN = r"^\s*[+-]?(\d[\d_]*\.?\d*|\.\d+)([eE][+-]?\d+)?\s*[kKmMbB]?\s*$"
FRACTION_PATTERN = r"^\s*[+-]?(\d[\d_]*\.?\d*|\.\d+)([eE][+-]?\d+)?\s*[kKmMbB]?\s*%?\s*$"


def parse_number(value: object, *, percent: bool = False) -> float:
    """Read a number: an int, a float, or text such as ``3M``; with `percent` also ``45%``."""
    if isinstance(value, bool) or not isinstance(value, Real | str):
        raise ValueError(f"expected a number, found {show(value)}")  # noqa: TRY004 (pydantic wants ValueError)
    if isinstance(value, str):
        match = _NUMBER.fullmatch(value.strip())
        if match is None or not any(c.isdigit() for c in re.split("[eE]", match[1])[0]):
            raise ValueError(f"expected a number, found {show(value)}{comma_advice(value) or _wide(value)}")
        if match[3] and not percent:
            raise ValueError(f"expected a number without %, found {show(value)}")
        exponent = _SUFFIX[match[2].lower()] - (2 if match[3] else 0)
        number = _float(match[1].replace("_", ""), exponent)
    else:
        try:
            number = float(value)
        except OverflowError:
            number = math.inf
    if not math.isfinite(number):
        raise ValueError(f"expected a finite number, found {show(value)}")
    return number


def _wide(text: str) -> str:
    wide = full_width_in(text)
    return f"; {wide}" if wide else ""


def _float(digits: str, exponent: int) -> float:
    """Read digits x 10 ** exponent; beyond all numbers is infinite, as `float` itself has it."""
    try:
        return float(Decimal(digits).scaleb(exponent))
    except (ArithmeticError, ValueError):  # an exponent beyond that of any number
        return float(digits)


def comma_advice(text: str) -> str:
    """Say how a number that was written with commas is written here; empty if there is none in the text."""
    text = text.strip()
    if _GROUPED.fullmatch(text):
        return f"; write {without_commas(text)}: numbers have no commas"
    if _DECIMAL_COMMA.fullmatch(text):
        return f"; the decimal sign is a point: {text.replace(',', '.')}"
    return ""


def without_commas(text: str) -> str:
    """Write `280,000` as `280000 or 280k`."""
    digits = text.replace(",", "")
    for suffix, zeros in (("M", "000000"), ("k", "000")):
        if digits.endswith(zeros) and digits.strip("+-0"):
            return f"{digits} or {digits.removesuffix(zeros)}{suffix}"
    return digits


def parse_fraction(value: object) -> float:
    """Read a number that may be written in percent."""
    return parse_number(value, percent=True)


def parse_integer(value: object) -> int:
    """Read a whole number: ``3``, ``3.0``, ``100k``."""
    if isinstance(value, Integral) and not isinstance(value, bool):
        return int(value)  # exact beyond 2**53
    number = parse_number(value)
    if not number.is_integer():
        raise ValueError(f"expected a whole number, found {show(value)}")
    return int(number)


def _schema(pattern: str, **bounds: float) -> WithJsonSchema:
    number: dict[str, Any] = {"type": "number", **bounds}
    return WithJsonSchema({"anyOf": [number, {"type": "string", "pattern": pattern}]})


_N, _F = NUMBER_PATTERN, FRACTION_PATTERN
_number, _fraction, _integer = (
    BeforeValidator(parse_number),
    BeforeValidator(parse_fraction),
    BeforeValidator(parse_integer),
)

Number = Annotated[float, _number, _schema(_N)]
NonNegative = Annotated[float, Field(ge=0), _number, _schema(_N, minimum=0)]
Positive = Annotated[float, Field(gt=0), _number, _schema(_N, exclusiveMinimum=0)]
Fraction = Annotated[float, _fraction, _schema(_F)]
NonNegativeFraction = Annotated[float, Field(ge=0), _fraction, _schema(_F, minimum=0)]
PositiveFraction = Annotated[float, Field(gt=0), _fraction, _schema(_F, exclusiveMinimum=0)]
Probability = Annotated[float, Field(ge=0, le=1), _fraction, _schema(_F, minimum=0, maximum=1)]
Integer = Annotated[int, _integer]
