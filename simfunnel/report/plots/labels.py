"""Labels that never lie on one another: measured as drawn, moved apart as little as it takes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patheffects import AbstractPathEffect, withStroke
from matplotlib.text import Annotation, Text
from matplotlib.transforms import Bbox

from simfunnel.arrays import Floats
from simfunnel.report.plots.style import INK, MUTED
from simfunnel.wording.shown_text import LONGEST_NAME, in_picture

GAP = 6.0
"""Pixels between two labels, at 100 dots an inch."""


def outlined(width: float = 2.5, colour: str = INK) -> list[AbstractPathEffect]:
    """Give an outline that makes white text and lines readable on any colour."""
    return [withStroke(linewidth=width, foreground=colour)]


def spread(wanted: Floats, size: Floats, low: float, high: float, gap: float = GAP) -> Floats:
    """Move intervals apart.

    Parameters
    ----------
    wanted
        Centres, in rising order.
    size
        Lengths.
    low, high
        Where the first may begin and the last should end; too little room ends beyond `high`.
    gap
        Least distance between two of them.

    Returns
    -------
    ndarray
        Centres in the same order, the sum of their squared moves as small as it can be.
    """
    if not len(wanted):
        return wanted
    apart = np.concatenate([[0.0], np.cumsum(0.5 * (size[1:] + size[:-1]) + gap)])
    pools: list[list[float]] = []  # isotonic regression: neighbours that are too near share the mean of their wishes
    for x in wanted - apart:
        pools.append([float(x), 1.0])
        while len(pools) > 1 and pools[-2][0] > pools[-1][0]:
            (a, n), (b, m) = pools[-2:]
            pools[-2:] = [[(n * a + m * b) / (n + m), n + m]]
    placed = np.repeat([x for x, _ in pools], [int(n) for _, n in pools])
    last = high - apart[-1] - 0.5 * size[-1]
    return np.asarray(np.maximum(np.minimum(placed, last), low + 0.5 * size[0]) + apart)


def extents(figure: Figure, texts: Sequence[Text]) -> list[tuple[float, float]]:
    """Width and height of texts in pixels, after the layout has been made."""
    figure.draw_without_rendering()
    boxes = [Text.get_window_extent(text) for text in texts]  # without the arrow of an annotation
    return [(box.width, box.height) for box in boxes]


def row_of_labels(
    axes: Axes, labels: Sequence[tuple[float, str, dict[str, object]]], foot: float, height: float
) -> list[Text]:
    """Write labels side by side above a picture, each with a thin line down to its place on the x axis.

    Parameters
    ----------
    axes
        With its limits set.
    labels
        (x, text, how) of each; `how` goes to the text.
    foot
        Where the thin lines begin, in data of the y axis.
    height
        Where the labels stand.
    """
    ordered = sorted(labels, key=lambda label: label[0])
    how: dict[str, object] = {"ha": "center", "va": "bottom", "fontsize": 9.5}
    texts = [axes.text(x, height, text, **{**how, **own}) for x, text, own in ordered]  # type: ignore[arg-type]
    size = np.array([width for width, _ in extents(_figure(axes), texts)])
    box, (low, high) = axes.get_window_extent(), axes.get_xlim()
    wanted = np.array([axes.transData.transform((x, 0.0))[0] for x, _, _ in ordered])
    placed = spread(wanted, size, box.x0, box.x1)
    for text, x, (own_x, _, _) in zip(texts, placed, ordered, strict=True):
        at = float(axes.transData.inverted().transform((x, 0.0))[0])
        text.set_x(at)
        if low < own_x < high:  # what lies beyond the axis has no place to point at
            axes.plot([own_x, at], [foot, height], color=MUTED, linewidth=0.7, scalex=False, scaley=False)
    return texts


def column_of_labels(axes: Axes, labels: Sequence[tuple[float, str]], indent: float = 18.0) -> list[Text]:
    """Write labels below one another right of a picture, each with a thin line to its height on the y axis."""
    figure = _figure(axes)
    ordered = sorted(labels)
    how = {"xycoords": ("axes fraction", "data"), "textcoords": "offset points", "va": "center", "fontsize": 9.5}
    line = {"arrowstyle": "-", "color": MUTED, "linewidth": 0.7, "shrinkA": 1, "shrinkB": 0}
    texts = [
        axes.annotate(in_picture(text, LONGEST_NAME), (1.0, y), (indent, 0.0), arrowprops=line, **how)  # type: ignore[arg-type]
        for y, text in ordered
    ]
    size = np.array([height for _, height in extents(figure, texts)])
    box = axes.get_window_extent()
    wanted = np.array([axes.transData.transform((0.0, y))[1] for y, _ in ordered])
    placed = spread(wanted, size, box.y0, box.y1, gap=1.0)
    for text, y, own in zip(texts, placed, wanted, strict=True):
        text.set_position((indent, float(y - own) * 72.0 / figure.dpi))
    return list(texts)


def lower_apart(figure: Figure, texts: Sequence[Annotation], gap: float = 2.0) -> None:
    """Move annotations down, or left where they leave the picture, until none lies on one before it."""
    figure.draw_without_rendering()
    scale = 72.0 / figure.dpi
    placed: list[Bbox] = []
    for text in sorted(texts, key=lambda text: -text.get_window_extent().y1):
        box = text.get_window_extent()
        room = text.axes.get_window_extent().x1 if text.axes is not None else box.x1
        left = min(room - box.x1, 0.0)
        box = box.translated(left, 0.0)
        down = 0.0
        for other in placed:
            if box.translated(0.0, down).overlaps(other):
                down = other.y0 - gap - box.y1
        x, y = text.get_position()
        text.set_position((x + scale * left, y + scale * down))
        placed.append(box.translated(0.0, down))


def _figure(axes: Axes) -> Figure:
    figure = axes.get_figure(root=True)
    assert isinstance(figure, Figure)
    return figure
