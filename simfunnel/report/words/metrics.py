"""The sentence to repeat about what a history shows."""

from __future__ import annotations

from simfunnel.diagnosis.results import Metrics, Rate
from simfunnel.report.words.deals import fitted
from simfunnel.wording.numbers import percent
from simfunnel.wording.shown_text import as_name

NAME, _SENTENCE = 24, 40
"""Columns for the name of a group or a stage, in a table and in a sentence."""


def first_sentence(r: Metrics) -> str:
    """What a manager can repeat."""
    w = r.whole
    rate = f"{share(w.win_rate)} of deals that come in are won"
    if r.by is None:
        return f"{rate}." if w.decided else "No deal is decided: nothing can be said of rates."
    flagged = [b for b in r.bottlenecks if b.flagged]
    if flagged:
        b = flagged[0]
        return (
            f"{group_name(b.group, r.by, _SENTENCE)} in {cut(b.stage, _SENTENCE)}: {percent(b.conversion)} of deals "
            f"go on, of all {percent(b.pool)}; more than a tenth below with {_sure(b.p_below)}, which costs "
            f"{b.wins_lost:,.1f} wins a quarter (± {b.stderr:,.1f})."
        )
    apart = sum(g.win_rate.apart_from(w.win_rate.shrunk) != 0 for g in r.groups)
    if apart:
        return (
            f"No stage of any {cut(r.by, _SENTENCE)} is surely a bottleneck; in win rate {apart:,} of "
            f"{len(r.groups):,} can be told from the others."
        )
    return f"No {cut(r.by, _SENTENCE)} can be told from the others: {rate}."


def share(rate: Rate) -> str:
    """Show a rate with its interval."""
    low, high = rate.interval
    if rate.shrunk is None:
        return "unknown"
    return f"{percent(rate.shrunk)} ({percent(low)} to {percent(high)})"


def group_name(label: str, by: str | None, room: int) -> str:
    """Name a group; deals of none have one too."""
    return cut(label, room) if label else f"(no {cut(by or 'group', room - 5)})"


def cut(name: str, room: int = NAME) -> str:
    """Cut a name to so many columns of a terminal."""
    return fitted(as_name(name), room)


def _sure(p: float) -> str:
    return f"{percent(min(p, 0.999))} certainty" if p < 0.9995 else "more than 99.9 % certainty"
