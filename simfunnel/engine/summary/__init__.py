"""Order statistics of columns of integers."""
