"""The logarithm is normal."""
