"""Proof on the past: what forecasts made at past days were worth."""

from simfunnel.backtest.forecasters import Forecaster, Window
from simfunnel.backtest.results import Backtest
from simfunnel.backtest.run import backtest

__all__ = ["Backtest", "Forecaster", "Window", "backtest"]
