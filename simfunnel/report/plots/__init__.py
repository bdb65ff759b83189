"""Plots of a forecast, as PNG and SVG."""

from simfunnel.report.plots.gallery import KINDS, NEED_DEALS, NEED_TRIALS, draw, save_plots

__all__ = ["KINDS", "NEED_DEALS", "NEED_TRIALS", "draw", "save_plots"]
