"""Plots of the bookings of a period: distribution and exceedance; and of all periods as a fan."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from simfunnel.arrays import Floats
from simfunnel.forecast.forecast import Forecast
from simfunnel.forecast.summary import PeriodSummary
from simfunnel.report.plots.labels import extents, outlined, row_of_labels
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
from simfunnel.report.words.forecast import how_made
from simfunnel.report.words.reached import trials_behind
from simfunnel.wording.language import tell
from simfunnel.wording.numbers import money, percent, period_told, share_of

EVEN = (np.arange(10_000) + 0.5) / 10_000
"""Levels of so many equally likely values: what a distribution is drawn from, whether it has trials or not."""
FAR = 2.5
"""A target more than so many times the highest band is said and not drawn: the bands would shrink to lines."""


def _chosen(forecast: Forecast, period: str | int) -> PeriodSummary:
    overall = forecast.summary.overall
    every = {p.label: p for p in (*overall.periods, overall.total)}
    return every[period] if isinstance(period, str) else overall.periods[period]


def _caption(forecast: Forecast) -> str:
    p = forecast.provenance
    name = f"{p.scenario_name} · " if p.scenario_name else ""
    variant = tell("variant {variant} · ", variant=p.variant) if p.variant else ""
    return tell(
        "{name}{variant}as of {as_of} · {how} · {currency}",
        name=name,
        variant=variant,
        as_of=forecast.as_of,
        how=how_made(forecast),
        currency=forecast.currency,
    )


def distribution(forecast: Forecast, period: str | int = 0) -> Figure:
    """Draw the distribution of bookings, with its quantiles, the target, and closed plus weighted pipeline."""
    chosen = _chosen(forecast, period)
    values = forecast.quantiles(EVEN, chosen.label)
    figure, axes = new_figure(tell("Bookings {where}", where=_where(chosen)), _caption(forecast))
    q, target = chosen.bookings.quantiles, chosen.target
    edges = _edges(values, target)
    counts, _ = np.histogram(values, bins=edges)
    share, width = counts / len(values), np.diff(edges)
    reached = np.ones(len(share), bool) if target is None else edges[:-1] >= target - 1e-9 * width[0]
    sides: list[tuple[str, Any, dict[str, Any]]] = [
        ("target reached", reached, {"color": BLUE}),
        ("target missed", ~reached, {"color": SKY, "hatch": "///"}),
    ]
    for name, chosen_bars, look in sides:
        if share[chosen_bars].any():
            axes.bar(edges[:-1][chosen_bars], share[chosen_bars], width[chosen_bars], align="edge", edgecolor="white",
                     linewidth=0.3, label=tell(name) if target is not None else None, **look)  # fmt: skip
    top = float(share.max())
    axes.set_ylim(0, top * 1.3)
    left, right = _limits(float(edges[0]), float(edges[-1]), target)
    axes.set_xlim(left, right)
    labels: list[tuple[float, str, dict[str, object]]] = []
    for level, name in ((0.1, "P10"), (0.5, "P50"), (0.9, "P90")):
        axes.plot([q[level]] * 2, [0, top * 1.04], color=INK, linewidth=1)
        labels.append((q[level], f"{name}\n{money(q[level])}", {}))
    if target is not None and chosen.attainment is not None:
        chance = percent(chosen.attainment.probability, trials_behind(chosen, forecast))
        name = tell("target {target}: {chance} chance", target=money(target), chance=chance)
        within = left <= target <= right
        axes.plot([target] * 2 if within else [], [0, top * 1.04] if within else [], color=ORANGE, linewidth=2.5,
                  zorder=3, label=name)  # fmt: skip
        arrow = "" if within else " →" if target > right else " ←"
        labels.append(
            (
                min(max(target, left), right),
                tell("target\n{target}{arrow}", target=money(target), arrow=arrow),
                {"fontweight": "bold"},
            )
        )
    _mark_weighted(axes, chosen, due=forecast.pipeline.has_close_dates(), within=(left, right))
    axes.yaxis.set_visible(False)
    axes.spines["left"].set_visible(False)
    axes.grid(visible=False)
    money_axis(axes)
    axes.set_xlabel(tell("bookings, {currency}", currency=forecast.currency))
    if axes.get_legend_handles_labels()[0]:
        figure.legend(*axes.get_legend_handles_labels(), loc="outside lower center", ncols=2)
    row_of_labels(axes, labels, top * 1.04, top * 1.12)
    return figure


def _where(chosen: PeriodSummary) -> str:
    return tell("in {period}", period=period_told(chosen.label)) if chosen.label != "total" else tell("in all periods")


def _edges(values: Floats, target: float | None) -> Floats:
    """Bounds of about 60 bars over all but the farthest values; the target is one of them, so that no bar is both."""
    low, high = (float(x) for x in np.quantile(values, [0.001, 0.999]))
    if low == high:
        low, high = low - 1, high + 1
    width = (high - low) / 60
    start = low if target is None or not low < target < high else target - width * np.ceil((target - low) / width)
    return np.asarray(start + width * np.arange(np.ceil((high - start) / width) + 1))


def _limits(low: float, high: float, target: float | None) -> tuple[float, float]:
    """Ends of the x axis: the bars, and the target if it is not so far away that the bars would shrink."""
    span = high - low
    near = target is not None and low - span <= target <= high + span
    ends = (low, high) if target is None or not near else (min(low, target), max(high, target))
    return ends[0] - 0.02 * span, ends[1] + 0.02 * span


def _mark_weighted(axes: Axes, chosen: PeriodSummary, *, due: bool, within: tuple[float, float]) -> None:
    """Mark what a weighted pipeline would have said: closed and weighted, for bookings hold both."""
    closed = chosen.by_origin["closed"].mean
    weighted = chosen.weighted_pipeline_by_close_date if due else chosen.weighted_pipeline
    if weighted <= 0:
        return
    name = tell("weighted pipeline due to close") if due else tell("whole weighted pipeline")
    at = closed + weighted
    text = (
        tell("{name}: {amount}", name=name, amount=money(at))
        if closed == 0
        else tell("closed + {name}: {closed} + {weighted}", name=name, closed=money(closed), weighted=money(weighted))
    )
    shown = [at] if within[0] <= at <= within[1] else []
    text += "" if shown else tell(" (beyond the axis)")
    # an empty line that is not clipped would take room at the corner of the figure
    axes.plot(shown, [0.0] * len(shown), marker="^", markersize=9, color=MUTED, linestyle="none", clip_on=not shown,
              zorder=4, label=text)  # fmt: skip


def exceedance(forecast: Forecast, period: str | int = 0) -> Figure:
    """Draw P(bookings >= x): read the chance of any target off the curve."""
    chosen = _chosen(forecast, period)
    p = np.linspace(0.0005, 0.9995, 1000)
    x = forecast.quantiles(1 - p, chosen.label)
    figure, axes = new_figure(tell("Chance of reaching an amount {where}", where=_where(chosen)), _caption(forecast))
    axes.plot(x, p, color=BLUE, linewidth=2.2)
    q, target = chosen.bookings.quantiles, chosen.target
    left, right = _limits(float(x.min()), float(max(x.max(), x.min() + 1)), target)
    points = [
        (q[level], 1 - level, f"{share_of(1 - level, 0)}: {money(q[level])}", "normal") for level in (0.1, 0.5, 0.9)
    ]
    for at, chance, _, _ in points:
        axes.plot(at, chance, "o", color=BLUE, markersize=6)
    if target is not None and chosen.attainment is not None:
        reached = chosen.attainment.probability
        text = tell(
            "target {target}: {reached}",
            target=money(target),
            reached=percent(reached, trials_behind(chosen, forecast)),
        )
        if left <= target <= right:
            axes.plot([target, target], [0, reached], color=ORANGE, linewidth=2)
            axes.plot([left, target], [reached, reached], color=ORANGE, linewidth=1, linestyle="--")
            axes.plot(target, reached, "D", color=ORANGE, markersize=7, zorder=4)
            points.append((target, reached, text, "bold"))
        else:
            # right above and left below a falling curve there is room
            x_y, side, up = ((0.99, 0.97), "right", "top") if target > right else ((0.01, 0.03), "left", "bottom")
            text = (
                tell("{text}, far beyond the axis →", text=text)
                if target > right
                else tell("← far beyond the axis, {text}", text=text)
            )
            axes.text(*x_y, text, ha=side, va=up, fontweight="bold", transform=axes.transAxes)
    percent_axis(axes)
    axes.set_yticks(np.linspace(0, 1, 6))
    axes.set_ylim(0, 1.13)  # room for the label of a target that is safe
    axes.set_xlim(left, right)
    money_axis(axes)
    axes.set_xlabel(tell("bookings, {currency}", currency=forecast.currency))
    axes.set_ylabel(tell("chance of at least as much"))
    _label_points(figure, axes, points)
    return figure


def _label_points(figure: Figure, axes: Axes, points: Sequence[tuple[float, float, str, str]]) -> None:
    """Label points of a falling curve on its free side, right of and above each; labels are moved up, never onto it."""
    ordered = sorted(points, key=lambda point: point[1])
    texts = [
        axes.annotate(text, (x, y), (9, 5), textcoords="offset points", fontsize=9.5, fontweight=weight, va="bottom")
        for x, y, text, weight in ordered
    ]
    size = extents(figure, texts)
    left, right = axes.get_xlim()
    room = axes.get_window_extent().width
    fits = [
        left + (x - left) * room / (room - 14 - width) for (x, _, _, _), (width, _) in zip(ordered, size, strict=True)
    ]
    axes.set_xlim(left, max(right, *fits))  # so that every label ends inside
    below = -np.inf
    for text, (x, y, _, _), (_, height) in zip(texts, ordered, size, strict=True):
        own = float(axes.transData.transform((x, y))[1])
        placed = max(own + 7, below + 2)
        text.set_position((9, (placed - own) * 72 / figure.dpi))
        below = placed + height


def fan(forecast: Forecast) -> Figure:
    """Draw the periods side by side: bands of 50, 80 and 90 %, median, closed part and targets."""
    periods = forecast.summary.overall.periods
    figure, axes = new_figure(tell("Bookings by period"), _caption(forecast))
    x = np.arange(len(periods))
    half = 0.28
    highest = max(p.bookings.quantiles[0.95] for p in periods)
    for low, high, colour in ((0.05, 0.95, "#cfe3f1"), (0.1, 0.9, "#8dbfe0"), (0.25, 0.75, BLUE)):
        bottom = np.array([p.bookings.quantiles[low] for p in periods])
        top = np.array([p.bookings.quantiles[high] for p in periods])
        axes.bar(
            x,
            top - bottom,
            2 * half,
            bottom,
            color=colour,
            label=tell("{share} of futures", share=share_of(high - low, 0)),
            edgecolor="white",
            linewidth=0.5,
        )
    for i, period in enumerate(periods):
        median = period.bookings.quantiles[0.5]
        axes.plot([i - half, i + half], [median] * 2, color="white", linewidth=2.5, path_effects=outlined(4.5),
                  solid_capstyle="butt", label=tell("median") if i == 0 else None)  # fmt: skip
        axes.text(i + half + 0.1, median, money(median), va="center", fontsize=9.5)
        if period.target is not None and period.attainment is not None and period.target > FAR * highest:
            chance = percent(period.attainment.probability, trials_behind(period, forecast))
            axes.text(
                i,
                1.04 * highest,
                tell("target {target} ↑: {chance}", target=money(period.target), chance=chance),
                ha="center",
                fontsize=9.5,
                fontweight="bold",
            )
        elif period.target is not None and period.attainment is not None:
            axes.plot(
                [i - half - 0.08, i + half + 0.08],
                [period.target] * 2,
                color=ORANGE,
                linewidth=2.5,
                label=None if tell("target") in axes.get_legend_handles_labels()[1] else tell("target"),
            )
            said = percent(period.attainment.probability, trials_behind(period, forecast))
            axes.text(i - half - 0.1, period.target, said,
                      ha="right", va="center", fontsize=9.5, fontweight="bold")  # fmt: skip
        closed = period.by_origin["closed"].mean
        if closed > 0:
            axes.bar(i, closed, 2 * half, color=FAINT, hatch="...", edgecolor=MUTED, linewidth=0.5,
                     label=tell("closed already") if i == 0 else None, zorder=0.5)  # fmt: skip
    axes.set_xticks(x, [period_told(p.label) for p in periods])
    axes.set_xlim(-0.7, len(periods) - 0.3)
    axes.set_ylim(bottom=0)
    if any(period.target is not None and period.target > FAR * highest for period in periods):
        axes.set_ylim(top=max(1.15 * highest, axes.get_ylim()[1]))  # room for what is said of them
    axes.grid(visible=False, axis="x")
    money_axis(axes, "y")
    axes.set_ylabel(tell("bookings, {currency}", currency=forecast.currency))
    handles, labels = axes.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=len(labels) if len(labels) < 5 else 3)
    return figure
