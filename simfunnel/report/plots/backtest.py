"""Plots of a backtest: forecasts against what came, and what the scores say."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from simfunnel.backtesting.results import Backtest
from simfunnel.report.plots.style import (
    BLUE,
    GREEN,
    INK,
    MUTED,
    ORANGE,
    RED,
    SKY,
    date_axis,
    money_axis,
    name_ticks,
    new_figure,
)
from simfunnel.report.words.backtest import method_name, window, windows_of
from simfunnel.wording.language import tell
from simfunnel.wording.numbers import share_of

_BINS = 10
_OFF_SCALE = 3.0
"""Times our own CRPS from which on a bar is cut."""


def fan(r: Backtest) -> Figure:
    """Draw the forecast range of each window against what came."""
    figure, axes = new_figure(
        tell("Forecast {windows} against what came", windows=windows_of(r.days)),
        tell("by the day on which each was forecast; 50, 80 and 90 % ranges"),
    )
    days = np.array([np.datetime64(score.as_of) for score in r.whole])
    q = {level: np.array([score.quantiles[level] for score in r.whole]) for level in r.whole[0].quantiles}
    for low, high, shade in ((0.05, 0.95, 0.16), (0.1, 0.9, 0.22), (0.25, 0.75, 0.3)):
        axes.fill_between(days, q[low], q[high], color=BLUE, alpha=shade, linewidth=0)
    axes.plot(days, q[0.5], color=BLUE, linewidth=1.6, label=tell("median"))
    axes.plot(
        days,
        [score.actual for score in r.whole],
        color=INK,
        linewidth=0,
        marker="o",
        markersize=3.6,
        label=tell("came"),
    )
    rate = [score.rivals["run_rate"].mean for score in r.whole if "run_rate" in score.rivals]
    if len(rate) == len(days):
        axes.plot(days, rate, color=ORANGE, linewidth=1.2, linestyle=(0, (4, 2)), label=tell("run-rate"))
    axes.set_ylim(bottom=0)
    money_axis(axes, "y")
    date_axis(axes)
    axes.set_ylabel(tell("wins") if r.value == "count" else tell("won, {currency}", currency=r.currency))
    axes.legend(loc="best", ncols=3)
    return figure


def pit(r: Backtest) -> Figure:
    """Draw where the actuals fell in their forecasts."""
    p = r.summary.pit_p_value
    figure, axes = new_figure(
        tell("Where actuals fell in their forecasts"),
        tell("flat: right; hump: too wide; bowl: too narrow; slope: biased")
        + ("" if p is None else tell("  ·  p = {p:.2f}, overlap allowed for", p=p)),
    )
    values = [score.pit for score in r.whole]
    share = np.full(len(values), 1 / len(values))
    axes.hist(values, bins=np.linspace(0, 1, _BINS + 1).tolist(), weights=share, color=SKY, edgecolor="white")
    axes.axhline(1 / _BINS, color=INK, linewidth=1.2, linestyle=(0, (4, 2)))
    axes.set_xlim(0, 1)
    axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    axes.set_xlabel(tell("share of the forecast below the actual"))
    axes.set_ylabel(tell("share of {count} origins", count=len(values)))
    return figure


def reliability(r: Backtest) -> Figure:
    """Draw forecast chances of synthetic targets against how often they were attained."""
    figure, axes = new_figure(
        tell("Chances of a target against how often it was attained"),
        tell("targets of 0.8, 1 and 1.2 x a usual window"),
    )
    axes.plot([0, 1], [0, 1], color=MUTED, linewidth=1.0, linestyle=(0, (4, 2)))
    found = [(t.p, float(t.attained)) for score in r.whole for t in score.targets]
    p, attained = (np.array(column) for column in zip(*found, strict=True))
    groups = np.minimum((p * 5).astype(int), 4)
    for g in np.unique(groups):
        of = groups == g
        axes.plot(p[of].mean(), attained[of].mean(), marker="o", color=BLUE, markersize=4 + 9 * np.sqrt(of.mean()))
        axes.annotate(f"{int(of.sum())}", (p[of].mean(), attained[of].mean()), (7, -11), textcoords="offset points",
                      color=MUTED, fontsize=9)  # fmt: skip
    axes.set_xlim(-0.02, 1.02)
    axes.set_ylim(-0.04, 1.04)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    axes.set_xlabel(tell("forecast chance (mean of a fifth of the scale; number of forecasts beside it)"))
    axes.set_ylabel(tell("attained"))
    return figure


def scores(r: Backtest) -> Figure:
    """Draw the CRPS of every method."""
    s = r.summary
    own = method_name("simfunnel")
    found: dict[str, float] = {
        own: s.relative_crps or 0.0,
        **{method_name(n): x.relative_crps for n, x in s.rivals.items()},
    }
    names = sorted(found, key=lambda name: -found[name])
    most = _OFF_SCALE * max(found[own], float(np.median(list(found.values()))))
    figure, axes = new_figure(
        tell("Error of every method"),
        tell("CRPS as a share of what a {window} brought; less is better", window=window(r.days)),
    )
    widths = [min(found[name], most) for name in names]
    axes.barh(range(len(names)), widths, color=[BLUE if name == own else SKY for name in names], height=0.66)
    for i, name in enumerate(names):
        cut = found[name] > most  # its label stands in the bar: beside it there is no room
        axes.annotate(
            share_of(found[name]) + (tell(" (bar cut)") if cut else ""), (widths[i], i), (-4 if cut else 4, 0),
            textcoords="offset points", va="center", ha="right" if cut else "left",
        )  # fmt: skip
    name_ticks(axes, range(len(names)), names)
    axes.xaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    axes.set_xlim(0, 1.12 * max(*widths, 1e-9))
    axes.grid(visible=False, axis="y")
    return figure


def budget(r: Backtest) -> Figure:
    """Draw what the error would be had parts of the future been known."""
    b = r.summary.budget
    assert b is not None
    figure, axes = new_figure(
        tell("What the error is made of"), tell("CRPS of the model had parts of the future been known")
    )
    bars = {
        tell("nothing known"): (b.neither, BLUE), tell("new deals known"): (b.arrivals_known, ORANGE),
        tell("hazards known"): (b.hazards_known, GREEN), tell("both known:\nluck of deals"): (b.both, RED),
    }  # fmt: skip
    names = list(bars)[::-1]
    axes.barh(range(4), [bars[n][0] for n in names], color=[bars[n][1] for n in names], height=0.62)
    for i, name in enumerate(names):
        axes.annotate(share_of(bars[name][0]), (bars[name][0], i), (4, 0), textcoords="offset points", va="center")
    name_ticks(axes, range(4), names)
    axes.xaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    axes.set_xlim(0, 1.12 * max(1e-9, *(value for value, _ in bars.values())))
    axes.grid(visible=False, axis="y")
    return figure
