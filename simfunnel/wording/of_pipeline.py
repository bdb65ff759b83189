"""Sentences about what is found while a pipeline table is read."""

from __future__ import annotations

from collections.abc import Callable

SENTENCES: dict[str, Callable[..., str]] = {}
CAUTIONS: frozenset[str] = frozenset()
