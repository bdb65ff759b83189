"""Plots of metrics: conversions of groups beside those of all deals, and what becomes of deals by days."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from simfunnel.arrays import Floats
from simfunnel.diagnosis.results import GroupMetrics, Metrics
from simfunnel.estimation.incidence import Incidence
from simfunnel.report.plots.style import (
    GREEN,
    INK,
    MUTED,
    RED,
    NamedFigure,
    name_ticks,
    percent_axis,
)
from simfunnel.wording.language import tell, term
from simfunnel.wording.numbers import percent, plural
from simfunnel.wording.shown_text import in_picture

_MOST_STAGES, _MOST_GROUPS, _MOST_CURVES = 6, 24, 9
_NAME = 26


def conversions(r: Metrics) -> Figure:
    """Draw, for each stage, the conversion of each group with its 90 % interval against that of all deals."""
    shown, left = _weighty(r)
    K = min(len(r.names), _MOST_STAGES)
    columns = min(K, 3)
    rows = -(-K // columns)
    size = (max(2.6 + 2.9 * columns, 6.5), 1.3 + rows * (0.9 + 0.26 * len(shown)))
    figure = NamedFigure(figsize=size, layout="constrained")
    FigureCanvasAgg(figure)
    by = "" if r.by is None else tell(" by {by}", by=in_picture(term(r.by), _NAME))
    more = tell("\n{smaller_groups} not drawn", smaller_groups=plural(left, "smaller group")) if left else ""
    figure.suptitle(
        tell("Chance to go on from each stage{by}\nas of {as_of} · 90 % intervals, shrunk; line: all "
"deals{more}", by=by, as_of=r.as_of, more=more),
        x=0.01, ha="left", fontsize=12,
    )  # fmt: skip
    grid = figure.add_gridspec(rows, columns)
    y = np.arange(len(shown))[::-1]
    for k in range(K):
        axes = figure.add_subplot(grid[k // columns, k % columns])
        pool = r.whole.stages[k].conversion.shrunk
        if pool is not None:
            axes.axvline(pool, color=MUTED, linewidth=1.2)
        for at, group in zip(y, shown, strict=True):
            rate = group.stages[k].conversion
            if rate.shrunk is None or not group.stages[k].entered:
                continue
            side = rate.apart_from(pool)
            colour = INK if r.by is None or not side else GREEN if side > 0 else RED
            axes.plot(rate.interval, [at, at], color=colour, linewidth=1.6, solid_capstyle="butt")
            axes.plot(rate.shrunk, at, "o", color=colour, markersize=5)
        axes.set_title(in_picture(r.names[k], _NAME), fontsize=10.5)
        axes.set_ylim(-0.7, len(shown) - 0.3)
        axes.set_xlim(0, 1)
        axes.set_xticks([0, 0.25, 0.5, 0.75, 1], ["0", "25", "50", "75", percent(1.0)], fontsize=8.5)
        first = k % columns == 0
        name_ticks(axes, y, [_label(group, r) for group in shown] if first else [""] * len(shown), fontsize=9)
        axes.grid(visible=False, axis="y")
    return figure


def courses(r: Metrics) -> Figure:
    """Draw, for each group, the share of deals won and lost by days since creation, over that of all deals."""
    shown, left = _chosen(r.groups, _MOST_CURVES)
    columns = min(len(shown), 3)
    rows = -(-len(shown) // columns)
    figure = NamedFigure(figsize=(3.4 * columns + 0.8, 2.5 * rows + 1.1), layout="constrained")
    FigureCanvasAgg(figure)
    more = tell(" · {groups} between not drawn", groups=plural(left, "group")) if left else ""
    beside = "" if r.by is None else tell(" · dashed: all deals")
    figure.suptitle(
        tell(
            "What has become of deals, by days since creation\nas of {as_of}{beside}{more}",
            as_of=r.as_of,
            beside=beside,
            more=more,
        ),
        x=0.01,
        ha="left",
        fontsize=12,
    )
    grid = figure.add_gridspec(rows, columns)
    limit = _limit(r.whole.course)
    for i, group in enumerate(shown):
        axes = figure.add_subplot(grid[i // columns, i % columns])
        for cause, colour, name in ((0, GREEN, "won"), (1, RED, "lost")):
            axes.step(*_curve(group.course, cause, limit), where="post", color=colour, linewidth=1.7, label=tell(name))
            if r.by is not None:
                axes.step(
                    *_curve(r.whole.course, cause, limit), where="post", color=colour, linewidth=1.0,
                    linestyle=(0, (3, 2)), alpha=0.75,
                )  # fmt: skip
        axes.set_xlim(0, limit)
        percent_axis(axes)
        axes.set_title(f"{_label(group, r)} · {plural(group.n, 'deal')}", fontsize=10)
        axes.tick_params(labelsize=8.5)
        if i == 0:
            axes.legend(fontsize=8.5, loc="best")
    figure.supxlabel(tell("days since creation"), fontsize=9.5, color=MUTED)
    return figure


def _weighty(r: Metrics) -> tuple[Sequence[GroupMetrics], int]:
    """Groups with a bottleneck, and those of the most stays, where there are more than fit."""
    flagged = {b.group for b in r.bottlenecks if b.flagged}
    stays = {g.label: sum(stage.entered for stage in g.stages) for g in r.groups}
    kept = sorted(stays, key=lambda label: (label not in flagged, -stays[label]))[:_MOST_GROUPS]
    return [g for g in r.groups if g.label in set(kept)], len(r.groups) - len(kept)


def _chosen(groups: Sequence[GroupMetrics], most: int) -> tuple[Sequence[GroupMetrics], int]:
    """The first and the last, where there are more than fit."""
    if len(groups) <= most:
        return groups, 0
    first = -(-most // 2)
    return [*groups[:first], *groups[-(most - first) :]], len(groups) - most


def _label(group: GroupMetrics, r: Metrics) -> str:
    if r.by is None:
        return tell("all")
    return in_picture(group.label or tell("(no {by})", by=term(r.by or "group")), _NAME)


def _limit(found: Incidence) -> float:
    """Days by which 98 % of the ends that were seen had come."""
    if not len(found.age):
        return max(found.oldest, 1.0)
    ended = 1 - found.survival
    return max(float(found.age[np.searchsorted(ended, 0.98 * ended[-1])]), 1.0)


def _curve(found: Incidence, cause: int, limit: float) -> tuple[Floats, Floats]:
    """Steps up to the oldest age that was seen: beyond it nothing is known of the group."""
    y = found.incidence[cause]
    last = y[-1:] if len(y) else np.zeros(1)
    x = np.concatenate([[0.0], found.age, [max(found.oldest, 0.0)]])
    y = np.concatenate([[0.0], y, last])
    if len(x) > 400:  # a picture of a thousand steps looks like one of a hundred thousand
        kept = np.unique(np.searchsorted(x, np.linspace(0, min(limit, x[-1]), 400), side="right") - 1)
        x, y = x[kept], y[kept]
    return x, y
