"""Histories known only at snapshots: what happened between them, by its likelihood."""
