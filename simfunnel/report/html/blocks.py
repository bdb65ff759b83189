"""What a page of the report is made of: texts, figures, tables and charts, all of it ready to be read.

The template lays these out and computes nothing: every number in them is a string already.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar, TypeAlias

from simfunnel.wording.language import again


@dataclass(frozen=True)
class Paragraph:
    """A text."""

    block: ClassVar[str] = "paragraph"
    text: str
    look: str = "plain"
    """``lead`` for what is to be read first, ``note``, ``caution``, ``missing`` for what would stand here."""
    anchor: str = ""
    """Where it leads."""


@dataclass(frozen=True)
class KeyFigure:
    """One number that is read at a glance."""

    label: str
    value: str
    note: str = ""
    look: str = ""
    """``good`` or ``bad`` where that is what the number says."""


@dataclass(frozen=True)
class KeyFigures:
    """Several of them in a row."""

    block: ClassVar[str] = "figures"
    figures: Sequence[KeyFigure]


@dataclass(frozen=True)
class Cell:
    """What stands in a cell, what it is sorted by, and where it leads."""

    text: str
    order: str = ""
    """A plain number for the browser to sort by; text is sorted as text."""
    anchor: str = ""


@dataclass(frozen=True)
class Table:
    """A table; the first column names the rows, numbers stand to the right."""

    block: ClassVar[str] = "table"
    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    texts: Sequence[int] = (0,)
    """Columns that hold text."""
    searchable: bool = False
    note: str = ""
    every: Sequence[Sequence[Cell]] = ()
    """All rows, where the page shows some of them: a workbook has room for them."""


@dataclass(frozen=True)
class Chart:
    """A picture with its numbers: the SVG was made by us, and is the only markup that a block may hold."""

    block: ClassVar[str] = "chart"
    title: str
    svg: str
    numbers: Table | None = None


Block: TypeAlias = Paragraph | KeyFigures | Table | Chart


@dataclass(frozen=True)
class Part:
    """A part of a section under a heading of its own."""

    title: str
    blocks: Sequence[Block]
    anchor: str = ""


@dataclass(frozen=True)
class Section:
    """What one question of the reader is answered by."""

    name: str
    """As ``--sections`` names it, and its anchor."""
    title: str
    blocks: Sequence[Block] = ()
    parts: Sequence[Part] = field(default=())


def cell(text: str) -> Cell:
    """Text."""
    return Cell(again(text))


def amount(text: str, value: float | None) -> Cell:
    """A number as it is read, sorted by what it is."""
    return Cell(text, "" if value is None else f"{value:.10g}")
