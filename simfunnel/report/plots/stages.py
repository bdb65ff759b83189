"""Plots of the stages: the open pipeline as a funnel, and how many deals will be in each stage."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
from matplotlib import colormaps
from matplotlib.dates import AutoDateLocator
from matplotlib.figure import Figure

from simfunnel.engine.paths.occupancy import Occupancy
from simfunnel.funnel.book import Book, Compiled
from simfunnel.report.plots.labels import column_of_labels
from simfunnel.report.plots.style import BLUE, INK, MUTED, SKY, date_axis, new_figure
from simfunnel.wording.language import tell
from simfunnel.wording.numbers import money, plural
from simfunnel.wording.shown_text import LONGEST_NAME, in_picture


def funnel(compiled: Compiled) -> Figure:
    """Draw the open pipeline: value of each stage, the part expected to be won, and the number of deals."""
    book, stages = compiled.book.deals, compiled.book.stages
    count = np.bincount(book.stage, minlength=len(stages))
    value = np.bincount(book.stage, weights=book.amount, minlength=len(stages))
    expected = np.bincount(book.stage, weights=book.amount * compiled.model.kept_win_rate, minlength=len(stages))
    height = max(3.2, 1.3 + 0.62 * len(stages))
    subtitle = tell(
        "as of {as_of} · {deals:,} deals, {value} {currency}",
        as_of=compiled.book.as_of,
        deals=len(book.stage),
        value=money(value.sum()),
        currency=compiled.book.currency,
    )
    figure, axes = new_figure(tell("Open pipeline by stage"), subtitle, (9.0, height))
    y = np.arange(len(stages))[::-1]
    axes.barh(y, value, 0.72, left=-value / 2, color=SKY, label=tell("value of open deals"))
    axes.barh(y, expected, 0.72, left=-expected / 2, color=BLUE, label=tell("expected to be won, ages considered"))
    reach = max(float(value.max()), 1.0)
    for i, name in enumerate(stages):
        axes.text(-0.56 * reach, y[i], in_picture(name, LONGEST_NAME), ha="right", va="center", fontweight="bold")
        label = f"{plural(int(count[i]), 'deal')}\n{money(value[i])} → {money(expected[i])}"
        axes.text(0.56 * reach, y[i], label, ha="left", va="center", fontsize=9.5)
    axes.set_xlim(-0.95 * reach, 0.95 * reach)
    axes.axis("off")
    figure.legend(loc="outside lower center", ncols=2)
    return figure


def occupancy(book: Book, result: Occupancy) -> Figure:
    """Draw how many deals are in each stage over time: means stacked, with 8 in 10 futures for their sum."""
    stages = book.stages
    dates = [dt.datetime.combine(book.as_of, dt.time()) + dt.timedelta(days=float(d)) for d in result.day]
    mean = result.count.mean(axis=2)
    total = result.count.sum(axis=0)
    figure, axes = new_figure(
        tell("Deals in each stage"),
        tell(
            "from {as_of} · mean of {futures:,} futures, leads to come included; numbers: at the end",
            as_of=book.as_of,
            futures=result.count.shape[2],
        ),
    )
    shades = colormaps["cividis_r"](np.linspace(0.08, 0.92, len(stages)))
    x = np.asarray(dates, dtype="datetime64[m]").astype(object)
    axes.stackplot(x, mean, colors=shades, edgecolor="white", linewidth=0.8)
    low, high = np.quantile(total, [0.1, 0.9], axis=1)
    axes.plot(x, low, color=INK, linewidth=1, linestyle="--")
    axes.plot(x, high, color=INK, linewidth=1, linestyle="--", label=tell("all stages: range of 8 in 10 futures"))
    for period in book.periods[1:]:
        boundary: Any = period.start  # matplotlib takes dates, its type hints do not
        axes.axvline(boundary, color=MUTED, linewidth=0.8, linestyle=":")
    locator: Any = AutoDateLocator()  # type: ignore[no-untyped-call]
    axes.xaxis.set_major_locator(locator)
    date_axis(axes)
    axes.set_xlim(x[0], x[-1])
    axes.set_ylim(bottom=0)
    axes.set_ylabel(tell("open deals"))
    figure.legend(*axes.get_legend_handles_labels(), loc="outside lower center", fontsize=9)
    centre = (np.cumsum(mean, axis=0) - 0.5 * mean)[:, -1]
    column_of_labels(axes, [(float(centre[i]), f"{name} {mean[i, -1]:.0f}") for i, name in enumerate(stages)])
    return figure
