"""What the page says about an answer, in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import NormalDist

from simfunnel.forecast.estimates import Estimate
from simfunnel.report.words.assumptions import change, name_of
from simfunnel.report.words.changes import in_period, money_change, points
from simfunnel.report.words.reached import reached_already, trials_of
from simfunnel.scenario.shifts import IGNORE, MARKET_FACTOR, NOT_BEFORE, Shift
from simfunnel.web.reading import WhatIf
from simfunnel.web.side import Side
from simfunnel.wording.language import Told, sentences, tell
from simfunnel.wording.numbers import money, percent, plural, spelled_money


def change_told(shift: Shift, names: Mapping[str, str]) -> Told:
    """Name a change: ``conversion of Proposal x 1.1``.

    Parameters
    ----------
    shift
        The change.
    names
        Id of a deal -> what people call it.
    """
    path = shift.target
    if path.deal is not None:
        return _of_deal(shift, names.get(path.deal, path.deal))
    if path.name == MARKET_FACTOR:
        level = 100 * NormalDist().cdf(shift.value)
        return tell("market at its {level:g} % quantile", level=float(f"{level:.3g}"))
    if shift.operation == "set":
        return tell("{assumption} = {value:.4g}", assumption=name_of(shift.path), value=shift.value)
    return tell(
        "{assumption} {change}", assumption=name_of(shift.path), change=change(shift.operation, shift.value)
    )  # fmt: skip


def step_told(shifts: Sequence[Shift], names: Mapping[str, str]) -> Told:
    """Name a step: its change, or how many changes it is."""
    if len(shifts) == 1:
        return change_told(shifts[0], names)
    return plural(len(shifts), "more change")


def _of_deal(shift: Shift, called: str) -> Told:
    name = shift.target.name
    if name == IGNORE:
        return tell("{deal} left out", deal=called)
    if name == NOT_BEFORE:
        return tell("{deal} not won before {day}", deal=called, day=shift.day)
    if name == "win_rate" and shift.value in (0.0, 1.0):
        return tell("{deal} is won", deal=called) if shift.value else tell("{deal} is lost", deal=called)
    if name == "win_rate":
        return tell("{deal} is won with {chance}", deal=called, chance=percent(shift.value))
    if shift.operation == "set":
        return tell("{deal} brings {amount}", deal=called, amount=spelled_money(shift.value))
    return tell("{deal} brings x {factor:.3g}", deal=called, factor=shift.value)


def answer_told(found: WhatIf, changes: int) -> Told:
    """Say in one sentence what the chance is now, and what it is without the changes."""
    goal, moved, gap = found.goal, found.moved, found.difference
    where = in_period(goal.period)
    if goal.target is None:
        mean = with_error(moved.mean)
        told = tell("Bookings {in_period} come to {amount} in the mean.", in_period=where, amount=mean)
        if changes:
            by = tell("{changes}: {gained}.", changes=plural(changes, "change"), gained=gained(gap.mean))
            told = sentences(told, by)
        return sentences(told, tell("With a target there is a chance of reaching it."))
    if reached_already(moved.forecast, goal):
        return tell("The target of {target} {in_period} is won already.", target=money(goal.target), in_period=where)
    chance = chance_of(moved)
    if not changes or gap.p_attain is None:
        return tell("The chance of {target} {in_period} is {chance}.", target=money(goal.target), in_period=where,
                    chance=chance)  # fmt: skip
    return tell(
        "With {changes} the chance of {target} {in_period} is {chance}, without {before}: {points} points.",
        changes=plural(changes, "change"), target=money(goal.target), in_period=where, chance=chance,
        before=chance_of(found.base), points=points(gap.p_attain),
    )  # fmt: skip


def chance_of(side: Side) -> Told:
    """Show the chance of the target; of one that is won already it is certain."""
    assert side.numbers.attainment is not None
    return percent(side.numbers.attainment.probability, trials_of(side.forecast, side.goal))


def with_error(value: Estimate) -> Told:
    """Show an amount and its standard error."""
    return tell("{amount} ± {error}", amount=money(value.mean), error=money(value.stderr)) if value.stderr else money(
        value.mean
    )  # fmt: skip


def gained(gain: Estimate) -> str:
    """Show a change of an amount and its standard error."""
    return tell("{amount} ± {error}", amount=money_change(gain.mean), error=money(gain.stderr)) if gain.stderr else (
        money_change(gain.mean)
    )  # fmt: skip
