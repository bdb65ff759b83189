"""The result of a forecast: samples, summaries with their simulation error, JSON, saving and loading."""

from simfunnel.forecast.forecast import Forecast
from simfunnel.forecast.simulation import simulate

__all__ = ["Forecast", "simulate"]
