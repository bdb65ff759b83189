"""Proof on the past: what forecasts made at past days were worth."""

from simfunnel.backtest.forecasters import Forecaster, Window
from simfunnel.backtest.results import Backtest
from simfunnel.backtest.run import backtest
from simfunnel.backtest.track import Track, track

__all__ = ["Backtest", "Forecaster", "Track", "Window", "backtest", "track"]
