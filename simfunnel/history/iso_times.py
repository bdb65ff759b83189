"""Times in ISO form, many at once: a text is cut by its shape, not one by one."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from simfunnel.arrays import Bools, Ints

WIDEST = 35
SHAPES = 60
"""Different shapes of text that are read here; others are left to the parser of single dates."""
UNREAD = int(np.iinfo(np.int64).min)
"""The wall clock of what is no time, and the offset of a time without one."""
_SHAPE = re.compile(
    r"0000-00-00(?P<clock>[T ]00:00(?P<second>:00(?:[.,](?P<fraction>0{1,9}))?)?(?: ?(?P<zone>Z|UTC|[+-]00:?00))?)?"
)
Bytes = npt.NDArray[np.uint8]
SECOND = 1_000_000


def read_iso(texts: Sequence[str]) -> tuple[Ints, Ints, Bools]:
    """Read the texts that are ISO dates or times.

    Returns
    -------
    tuple
        Wall clock in microseconds since 1970, offset from UTC in microseconds (`UNREAD` where none is written), and
        whether the text was read.
    """
    count = len(texts)
    wall = np.full(count, UNREAD, dtype=np.int64)
    offset = np.full(count, UNREAD, dtype=np.int64)
    may_be = np.array([9 < len(t) <= WIDEST and t[4] == "-" and t.isascii() for t in texts] or [False], dtype=np.bool_)
    places = np.flatnonzero(may_be[:count])
    if len(places):
        signs = np.array([texts[i] for i in places.tolist()], dtype=f"S{WIDEST}").view(np.uint8).reshape(-1, WIDEST)
        digits = (signs >= 48) & (signs <= 57)
        shapes = np.ascontiguousarray(np.where(digits, np.uint8(48), signs)).view(f"S{WIDEST}").ravel()
        left = np.arange(len(places))
        for _ in range(SHAPES):
            if not len(left):
                break
            same = shapes[left] == shapes[left[0]]
            own, left = left[same], left[~same]
            match = _SHAPE.fullmatch(shapes[own[0]].decode())
            if match is not None:
                wall[places[own]], offset[places[own]] = _cut(signs[own], match)
    return wall, offset, wall != UNREAD


def _cut(signs: Bytes, match: re.Match[str]) -> tuple[Ints, Ints]:
    """Read texts of one shape; a day that no calendar has stays unread."""

    def number(start: int, stop: int) -> Ints:
        value = np.zeros(len(signs), dtype=np.int64)
        for place in range(start, stop):
            value = 10 * value + (signs[:, place] - 48)
        return value

    year, month, day = number(0, 4), number(5, 7), number(8, 10)
    valid = (year >= 1) & (month >= 1) & (month <= 12) & (day >= 1)
    months = ((year - 1970) * 12 + np.where(valid, month, 1) - 1).astype("M8[M]")
    length = ((months + 1).astype("M8[D]") - months.astype("M8[D]")).astype(np.int64)
    valid &= day <= length
    wall = (months.astype("M8[D]").astype(np.int64) + day - 1) * 86400
    fraction = np.zeros(len(signs), dtype=np.int64)
    offset = np.full(len(signs), UNREAD, dtype=np.int64)
    if match["clock"]:
        hour, minute = number(11, 13), number(14, 16)
        second = number(17, 19) if match["second"] else np.zeros_like(hour)
        valid &= (hour < 24) & (minute < 60) & (second < 60)
        wall = wall + hour * 3600 + minute * 60 + second
        if match["fraction"]:
            start, size = match.start("fraction"), min(len(match["fraction"]), 6)
            fraction = number(start, start + size) * 10 ** (6 - size)
        if zone := match["zone"]:
            start = match.start("zone")
            offset = np.zeros(len(signs), dtype=np.int64)
            if zone[0] in "+-":
                minutes = 60 * number(start + 1, start + 3) + number(len(match[0]) - 2, len(match[0]))
                offset = (-1 if zone[0] == "-" else 1) * 60 * SECOND * minutes
    return np.where(valid, wall * SECOND + fraction, UNREAD), np.where(valid, offset, UNREAD)
