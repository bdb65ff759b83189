"""Names and rows that a sentence lists: some of them, with how many each stands for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from simfunnel.wording.language import joined, tell
from simfunnel.wording.numbers import plural, sum_told

LISTED = 8
"""Names listed in one sentence."""
Words = Callable[..., str]


def some(names: Sequence[str], between: str = ", ") -> str:
    """List the first names and count the rest."""
    more = len(names) - LISTED
    listed = joined(names[:LISTED], between)
    return tell("{listed} and {more} more", listed=listed, more=more) if more > 0 else listed


def left_out(rows: int, amount: float, negative: float) -> str:
    """Say how many rows are not counted, and what they are worth."""
    worth = sum_told([amount, negative])
    return tell("{rows} worth {amount} left out", rows=plural(rows, "row"), amount=worth)


def counted(names: Mapping[str, int], thing: str = "row", between: str = ", ") -> str:
    """List names with how many of a thing each has."""
    named = [tell("{name} ({things})", name=name, things=plural(count, thing)) for name, count in names.items()]
    return some(named, between)
