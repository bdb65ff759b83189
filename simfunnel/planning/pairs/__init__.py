"""Forecasts of one scenario under one set of draws: pairs, their differences, and how far an assumption must move."""
