"""The result of a forecast: samples, summaries with their simulation error, JSON, saving and loading.

Loaded on first use: checking a scenario needs `simfunnel.forecast.inputs` only, and must not wait for Numba.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

_HOME = {
    "Forecast": "simfunnel.forecast.forecast",
    "simulate": "simfunnel.forecast.simulation",
    "exact_forecast": "simfunnel.forecast.exact",
}

__all__ = ["Forecast", "exact_forecast", "simulate"]

if TYPE_CHECKING:
    from simfunnel.forecast.exact import exact_forecast as exact_forecast
    from simfunnel.forecast.forecast import Forecast as Forecast
    from simfunnel.forecast.simulation import simulate as simulate


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(importlib.import_module(_HOME[name]), name)
    raise AttributeError(f"module 'simfunnel.forecast' has no attribute {name!r}")
