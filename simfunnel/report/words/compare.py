"""The sentence to repeat about a comparison."""

from __future__ import annotations

from simfunnel.crm.cautions import MEANT
from simfunnel.planning.compare.compare import Compared, Comparison, PeriodComparison
from simfunnel.planning.compare.known import are_solved
from simfunnel.planning.compare.waterfall import Waterfall
from simfunnel.report.words.changes import in_period, money_change
from simfunnel.report.words.compared import short_names
from simfunnel.wording.language import joined, tell
from simfunnel.wording.numbers import chance, money, period_told, plural, sum_told

_OF_ONE_BOOK = frozenset({"mostly_excluded", "one_deal_dominates"})
"""Cautions that a comparison has better words for: rows one by one, and a waterfall by deals."""


def compare_sentence(result: Comparison) -> str:
    """Say what the first difference is."""
    names = short_names(result)
    first = names[result.name]
    if len(result.others) > 1:
        firsts = [result.base_periods[0], *(other.periods[0] for other in result.others)]
        one_target = len({period.target for period in firsts}) == 1  # else the chances are of different things
        best = max(
            result.others,
            key=lambda other: (other.periods[0].p_attain or 0.0 if one_target else 0.0, other.periods[0].mean),
        )
        label = best.periods[0].label
        base = result.base_periods[0]
        if best.periods[0].difference.mean.mean <= 0:
            return tell(
                "Nothing does better than {first} {where}, with a mean of {mean}.",
                first=first,
                where=in_period(label),
                mean=money(base.mean),
            )
        return tell(
            "{name} does best {where}: {against}.",
            name=names[best.name],
            where=in_period(label),
            against=_against(best, base, result),
        )
    other = result.others[0]
    base = next(p for p in result.base_periods if p.label == other.periods[0].label)
    if other.waterfall is not None:
        return _moved(other.waterfall, result)
    d = other.periods[0].difference
    luck_cancels = other.paired or are_solved(result.base, other.forecast)
    if luck_cancels and d.mean.stderr == d.mean.mean == 0 and other.periods[0].target == base.target:
        return tell(
            "{name} makes no difference to {first} {where}.",
            name=names[other.name],
            first=first,
            where=in_period(base.label),
        )
    return tell(
        "{name} against {first} {where}: {against}.",
        name=names[other.name],
        first=first,
        where=in_period(base.label),
        against=_against(other, base, result),
    )


def _against(other: Compared, base: PeriodComparison, result: Comparison) -> str:
    own = other.periods[0]
    text = tell("{difference} in the mean", difference=money_change(own.difference.mean.mean))
    if own.p_attain is None or base.p_attain is None or own.target is None:
        return text
    now, then = chance(base.p_attain, result.base.trials), chance(own.p_attain, other.forecast.trials)
    if base.target is not None and own.target != base.target:
        return tell(
            "{text}, and {then} of {target} against {now} of {base_target}",
            text=text,
            then=then,
            target=money(own.target),
            now=now,
            base_target=money(base.target),
        )
    return tell(
        "{text}, and {then} instead of {now} to reach {target}", text=text, then=then, now=now, target=money(own.target)
    )


def own_cautions(result: Comparison) -> list[str]:
    """Say what is doubtful in the data of some of those compared, and not of all, and what only the later leave out."""
    sides = [(result.name, result.base), *((other.name, other.forecast) for other in result.others)]
    called = short_names(result)
    codes = [{caution.code for caution in forecast.quality.cautions} for _, forecast in sides]
    shared = set.intersection(*codes) | _OF_ONE_BOOK
    told: list[str] = [
        tell("{name}: {caution}", name=called[name], caution=caution.sentence)
        for name, forecast in sides
        for caution in forecast.quality.cautions
        if caution.code not in shared
    ]
    known = {row.id for row in result.base.quality.excluded}
    for name, forecast in sides[1:]:
        rows = [row for row in forecast.quality.excluded if row.id not in known and row.code not in MEANT]
        if rows:
            told.append(tell(
                "{name}: {rows} worth {amount} left out that {base} does not leave out: {why}",
                name=called[name], rows=plural(len(rows), "row"), amount=sum_told(row.amount for row in rows),
                base=called[result.name], why=joined(dict.fromkeys(row.sentence for row in rows[:3]), "; "),
            ))  # fmt: skip
    return told


def _moved(steps: Waterfall, result: Comparison) -> str:
    progress = steps.forecast.progress
    gained = "{period} gained {progress} in {days}" if progress >= 0 else "{period} lost {progress} in {days}"
    text = tell(
        gained,
        period=period_told(steps.period),
        progress=money(abs(progress)),
        days=plural(steps.days, "day"),
    )
    by_size = sorted(steps.steps, key=lambda s: -abs(s.mean.mean))
    # two causes, and a third that matters as much
    shown = [s for i, s in enumerate(by_size[:3]) if i < 2 or abs(s.mean.mean) >= 0.5 * abs(by_size[0].mean.mean)]
    largest = [(step.cause, money_change(step.mean.mean)) for step in shown]
    told = [tell("{cause} {change}", cause=tell(cause), change=change) for cause, change in largest if change != "0"]
    if told:
        text += tell(" (above all: {steps})", steps=joined(dict.fromkeys(told)))
    base = next((p for p in result.base_periods if p.label == steps.period), None)
    own = next((p for p in result.others[0].periods if p.label == steps.period), None)
    if base is None or own is None or base.p_attain is None or own.p_attain is None:
        return tell("{text}.", text=text)
    now, then = chance(base.p_attain, result.base.trials), chance(own.p_attain, result.base.trials)
    if own.target is not None and base.target is not None and own.target != base.target:
        return tell(
            "{text}; the chance went from {now} of {base_target} to {then} of {target}.",
            text=text,
            now=now,
            base_target=money(base.target),
            then=then,
            target=money(own.target),
        )
    if now == then:
        return tell("{text}; the chance of the target stays at {now}.", text=text, now=now)
    return tell("{text}; the chance of the target went from {now} to {then}.", text=text, now=now, then=then)
