"""Many forecasts in one go: which jobs there are, and running those whose result is missing."""
