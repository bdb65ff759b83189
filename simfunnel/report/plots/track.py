"""Kept forecasts of one period as it neared its end, with what came."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from simfunnel.record.track import TrackRecord
from simfunnel.report.plots.style import BLUE, GREEN, INK, ORANGE, date_axis, money_axis, new_figure
from simfunnel.wording.language import tell
from simfunnel.wording.numbers import period_told


def period_shown(r: TrackRecord) -> str | None:
    """The period with the most forecasts, of those that are over if there are any; of equal ones the latest."""
    rows = [row for row in r.of() if row.actual is not None] or list(r.of())
    if not rows:
        return None
    counts: dict[str, int] = {}
    for row in rows:
        counts[row.period] = counts.get(row.period, 0) + 1
    most = max(counts.values())
    return [period for period, count in counts.items() if count == most][-1]


def nearing(r: TrackRecord, period: str) -> Figure:
    """Draw range, median, weighted pipeline, target and actual, by the day the forecasts were made of."""
    rows = sorted((row for row in r.of() if row.period == period), key=lambda row: row.as_of)
    rows = list({row.as_of: row for row in rows}.values())
    figure, axes = new_figure(
        tell("What was said of {period} as it neared its end", period=period_told(period)),
        tell("by the day of each forecast; 50, 80 and 90 % ranges"),
    )
    days = np.array([np.datetime64(row.as_of) for row in rows])
    q = {level: np.array([row.quantiles[level] for row in rows]) for level in rows[0].quantiles}
    for low, high, shade in ((0.05, 0.95, 0.16), (0.1, 0.9, 0.22), (0.25, 0.75, 0.3)):
        axes.fill_between(days, q[low], q[high], color=BLUE, alpha=shade, linewidth=0)
    axes.plot(days, q[0.5], color=BLUE, linewidth=1.6, marker="o", markersize=3.6, label=tell("median"))
    weighted = [row.rivals["weighted"].mean if "weighted" in row.rivals else np.nan for row in rows]
    if not np.isnan(weighted).all():
        axes.plot(days, weighted, color=ORANGE, linewidth=1.2, linestyle=(0, (4, 2)), label=tell("weighted pipeline"))
    if rows[-1].target is not None:
        axes.axhline(rows[-1].target, color=GREEN, linewidth=1.2, linestyle=(0, (1, 2)), label=tell("target"))
    if rows[-1].actual is not None:
        axes.axhline(rows[-1].actual, color=INK, linewidth=1.6, label=tell("came"))
    axes.set_ylim(bottom=0)
    money_axis(axes, "y")
    date_axis(axes)
    axes.set_ylabel(tell("won in {period}, {currency}", period=period_told(period), currency=r.currency))
    axes.legend(loc="best", ncols=2)
    return figure
