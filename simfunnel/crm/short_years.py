"""Dates with two digits for every part, such as `27/01/05`: whether the year stands first or last."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from typing import Literal

Order = Literal["first", "last", "either"]
_SHORT = re.compile(r"(\d\d)([/.\-])(\d\d)\2(\d\d)(?=$|[T ,])")
NEAR = 3 * 366
"""A date of a deal lies within so many days of `as_of`."""
MOSTLY = 0.9
"""Part of the dates of a column that must lie near."""


def is_short(text: str) -> bool:
    """Whether all parts of a date have two digits."""
    return _SHORT.match(text) is not None


def year_place(texts: Iterable[str], as_of: date) -> Order:
    """Tell where the year stands in a column of such dates.

    `first` if only that makes dates of all of them, or puts them near `as_of` while the other readings do not;
    `either` if both do.
    """
    parts = [(int(m[1]), int(m[3]), int(m[4])) for text in texts if (m := _SHORT.match(text))]
    if not _near(parts, lambda a, b, c: (a, b, c), as_of):
        return "last"
    others = (_near(parts, lambda a, b, c: (c, b, a), as_of), _near(parts, lambda a, b, c: (c, a, b), as_of))
    if all((c, b, a) == (a, b, c) for a, b, c in parts):
        return "last"  # the same days either way
    return "either" if any(others) else "first"


def with_century(text: str) -> str:
    """Write out the year that stands first."""
    return f"20{text}" if is_short(text) else text


def _near(
    parts: Sequence[tuple[int, int, int]], order: Callable[[int, int, int], tuple[int, int, int]], as_of: date
) -> bool:
    """Whether one reading makes dates of all, and puts most of them near."""
    days: list[int] = []
    for one in parts:
        year, month, day = order(*one)
        try:
            days.append(abs(date(2000 + year, month, day).toordinal() - as_of.toordinal()))
        except ValueError:
            return False
    return bool(days) and sum(day <= NEAR for day in days) >= MOSTLY * len(days)
