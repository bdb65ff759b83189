"""The sentence to repeat about levers."""

from __future__ import annotations

from collections.abc import Sequence

from simfunnel.planning.levers.levers import Lever, Levers
from simfunnel.report.words.changes import chance, money_change
from simfunnel.wording.numbers import money


def levers_sentence(result: Levers) -> str:
    """Say which lever is worth most, and by what: the chance of the target, or the mean where that says nothing."""
    best, goal, trials = result.best, result.goal, result.base.trials
    if not result.moving:
        return f"No lever moves anything in {goal.period}: {_why_nothing(result)}."
    richest = max(result.single, key=lambda lever: lever.difference.mean.mean)
    by_mean = result.as_strong(richest, lambda lever: lever.difference.mean)
    if best.p_attain is None or result.p_attain is None:
        return f"{_strongest(by_mean, goal.period)}: {_gain(richest)} in the mean of {money(result.mean)}."
    target = money(goal.target or 0.0)
    now, then = chance(result.p_attain.mean, trials), chance(best.p_attain, trials)
    if now == then:
        return (
            f"{_strongest(by_mean, goal.period)} by the mean: {_gain(richest)} to {money(richest.mean)}; the chance of "
            f"{target} stays at {now}."
        )
    by_chance = result.as_strong(best, lambda lever: lever.difference.p_attain or lever.difference.mean)
    text = (
        f"{_strongest(by_chance, goal.period)} by the chance of {target}: {then} instead of {now}, and "
        f"{_gain(best)} in the mean."
    )
    if _gain(richest) != _gain(best) and best not in by_mean:
        text += f" By the mean it is {richest.title}: {_gain(richest)}."
    return text


def _why_nothing(result: Levers) -> str:
    reasons = {lever.idle for lever in result.single}
    reason = reasons.pop() if len(reasons) == 1 else None
    return reason or "nothing that is open or to come can be won in it"


def _strongest(levers: Sequence[Lever], period: str) -> str:
    """Call one lever the strongest, or several about equally strong where the simulation cannot tell them apart."""
    first = f"{levers[0].title.capitalize()} ({levers[0].change})"
    if len(levers) == 1:
        return f"{first} is the strongest lever for {period}"
    others = " and ".join(f"{lever.title} ({lever.change})" for lever in levers[1:])
    return f"{first} and {others} are about equally strong, the strongest levers for {period}"


def _gain(lever: Lever) -> str:
    return money_change(lever.difference.mean.mean)
