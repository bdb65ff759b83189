"""The distribution of bookings as bars, and the chance of at least so much as a curve."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from simfunnel.arrays import Floats
from simfunnel.report.html.charts.drawing import WIDTH, Drawing, Scale, width_of
from simfunnel.wording.language import tell
from simfunnel.wording.numbers import money, percent

HEIGHT, LEFT, RIGHT, FLOOR = 226.0, 16.0, WIDTH - 16.0, 200.0
BARS = 48
FAR = 2.5
"""A target more than so many times the highest value is said and not drawn: the bars would shrink to lines."""


def distribution(
    values: Floats, marks: dict[str, float], target: float | None, title: str, description: str,
    before: Floats | None = None,
) -> str:  # fmt: skip
    """Draw a distribution.

    Parameters
    ----------
    values
        Equally likely values in ascending order, major units.
    marks
        What is marked, such as P50, and where.
    target
        Where the bars change their look; None without one.
    title, description
        For those who do not see the picture.
    before
        As `values`, of what it is compared with: drawn as an outline.

    Returns
    -------
    str
        SVG.
    """
    edges = _edges(values if before is None else _together(values, before), target)
    share = np.histogram(values, bins=edges)[0] / len(values)
    outline = None if before is None else np.histogram(before, bins=edges)[0] / len(before)
    x, drawing = _axis(float(edges[0]), float(edges[-1]), target, title, description)
    top, high = 58.0, max(float(one.max()) for one in (share, outline) if one is not None) or 1.0
    for i, part in enumerate(share.tolist()):
        if part <= 0:
            continue
        a, b = float(edges[i]), float(edges[i + 1])
        reached = target is None or a >= target - 1e-9 * (b - a)
        height = (FLOOR - top) * part / high
        hover = tell("{low} to {high}: {share} of all futures", low=money(a), high=money(b), share=percent(part))
        drawing.rectangle(
            (x(a) + 0.4, FLOOR - height), (x(b) - x(a) - 0.8, height), "hit" if reached else "miss", hover
        )
    if outline is not None:
        heights = [FLOOR - (FLOOR - top) * part / high for part in outline.tolist()]
        steps = [
            (x(at), y)
            for a, b, y in zip(edges[:-1].tolist(), edges[1:].tolist(), heights, strict=True)
            for at in (a, b)
        ]
        drawing.line([(steps[0][0], FLOOR), *steps, (steps[-1][0], FLOOR)], "before")
    drawing.line([(LEFT, FLOOR), (RIGHT, FLOOR)], "axis")
    labels: list[tuple[float, str, str, str]] = [(at, name, money(at), "quantile") for name, at in marks.items()]
    if target is not None:
        labels.append((target, tell("target"), money(target), "target"))
    _labels(drawing, x, labels, top)
    return drawing.svg()


def exceedance(
    values: Floats, target: float | None, chance: str, title: str, description: str, before: Floats | None = None
) -> str:  # fmt: skip
    """Draw the chance of at least so much; `chance` is that of the target in words, `before` what it was."""
    ends = [float(one[at]) for one in (values, before) if one is not None for at in (0, -1)]
    x, drawing = _axis(min(ends), max(ends), target, title, description)
    y = Scale(0.0, 1.0, FLOOR, 20.0)
    for level in (0.0, 0.25, 0.5, 0.75, 1.0):
        drawing.line([(LEFT, y(level)), (RIGHT, y(level))], "axis" if level == 0 else "grid")
        drawing.text((LEFT, y(level) - 4), percent(level), "start", "tick")
    if before is not None:
        drawing.line([(x(x.low), y(1.0)), *_curve(before, x, y), (x(float(before[-1])), y(0.0))], "before")
    places = _places(values)
    drawing.line([(x(x.low), y(1.0)), *_curve(values, x, y), (x(float(values[-1])), y(0.0))], "curve")
    for i in places[12::24].tolist():
        at, level = float(values[i]), 1.0 - i / len(values)
        hover = tell("{chance} chance of at least {amount}", chance=percent(level), amount=money(at))
        drawing.dot((x(at), y(level)), "dot", hover)
    if target is not None:
        drawing.line([(x(target), y(0.0)), (x(target), y(1.0))], "target")
        label = tell("target {amount}: {chance}", amount=money(target), chance=chance)
        right = x(target) + width_of(label) + 8 < RIGHT
        drawing.text((x(target) + (6 if right else -6), 32), label, "start" if right else "end", "strong")
    return drawing.svg()


def _places(values: Floats) -> npt.NDArray[np.int64]:
    return np.unique(np.linspace(0, len(values) - 1, 241).astype(np.int64))


def _curve(values: Floats, x: Scale, y: Scale) -> list[tuple[float, float]]:
    return [(x(float(values[i])), y(1.0 - i / len(values))) for i in _places(values).tolist()]


def _together(*samples: Floats) -> Floats:
    """All of them in ascending order, each as heavy as the others."""
    return np.sort(np.concatenate([one[_places(one)] for one in samples]))


def _axis(low: float, high: float, target: float | None, title: str, description: str) -> tuple[Scale, Drawing]:
    """The money axis, with the target in it unless that is too far away."""
    if target is not None and target <= FAR * max(high, 0.0):
        low, high = min(low, target), max(high, target)
    room = 0.03 * (high - low) or 1.0
    x = Scale(max(low - room, min(low, 0.0)), high + room, LEFT, RIGHT)
    drawing = Drawing(HEIGHT, title, description)
    for at in x.ticks():
        drawing.text((x(at), FLOOR + 18), money(at), "middle", "tick")
        drawing.line([(x(at), FLOOR), (x(at), FLOOR + 4)], "axis")
    return x, drawing


def _edges(values: Floats, target: float | None) -> Floats:
    """Bounds of the bars over all but the farthest values; the target is one of them, so that no bar is both.

    No bar reaches below nothing where no value does.
    """
    low, high = (float(v) for v in np.quantile(values, [0.002, 0.998]))
    least = 0.0 if values[0] >= 0 else -np.inf
    if low == high:
        low, high = max(low - 1.0, least), high + 1.0
    width = (high - low) / BARS
    if target is None or not low < target < high:
        return _steps(low, high, width)
    below = int(np.ceil((target - low) / width))
    first = max(target - width * below, least)  # then those below the target are a little narrower
    return np.concatenate([np.linspace(first, target, below, endpoint=False), _steps(target, high, width)])


def _steps(start: float, end: float, width: float) -> Floats:
    return np.asarray(start + width * np.arange(np.ceil((end - start) / width - 1e-9) + 1))


def _labels(drawing: Drawing, x: Scale, labels: list[tuple[float, str, str, str]], top: float) -> None:
    """Lines with names above them: two that are near stand to the left and to the right, a third a row higher."""
    placed: list[_Label] = []
    for at, name, value, look in sorted(labels):
        text = f"{name} {value}" + (" →" if at > x.high else " ←" if at < x.low else "")
        new = _Label(text, x(at), look)
        last = placed[-1] if placed else None
        if last is not None and last.row == 0 and last.right > new.left:
            last.side, new.side = -1, 1
            before = placed[-2] if len(placed) > 1 else None
            if last.right > new.left or (before is not None and before.row == 0 and before.right > last.left):
                last.side, new.side, new.row = 0, 0, 1
        placed.append(new)
        if x.low <= at <= x.high:
            drawing.line([(new.place, FLOOR), (new.place, top - 4)], look)
    for one in placed:
        look = "strong" if one.look == "target" else "label"
        drawing.text((one.left + 4, top - 10 - 18 * one.row), one.text, "start", look)


@dataclass
class _Label:
    """A name above a line: in the middle of it, or to one side."""

    text: str
    place: float
    look: str
    side: int = 0
    row: int = 0

    @property
    def left(self) -> float:
        """Where it begins."""
        width = width_of(self.text) + 8
        start = self.place - width * (0.5 if self.side == 0 else 1.0 if self.side < 0 else 0.0)
        return min(max(start, LEFT), RIGHT - width)

    @property
    def right(self) -> float:
        """Where it ends."""
        return self.left + width_of(self.text) + 8
