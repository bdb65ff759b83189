"""Plots of stress tests: tornado, heat map of P(attain), break-evens, must-close list, the parts of the variance."""

from __future__ import annotations

import math

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator, PercentFormatter

from simfunnel.planning.stress.grid import Grid
from simfunnel.planning.stress.stress import Stress
from simfunnel.planning.stress.variance import PARTS, TITLES
from simfunnel.report.console.stress import even_text
from simfunnel.report.plots.labels import extents, outlined, row_of_labels
from simfunnel.report.plots.planning import caption
from simfunnel.report.plots.style import (
    BLUE,
    FAINT,
    GREEN,
    INK,
    MUTED,
    ORANGE,
    SKY,
    money_axis,
    name_ticks,
    needs_cjk,
    new_figure,
)
from simfunnel.report.words.assumptions import change, name_of
from simfunnel.report.words.changes import money_change
from simfunnel.report.words.deals import deal_titles, fitted
from simfunnel.wording.language import tell, term
from simfunnel.wording.numbers import capitalized, money, percent, period_told, share_of

SHOWN_BARS = 24
SHOWN_DEALS = 15
NAME = 32
"""Characters of the name of a deal."""
NARROW = 0.05
"""A share of the variance whose bar is too narrow for its name."""


def tornado(result: Stress) -> Figure:
    """Draw what each assumption moved down and up does to P(attain), or to the mean where there is no target."""
    bars = result.tornado[:SHOWN_BARS]
    # where no trial reaches the target, or every one does, P(attain) says nothing and money does
    n, p = len(bars), result.p_attain if any(bar.swing[0] > 0 for bar in bars) else None
    what = (
        tell("mean bookings") if p is None else tell("the chance of {target}", target=money(result.goal.target or 0.0))
    )
    figure, axes = new_figure(
        tell("What moves {what} in {period}", what=what, period=period_told(result.goal.period)),
        caption(result.base),
        (9.5, 2.0 + 0.36 * max(n, 3)),
    )
    axes.grid(visible=False, axis="y")
    if not n:
        axes.text(0.5, 0.5, tell("nothing to move"), ha="center", transform=axes.transAxes)
        return figure
    y = np.arange(n)[::-1]
    centre = result.mean.mean if p is None else p.mean
    low = np.array([bar.mean_low if p is None or bar.p_low is None else bar.p_low for bar in bars])
    high = np.array([bar.mean_high if p is None or bar.p_high is None else bar.p_high for bar in bars])
    axes.barh(y, low - centre, 0.68, left=centre, color=ORANGE, label=tell("assumption down"))
    axes.barh(y, high - centre, 0.68, left=centre, color=BLUE, label=tell("assumption up"))
    axes.axvline(centre, color=INK, linewidth=1)
    left, right = np.minimum(np.minimum(low, high), centre), np.maximum(np.maximum(low, high), centre)
    pad = 0.012 * float(max(right.max() - left.min(), 1e-9))
    for i, bar in enumerate(bars):
        a = bar.assumption
        ends = sorted([(low[i], change(a.operation, a.low)), (high[i], change(a.operation, a.high))])
        if bar.idle:
            continue
        axes.text(left[i] - pad, y[i], _end(ends[0], money_only=p is None), ha="right", va="center", fontsize=8.5)
        axes.text(right[i] + pad, y[i], _end(ends[1], money_only=p is None), ha="left", va="center", fontsize=8.5)
    reach = float(right.max() - left.min())
    axes.set_xlim(float(left.min()) - 0.24 * reach, float(right.max()) + 0.24 * reach)
    name_ticks(axes, y, [name_of(bar.assumption.path) for bar in bars])
    axes.set_ylim(-0.7, n - 0.3)
    if p is None:
        money_axis(axes)
    else:
        # steps of 1, 2 or 5: a tick at 2.5 % would need a decimal, and get one only where all are that near
        axes.xaxis.set_major_locator(MaxNLocator(nbins=9, steps=[1, 2, 5, 10]))
        axes.set_xticks([tick for tick in axes.get_xticks() if -1e-9 <= tick <= 1 + 1e-9])
        axes.xaxis.set_major_formatter(FuncFormatter(lambda v, _: f"{100 * v:.4g}%"))
    axes.set_xlabel(tell("mean bookings") if p is None else tell("P(attain); now {p}", p=percent(p.mean)))
    figure.legend(loc="outside lower center", ncols=2)
    return figure


def _end(end: tuple[float, str], *, money_only: bool) -> str:
    value, moved = end
    return f"{money(value) if money_only else percent(float(value))}  ({moved})"


def heat_map(result: Stress, grid: Grid) -> Figure:
    """Draw P(attain) over two assumptions, with the lines of equal chance and where the forecast is now."""
    figure, axes = new_figure(
        tell(
            "Chance of {target} in {period}",
            target=money(result.goal.target or 0.0),
            period=period_told(result.goal.period),
        ),
        caption(result.base, tell("{trials:,} trials in each cell", trials=grid.trials)),
        (8.6, 6.6),
    )
    x, y = np.array(grid.columns.values), np.array(grid.rows.values)
    axes.grid(visible=False)
    drawn = axes.pcolormesh(x, y, grid.p_attain, cmap="cividis", vmin=0, vmax=1, shading="nearest")
    lowest, highest = float(grid.p_attain.min()), float(grid.p_attain.max())
    levels = [level for level in (0.1, 0.25, 0.5, 0.75, 0.9) if lowest < level < highest]
    if levels:
        lines = axes.contour(
            x, y, grid.p_attain, levels, colors="white", linewidths=[2 if v == 0.5 else 1 for v in levels]
        )
        for label in axes.clabel(lines, fmt=lambda level: share_of(level, 0), fontsize=9.5):
            label.set_path_effects(outlined())
    if x.min() <= 1 <= x.max() and y.min() <= 1 <= y.max():
        axes.plot(1, 1, "o", color="none", markeredgecolor=INK, markeredgewidth=3.5, markersize=11)
        axes.plot(1, 1, "o", color="none", markeredgecolor="white", markeredgewidth=1.5, markersize=11)
        axes.annotate(tell("now"), (1, 1), (9, 9), textcoords="offset points", color="white", fontweight="bold",
                      path_effects=outlined())  # fmt: skip
    if not levels:
        least, most = (percent(p, grid.trials) for p in (lowest, highest))
        text = (
            tell("{least} everywhere", least=least)
            if least == most
            else tell("everywhere between {least} and {most}", least=least, most=most)
        )
        axes.text(0.5, 0.9, text, ha="center", transform=axes.transAxes, fontsize=12,
                  bbox={"fc": "white", "ec": MUTED, "pad": 6})  # fmt: skip
    times = FuncFormatter(lambda v, _: f"x {v:g}")
    axes.xaxis.set_major_formatter(times)
    axes.yaxis.set_major_formatter(times)
    axes.set_xlabel(axis_name(grid.columns.path))
    axes.set_ylabel(axis_name(grid.rows.path))
    bar = figure.colorbar(drawn, ax=axes, format=PercentFormatter(1.0, decimals=0))
    bar.set_label(tell("P(attain)"))
    return figure


def axis_name(path: str) -> str:
    """Name an assumption on an axis."""
    return capitalized(name_of(path))


def break_even_plot(result: Stress) -> Figure:
    """Draw how far each assumption may get worse, or must get better, for P(attain) to come to the threshold."""
    # the least room first; what needs no break-even, or has none, last
    evens = sorted(result.break_even, key=lambda even: math.inf if even.value is None else abs(math.log(even.value)))
    evens = evens[:SHOWN_BARS]
    n = len(evens)
    worse = evens[0].worse
    question = tell("may get worse, alone, before") if worse else tell("must get better, alone, until")
    figure, axes = new_figure(
        tell(
            "How far each assumption {question} P(attain) = {threshold}",
            question=question,
            threshold=percent(result.threshold),
        ),
        caption(result.base),
        (9.5, 2.0 + 0.36 * max(n, 3)),
    )
    y = np.arange(n)[::-1]
    values = [even.value if even.value is not None else None for even in evens]
    known = [value for value in values if value is not None]
    low = min([1.0, *known])
    high = max([1.0, *known])
    edge = 0.06 * max(high - low, 0.1)
    for i, even in enumerate(evens):
        if even.value is not None:
            axes.barh(y[i], even.value - 1, 0.62, left=1, color=GREEN if worse else ORANGE)
        # an end of an interval that lies beyond what was considered lies beyond the picture
        ends = (None, None) if even.interval is None else even.interval
        line = [low - edge if ends[0] is None else ends[0], high + edge if ends[1] is None else ends[1]]
        if even.interval is not None:
            axes.plot(np.clip(line, low - edge, high + edge), [y[i], y[i]], color=INK, linewidth=1.2)
        side = -1 if even.value is not None and even.value < 1 else 1
        at = 1.0 if even.interval is None else float(np.clip(line[0 if side < 0 else 1], low - edge, high + edge))
        axes.text(at + 0.25 * side * edge, y[i], even_text(even), va="center", ha="right" if side < 0 else "left",
                  fontsize=9, color=INK if even.value is not None else MUTED)  # fmt: skip
    names = {bar.assumption.path: name_of(bar.assumption.path) for bar in result.tornado}
    axes.axvline(1, color=INK, linewidth=1)
    name_ticks(axes, y, [names[even.path] for even in evens])
    axes.set_xlim(low - 4 * edge, high + 4 * edge)
    axes.set_ylim(-0.7, n - 0.3)
    axes.grid(visible=False, axis="y")
    axes.xaxis.set_major_formatter(FuncFormatter(lambda v, _: f"x {v:g}"))
    said = tell("long bar: room to spare") if worse else tell("short bar: little is missing")
    axes.set_xlabel(tell("factor on the assumption; {said} (lines: 95 % intervals)", said=said))
    return figure


def must_close_plot(result: Stress) -> Figure:
    """Draw the deals whose loss costs the most P(attain), or money where there is no target."""
    deals = [deal for deal in result.must_close if deal.p_win > 0][:SHOWN_DEALS]
    n = len(deals)
    figure, axes = new_figure(
        tell("Deals whose loss costs most in {period}", period=period_told(result.goal.period)),
        caption(result.base),
        (9.5, 1.8 + 0.36 * max(n, 3)),
    )
    axes.grid(visible=False, axis="y")
    y = np.arange(n)[::-1]
    with_target = any(deal.delta_p is not None and deal.delta_p.mean < 0 for deal in deals)
    cost = np.array(
        [-100 * deal.delta_p.mean if with_target and deal.delta_p else -deal.delta_mean.mean for deal in deals]
    )
    axes.barh(y, cost, 0.66, color=BLUE)
    reach = float(cost.max(initial=0.0)) or 1.0
    said = []
    for i, deal in enumerate(deals):
        text = tell(
            "{amount}, P(win) {p_win}, {stage}",
            amount=money(deal.amount),
            p_win=percent(deal.p_win),
            stage=fitted(deal.stage, 24),
        )
        lead = tell("{cost:.1f} points · ", cost=cost[i]) if with_target else f"{money_change(deal.delta_mean.mean)} · "
        said.append(axes.text(cost[i] + 0.01 * reach, y[i], lead + text, va="center", fontsize=8.5))
    titles = zip(deal_titles(deals, NAME, always_id=False, among=result.must_close), deals, strict=True)
    name_ticks(axes, y, [f"{title}{f' · {deal.owner}' if deal.owner else ''}" for title, deal in titles])
    axes.set_xlim(0, 4 * reach)  # room for the texts, which would push the picture aside while it is measured
    widths = np.array([width for width, _ in extents(figure, said)])
    room = np.maximum(1 - (widths + 10) / axes.get_window_extent().width, 0.2)  # share of the axis left for the bar
    axes.set_xlim(0, float((np.maximum(cost, 0.01 * reach) / room).max(initial=reach)))
    if with_target:
        axes.xaxis.set_major_formatter(FuncFormatter(lambda v, _: f"{v:g}"))
        axes.set_xlabel(tell("percentage points of P(attain) lost with the deal"))
    else:
        money_axis(axes)
        axes.set_xlabel(tell("mean bookings lost with the deal"))
    return figure


def variance_bar(result: Stress) -> Figure:
    """Draw where the variance of the bookings comes from, and which deals, owners and segments carry it."""
    rows = [("cause", [(str(tell(TITLES[name])), max(result.variance.share(name), 0.0)) for name in PARTS])]
    for dimension, shares in result.concentration.items():
        named = [(share.name, share.share) for share in shares]
        if dimension == "deal":
            news, named = named[-1:], named[:-1]
            top = named[:10]
            rest = sum(share for _, share in named[10:])
            named = [(tell("10 largest"), sum(share for _, share in top)), (tell("other open deals"), rest)]
            named += [(term(name), share) for name, share in news]
        else:
            kept = [(name, share) for name, share in named[:5] if share > NARROW]
            rest = 1.0 - sum(share for _, share in kept)
            named = [*kept, (tell("others"), rest)] if len(kept) < len(named) else named
        if len(named) > 1:
            rows.append((dimension, named))
    figure, axes = new_figure(
        tell(
            "Where the spread of {period} comes from: standard deviation {sd}",
            period=period_told(result.goal.period),
            sd=money(result.variance.sd),
        ),
        caption(result.base),
        (9.5, 1.6 + 0.85 * len(rows)),
    )
    colours = (BLUE, ORANGE, SKY, GREEN, "#CC79A7", FAINT)
    above: list[tuple[float, list[tuple[float, str]]]] = []
    for i, (_, parts) in enumerate(rows):
        at, y = 0.0, len(rows) - 1 - i
        narrow: list[tuple[float, str]] = []
        for j, (name, share) in enumerate(parts):
            axes.barh(y, share, 0.6, left=at, color=colours[j % len(colours)], edgecolor="white")
            ink = "white" if colours[j % len(colours)] in (BLUE, GREEN) else INK
            label = f"{_short(name, share)}\n{share_of(share, 0)}"
            if share > NARROW and label.count("\n") <= 3:
                axes.text(at + share / 2, y, label, ha="center", va="center", fontsize=8, color=ink)
            elif share > 0.005:  # too narrow for its name, which stands above
                narrow.append((at + share / 2, f"{name} {share_of(share, 0)}"))
            at += share
        above.append((y + 0.3, narrow))
    name_ticks(axes, range(len(rows)), [tell("by {dimension}", dimension=term(name)) for name, _ in reversed(rows)])
    axes.grid(visible=False, axis="y")
    axes.set_xlim(0, 1)
    axes.xaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    axes.set_xlabel(tell("share of the variance"))
    axes.set_ylim(-0.5, len(rows) - 0.35)
    for foot, narrow in above:
        row_of_labels(axes, [(x, name, {"fontsize": 8}) for x, name in narrow], foot, foot + 0.06)
    return figure


def _short(name: str, share: float) -> str:
    """Break a name into lines that fit its bar."""
    room = max(6, int(share * 120))
    if needs_cjk([name]):  # it may be broken between any two characters, each twice as wide
        return "\n".join(name[i : i + room // 2] for i in range(0, len(name), room // 2))
    lines: list[str] = []
    for word in name.split():
        if lines and len(lines[-1]) + len(word) < room:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return "\n".join(lines)
