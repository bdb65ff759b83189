"""Proof on the past: what forecasts made at past days were worth.

Loaded on first use: scoring what was kept needs no forecaster.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

_HOME = {
    "Backtest": "simfunnel.backtesting.results",
    "Forecaster": "simfunnel.backtesting.forecasters",
    "Track": "simfunnel.backtesting.saved",
    "Window": "simfunnel.backtesting.forecasters",
    "backtest": "simfunnel.backtesting.run",
    "track": "simfunnel.backtesting.saved",
}

__all__ = ["Backtest", "Forecaster", "Track", "Window", "backtest", "track"]

if TYPE_CHECKING:
    from simfunnel.backtesting.forecasters import Forecaster as Forecaster
    from simfunnel.backtesting.forecasters import Window as Window
    from simfunnel.backtesting.results import Backtest as Backtest
    from simfunnel.backtesting.run import backtest as backtest
    from simfunnel.backtesting.saved import Track as Track
    from simfunnel.backtesting.saved import track as track


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(importlib.import_module(_HOME[name]), name)
    raise AttributeError(f"module 'simfunnel.backtesting' has no attribute {name!r}")
