"""Sentences about what is found while a pipeline is kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from simfunnel.wording.numbers import money, plural

LISTED = 5
"""Words named in one sentence."""


def _unknown(column: str, words: Mapping[str, tuple[int, float]]) -> str:
    named = [f"{word!r} ({plural(count, 'open deal')}, {money(amount)})" for word, (count, amount) in words.items()]
    more = f" and {len(named) - LISTED:,} more" if len(named) > LISTED else ""
    first = next(iter(words))
    return (
        f"the column {column!r} was not read as what owners commit: nobody knows the categories "
        f"{', '.join(named[:LISTED])}{more}; say what they are, for example `category_map: {{{first!r}: best_case}}` "
        "under `pipeline` (commit, most_likely, best_case, pipeline, omitted, closed, or null for none), and keep the "
        "same file again"
    )


SENTENCES: dict[str, Callable[..., str]] = {
    "category_unknown": _unknown,
    "category_without_wins": lambda column, period: (
        f"the column {column!r} was not read as what owners commit: the file holds no deal that was won, and what is "
        f"won in {period} already is part of a commit; export the won deals too, or say them under `closed`"
    ),
    "category_unused": lambda column: (
        f"the column {column!r} was not read as what owners commit: no open deal is in Commit, Most Likely or Best Case"
    ),
    "category_no_owner": lambda column: (
        f"the column {column!r} was not read as what owners commit: no column says who the owner of a deal is"
    ),
}
CAUTIONS: frozenset[str] = frozenset()
