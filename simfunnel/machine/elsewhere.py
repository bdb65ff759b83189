"""The twin of `posix` for systems that have none of it: nothing is known, and nothing is refused for that."""

from __future__ import annotations

import os
from pathlib import Path


def owned_by_others(status: os.stat_result) -> str:
    """Nothing: owners cannot be read from a status."""
    return ""


def open_to_others(status: os.stat_result) -> str:
    """Nothing: access lists cannot be read from a status."""
    return ""


def close_to_others(folder: Path) -> None:
    """Leave a folder as it is: others have no rights in a user's own to begin with."""


def open_at_once(path: str | os.PathLike[str]) -> int:
    """Open a file for reading."""
    return os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0))


def memory_limits() -> dict[str, int]:
    """Bytes that this process may still take, by what limits it; empty: not known."""
    return {}
