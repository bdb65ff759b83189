"""Words about what separates the futures that miss from those that make it."""

from __future__ import annotations

from simfunnel.planning.stress.misses import Miss
from simfunnel.planning.stress.stress import Stress
from simfunnel.report.words.forecast import noun_of
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
_MATTERS = {"open": "bad luck with the open deals", "new": "bad luck with new deals"}


def short_of(one: Miss) -> str:
    """Say what it is that falls short."""
    if one.kind == "deal":
        return f"{one.called or one.name} is not won"
    if one.kind == "factor":
        return _FACTORS.get(one.name, f"{one.name} are worse than usual")
    return _ORIGINS[one.name] if one.kind == "origin" else f"{one.name} brings less than the mean"


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
    where = "in all periods together" if goal.period == "total" else f"in {goal.period}"
    if not result.misses:
        few = "miss" if result.p_attain.mean > 0.5 else "reach"
        return f"Too few futures {few} {money(goal.target)} {where} to say what separates them."
    found = told(result)
    if not found:
        return f"Nothing separates the futures that miss {money(goal.target)} {where} from those that reach it."
    first = found[0]
    noun = noun_of(result.base.periods[goal.index]) if goal.index < len(result.base.periods) else "futures"
    text = (
        f"In {_of_ten(first.share_missing)} of 10 {noun} that miss {money(goal.target)} {where}, {short_of(first)}; "
        f"of those that reach it, in {_of_ten(first.share_making)}"
    )
    other = next((one for one in found[1:] if one.kind != first.kind), None)
    if other is None:
        return f"{text}."
    share = other.difference.mean / first.difference.mean
    size = "as much" if share > 0.85 else "two thirds as much" if share > 0.58 else "half as much" if share > 0.4 else (
        "a third as much" if share > 0.28 else "less")  # fmt: skip
    return f"{text}; {_matter(other)} matters {size}."


def _matter(one: Miss) -> str:
    if one.kind == "origin":
        return _MATTERS[one.name]
    if one.kind == "deal":
        return f"the loss of {one.called or one.name}"
    if one.kind == "factor":
        return {"market": "the market", "pace": "the pace of deals"}.get(one.name, f"the level of {one.name}")
    return f"the luck of {one.name}"


def _of_ten(share: float) -> str:
    """So many of ten: whole, but never all of ten or none where that is not so."""
    ten = round(10 * share)
    if ten == 10 and share < 1:
        return "more than 9"
    return "fewer than 1" if ten == 0 and share > 0 else f"{ten}"
