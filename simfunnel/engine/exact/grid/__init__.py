"""Sums on a grid of buckets, by transforms."""
