"""A forecast as data frames."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from simfunnel.forecast.summary import GroupSummary, PeriodSummary, Summary

if TYPE_CHECKING:
    from simfunnel.forecast.forecast import Forecast


def _row(dimension: str, label: str, period: PeriodSummary) -> dict[str, Any]:
    b, a = period.bookings, period.attainment
    row: dict[str, Any] = {
        "dimension": dimension, "group": label, "period": period.label, "start": period.start, "end": period.end,
        "mean": b.mean, "stderr": b.stderr, "sd": b.sd,
        **{f"p{100 * q:g}": value for q, value in b.quantiles.items()},
        **{f"mean_{origin}": e.mean for origin, e in period.by_origin.items()},
        "mean_wins": period.wins.mean,
        "mean_cash": None if period.cash is None else period.cash.mean,
        "target": period.target,
        "p_attain": a.probability if a else None,
        "p_attain_low": a.interval[0] if a else None,
        "p_attain_high": a.interval[1] if a else None,
        "mean_shortfall": a.mean_shortfall if a else None,
        "open_pipeline": period.open_pipeline,
        "weighted_pipeline": period.weighted_pipeline,
        "weighted_pipeline_by_close_date": period.weighted_pipeline_by_close_date,
        "coverage": period.coverage,
    }  # fmt: skip
    return row


def summary_frame(summary: Summary) -> pd.DataFrame:
    """One row for each group and period; the group of everything has empty labels."""

    def rows(dimension: str, label: str, group: GroupSummary) -> list[dict[str, Any]]:
        return [_row(dimension, label, period) for period in (*group.periods, group.total)]

    every = rows("", "", summary.overall)
    for dimension, labels in summary.groups.items():
        for label, group in labels.items():
            every += rows(dimension, label, group)
    return pd.DataFrame(every)


def samples_frame(forecast: Forecast) -> pd.DataFrame:
    """One row for each trial and period: bookings by origin in major units, wins, and cash if there is any."""
    s, unit, n = forecast.samples, forecast.minor_units, forecast.trials
    frames = []
    for k, period in enumerate(forecast.periods):
        closed = s.closed[0, k] / unit
        columns: dict[str, Any] = {
            "trial": np.arange(n),
            "period": period.label,
            "closed": np.full(n, closed),
            "open": s.open[0, k] / unit,
            "new": s.new[0, k] / unit,
            "bookings": (s.closed[0, k] + s.open[0, k] + s.new[0, k]) / unit,
            "wins": s.wins[0, k] + s.closed_wins[0, k],
        }
        if s.cash is not None:
            columns["cash"] = s.cash[0, k] / unit
        frames.append(pd.DataFrame(columns))
    return pd.concat(frames, ignore_index=True)
