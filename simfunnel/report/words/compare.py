"""The sentence to repeat about a comparison."""

from __future__ import annotations

from simfunnel.planning.compare.compare import Compared, Comparison, PeriodComparison
from simfunnel.planning.compare.known import are_solved
from simfunnel.planning.compare.waterfall import Waterfall
from simfunnel.report.words.changes import chance, money_change
from simfunnel.report.words.compared import short_names
from simfunnel.wording.numbers import money, plural


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
            return f"Nothing does better than {first} in {label}, with a mean of {money(base.mean)}."
        return f"{names[best.name]} does best in {label}: {_against(best, base, result)}."
    other = result.others[0]
    base = next(p for p in result.base_periods if p.label == other.periods[0].label)
    if other.waterfall is not None:
        return _moved(other.waterfall, result)
    d = other.periods[0].difference
    luck_cancels = other.paired or are_solved(result.base, other.forecast)
    if luck_cancels and d.mean.stderr == d.mean.mean == 0 and other.periods[0].target == base.target:
        return f"{names[other.name]} makes no difference to {first} in {base.label}."
    return f"{names[other.name]} against {first} in {base.label}: {_against(other, base, result)}."


def _against(other: Compared, base: PeriodComparison, result: Comparison) -> str:
    own = other.periods[0]
    text = f"{money_change(own.difference.mean.mean)} in the mean"
    if own.p_attain is None or base.p_attain is None or own.target is None:
        return text
    now, then = chance(base.p_attain, result.base.trials), chance(own.p_attain, other.forecast.trials)
    if base.target is not None and own.target != base.target:
        return f"{text}, and {then} of {money(own.target)} against {now} of {money(base.target)}"
    return f"{text}, and {then} instead of {now} to reach {money(own.target)}"


def _moved(steps: Waterfall, result: Comparison) -> str:
    progress = steps.forecast.progress
    verb = "gained" if progress >= 0 else "lost"
    text = f"{steps.period} {verb} {money(abs(progress))} in {plural(steps.days, 'day')}"
    up, down = max(steps.steps, key=lambda s: s.mean.mean), min(steps.steps, key=lambda s: s.mean.mean)
    largest = [(step.cause, money_change(step.mean.mean)) for step in (up, down)]
    told = [f"{cause} {change}" for cause, change in largest if change != "0"]
    if told:
        text += f" (above all: {', '.join(dict.fromkeys(told))})"
    base = next((p for p in result.base_periods if p.label == steps.period), None)
    own = next((p for p in result.others[0].periods if p.label == steps.period), None)
    if base is None or own is None or base.p_attain is None or own.p_attain is None:
        return f"{text}."
    now, then = chance(base.p_attain, result.base.trials), chance(own.p_attain, result.base.trials)
    if own.target is not None and base.target is not None and own.target != base.target:
        return f"{text}; the chance went from {now} of {money(base.target)} to {then} of {money(own.target)}."
    return f"{text}; the chance of the target went from {now} to {then}."
