"""Whose process this is."""

from __future__ import annotations

_ours = False


def claim() -> None:
    """Say that the command line runs this process, alone: what it leaves out of a library, no other code misses."""
    global _ours  # noqa: PLW0603 - a fact about the process, set once, as it starts
    _ours = True


def ours() -> bool:
    """Whether the command line runs this process, not a program that uses simfunnel as a library."""
    return _ours
