"""Infinity: the duration that never ends."""
