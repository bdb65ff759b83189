"""Distributions of money and counts on a grid."""
