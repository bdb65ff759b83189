"""Density that rises to a peak and falls again, both straight."""
