"""How long deals stay in a stage that are won, and lost, in the end: by the scenario's laws, or by a history."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from simfunnel.arrays import Floats
from simfunnel.diagnosis.health.law import calendar_days
from simfunnel.diagnosis.results import Times
from simfunnel.diagnosis.times import days_in_stage
from simfunnel.estimation.group_rates import funnel_of
from simfunnel.estimation.observation import observed_from
from simfunnel.estimation.outcomes import outcomes_of
from simfunnel.estimation.risk import risk_of
from simfunnel.estimation.weights import time_weights
from simfunnel.families.computed import Distribution
from simfunnel.funnel.book import Compiled
from simfunnel.funnel.model import Model
from simfunnel.funnel.states import first_state
from simfunnel.history.history import History

LEAST_WON = 20
"""Deals won in the end that were seen in a stage, below which their times say nothing of the others."""
_HALVINGS = 60


class StageDays:
    """Days in a stage of those won, and lost, in the end: by deals of the past where they are known, else by the laws.

    Laws run in operational days; they are given in the calendar days in which so many pass for a deal.
    """

    def __init__(self, compiled: Compiled, by_deals: Mapping[str, tuple[Times, Times]]) -> None:
        self._compiled, self._by_deals = compiled, by_deals
        self._laws: dict[tuple[int, int], tuple[Times, Times]] = {}
        grid = compiled.model.grid
        self._clocked = not np.array_equal(grid.clock_day, grid.clock_time)

    def of(self, d: int, stage: str) -> tuple[Times, Times]:
        """Give those of an open deal."""
        if stage in self._by_deals:
            return self._by_deals[stage]
        model = self._compiled.model
        key = (int(model.deals.funnel[d]), int(model.deals.stage[d]))
        if key not in self._laws:
            self._laws[key] = by_law(model, *key)
        won, lost = self._laws[key]
        return (self._calendar(d, won), self._calendar(d, lost)) if self._clocked else (won, lost)

    def _calendar(self, d: int, times: Times) -> Times:
        model, age = self._compiled.model, float(self._compiled.book.deals.age_days[d])
        return Times(calendar_days(model, age, times.median), calendar_days(model, age, times.p90))


def by_law(model: Model, funnel: int, stage: int) -> tuple[Times, Times]:
    """Days in a stage of deals won, and of deals lost, in the end; exits that never happen are neither."""
    f = model.funnels
    row = funnel * f.stages + stage
    exits = range(int(f.exit_start[row]), int(f.exit_start[row + 1]))
    base = first_state(f, funnel)
    parts = [(e, float(f.win_rate[base + int(f.exit_to[e])])) for e in exits if not f.exit_never[e]]
    laws = [model.distributions[f.exit_table[e]] for e, _ in parts]
    won = np.array([f.probability[e] * w for e, w in parts])
    lost = np.array([f.probability[e] * (1 - w) for e, w in parts])
    return _times(laws, won), _times(laws, lost)


def by_history(history: History) -> dict[str, tuple[Times, Times]]:
    """The same by stage name from a history, of stages that `LEAST_WON` won deals passed."""
    risk = risk_of(history, observed_from(history))
    outcomes = outcomes_of(history)
    funnel = funnel_of(risk, time_weights(risk, None), outcomes.decided)
    is_won = outcomes.won[history.spells.deal]
    found = {}
    for k, name in enumerate(history.stages):
        seen = np.unique(history.spells.deal[is_won & (history.spells.stage == k)])
        if len(seen) >= LEAST_WON:
            _, won, lost = days_in_stage(funnel.exits[k].incidence, funnel.final)
            found[name] = (won, lost)
    return found


def _times(laws: list[Distribution], weight: Floats) -> Times:
    if not len(weight) or weight.sum() <= 0:
        return Times(None, None)
    share = weight / weight.sum()
    return Times(*(_quantile(laws, share, q) for q in (0.5, 0.9)))


def _quantile(laws: list[Distribution], share: Floats, q: float) -> float:
    """Smallest time by which a share `q` has left, by halving."""

    def left(x: float) -> float:
        return float(sum(s * (1.0 - float(d.sf(np.array(x)))) for s, d in zip(share, laws, strict=True) if s > 0))

    low, high = 0.0, 1.0
    while left(high) < q and high < 1e9:
        high *= 2
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (low, middle) if left(middle) >= q else (middle, high)
    return high
