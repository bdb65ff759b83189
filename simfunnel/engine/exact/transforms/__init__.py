"""Transforms of amounts and of numbers of leads."""
