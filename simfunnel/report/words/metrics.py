"""The sentence to repeat about what a history shows."""

from __future__ import annotations

from simfunnel.diagnosis.results import Metrics, Rate
from simfunnel.report.words.deals import fitted
from simfunnel.wording.language import tell, term
from simfunnel.wording.numbers import percent, percents
from simfunnel.wording.shown_text import as_name

NAME, _SENTENCE = 24, 40
"""Columns for the name of a group or a stage, in a table and in a sentence."""


def first_sentence(r: Metrics) -> str:
    """What a manager can repeat."""
    w = r.whole
    rate = tell("{share} of deals that come in are won", share=share(w.win_rate))
    if r.by is None:
        return tell("{rate}.", rate=rate) if w.decided else tell("No deal is decided: nothing can be said of rates.")
    flagged = [b for b in r.bottlenecks if b.flagged]
    if flagged:
        b = flagged[0]
        return tell(
            "{group} in {stage}: {conversion} of deals go on, of all {pool}; more than a tenth "
            "below with {sure}, which costs {wins_lost:,.1f} wins a quarter (± {stderr:,.1f}).",
            group=group_name(b.group, r.by, _SENTENCE),
            stage=cut(b.stage, _SENTENCE),
            conversion=percent(b.conversion),
            pool=percent(b.pool),
            sure=_sure(b.p_below),
            wins_lost=b.wins_lost,
            stderr=b.stderr,
        )
    apart = sum(g.win_rate.apart_from(w.win_rate.shrunk) != 0 for g in r.groups)
    if apart:
        return tell(
            "No stage of any {by} is surely a bottleneck; in win rate {apart:,} of {groups:,} can be "
            "told from the others.",
            by=term(cut(r.by, _SENTENCE)),
            apart=apart,
            groups=len(r.groups),
        )
    return tell("No {by} can be told from the others: {rate}.", by=term(cut(r.by, _SENTENCE)), rate=rate)


def share(rate: Rate) -> str:
    """Show a rate with its interval."""
    if rate.shrunk is None:
        return tell("unknown")
    shrunk, low, high = percents(rate.shrunk, *rate.interval)
    return tell("{shrunk} ({low} to {high})", shrunk=shrunk, low=low, high=high)


def group_name(label: str, by: str | None, room: int) -> str:
    """Name a group; deals of none have one too."""
    return cut(label, room) if label else tell("(no {by})", by=term(cut(by or "group", room - 5)))


def cut(name: str, room: int = NAME) -> str:
    """Cut a name to so many columns of a terminal."""
    return fitted(as_name(name), room)


def _sure(p: float) -> str:
    return tell("{p} certainty", p=percent(min(p, 0.999))) if p < 0.9995 else tell("more than 99.9 % certainty")
