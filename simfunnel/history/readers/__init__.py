"""Readers, one for each form of a history."""
