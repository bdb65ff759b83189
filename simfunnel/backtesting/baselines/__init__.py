"""Forecasts that need no model: what any other must beat."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from simfunnel.arrays import Floats
from simfunnel.backtesting.baselines.pipeline import owner, same_point, same_point_spread, weighted
from simfunnel.backtesting.baselines.run_rates import run_rate, run_rate_spread, seasonal
from simfunnel.backtesting.baselines.two_dates import two_dates, two_dates_factor
from simfunnel.backtesting.origin import Origin

BASELINES: Mapping[str, Callable[[Origin], Floats | None]] = {
    "run_rate": run_rate,
    "run_rate_spread": run_rate_spread,
    "seasonal": seasonal,
    "weighted": weighted,
    "same_point": same_point,
    "same_point_spread": same_point_spread,
    "two_dates": two_dates,
    "two_dates_factor": two_dates_factor,
    "owner": owner,
}
"""Name -> draws of what the window of an origin brings; None where the history cannot tell."""
