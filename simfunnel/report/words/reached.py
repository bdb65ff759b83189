"""Whether a target is won already: its chance is certain then, however few the trials."""

from __future__ import annotations

from simfunnel.forecast.forecast import Forecast, Group
from simfunnel.forecast.known import over
from simfunnel.forecast.summary import PeriodSummary
from simfunnel.planning.pairs.goal import Goal


def won_already(period: PeriodSummary) -> bool:
    """Whether what is won reaches the target of a period."""
    return period.target is not None and period.by_origin["closed"].mean >= period.target


def trials_behind(period: PeriodSummary, forecast: Forecast) -> int:
    """How many trials the chance of a period rests on: none where it is certain."""
    return 0 if won_already(period) else forecast.trials


def closed_in(base: Forecast, goal: Goal, group: Group | None = None) -> float:
    """What is won already of what a goal counts, major units."""
    g = 0 if group is None else base.groups.index(group)
    return float(over(base.known.closed[g], goal.index)) / base.minor_units


def reached_already(base: Forecast, goal: Goal, group: Group | None = None) -> bool:
    """Whether what is won reaches a goal."""
    return goal.target is not None and closed_in(base, goal, group) >= goal.target


def trials_of(base: Forecast, goal: Goal) -> int:
    """How many trials the chance of a goal rests on: none where it is certain, here and whatever is assumed."""
    return 0 if reached_already(base, goal) else base.trials
