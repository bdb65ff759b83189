"""Always the same value."""
