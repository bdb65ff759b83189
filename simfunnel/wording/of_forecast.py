"""Sentences about what is found about a forecast."""

from __future__ import annotations

from collections.abc import Callable

SENTENCES: dict[str, Callable[..., str]] = {}
CAUTIONS: frozenset[str] = frozenset()
