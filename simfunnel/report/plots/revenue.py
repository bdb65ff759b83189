"""Plots of the revenue of a period: distribution and exceedance; and of all periods as a fan."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from simfunnel.forecast.forecast import Forecast
from simfunnel.forecast.summary import PeriodSummary
from simfunnel.report.plots.style import (
    BLUE,
    FAINT,
    INK,
    MUTED,
    ORANGE,
    SKY,
    money_axis,
    new_figure,
    percent_axis,
)
from simfunnel.report.wording import how_made, money, percent


def _chosen(forecast: Forecast, period: str | int) -> PeriodSummary:
    overall = forecast.summary.overall
    every = {p.label: p for p in (*overall.periods, overall.total)}
    return every[period] if isinstance(period, str) else overall.periods[period]


def _caption(forecast: Forecast) -> str:
    p = forecast.provenance
    name = f"{p.scenario_name} · " if p.scenario_name else ""
    variant = f"variant {p.variant} · " if p.variant else ""
    return f"{name}{variant}as of {forecast.as_of} · {how_made(forecast)} · {forecast.currency}"


def distribution(forecast: Forecast, period: str | int = 0) -> Figure:
    """Draw the distribution of bookings, with its quantiles, the target and the weighted pipeline."""
    chosen = _chosen(forecast, period)
    values = forecast.bookings(chosen.label)
    q = chosen.bookings.quantiles
    figure, axes = new_figure(f"Revenue in {chosen.label}" if chosen.label != "total" else "Revenue, all periods",
                              _caption(forecast))  # fmt: skip
    low, high = np.quantile(values, [0.001, 0.999])
    if low == high:
        low, high = low - 1, high + 1
    counts, edges = np.histogram(values, bins=60, range=(low, high))
    centres, width = 0.5 * (edges[1:] + edges[:-1]), edges[1] - edges[0]
    share = counts / len(values)
    reached = np.ones(len(centres), bool) if chosen.target is None else centres >= chosen.target
    axes.bar(
        centres[reached],
        share[reached],
        width,
        color=BLUE,
        label="target reached",
        edgecolor="white",
        linewidth=0.3,
    )
    axes.bar(centres[~reached], share[~reached], width, color=SKY, hatch="///", edgecolor="white", linewidth=0.3,
             label="target missed")  # fmt: skip
    top = float(share.max())
    axes.set_ylim(0, top * 1.28)
    for level, name in ((0.1, "P10"), (0.5, "P50"), (0.9, "P90")):
        axes.plot([q[level]] * 2, [0, top * 1.04], color=INK, linewidth=1)
        axes.text(q[level], top * 1.06, f"{name}\n{money(q[level])}", ha="center", va="bottom", fontsize=9.5)
    if chosen.target is not None and chosen.attainment is not None:
        axes.axvline(chosen.target, color=ORANGE, linewidth=2.5, zorder=3)
        chance = percent(chosen.attainment.probability, forecast.trials)
        axes.plot([], [], color=ORANGE, linewidth=2.5, label=f"target {money(chosen.target)}: {chance} chance")
        axes.legend(loc="upper right")
    weighted, name = chosen.weighted_pipeline_by_close_date, "weighted pipeline due to close"
    if not forecast.pipeline.weighted_by_close_date.any():
        weighted, name = chosen.weighted_pipeline, "whole open pipeline, weighted"
    if low <= weighted <= high and weighted > 0:
        axes.plot(weighted, 0, marker="^", markersize=9, color=MUTED, clip_on=False, zorder=4)
        axes.annotate(
            f"{name} {money(weighted)}",
            (weighted, 0),
            (6, 6),
            textcoords="offset points",
            fontsize=9,
            bbox={"fc": "white", "ec": "none", "alpha": 0.8, "pad": 1},
        )
    axes.yaxis.set_visible(False)
    axes.spines["left"].set_visible(False)
    axes.grid(visible=False)
    money_axis(axes)
    axes.set_xlabel(f"bookings, {forecast.currency}")
    return figure


def exceedance(forecast: Forecast, period: str | int = 0) -> Figure:
    """Draw P(revenue >= x): read the chance of any target off the curve."""
    chosen = _chosen(forecast, period)
    values = np.sort(forecast.bookings(chosen.label))
    p = np.linspace(0.0005, 0.9995, 1000)
    x = np.quantile(values, 1 - p)
    where = f"in {chosen.label}" if chosen.label != "total" else "in all periods"
    figure, axes = new_figure(f"Chance of reaching an amount {where}", _caption(forecast))
    axes.plot(x, p, color=BLUE, linewidth=2.2)
    q = chosen.bookings.quantiles
    for level in (0.1, 0.5, 0.9):
        axes.plot(q[level], 1 - level, "o", color=BLUE, markersize=6)
        axes.annotate(f"{100 * (1 - level):.0f} %: {money(q[level])}", (q[level], 1 - level), (8, 4),
                      textcoords="offset points", fontsize=9.5)  # fmt: skip
    if chosen.target is not None and chosen.attainment is not None:
        reached = chosen.attainment.probability
        axes.plot([chosen.target, chosen.target], [0, reached], color=ORANGE, linewidth=2)
        axes.plot([float(x.min()), chosen.target], [reached, reached], color=ORANGE, linewidth=1, linestyle="--")
        axes.plot(chosen.target, reached, "D", color=ORANGE, markersize=7, zorder=4)
        axes.annotate(f"target {money(chosen.target)}: {percent(reached, forecast.trials)}", (chosen.target, reached),
                      (10, 10), textcoords="offset points", fontweight="bold")  # fmt: skip
    percent_axis(axes)
    money_axis(axes)
    axes.set_xlabel(f"bookings, {forecast.currency}")
    axes.set_ylabel("P(bookings ≥ x)")
    return figure


def fan(forecast: Forecast) -> Figure:
    """Draw the periods side by side: bands of 50, 80 and 90 %, median, closed part and targets."""
    periods = forecast.summary.overall.periods
    figure, axes = new_figure("Revenue by period", _caption(forecast))
    x = np.arange(len(periods))
    half = 0.28
    for low, high, colour, name in (
        (0.05, 0.95, "#cfe3f1", "90 %"),
        (0.1, 0.9, "#8dbfe0", "80 %"),
        (0.25, 0.75, BLUE, "50 %"),
    ):
        bottom = np.array([p.bookings.quantiles[low] for p in periods])
        top = np.array([p.bookings.quantiles[high] for p in periods])
        axes.bar(
            x,
            top - bottom,
            2 * half,
            bottom,
            color=colour,
            label=f"{name} of futures",
            edgecolor="white",
            linewidth=0.5,
        )
    for i, period in enumerate(periods):
        median = period.bookings.quantiles[0.5]
        axes.plot([i - half, i + half], [median] * 2, color="white", linewidth=2.5)
        axes.text(i + half + 0.03, median, money(median), va="center", fontsize=9.5)
        if period.target is not None and period.attainment is not None:
            axes.plot([i - half - 0.08, i + half + 0.08], [period.target] * 2, color=ORANGE, linewidth=2.5,
                      label="target" if i == 0 else None)  # fmt: skip
            axes.text(i - half - 0.1, period.target, percent(period.attainment.probability, forecast.trials),
                      ha="right", va="center", fontsize=9.5, fontweight="bold")  # fmt: skip
        closed = period.by_origin["closed"].mean
        if closed > 0:
            axes.bar(i, closed, 2 * half, color=FAINT, hatch="...", edgecolor=MUTED, linewidth=0.5,
                     label="closed already" if i == 0 else None, zorder=0.5)  # fmt: skip
    axes.set_xticks(x, [p.label for p in periods])
    axes.set_xlim(-0.7, len(periods) - 0.3)
    axes.set_ylim(bottom=0)
    axes.grid(visible=False, axis="x")
    money_axis(axes, "y")
    axes.set_ylabel(f"bookings, {forecast.currency}")
    handles, labels = axes.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=len(labels))
    return figure
