"""Rates, times and amounts estimated from a history: what is observed in, numbers with their uncertainty out."""
