"""Sentences about what is found while a scenario is compiled."""

from __future__ import annotations

from collections.abc import Callable

SENTENCES: dict[str, Callable[..., str]] = {}
CAUTIONS: frozenset[str] = frozenset()
