"""Sentences about what is doubtful in metrics."""

from __future__ import annotations

from collections.abc import Callable


def _few_events_in_groups(groups: int, of: int, least: int) -> str:
    return (
        f"{groups:,} of {of:,} groups have fewer than {least} decided deals: what is said of them is mostly what is "
        "known of all"
    )


def _decided_without_stage(deals: int, decided: int) -> str:
    return (
        f"{deals:,} of {decided:,} decided deals were never seen in a stage: counted as won or lost, and no "
        "part of any rate"
    )


SENTENCES: dict[str, Callable[..., str]] = {
    "few_events_in_groups": _few_events_in_groups,
    "decided_without_stage": _decided_without_stage,
}
CAUTIONS = frozenset(SENTENCES)
