"""Proof on the past: what forecasts made at past days were worth."""

from simfunnel.backtesting.forecasters import Forecaster, Window
from simfunnel.backtesting.results import Backtest
from simfunnel.backtesting.run import backtest
from simfunnel.backtesting.saved import Track, track

__all__ = ["Backtest", "Forecaster", "Track", "Window", "backtest", "track"]
