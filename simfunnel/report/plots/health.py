"""The picture of open deals: age against chance."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from simfunnel.diagnosis.health.results import Health
from simfunnel.report.plots.style import BLUE, ORANGE, RED, new_figure, percent_axis
from simfunnel.wording.language import tell
from simfunnel.wording.numbers import period_told

_LARGEST, _SMALLEST = 420.0, 10.0


def ages(r: Health) -> Figure:
    """Draw the age in stage of every deal against its chance, sized by amount."""
    known = [deal for deal in r.deals if deal.days_in_stage is not None]
    title = tell("Open deals: days in stage against the chance to be won")
    without = len(r.deals) - len(known)
    first, last = period_told(r.periods[0]), period_told(r.periods[-1])
    span = first if len(r.periods) == 1 else tell("{first} to {last}", first=first, last=last)
    about = tell("within {period}", period=span)
    about += tell("; the area of a point is its amount")
    about += tell("; {without:,} without a known time in stage not drawn", without=without) if without else ""
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
                label=tell("{what} ({count:,})", what=tell(name), count=len(deals)),
            )  # fmt: skip
    days = np.array([max(d.days_in_stage or 0.0, 0.5) for d in known])
    if len(days) and days.max() > 20 * np.median(days):
        axes.set_xscale("log")
        axes.xaxis.set_major_formatter(FuncFormatter(lambda v, _: f"{v:g}"))
    percent_axis(axes)
    axes.set_xlabel(tell("days in stage"))
    axes.set_ylabel(tell("P(win)"))
    axes.legend(loc="best", markerscale=0.8)
    return figure
