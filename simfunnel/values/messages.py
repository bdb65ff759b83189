"""How a value is shown in a message, and which known name is nearest to an unknown one."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable, Mapping
from datetime import date

from simfunnel.errors import shorten

NEAR = 0.65
"""Likeness from which a name is suggested: one wrong letter of three is 0.67, `nobody` and `inbound` are 0.62 alike."""


def show(value: object) -> str:
    """Show a value the way it could be written in YAML, cut at 80 characters."""
    if value is None:
        return "nothing (null)"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return shorten(f"'{value}'") if len(value) < 78 else shorten(f"'{value}")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping | list | tuple):
        return shorten(json.dumps(_with_text_keys(value), ensure_ascii=False, default=str))
    return shorten(value)


def _with_text_keys(value: object) -> object:
    """Days may be keys in YAML, and not in JSON."""
    if isinstance(value, Mapping):
        return {str(key) if isinstance(key, date) else key: _with_text_keys(part) for key, part in value.items()}
    return [_with_text_keys(part) for part in value] if isinstance(value, list | tuple) else value


def nearest(name: object, known: Iterable[str]) -> str | None:
    """Find the known name that the writer probably meant, or None."""
    names = list(known)
    by_lower = {n.lower(): n for n in names}
    found = difflib.get_close_matches(str(name).lower(), list(by_lower), n=1, cutoff=NEAR)
    return by_lower[found[0]] if found else None


def unknown(what: str, name: object, known: Iterable[str]) -> str:
    """Say that a name is unknown, which one is nearest, and which ones there are."""
    names = list(known)
    best = nearest(name, names)
    hint = f"; did you mean '{best}'?" if best else ";"
    if not names:
        return f"unknown {what} {show(name)}; none is defined here"
    listed = f"known here: {shorten(', '.join(names), 240)}"
    return f"unknown {what} {show(name)}{hint} ({listed})" if best else f"unknown {what} {show(name)}; {listed}"
