"""Words about what separates the futures that miss from those that make it."""

from __future__ import annotations

from collections.abc import Mapping

from simfunnel.planning.stress.misses import Miss
from simfunnel.planning.stress.stress import Stress
from simfunnel.report.words.changes import in_period
from simfunnel.report.words.deals import told_titles
from simfunnel.report.words.forecast import noun_of
from simfunnel.report.words.reached import reached_already
from simfunnel.wording.language import tell
from simfunnel.wording.numbers import money

LEAST_GAP = 0.05
"""Shares nearer than this do not separate anything that is worth a sentence."""
SURE = 3.0
"""Standard errors that a difference must be away from 0."""
_FACTORS = {
    "market": "the market is worse than usual",
    "pace": "deals move more slowly than usual",
    "win rates": "win rates are lower than assumed in the mean",
    "amount levels": "amounts are lower than assumed in the mean",
}
_ORIGINS = {"open": "the open deals bring less than their mean", "new": "new deals bring less than their mean"}
_LEVELS = {
    "market": "the market",
    "pace": "the pace of deals",
    "win rates": "the level of win rates",
    "amount levels": "the level of amount levels",
}
_MATTERS = {"open": "bad luck with the open deals", "new": "bad luck with new deals"}


def short_of(one: Miss, titles: Mapping[str, str]) -> str:
    """Say what it is that falls short; `titles` are what deals are called."""
    if one.kind == "deal":
        return tell("{deal} is not won", deal=titles.get(one.name, one.name))
    if one.kind == "factor":
        if one.name in _FACTORS:
            return tell(_FACTORS[one.name])
        return tell("{factor} are worse than usual", factor=one.name)
    if one.kind == "origin":
        return tell(_ORIGINS[one.name])
    return tell("{name} brings less than the mean", name=one.name)


def told(result: Stress) -> list[Miss]:
    """Those whose shares surely differ, and by enough to matter."""
    return [
        one for one in result.misses
        if one.difference.mean >= LEAST_GAP and one.difference.mean > SURE * one.difference.stderr
    ]  # fmt: skip


def misses_sentence(result: Stress) -> str | None:
    """Say what most misses have in common; None without a target."""
    goal = result.goal
    if goal.target is None or result.p_attain is None:
        return None
    where = in_period(goal.period)
    if reached_already(result.base, goal):
        return tell(
            "No future misses {target} {where}: it is reached by what is won.", target=money(goal.target), where=where
        )
    if not result.misses:
        few = (
            "Too few futures miss {target} {where} to say what separates them."
            if result.p_attain.mean > 0.5
            else "Too few futures reach {target} {where} to say what separates them."
        )
        return tell(
            few,
            target=money(goal.target),
            where=where,
        )
    found = told(result)
    if not found:
        return tell(
            "Nothing separates the futures that miss {target} {where} from those that reach it.",
            target=money(goal.target),
            where=where,
        )
    first, titles = found[0], told_titles(result.must_close)
    noun = noun_of(result.base.periods[goal.index]) if goal.index < len(result.base.periods) else "futures"
    text = tell(
        "In {missing} of 10 {quarters_or_months} that miss {target} {where}, {short_of}; "
        "of those that reach it, in {making}",
        missing=_of_ten(first.share_missing),
        quarters_or_months=noun,
        target=money(goal.target),
        where=where,
        short_of=short_of(first, titles),
        making=_of_ten(first.share_making),
    )
    other = next((one for one in found[1:] if one.kind != first.kind), None)
    if other is None:
        return tell("{text}.", text=text)
    share = other.difference.mean / first.difference.mean
    size = (
        tell("as much")
        if share > 0.88
        else tell("three quarters as much")
        if share > 0.7
        else tell("two thirds as much")
        if share > 0.58
        else tell("half as much")
        if share > 0.4
        else (tell("a third as much") if share > 0.28 else tell("less"))
    )
    return tell("{text}; {matter} matters {size}.", text=text, matter=_matter(other, titles), size=size)


def _matter(one: Miss, titles: Mapping[str, str]) -> str:
    if one.kind == "origin":
        return tell(_MATTERS[one.name])
    if one.kind == "deal":
        return tell("the loss of {deal}", deal=titles.get(one.name, one.name))
    if one.kind == "factor":
        if one.name in _LEVELS:
            return tell(_LEVELS[one.name])
        return tell("the level of {factor}", factor=one.name)
    return tell("the luck of {name}", name=one.name)


def _of_ten(share: float) -> str:
    """So many of ten: whole, but never all of ten or none where that is not so."""
    ten = round(10 * share)
    if ten == 10 and share < 1:
        return tell("more than 9")
    return tell("fewer than 1") if ten == 0 and share > 0 else f"{ten}"
