"""Trials as a data frame."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from simfunnel.forecast.forecast import Forecast


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
