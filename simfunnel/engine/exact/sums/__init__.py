"""Sums listed one by one."""
