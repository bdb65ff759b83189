"""Malformed scenarios by section: title, text to replace (None: append), its replacement, messages."""
