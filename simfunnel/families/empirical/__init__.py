"""Read off data: observed values, or quantiles."""
