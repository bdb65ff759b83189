"""How long deals stay in a stage that are won, and lost, in the end: by the scenario's laws, or by a history."""

from __future__ import annotations

import numpy as np

from simfunnel.arrays import Floats
from simfunnel.diagnosis.deals import outcomes_of
from simfunnel.diagnosis.rates import funnel_of
from simfunnel.diagnosis.results import Times
from simfunnel.diagnosis.times import days_in_stage
from simfunnel.estimation.observation import observed_from
from simfunnel.estimation.risk import risk_of
from simfunnel.estimation.weights import time_weights
from simfunnel.funnel.distributions import Distribution
from simfunnel.funnel.model import Model
from simfunnel.history.history import WON, History

LEAST_WON = 20
"""Deals won in the end that were seen in a stage, below which their times say nothing of the others."""
_HALVINGS = 60


def by_law(model: Model, funnel: int, stage: int) -> tuple[Times, Times]:
    """Days in a stage of deals won, and of deals lost, in the end; exits that never happen are neither."""
    f = model.funnels
    row = funnel * f.stages + stage
    exits = range(int(f.exit_start[row]), int(f.exit_start[row + 1]))
    base = funnel * (f.stages + 2)
    parts = [(e, float(f.win_rate[base + int(f.exit_to[e])])) for e in exits if not f.exit_never[e]]
    laws = [model.distributions[f.exit_table[e]] for e, _ in parts]
    won = np.array([f.probability[e] * w for e, w in parts])
    lost = np.array([f.probability[e] * (1 - w) for e, w in parts])
    return _times(laws, won), _times(laws, lost)


def by_history(history: History) -> dict[str, tuple[Times, Times]]:
    """The same by stage name from a history, of stages that `LEAST_WON` won deals passed."""
    risk = risk_of(history, observed_from(history))
    funnel = funnel_of(risk, time_weights(risk, None), outcomes_of(history).decided)
    last = dict(zip(history.ends.deal.tolist(), history.ends.outcome.tolist(), strict=True))
    is_won = np.array([last.get(deal) == WON for deal in history.spells.deal.tolist()])
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
