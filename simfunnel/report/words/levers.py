"""The sentence to repeat about levers."""

from __future__ import annotations

from collections.abc import Sequence

from simfunnel.planning.levers.levers import Lever, Levers
from simfunnel.report.words.changes import money_change
from simfunnel.report.words.reached import trials_of
from simfunnel.wording.language import again, joined, tell
from simfunnel.wording.numbers import capitalized, chance, money, period_told


def levers_sentence(result: Levers) -> str:
    """Say which lever is worth most, and by what: the chance of the target, or the mean where that says nothing."""
    best, goal, trials = result.best, result.goal, trials_of(result.base, result.goal)
    if not result.moving:
        return tell(
            "No lever moves anything in {period}: {why}.", period=period_told(goal.period), why=_why_nothing(result)
        )
    richest = max(result.single, key=lambda lever: lever.difference.mean.mean)
    by_mean = result.as_strong(richest, lambda lever: lever.difference.mean)
    if best.p_attain is None or result.p_attain is None:
        return tell(
            "{strongest}: {gain} in the mean of {mean}.",
            strongest=_strongest(by_mean, goal.period),
            gain=_gain(richest),
            mean=money(result.mean),
        )
    target = money(goal.target or 0.0)
    now, then = chance(result.p_attain.mean, trials), chance(best.p_attain, trials)
    if now == then:
        return tell(
            "{strongest} by the mean: {gain} to {mean}; the chance of {target} stays at {now}.",
            strongest=_strongest(by_mean, goal.period),
            gain=_gain(richest),
            mean=money(richest.mean),
            target=target,
            now=now,
        )
    by_chance = result.as_strong(best, lambda lever: lever.difference.p_attain or lever.difference.mean)
    text = tell(
        "{strongest} by the chance of {target}: {then} instead of {now}, and {gain} in the mean.",
        strongest=_strongest(by_chance, goal.period),
        target=target,
        then=then,
        now=now,
        gain=_gain(best),
    )
    if _gain(richest) != _gain(best) and best not in by_mean:
        text += tell(" By the mean it is {title}: {gain}.", title=tell(richest.title), gain=_gain(richest))
    return text


def _why_nothing(result: Levers) -> str:
    reasons = {lever.idle for lever in result.single}
    reason = reasons.pop() if len(reasons) == 1 else None
    return tell(reason or "nothing that is open or to come can be won in it")


def _strongest(levers: Sequence[Lever], label: str) -> str:
    """Call one lever the strongest, or several about equally strong where the simulation cannot tell them apart."""
    first = tell("{lever} ({change})", lever=capitalized(tell(levers[0].title)), change=again(levers[0].change))
    shown = period_told(label)
    if len(levers) == 1:
        return tell("{first} is the strongest lever for {period}", first=first, period=shown)
    others = joined(
        [tell("{lever} ({change})", lever=tell(one.title), change=again(one.change)) for one in levers[1:]], " and "
    )
    return tell(
        "{first} and {others} are about equally strong, the strongest levers for {period}",
        first=first,
        others=others,
        period=shown,
    )


def _gain(lever: Lever) -> str:
    return money_change(lever.difference.mean.mean)
