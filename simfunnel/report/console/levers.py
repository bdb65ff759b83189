"""The console page of `levers`."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.text import Text

from simfunnel.planning.levers.levers import Lever, Levers
from simfunnel.planning.pairs.search import Needed
from simfunnel.report.console.layout import Row, table
from simfunnel.report.words.changes import PLUS_MINUS, chance, money_change, points, subtitle
from simfunnel.wording.numbers import money, percent

TOO_OLD = (
    "where every stage takes less time, open deals that have waited long are older than deals that get won; that costs "
    "more here than speed brings"
)


def levers_page(result: Levers, width: int) -> RenderableType:
    """Lay out what the levers are worth."""
    parts: list[RenderableType] = [
        Text(levers_sentence(result), style="bold"), Text(subtitle(result.base)), Text(),
        table([_row(lever, result) for lever in result.levers], ("P50 change", "+-"), width),
    ]  # fmt: skip
    if result.goal.target is not None:
        wanted = "for the mean to reach" if result.confidence is None else f"to be {percent(result.confidence)} sure of"
        parts.append(
            Text(f"Alone: what the lever would have to be, moved alone, {wanted} {money(result.goal.target)}.")
        )
    parts.append(Text(PLUS_MINUS))
    parts += [Text(f"! {lever.title}: {lever.idle}", style="yellow") for lever in result.levers if lever.idle]
    slower = next((lever for lever in result.levers if lever.name == "speed"), None)
    if slower is not None and slower.difference.mean.mean < 0 < result.by:
        parts.append(Text(f"! {slower.title}: {TOO_OLD}", style="yellow"))
    return Group(*parts)


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


def _row(lever: Lever, result: Levers) -> Row:
    d = lever.difference
    p = d.p_attain
    return {
        "Lever": lever.title,
        "Change": lever.change,
        "Mean": money(lever.mean),
        "Gain": money_change(d.mean.mean),
        "+-": money(d.mean.stderr) if d.mean.stderr > 0 else "",
        "P50 change": money_change(d.quantiles[0.5].mean),
        "P(attain)": "" if lever.p_attain is None else percent(lever.p_attain, result.base.trials),
        "Points": "" if p is None else points(p),
        "Alone": "" if lever.needed is None else needed_text(lever.name, lever.needed),
    }


def needed_text(name: str, needed: Needed) -> str:
    """Say what an assumption would have to be."""
    sign = "/" if name == "speed" else "x"
    if needed.factor is not None:
        return f"{sign} {needed.factor:.2f}"
    if needed.reachable:
        return f"safe at {sign} {needed.at:.2g}"
    return f"not even {sign} {needed.at:.3g}"
