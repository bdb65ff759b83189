"""What compiling a scenario notices: shifts that were capped, misspelt names, drawn amounts, deals beyond support."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from simfunnel.arrays import Floats, Ints
from simfunnel.funnel.calendar import Period
from simfunnel.funnel.compile_leads import streams_of
from simfunnel.funnel.groups import DIMENSIONS, Labels
from simfunnel.scenario.schema import Scenario
from simfunnel.values.messages import nearest
from simfunnel.wording.findings import CLOSED_MISSING, Finding

_NOTICED = 0.01
"""Share of the ages of a stage from which on it matters that they are beyond observed support."""


def missing_wins(scenario: Scenario, period: Period, known: int) -> Iterator[Finding]:
    """Part of the first period lies before as_of, and nothing says what was won in it; `known` counts wins."""
    if scenario.as_of > period.start and not known:
        fields = {"period": period.label, "start": period.start, "as_of": scenario.as_of}
        yield Finding(CLOSED_MISSING, fields, key="closed")


def capped_conversions(scenario: Scenario, rows: Sequence[int]) -> Iterator[Finding]:
    """Stages whose shifted conversion would have passed 100 %."""
    for name in dict.fromkeys(scenario.stages[row % len(scenario.stages)].name for row in rows):
        yield Finding("conversion_capped", {"stage": name})


def capped_months(factors: tuple[float, float, float] | None, rates: Floats) -> Iterator[Finding]:
    """Open deals whose win probability (D,) times the largest factor of a month would pass 100 %."""
    if factors is not None and (count := int(np.count_nonzero(rates * max(factors) > 1.0))):
        yield Finding("months_capped", {"deals": count, "factor": max(factors)}, key="wins_by_month_of_quarter")


def unknown_names(scenario: Scenario, members: Sequence[Labels], teams: Mapping[str, str]) -> Iterator[Finding]:
    """Targets and teams of somebody whom nothing else names: a misspelling, most likely.

    Parameters
    ----------
    scenario
        The scenario.
    members
        Labels of the open deals and wins.
    teams
        Owner -> team.
    """
    every = [*members, *(labels for lead in scenario.leads for labels, _ in streams_of(lead, teams))]
    seen = {d: {name for labels in every if (name := labels.get(d)) is not None} for d in DIMENSIONS}
    asked = [target.group for target in scenario.targets if target.group is not None]
    asked += [("owner", owner) for owner in scenario.teams]
    for dimension, name in dict.fromkeys(asked):
        if name not in seen[dimension]:
            near = nearest(name, seen[dimension])
            yield Finding("nobody_of_that_name", {"dimension": dimension, "name": name, "nearest": near})


def drawn_amounts(means: Sequence[float], currency: str) -> Iterator[Finding]:
    """Open deals without an amount; `means` are those of the distributions they are drawn from, major units."""
    if means:
        yield Finding("amounts_drawn", {"deals": len(means), "mean": sum(means), "currency": currency})


def deals_beyond_support(scenario: Scenario, stages: Ints) -> Iterator[Finding]:
    """Deals that have been in their stage for too long; `stages` is that of each, without those judged."""
    fate = scenario.pipeline.beyond_support
    for s, count in enumerate(np.bincount(stages, minlength=len(scenario.stages)).tolist()):
        if count:
            fields = {"deals": count, "stage": scenario.stages[s].name, "fate": fate}
            yield Finding("beyond_support", fields, key="pipeline.beyond_support")


def ages_beyond_support(scenario: Scenario, stages: Ints, lost: Floats) -> Iterator[Finding]:
    """Deals of unknown age some of whose stage's ages are longer than the durations allow; stage and share of each."""
    for s in np.unique(stages[lost >= _NOTICED]).tolist():
        mine = lost[(stages == s) & (lost >= _NOTICED)]
        fields = {"deals": len(mine), "stage": scenario.stages[s].name, "share": float(mine.mean())}
        yield Finding("ages_beyond_support", fields, key="pipeline.beyond_support")
