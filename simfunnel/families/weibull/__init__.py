"""Weibull."""
