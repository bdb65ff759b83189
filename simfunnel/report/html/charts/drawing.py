"""An SVG drawing: elements are made by a library that escapes what they hold, never by joining text."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from dataclasses import dataclass
from xml.etree import ElementTree as ET

from rich.cells import cell_len

from simfunnel.wording.language import again
from simfunnel.wording.shown_text import as_name, in_picture

WIDTH = 720
"""Units of a drawing; letters are 13 of them high."""
EM = 13.5
"""Width of a Chinese character."""
_MONTHS = (1, 2, 3, 6, 12, 24, 60, 120)
"""Months between two marks of an axis."""


@dataclass(frozen=True)
class Scale:
    """From values to places along an axis."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        """Place of a value; beyond the ends it stays at them."""
        share = (value - self.low) / (self.high - self.low) if self.high > self.low else 0.5
        return self.start + (self.end - self.start) * min(max(share, 0.0), 1.0)

    def ticks(self, most: int = 6) -> list[float]:
        """Round values along the axis, so many at most: multiples of 1, 2 or 5 times a power of ten."""
        span = self.high - self.low
        if not span > 0:
            return [self.low]
        raw = span / most
        power = 10.0 ** math.floor(math.log10(raw))
        step = next(power * one for one in (1, 2, 5, 10) if power * one >= raw * (1 - 1e-9))
        first = math.ceil(self.low / step - 1e-9)
        last = math.floor(self.high / step + 1e-9)
        return [i * step for i in range(first, last + 1)]


def month_ticks(low: float, high: float, most: int = 6) -> list[float]:
    """Mark the first days of months between two ordinals, so many at most and evenly apart; else the first day.

    Round numbers of days would name some months twice and others never.
    """
    first, last = dt.date.fromordinal(math.ceil(low)), dt.date.fromordinal(math.floor(high))
    begin, end = 12 * first.year + first.month - 1 + (first.day > 1), 12 * last.year + last.month - 1
    months = range(begin, end + 1)
    if not months:
        return [low]
    step = next(n for n in (*_MONTHS, 12 * len(months)) if len([m for m in months if m % n == 0]) <= most)
    kept = [m for m in months if m % step == 0] or [begin]
    return [float(dt.date(m // 12, m % 12 + 1, 1).toordinal()) for m in kept]


class Drawing:
    """An SVG element with a title and a description for those who do not see it."""

    def __init__(self, height: float, title: str, description: str) -> None:
        self.root = ET.Element("svg", {"viewBox": f"0 0 {WIDTH} {height:g}", "role": "img"})
        for tag, text in (("title", title), ("desc", description)):
            ET.SubElement(self.root, tag).text = in_picture(as_name(again(text)), 1000)

    def group(self, hover: str = "", look: str = "") -> ET.Element:
        """A group of marks; `hover` is what a pointer shows there."""
        made = ET.SubElement(self.root, "g", {"class": look} if look else {})
        if hover:
            ET.SubElement(made, "title").text = in_picture(as_name(again(hover)), 1000)
        return made

    def rectangle(self, at: tuple[float, float], size: tuple[float, float], look: str, hover: str = "") -> None:
        """A bar."""
        inside = self.group(hover, "mark") if hover else self.root
        ET.SubElement(inside, "rect", {
            "x": _unit(at[0]), "y": _unit(at[1]), "width": _unit(max(size[0], 0.0)), "height": _unit(max(size[1], 0.0)),
            "class": look,
        })  # fmt: skip

    def line(self, points: Sequence[tuple[float, float]], look: str) -> None:
        """A line through points."""
        ET.SubElement(self.root, "polyline", {"points": _path(points), "class": look})

    def area(self, points: Sequence[tuple[float, float]], look: str) -> None:
        """A filled shape."""
        ET.SubElement(self.root, "polygon", {"points": _path(points), "class": look})

    def dot(self, at: tuple[float, float], look: str, hover: str = "", radius: float = 4.0) -> None:
        """A point."""
        inside = self.group(hover, "mark") if hover else self.root
        ET.SubElement(
            inside, "circle", {"cx": _unit(at[0]), "cy": _unit(at[1]), "r": _unit(radius), "class": look}
        )  # fmt: skip

    def text(self, at: tuple[float, float], text: str, anchor: str = "start", look: str = "") -> None:
        """A label; `anchor` is start, middle or end."""
        made = {"x": _unit(at[0]), "y": _unit(at[1]), "text-anchor": anchor}
        label = ET.SubElement(self.root, "text", made | ({"class": look} if look else {}))
        label.text = in_picture(as_name(again(text)))

    def svg(self) -> str:
        """The markup."""
        return ET.tostring(self.root, encoding="unicode")


def fitted(text: str, room: float) -> str:
    """Cut a text to a width of the drawing."""
    line = " ".join(as_name(again(text)).split())
    if width_of(line) <= room:
        return line
    while line and width_of(line + "…") > room:
        line = line[:-1]
    return line.rstrip() + "…"


def width_of(text: str) -> float:
    """About how wide a text is, in the widest of the usual fonts: what is cut at the edge cannot be read."""
    return sum(_share_of_em(letter) for letter in again(text)) * EM


def _share_of_em(letter: str) -> float:
    if cell_len(letter) != 1:
        return float(cell_len(letter)) / 2
    if letter in "mwMW@%—…":
        return 0.98
    if letter in "fijlrtI .,:;'|!()[]-/":
        return 0.4
    return 0.72 if letter.isupper() else 0.64


def _path(points: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{_unit(x)},{_unit(y)}" for x, y in points)


def _unit(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
