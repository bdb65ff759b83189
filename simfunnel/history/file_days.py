"""The day in the names of files: one way of writing it for all files of a folder."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime

from simfunnel.errors import InputError, Problem

_YEAR_FIRST = re.compile(r"(?<!\d)(\d{4})([-_. ]?)(\d{2})\2(\d{2})(?!\d)")
_YEAR_LAST = re.compile(r"(?<!\d)(\d{1,2})([-_. ])(\d{1,2})\2(\d{4})(?!\d)|(?<!\d)(\d{2})(\d{2})(\d{4})(?!\d)")
YEARS = (1990, 2100)
WRITTEN = {"ymd": "%Y%m%d", "dmy": "%d%m%Y", "mdy": "%m%d%Y"}
Days = dict[str, date]


def days_of(
    names: Sequence[str], file_date: str | None = None, folder: str | None = None, order: str | None = None
) -> tuple[str, Days]:
    """Find the day in each name that has one; and say in which order year, month and day stand.

    Parameters
    ----------
    names
        Names of files.
    file_date
        How the day is written, if that was stated.
    order
        The order, if it was decided before.

    Raises
    ------
    InputError
        If the days can be read with the day first and with the month first, and nothing tells which.
    """
    if file_date is not None:
        return "", {name: day for name in names if (day := _stated(name, file_date)) is not None}
    found: dict[str, Days] = {order: {} for order in WRITTEN}
    for name in names:
        for way, day in _readings(name):
            found[way].setdefault(name, day)
    dated = {name for days in found.values() for name in days}
    if not dated:
        return "", {}
    if order:
        return order, {name: day for name, day in (found["ymd"] | found[order]).items() if name in dated}
    whole = {order: days for order, days in found.items() if days.keys() == dated}
    if not whole:  # some with the year first, some last
        rest = dated - found["ymd"].keys()
        ways = [order for order in ("dmy", "mdy") if rest <= found[order].keys()]
        whole = {order: {name: found[order][name] for name in rest} | found["ymd"] for order in ways}
    ways = list({tuple(sorted(days.items())): order for order, days in reversed(whole.items())}.values())
    if len(ways) != 1:
        example = sorted(dated)[0]
        raise InputError(Problem(
            f"the day in the names of the files can be read in several ways, and {example!r} does not tell which: say "
            'how it is written, for example `file_date: "%m%d%Y"` (month first) or `file_date: "%d%m%Y"` (day first)',
            "history.file_date", folder))  # fmt: skip
    return ways[0], whole[ways[0]]


def _readings(name: str) -> list[tuple[str, date]]:
    """Give every day that a name may hold."""
    found: list[tuple[str, date]] = []
    for match in _YEAR_FIRST.finditer(name):
        found += _day("ymd", match[1], match[3], match[4])
    for match in _YEAR_LAST.finditer(name):
        first, second, year = (match[1], match[3], match[4]) if match[1] else (match[5], match[6], match[7])
        found += _day("dmy", year, second, first)
        if match[2] != ".":
            found += _day("mdy", year, first, second)
    return found


def _day(order: str, year: str, month: str, day: str) -> list[tuple[str, date]]:
    if not YEARS[0] <= int(year) <= YEARS[1]:
        return []
    try:
        return [(order, date(int(year), int(month), int(day)))]
    except ValueError:
        return []


def _stated(name: str, file_date: str) -> date | None:
    """Find the day that is written as stated, wherever it stands in a name."""
    pattern = re.escape(file_date)
    for directive, digits in (("%Y", r"\d{4}"), ("%m", r"\d{1,2}"), ("%d", r"\d{1,2}"), ("%y", r"\d{2}"),
                              ("%b", r"[^\W\d_]{3}"), ("%B", r"[^\W\d_]+")):  # fmt: skip
        pattern = pattern.replace(re.escape(directive), digits)
    for match in re.finditer(pattern, name):
        try:
            return datetime.strptime(match[0], file_date).date()
        except ValueError:
            continue
    return None
