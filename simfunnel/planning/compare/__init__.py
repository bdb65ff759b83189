"""Forecasts side by side; why a week moved one."""
