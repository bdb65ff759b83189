"""The picture of open deals: age against chance."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from simfunnel.diagnosis.health.results import Health
from simfunnel.report.plots.style import BLUE, ORANGE, RED, new_figure, percent_axis

_LARGEST, _SMALLEST = 420.0, 10.0


def ages(r: Health) -> Figure:
    """Draw the age in stage of every deal against its chance, sized by amount."""
    known = [deal for deal in r.deals if deal.days_in_stage is not None]
    title = "Open deals: days in stage against the chance to be won"
    without = len(r.deals) - len(known)
    about = f"within {r.periods[0]}" + (f" to {r.periods[-1]}" if len(r.periods) > 1 else "")
    about += "; the area of a point is its amount"
    about += f"; {without:,} without a known time in stage not drawn" if without else ""
    figure, axes = new_figure(title, about)
    largest = max((deal.amount for deal in known), default=1.0) or 1.0
    kinds = {
        "nothing against it": ([d for d in known if not d.flags], BLUE),
        "doubtful": ([d for d in known if d.flags and not d.drop], ORANGE),
        "drop or qualify again": ([d for d in known if d.drop], RED),
    }
    for name, (deals, colour) in kinds.items():
        if deals:
            axes.scatter(
                [max(d.days_in_stage or 0.0, 0.5) for d in deals], [d.p_win for d in deals],
                s=[_SMALLEST + _LARGEST * d.amount / largest for d in deals], color=colour, alpha=0.5, linewidth=0,
                label=f"{name} ({len(deals):,})",
            )  # fmt: skip
    days = np.array([max(d.days_in_stage or 0.0, 0.5) for d in known])
    if len(days) and days.max() > 20 * np.median(days):
        axes.set_xscale("log")
        axes.xaxis.set_major_formatter(FuncFormatter(lambda v, _: f"{v:g}"))
    percent_axis(axes)
    axes.set_xlabel("days in stage")
    axes.set_ylabel("P(won)")
    axes.legend(loc="best", markerscale=0.8)
    return figure
