"""How a page is laid out: its width, and tables that leave out columns before they cut a number."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.segment import Segment
from rich.table import Table
from rich.text import Text

from simfunnel.report.console.breaking import broken
from simfunnel.report.words.deals import fitted
from simfunnel.wording.language import heading, joined, sentences, tell
from simfunnel.wording.shown_text import as_name, on_console

NO_TERMINAL = 1 << 16
"""Characters in a line where stdout is a file or a pipe: no column is left out, no name cut, no sentence broken."""


def page_width() -> int:
    """Characters in a line of stdout; wide enough for every table where it is not a terminal."""
    console = Console()
    return console.width if console.is_terminal else NO_TERMINAL


@dataclass(frozen=True)
class _Gated:
    """A page whose text reaches the terminal without control characters; styles are added behind it."""

    page: RenderableType

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        for text, style, control in console.render(self.page, options):
            yield Segment(text if control else on_console(text), style, control)


def page_text(page: RenderableType) -> str:
    """Render a page as stdout would show it: with colours where it is a terminal."""
    written = _Like(sys.stdout)
    seen = Console().is_terminal
    width = page_width() if seen else NO_TERMINAL
    shown = _Gated(broken(page, width) if seen else page)
    Console(width=width, file=written).print(shown, highlight=False, markup=False)
    text = written.getvalue()
    return text if seen else "\n".join(line.rstrip(" ") for line in text.split("\n"))


class _Like(io.StringIO):
    """Text in memory that looks like a stream: whether that can be written to is not yet the question."""

    def __init__(self, stream: Any) -> None:
        super().__init__()
        self._stream = stream

    @property
    def encoding(self) -> str:  # type: ignore[override]
        """That of the stream."""
        return getattr(self._stream, "encoding", None) or "utf-8"

    def isatty(self) -> bool:
        """Whether the stream is a terminal."""
        try:
            return bool(self._stream.isatty())
        except (AttributeError, ValueError):
            return False


Row = dict[str, str]
"""Column, in English -> cell; a column that is empty in every row is not shown."""
WIDE_NAME, NAME, LEAST_NAME = 40, 24, 20
"""Columns of a terminal that are left of a long name: before others are left out, where little room is left, and
before a number is left out."""
SHORT = 12
"""Rows of a table whose further columns stand in a second one below it; of a longer one they are named."""


class Laid(Group):
    """A table, and a word of the columns that found no room: what stands below explains only those that did."""

    def __init__(self, laid_out: Table, columns: Iterable[str], *below: RenderableType) -> None:
        super().__init__(laid_out, *below)
        self.columns = frozenset(columns)
        """Those shown, as its rows name them."""


def legend(laid: Laid, texts: Mapping[str, str]) -> list[RenderableType]:
    """Explain columns of a table, by their names, those that are shown."""
    told = [text for column, text in texts.items() if column in laid.columns and text]
    return [Text(sentences(*told))] if told else []


def table(rows: Sequence[Row], least_important: Sequence[str], room: int) -> Laid:
    """Lay out rows; leave out columns without content, and those that do not fit, which is said.

    First go the ends of very long names, then columns of `least_important`, then more of the names and other columns.
    Of a short table what finds no room stands below, in a table of its own.
    """
    shown = {name: as_name(heading(name)) for name in rows[0]}
    whole, rows = rows, [{name: as_name(cell) for name, cell in row.items()} for row in rows]
    full = [name for name in rows[0] if any(row[name] for row in rows)]
    columns = list(full)
    gap, total = 2, tell("total")

    def width(names: Sequence[str]) -> int:
        return sum(max(cell_len(shown[name]), *(cell_len(row[name]) for row in rows)) + gap for name in names)

    hidden: list[str] = []

    def hide(names: Iterable[str]) -> None:
        for name in names:
            if width(columns) > room and name in columns:
                columns.remove(name)
                hidden.append(name)

    def cut(least: int) -> None:
        first = columns[0]
        longest = max(cell_len(row[first]) for row in rows)
        size = max(longest - max(width(columns) - room, 0), least)
        for row in rows if size < longest else ():
            row[first] = fitted(row[first], size)

    cut(WIDE_NAME)
    hide(least_important)
    if width(columns) - room <= max(cell_len(row[columns[0]]) for row in rows) - NAME:
        cut(NAME)
    if width(columns) > room:
        cut(LEAST_NAME)
    hide(list(reversed(columns[2:])))  # rather no column than half a number
    cut(NAME)
    laid_out = Table(box=None, pad_edge=False, padding=(0, gap, 0, 0), header_style="bold")
    for i, name in enumerate(columns):
        laid_out.add_column(Text(shown[name]), justify="left" if i == 0 else "right", no_wrap=True)
    for row in rows:
        laid_out.add_row(*(Text(row[name]) for name in columns), style="bold" if row[columns[0]] == total else "")
    if not hidden:
        return Laid(laid_out, columns)
    # no caption of the table: that would be as narrow as the table is, and broken between words alone
    if len(rows) <= SHORT and len(columns) > 1:
        others = [name for name in full if name in hidden]
        below = table([{name: row[name] for name in (columns[0], *others)} for row in whole], least_important, room)
        return Laid(laid_out, {*columns, *below.columns}, Text(), below)
    said = tell("No room for: {columns}", columns=joined([shown[name] or tell("remarks") for name in hidden]))
    return Laid(laid_out, columns, Text(said, style="dim"))
