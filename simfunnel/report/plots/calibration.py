"""Plots of what was learned: where deals of a stage go by age, and how many come in."""

from __future__ import annotations

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from simfunnel.arrays import Floats, Ints
from simfunnel.calibration.calibration import Calibration
from simfunnel.report.plots.style import (
    BLUE,
    GREEN,
    INK,
    MUTED,
    ORANGE,
    RED,
    SKY,
    NamedFigure,
    money_axis,
    new_figure,
    percent_axis,
)
from simfunnel.wording.language import tell
from simfunnel.wording.shown_text import in_picture

_MOST_STAGES = 6


def incidence_curves(r: Calibration) -> Figure:
    """Draw, for each stage, the share of deals that have left by each exit, with 90 % bands and numbers at risk."""
    shown = [k for k in range(len(r.names)) if len(r.stages[k].incidence.age)][:_MOST_STAGES]
    n = max(len(shown), 1)
    columns = min(n, 3)
    rows = -(-n // columns)
    figure = NamedFigure(figsize=(3.7 * columns + 0.6, 3.1 * rows + 1.0), layout="constrained")
    FigureCanvasAgg(figure)
    figure.suptitle(
        tell("Where deals of a stage go, by days in it\nas of {as_of} · 90 % bands, as wide as at the "
"end", as_of=r.as_of),
        x=0.01, ha="left", fontsize=12,
    )  # fmt: skip
    grid = figure.add_gridspec(rows, columns)
    ends = [*r.names, tell("Won"), tell("Lost")]
    colours = [SKY, BLUE, ORANGE, INK]
    for i, k in enumerate(shown):
        axes = figure.add_subplot(grid[i // columns, i % columns])
        exits = r.stages[k]
        found = exits.incidence
        limit = float(found.age[np.searchsorted(1 - found.survival, 0.98 * (1 - found.survival[-1]))])
        limit = max(limit, 1.0)
        drawn_at = _few(found.age)  # a file of a thousand points looks like one of a hundred thousand
        x = np.concatenate([[0.0], found.age[drawn_at], [found.oldest]])
        drawn = 0
        for j in np.argsort(-exits.probability).tolist():
            if exits.probability[j] < 0.005:
                continue
            colour = GREEN if j == len(r.names) else RED if j == len(r.names) + 1 else colours[drawn % len(colours)]
            drawn += 1
            y = np.concatenate([[0.0], found.incidence[j, drawn_at], found.incidence[j, -1:]])
            low, high = exits.interval(j)
            final = exits.probability[j]
            axes.step(x, y, where="post", color=colour, label=in_picture(ends[j]), linewidth=1.6)
            axes.fill_between(
                x, y * low / final, np.minimum(y * high / final, 1), step="post", color=colour, alpha=0.18
            )
        axes.set_xlim(0, limit)
        percent_axis(axes)
        axes.set_title(in_picture(r.names[k]), fontsize=10.5)
        marks = np.linspace(0, limit, 4)
        at_risk = [exits.still_there(float(m)) for m in marks]
        axes.set_xticks(marks, [f"{m:.3g}\n{c:,}" for m, c in zip(marks, at_risk, strict=True)], fontsize=8.5)
        axes.legend(fontsize=8, loc="best")
    figure.supxlabel(tell("days in the stage; below, deals still in it"), fontsize=9.5, color=MUTED)
    return figure


def _few(ages: Floats, most: int = 300) -> Ints:
    """Places of at most so many ages, evenly spread over their order and their size."""
    if len(ages) <= most:
        return np.arange(len(ages))
    by_order = np.linspace(0, len(ages) - 1, most // 2)
    by_size = np.searchsorted(ages, np.linspace(ages[0], ages[-1], most // 2))
    return np.unique(np.concatenate([by_order, by_size, [len(ages) - 1]]).astype(np.int64))


def inflow(r: Calibration) -> Figure:
    """Draw the new deals of each week, the rate that is expected, and its 90 % interval."""
    weeks = len(r.daily) // 7
    counts = r.daily[len(r.daily) - 7 * weeks :].reshape(weeks, 7).sum(axis=1)[-78:]
    figure, axes = new_figure(
        tell("New deals a week"),
        tell("as of {as_of} · expected: mean of the last four weeks", as_of=r.as_of),
        (9.0, 4.2),
    )
    x = np.arange(-len(counts), 0)
    axes.bar(x + 0.5, counts, 0.85, color=SKY)
    low, high = (7 * q for q in r.arrivals.interval())
    ahead = r.horizon / 7
    axes.fill_between(
        [0, ahead], [low, low], [high, high], color=BLUE, alpha=0.18, label=tell("90 % interval of the level")
    )
    axes.plot([0, ahead], [7 * r.arrivals.per_day] * 2, color=BLUE, linewidth=2, label=tell("expected"))
    axes.axvline(0, color=MUTED, linewidth=0.8)
    axes.set_xlabel(tell("weeks from {as_of}", as_of=r.as_of))
    axes.set_ylim(0, 1.2 * max(float(counts.max(initial=0.0)), high, 1.0))  # room for the legend above the bars
    axes.yaxis.set_major_locator(MaxNLocator(integer=True))
    axes.legend(loc="upper left", ncols=2)
    axes.grid(visible=False, axis="x")
    return figure


def amounts(r: Calibration) -> Figure:
    """Draw the share of won deals, and of open ones, below each amount, and the quantiles that are written."""
    assert r.amounts is not None
    figure, axes = new_figure(
        tell("Amounts of deals"),
        tell("as of {as_of} · share of the deals at or below an amount", as_of=r.as_of),
        (9.0, 4.6),
    )
    for values, colour, label in ((r.won_amounts, GREEN, "won"), (r.open_amounts, SKY, "open, as listed")):
        if len(values):
            at = _few(values)
            axes.step(
                values[at], (at + 1) / len(values), where="post", color=colour, linewidth=1.8,
                label=tell("{what} ({count:,})", what=tell(label), count=len(values)),
            )  # fmt: skip
    p, x = written_points(r.amounts.written)
    axes.plot(x, p, color=INK, marker="o", markersize=3.5, linewidth=0.9, label=tell("written into the scenario"))
    known = np.concatenate([r.won_amounts, r.open_amounts])
    known = known[known > 0]
    if len(known) and float(np.quantile(known, 0.98)) > 30 * float(np.quantile(known, 0.02)):
        axes.set_xscale("log")
    money_axis(axes, "x")
    axes.set_ylim(0, 1)
    percent_axis(axes)
    axes.legend(loc="lower right")
    return figure


def written_points(written: object) -> tuple[Floats, Floats]:
    """Probabilities and amounts of a distribution of amounts as a scenario spells it: one number, or quantiles."""
    if isinstance(written, dict):
        p, x = np.array(written["empirical"]["quantiles"], dtype=np.float64).T
        return p, x
    return np.array([0.0, 1.0]), np.full(2, float(str(written)))
