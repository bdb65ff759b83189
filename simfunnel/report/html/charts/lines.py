"""Curves over a number, and what was said beside what came over days."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from simfunnel.report.html.charts.drawing import WIDTH, Drawing, Scale, month_ticks, width_of

HEIGHT, LEFT, RIGHT, TOP, FLOOR = 240.0, 56.0, WIDTH - 16.0, 14.0, 196.0


@dataclass(frozen=True)
class Point:
    """A point of a curve, with the ends of an interval around it where there is one."""

    x: float
    y: float
    hover: str
    low: float | None = None
    high: float | None = None
    actual: float | None = None
    """What came."""


@dataclass(frozen=True)
class Line:
    """A straight line across the picture, and its name."""

    at: float
    name: str
    look: str = "target"
    upright: bool = True


def curve(
    points: Sequence[Point], title: str, description: str, x_tick: Callable[[float], str],
    y_tick: Callable[[float], str], *, lines: Sequence[Line] = (), most: float | None = None, joined: bool = True,
    x_name: str = "", days: bool = False,
) -> str:  # fmt: skip
    """Draw points and, where they have them, their intervals and what came.

    Parameters
    ----------
    points
        In the order of x.
    title, description
        For those who do not see the picture.
    x_tick, y_tick
        Write values of the axes.
    lines
        Lines across the picture.
    most
        End of the upright axis; default the largest value.
    joined
        Whether a line joins the points.
    x_name
        What the horizontal axis is.
    days
        Whether x is a day (its ordinal): the axis is then marked at the first days of months.

    Returns
    -------
    str
        SVG.
    """
    ends = [v for p in points for v in (p.y, p.low, p.high, p.actual) if v is not None]
    x = Scale(min(p.x for p in points), max(p.x for p in points), LEFT + 8, RIGHT - 8)
    y = Scale(min(0.0, *ends), (max(ends) * 1.04 or 1.0) if most is None else most, FLOOR, TOP)
    drawing = Drawing(HEIGHT if x_name else HEIGHT - 16, title, description)
    for at in y.ticks(5):
        drawing.line([(LEFT, y(at)), (RIGHT, y(at))], "zero" if at == 0 else "grid")
        drawing.text((LEFT - 6, y(at) + 4), y_tick(at), "end", "tick")
    for at in month_ticks(x.low, x.high, 7) if days else x.ticks(7):
        drawing.text((x(at), FLOOR + 18), x_tick(at), "middle", "tick")
    if x_name:
        drawing.text(((LEFT + RIGHT) / 2, FLOOR + 36), x_name, "middle", "tick")
    band = [p for p in points if p.low is not None and p.high is not None]
    if joined and len(band) > 1:
        upper, lower = [(x(p.x), y(p.high or 0.0)) for p in band], [(x(p.x), y(p.low or 0.0)) for p in reversed(band)]
        drawing.area([*upper, *lower], "band")
    elif band:
        for p in band:
            drawing.line([(x(p.x), y(p.low or 0.0)), (x(p.x), y(p.high or 0.0))], "whisker")
    for line in lines:
        if line.upright:
            drawing.line([(x(line.at), FLOOR), (x(line.at), TOP)], line.look)
            right = x(line.at) + width_of(line.name) + 8 < RIGHT
            drawing.text(
                (x(line.at) + (6 if right else -6), TOP + 12), line.name, "start" if right else "end", "strong"
            )
        else:
            drawing.line([(LEFT, y(line.at)), (RIGHT, y(line.at))], line.look)
            drawing.text((LEFT + 4, y(line.at) - 5), line.name, "start", "strong")
    if joined:
        drawing.line([(x(p.x), y(p.y)) for p in points], "curve")
    for p in points:
        drawing.dot((x(p.x), y(p.y)), "dot", p.hover, 3.0)
        if p.actual is not None:
            drawing.dot((x(p.x), y(p.actual)), "actual", p.hover, 4.5)
    return drawing.svg()
