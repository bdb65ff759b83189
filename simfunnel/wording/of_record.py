"""Sentences about what is found while a pipeline is kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from simfunnel.wording.language import joined, tell
from simfunnel.wording.numbers import money, period_told, plural

LISTED = 5
"""Words named in one sentence."""


def _unknown(column: str, words: Mapping[str, tuple[int, float]]) -> str:
    named = [
        tell("{word!r} ({deals}, {amount})", word=word, deals=plural(count, "open deal"), amount=money(amount))
        for word, (count, amount) in words.items()
    ]
    more = tell(" and {more:,} more", more=len(named) - LISTED) if len(named) > LISTED else ""
    first = next(iter(words))
    return tell(
        "the column {column!r} was not read as what owners commit: nobody knows the categories "
        "{named}{more}; say what they are, for example `category_map: {{{first!r}: best_case}}` "
        "under `pipeline` (commit, most_likely, best_case, pipeline, omitted, closed, or null "
        "for none), and keep the same file again",
        column=column,
        named=joined(named[:LISTED]),
        more=more,
        first=first,
    )


SENTENCES: dict[str, Callable[..., str]] = {
    "category_unknown": _unknown,
    "category_without_wins": lambda column, period: tell(
        "the column {column!r} was not read as what owners commit: the file holds no deal that "
        "was won, and what is won in {period} already is part of a commit; export the won deals "
        "too, or say them under `closed`",
        column=column,
        period=period_told(period),
    ),
    "category_unused": lambda column: tell(
        "the column {column!r} was not read as what owners commit: no open deal is in Commit, Most Likely or Best Case",
        column=column,
    ),
    "category_no_owner": lambda column: tell(
        "the column {column!r} was not read as what owners commit: no column says who the owner of a deal is",
        column=column,
    ),
}
CAUTIONS: frozenset[str] = frozenset()
