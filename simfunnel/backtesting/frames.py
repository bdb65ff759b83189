"""Forecasts as other libraries of forecasts read them."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from simfunnel.backtesting.results import Backtest

if TYPE_CHECKING:
    import pandas as pd


def long_frame(result: Backtest) -> pd.DataFrame:
    """One row for each window: unique_id, cutoff, ds, y, and a column for each method with its 80 % interval."""
    import pandas as pd

    rows = []
    for score in result.origins:
        row: dict[str, Any] = {
            "unique_id": "total" if score.group is None else "/".join(score.group),
            "cutoff": pd.Timestamp(score.as_of - dt.timedelta(days=1)),  # the last day that was known
            "ds": pd.Timestamp(score.as_of + dt.timedelta(days=score.days - 1)),
            "y": score.actual,
            "simfunnel": score.mean,
            "simfunnel-lo-80": score.quantiles[0.1],
            "simfunnel-hi-80": score.quantiles[0.9],
        }
        for name, rival in score.rivals.items():
            row[name] = rival.mean
            if rival.quantiles is not None and {0.1, 0.9} <= rival.quantiles.keys():
                row |= {f"{name}-lo-80": rival.quantiles[0.1], f"{name}-hi-80": rival.quantiles[0.9]}
        rows.append(row)
    return pd.DataFrame(rows)
