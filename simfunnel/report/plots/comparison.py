"""Plots of a comparison: forecasts side by side, and the waterfall between two dates."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import PurePath

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from simfunnel.planning.compare.compare import Comparison
from simfunnel.planning.compare.waterfall import Waterfall
from simfunnel.report.plots.planning import caption
from simfunnel.report.plots.style import BLUE, GREEN, INK, MUTED, ORANGE, RED, SKY, money_axis, name_ticks, new_figure
from simfunnel.report.words.changes import in_period
from simfunnel.report.words.compared import short_names
from simfunnel.report.words.forecast import how_made
from simfunnel.report.words.reached import trials_behind
from simfunnel.wording.language import joined, tell
from simfunnel.wording.numbers import money, percent, period_told


def comparison_figures(result: Comparison) -> dict[str, Callable[[], Figure]]:
    """Give file name -> what draws the picture; waterfalls are numbered where there are several."""
    figures: dict[str, Callable[[], Figure]] = {"comparison": partial(side_by_side, result)}
    found = [other for other in result.others if other.waterfall is not None]
    for i, other in enumerate(found):
        name = "waterfall" if len(found) == 1 else f"waterfall_{i + 1}"
        if other.waterfall is not None:
            figures[name] = partial(waterfall_plot, other.waterfall, result)
    return figures


def side_by_side(result: Comparison) -> Figure:
    """Draw the first period of every forecast: range of 8 in 10 futures, median, target and P(attain)."""
    label = result.base_periods[0].label
    sides = [(result.name, result.base), *((other.name, other.forecast) for other in result.others)]
    sides = [(name, f) for name, f in sides if label in [p.label for p in f.periods]]
    n = len(sides)
    names = short_names(result)
    dated = len({forecast.as_of for _, forecast in sides}) > 1
    figure, axes = new_figure(
        tell("Bookings {where}", where=in_period(label)), _resting_on(result), (9.0, 1.9 + 0.6 * n)
    )
    y = np.arange(n)[::-1]
    periods = [next(p for p in f.summary.overall.periods if p.label == label) for _, f in sides]
    top = max(max(p.bookings.quantiles[0.9], p.target or 0.0) for p in periods) or 1.0
    for i, ((_, forecast), period) in enumerate(zip(sides, periods, strict=True)):
        q = period.bookings.quantiles
        axes.barh(y[i], q[0.9] - q[0.1], 0.5, left=q[0.1], color=SKY, label=tell("8 in 10 futures") if i == 0 else None)
        axes.plot(
            [q[0.5]] * 2, [y[i] - 0.25, y[i] + 0.25], color=BLUE, linewidth=3, label=tell("median") if i == 0 else None
        )
        if period.target is not None and period.attainment is not None:
            drawn = tell("target") in axes.get_legend_handles_labels()[1]
            axes.plot([period.target] * 2, [y[i] - 0.32, y[i] + 0.32], color=ORANGE, linewidth=3,
                      label=None if drawn else tell("target"))  # fmt: skip
            reached = percent(period.attainment.probability, trials_behind(period, forecast))
            axes.text(1.03 * top, y[i], reached, va="center", fontweight="bold")  # fmt: skip
    name_ticks(
        axes,
        y,
        [
            _short(names[name]) + (tell("\nas of {as_of}", as_of=forecast.as_of) if dated else "")
            for name, forecast in sides
        ],
    )
    axes.set_xlim(0, 1.13 * top)
    axes.set_ylim(-0.6, n - 0.4)
    axes.grid(visible=False, axis="y")
    money_axis(axes)
    axes.set_xlabel(tell("bookings, {currency}; P(attain) on the right", currency=result.base.currency))
    figure.legend(loc="outside lower center", ncols=3)
    return figure


def _resting_on(result: Comparison) -> str:
    """Say what all the forecasts of a picture have in common; each has its own date beside it where dates differ."""
    others = [other.forecast for other in result.others]
    names = {f.provenance.scenario_name for f in (result.base, *others)}
    if len(names) == 1 and all(other.as_of == result.base.as_of for other in others):
        return caption(result.base)
    name = result.base.provenance.scenario_name if len(names) == 1 else ""
    trials = {f.trials for f in (result.base, *others)}
    parts = [name, how_made(result.base) if len(trials) == 1 else "", result.base.currency]
    return joined([part for part in parts if part], " · ")


def waterfall_plot(steps: Waterfall, result: Comparison) -> Figure:
    """Draw how the mean got from the one date to the other, cause by cause."""
    first, last = (f.as_of for f in (steps.states[0], steps.states[-1]))
    figure, axes = new_figure(
        tell("Why the forecast of {period} moved", period=period_told(steps.period)), _when(steps, result), (11.0, 5.2)
    )
    before = steps.forecast.done_before + steps.forecast.estimate_before
    after = steps.forecast.done_after + steps.forecast.estimate_after
    moved = [step for step in steps.steps if step.mean.mean != 0]  # a step of nothing would be a stray mark
    change = np.array([step.mean.mean for step in moved])
    level = before + np.concatenate([[0.0], np.cumsum(change)])
    n = len(change)
    axes.bar([0, n + 1], [before, after], 0.66, color=BLUE)
    low, high = np.minimum(level[:-1], level[1:]), np.maximum(level[:-1], level[1:])
    axes.bar(np.arange(1, n + 1), high - low, 0.66, bottom=low, color=[GREEN if c >= 0 else RED for c in change])
    for i in range(n + 1):
        axes.plot([i - 0.33, i + 1.33], [level[i]] * 2, color=INK, linewidth=0.7)
    bottom, top = float(level.min()), float(level.max())
    span = max(top - bottom, 0.02 * top, 1.0)
    start = max(0.0, bottom - 0.6 * span)
    if start < 0.25 * top:
        start = 0.0
    for i, c in enumerate(change):
        sign = "+" if c > 0 else "-" if c < 0 else ""
        axes.text(i + 1, high[i] + 0.02 * (top - start), f"{sign}{money(abs(c))}", ha="center", fontsize=9.5)
    for x, value in ((0, before), (n + 1, after)):
        axes.text(x, value + 0.02 * (top - start), money(value), ha="center", fontweight="bold")
    names = [_wrapped(tell(step.cause)) for step in moved]
    name_ticks(
        axes,
        np.arange(n + 2),
        [tell("as of\n{day}", day=first), *names, tell("as of\n{day}", day=last)],
        "x",
        fontsize=8.5,
    )
    axes.set_ylim(start, top + 0.1 * (top - start))
    _target_line(axes, steps, result)
    if unmoved := [tell(step.cause) for step in steps.steps if step.mean.mean == 0]:
        axes.set_xlabel(tell("no change by: {causes}", causes=joined(unmoved)), fontsize=9, color=MUTED)
    axes.grid(visible=False, axis="x")
    money_axis(axes, "y")
    axes.set_ylabel(
        tell("mean bookings, {currency}", currency=result.base.currency)
        + (tell(" (axis does not start at 0)") if start else "")
    )
    return figure


def _target_line(axes: Axes, steps: Waterfall, result: Comparison) -> None:
    """Draw the target where it lies among the bars; none where it changed in between."""
    other = next(other for other in result.others if other.waterfall is steps)
    found = {p.target for p in (*result.base_periods, *other.periods) if p.label == steps.period}
    target = found.pop() if len(found) == 1 else None
    low, high = axes.get_ylim()
    if target is not None and low < target < high:
        axes.axhline(target, color=ORANGE, linewidth=1.5, linestyle="--", zorder=0.5)
        axes.annotate(
            tell("target\n{target}", target=money(target)),
            (1.0, target),
            (4, 0),
            xycoords=("axes fraction", "data"),
            textcoords="offset points",
            va="center",
            fontsize=9,
        )


def _when(steps: Waterfall, result: Comparison) -> str:
    name = result.base.provenance.scenario_name
    start = f"{name} · " if name else ""
    return tell(
        "{start}{days} days · {trials:,} trials · {currency}",
        start=start,
        days=steps.days,
        trials=result.base.trials,
        currency=result.base.currency,
    )


def _wrapped(cause: str) -> str:
    return cause.replace(" ", "\n")


def _short(name: str) -> str:
    """Show the end of a long path."""
    return name if len(name) <= 28 else "…/" + "/".join(PurePath(name).parts[-2:])[-26:]
