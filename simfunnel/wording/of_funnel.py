"""Sentences about what is found while a scenario is compiled."""

from __future__ import annotations

from collections.abc import Callable, Sequence

_GRANTED = {
    "leads": "that no new leads come (`leads`)",
    "correlation": "that deals are won and lost independently of each other (`correlation`)",
    "uncertain_rates": "that all rates are known exactly (`{mean: 0.4, n: 120}`)",
}


def _assumptions(missing: Sequence[str]) -> str:
    parts = [_GRANTED[name] for name in missing]
    listed = ", ".join(parts[:-1]) + (" and " if len(parts) > 1 else "") + parts[-1]
    return f"the forecast takes for granted {listed}: the range is narrower than it should be"


SENTENCES: dict[str, Callable[..., str]] = {
    "no_amount": lambda: "no amount, and no `amount` distribution for deals without one",
    "assumptions_missing": _assumptions,
}
CAUTIONS: frozenset[str] = frozenset({"assumptions_missing"})
