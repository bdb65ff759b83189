"""The stated error of tables over the pace bounds what reading between their nodes is off by."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from helpers import JIT, Floats, compiled, days, deals, funnel, stage

from simfunnel.engine.exact.nodes.shared import State
from simfunnel.engine.exact.wins.tables import Tabulated, read
from simfunnel.engine.law.ways import some_rates
from simfunnel.engine.timing.timings import TabulatedTimings, timings_in_order
from simfunnel.engine.trial.shared import TrialBlock, new_block
from simfunnel.funnel.model import Model

from .test_twin import BOOK, LEADS, TWO, UNCERTAIN_LOOPS

TRIALS = 8
TOO_CAUTIOUS = 30

pytestmark = pytest.mark.skipif(not JIT, reason="reading tables node by node needs compiled kernels")


def two_stages(duration: dict[str, Any], **rest: Any) -> dict[str, Any]:
    book = [*deals(1, age=3), *deals(1, prefix="old", age=20, stage="B"), *deals(1, prefix="new")]
    stages = [stage("A", 0.5, duration), stage("B", 0.5, duration)]
    return funnel(stages, book, periods=days(length=21, count=3), **rest)


SMOOTH = {
    "gamma": two_stages({"gamma": {"mean": 20, "sd": 5}}),
    "narrow gamma": two_stages({"gamma": {"mean": 20, "sd": 2}}),
    "lognormal": two_stages({"lognormal": {"median": 14, "p90": 40}}),
    "narrow lognormal": two_stages({"lognormal": {"mean": 20, "sd": 1}}),
    "weibull": two_stages({"weibull": {"shape": 1.4, "scale": 10}}),
    "steep weibull": two_stages({"weibull": {"shape": 0.7, "scale": 10}}),
    "leads of narrow durations": funnel([stage("A", 0.5, {"gamma": {"mean": 20, "sd": 2}})], leads=LEADS, **TWO),
    "uncertain loops": funnel(UNCERTAIN_LOOPS, BOOK, leads=LEADS, **TWO),
    "leads of uncertain loops": funnel(UNCERTAIN_LOOPS, leads=LEADS, **TWO),
    "uniform, with kinks": two_stages({"uniform": {"low": 2, "high": 8}}),
    "triangular, with kinks": two_stages({"triangular": {"low": 1, "mode": 3, "high": 12}}),
}
STEPS = {
    "fixed and listed": funnel(
        [stage("A", 0.5, 12), stage("B", 0.5, {"empirical": [5, 7, 20]})],
        [*deals(1, age=1), *deals(1, prefix="b", stage="B", age=0)],
        leads=LEADS,
        **TWO,
    ),
}


def trials_of(model: Model, paces: Floats) -> list[TrialBlock]:
    """Each a trial's rates, at all paces."""
    if not model.funnels.uncertain.any():
        return [new_block(model.funnels, model.factors, len(paces))._replace(pace=paces)]
    b = some_rates(model)
    return [
        b._replace(
            probability=np.repeat(b.probability[[t]], len(paces), axis=0),
            win_rate=np.repeat(b.win_rate[[t]], len(paces), axis=0),
            pace=paces,
        )
        for t in range(TRIALS)
    ]


def misread(model: Model, table: TabulatedTimings, truth: TabulatedTimings) -> Floats:
    """(paces, bounds x deals, and bounds of the leads) how far probabilities are off at the paces of `truth`."""
    paces, index = truth.timings.pace, np.arange(len(model.deals.stage))
    arriving = float(model.arrivals.piece_rate @ model.arrivals.piece_length) or 1.0
    found = np.zeros((len(paces), 1))
    for block in trials_of(model, paces):
        state = State(block, np.ones((1, len(paces))))
        (deals_read, leads_read), (deals_true, leads_true) = (
            read(model, Tabulated(t), state, index) for t in (table, truth)
        )
        off_deals = (deals_read - deals_true).reshape(len(paces), -1)
        off_leads = np.cumsum(leads_read - leads_true, axis=2).sum(axis=1) / arriving
        found = np.maximum(found, np.abs(np.hstack([off_deals, off_leads])))
    return found


def paces_between(model: Model, table: TabulatedTimings, per_cell: int) -> tuple[Floats, Floats]:
    """Paces in the middle of parts of the cells of a table, and the probability of each part."""
    nodes = table.timings.pace
    parts = per_cell * (len(nodes) - 1)
    edges = np.geomspace(nodes[0], nodes[-1], parts + 1)
    chance = -np.diff(model.distributions[model.factors.pace_table].sf(edges))
    return np.sqrt(edges[1:] * edges[:-1]), chance


@pytest.mark.parametrize("sd", [0.1, 0.15, 0.3])
@pytest.mark.parametrize("name", SMOOTH)
def test_the_error_between_paces_is_stated(name: str, sd: float) -> None:
    model = compiled({**SMOOTH[name], "pace": {"sd": sd}})
    table = timings_in_order(model)
    middles, _ = paces_between(model, table, 1)
    truth = timings_in_order(model, paces=middles)  # whose error is that of the law alone
    off = float(misread(model, table, truth).max())
    assert off <= table.error
    assert table.error - truth.error <= TOO_CAUTIOUS * off


@pytest.mark.parametrize("sd", [0.1, 0.15, 0.3])
@pytest.mark.parametrize("name", STEPS)
def test_the_error_between_paces_is_stated_on_average_where_there_are_steps(name: str, sd: float) -> None:
    model = compiled({**STEPS[name], "pace": {"sd": sd}})
    table = timings_in_order(model)
    paces, chance = paces_between(model, table, 9)
    truth = timings_in_order(model, paces=paces)
    off = misread(model, table, truth)
    assert off.max() > 0.2  # so it is at a step
    mean = float((chance @ off).max())
    assert mean <= table.error <= TOO_CAUTIOUS * mean


def test_at_given_paces_and_without_a_pace_there_is_only_the_error_of_the_law() -> None:
    data = SMOOTH["narrow gamma"]
    paced = compiled({**data, "pace": {"sd": 0.3}})
    whole = timings_in_order(paced)
    given = timings_in_order(paced, paces=whole.timings.pace)
    assert whole.error > 1e-3
    assert given.error < 1e-5
    assert timings_in_order(compiled(data)).error < 1e-5
