"""Horizontal bars: what comes from where, what moves the forecast, what a stage holds and should hold."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from simfunnel.report.html.charts.drawing import WIDTH, Drawing, Scale, fitted, width_of

ROW, THIN, TOP, BOTTOM = 26.0, 9.0, 6.0, 30.0
NAMES, MOST_NAMES = 90.0, 250.0


@dataclass(frozen=True)
class Span:
    """A piece of a bar."""

    low: float
    high: float
    look: str
    hover: str
    lane: int = 0
    """Which of the lanes of its row; spans of one lane stand one behind the other."""


@dataclass(frozen=True)
class Bar:
    """A row: its name, its pieces, marks on it, and what stands behind it."""

    name: str
    spans: Sequence[Span]
    value: str = ""
    marks: Sequence[Span] = ()
    """Lines across the row, from `low` on."""


def bars(
    rows: Sequence[Bar], title: str, description: str, tick: Callable[[float], str], *, lanes: int = 1,
    zero: bool = True,
) -> str:  # fmt: skip
    """Draw rows of bars over one axis.

    Parameters
    ----------
    rows
        From top to bottom.
    title, description
        For those who do not see the picture.
    tick
        Writes a value of the axis.
    lanes
        Bars of a row that lie one below the other.
    zero
        Whether the axis holds 0.

    Returns
    -------
    str
        SVG.
    """
    names = min(max([NAMES, *(width_of(row.name) + 14 for row in rows)]), MOST_NAMES)
    values = max([0.0, *(width_of(row.value) + 12 for row in rows)])
    ends = [end for row in rows for span in (*row.spans, *row.marks) for end in (span.low, span.high)]
    low, high = min(ends, default=0.0), max(ends, default=1.0)
    if zero:
        low, high = min(low, 0.0), max(high, 0.0)
    if low == high:
        high = low + 1.0
    room = 0.02 * (high - low)
    x = Scale(low - (room if low < 0 or not zero else 0.0), high + room, names, WIDTH - values - 8)
    height = max(ROW, lanes * (THIN + 2) + 10) if lanes > 1 else ROW
    drawing = Drawing(TOP + height * len(rows) + BOTTOM, title, description)
    floor = TOP + height * len(rows)
    before = None
    for at in x.ticks():
        if (told := tick(at)) == before:  # counts of few deals have steps below one
            continue
        before = told
        drawing.line([(x(at), TOP), (x(at), floor)], "zero" if at == 0 else "grid")
        drawing.text((x(at), floor + 18), told, "middle", "tick")
    for i, row in enumerate(rows):
        top = TOP + height * i
        drawing.text((names - 8, top + height / 2 + 4.5), fitted(row.name, names - 8), "end", "name")
        for span in row.spans:
            start, end = sorted((x(span.low), x(span.high)))
            thick = THIN if lanes > 1 else height - 9
            y = top + (height - lanes * (thick + 2)) / 2 + span.lane * (thick + 2) if lanes > 1 else top + 4.5
            drawing.rectangle((start, y), (max(end - start, 1.0), thick), span.look, span.hover)
        for mark in row.marks:
            drawing.rectangle((x(mark.low) - 1.5, top + 1), (3.0, height - 2), mark.look, mark.hover)
        if row.value:
            drawing.text((WIDTH - 4, top + height / 2 + 4.5), row.value, "end", "value")
    return drawing.svg()
