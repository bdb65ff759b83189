"""Exponential: the Weibull of shape 1."""
