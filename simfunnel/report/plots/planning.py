"""Plots of plans: what the levers are worth."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from simfunnel.forecast.estimates import Z95
from simfunnel.forecast.forecast import Forecast
from simfunnel.planning.levers import Levers
from simfunnel.report.plots.style import BLUE, INK, ORANGE, money_axis, new_figure
from simfunnel.report.wording import money, percent


def caption(forecast: Forecast) -> str:
    """Say what a picture rests on."""
    p = forecast.provenance
    parts = [p.scenario_name, f"variant {p.variant}" if p.variant else "", f"as of {forecast.as_of}",
             f"{p.trials:,} trials", forecast.currency]  # fmt: skip
    return " · ".join(part for part in parts if part)


def lever_bars(result: Levers) -> Figure:
    """Draw what each lever adds to the mean, with P(attain) beside it."""
    n = len(result.levers)
    figure, axes = new_figure(
        f"What the levers are worth in {result.goal.period}", caption(result.base), (9.0, 1.8 + 0.62 * n)
    )
    y = np.arange(n)[::-1]
    gain = np.array([lever.difference.mean.mean for lever in result.levers])
    error = np.array([Z95 * lever.difference.mean.stderr for lever in result.levers])
    colours = [ORANGE if lever.name == "all" else BLUE for lever in result.levers]
    axes.barh(y, gain, 0.62, color=colours, xerr=error, ecolor=INK, capsize=3)
    reach = float(np.max(np.abs(gain) + error)) or 1.0
    for i, lever in enumerate(result.levers):
        text = "nothing to act on" if lever.idle else f"{'+' if gain[i] >= 0 else '-'}{money(abs(gain[i]))}"
        if lever.p_attain is not None and result.p_attain is not None and not lever.idle:
            now, then = (percent(p, result.base.trials) for p in (result.p_attain.mean, lever.p_attain))
            text += f"   P {now} → {then}"
        axes.text(max(gain[i], 0.0) + error[i] + 0.02 * reach, y[i], text, va="center", fontsize=9.5)
    axes.set_yticks(y, [f"{lever.title}\n{lever.change}" for lever in result.levers])
    axes.set_xlim(min(0.0, 1.1 * float((gain - error).min())), 1.42 * reach)
    axes.grid(visible=False, axis="y")
    money_axis(axes)
    axes.set_xlabel(f"change of mean bookings, {result.base.currency} (95 % intervals of the difference)")
    return figure
