"""Questions asked of forecasts: leads needed, levers, stress tests, comparisons."""
