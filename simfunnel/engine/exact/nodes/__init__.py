"""What deals share, and where it is integrated."""
