"""Plots of a forecast, as PNG and SVG."""

from simfunnel.report.plots.gallery import KINDS, draw, save_plots

__all__ = ["KINDS", "draw", "save_plots"]
