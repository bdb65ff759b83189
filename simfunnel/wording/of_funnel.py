"""Sentences about what is found while a scenario is compiled."""

from __future__ import annotations

from collections.abc import Callable

SENTENCES: dict[str, Callable[..., str]] = {
    "no_amount": lambda: "no amount, and no `amount` distribution for deals without one",
}
CAUTIONS: frozenset[str] = frozenset()
