"""Timing that depends on the drawn rates: way by way it is the law at those rates."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from helpers import JIT, compiled, funnel, stage

from simfunnel.engine.exact.nodes.shared import State
from simfunnel.engine.exact.wins.tables import Tabulated, read
from simfunnel.engine.law.timing import Law
from simfunnel.engine.law.ways import MOST_LEFT_OUT, some_rates, ways_to_won
from simfunnel.engine.timing.moving import COMPRESSION, compressed
from simfunnel.engine.timing.timings import moving_ways, timings_in_order
from simfunnel.engine.trial.shared import TrialBlock
from simfunnel.forecast.inputs import prepare
from simfunnel.funnel.model import Model

from .test_twin import BACK_TO_START, BOOK, LEADS, TWO, UNCERTAIN_GENERAL, UNCERTAIN_LOOPS

CASES = {
    "one loop": funnel(UNCERTAIN_LOOPS, BOOK, **TWO, leads=LEADS),
    "loops and skips": funnel(UNCERTAIN_GENERAL, BOOK, **TWO, leads=LEADS),
}


def some_trials(model: Model, count: int) -> TrialBlock:
    block = some_rates(model)
    return block._replace(
        probability=block.probability[:count], win_rate=block.win_rate[:count], factor=block.factor[:, :count],
        pace=block.pace[:count], level=block.level[:, :count],
    )  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_the_chances_of_the_ways_sum_to_one(name: str) -> None:
    model = compiled(CASES[name])
    ways = ways_to_won(model.funnels, 0, some_rates(model))
    assert ways is not None and 0 <= ways.left_out <= MOST_LEFT_OUT
    chances = ways.chances(model.funnels, some_trials(model, 50))
    np.testing.assert_allclose(chances.sum(axis=1), 1.0, rtol=1e-12)
    assert np.all(np.diff(ways.uses.sum(axis=1)) >= 0)


def test_how_many_ways_the_documents_speak_of() -> None:
    software = prepare(Path(__file__).parents[2] / "scenarios" / "b2b_software" / "scenario.yaml").model((), ())
    counted = []
    for model in (software, compiled(CASES["loops and skips"])):
        ways = ways_to_won(model.funnels, 0, some_rates(model))
        assert ways is not None
        counted.append((len(ways.uses), float(f"{ways.left_out:.1g}")))
    assert counted == [(6, 8e-7), (651, 2e-4)]


def test_one_loop_is_geometric() -> None:
    model = compiled(CASES["one loop"])
    ways = ways_to_won(model.funnels, 0, some_rates(model))
    assert ways is not None
    block = some_trials(model, 20)
    back = next(v for v, e in enumerate(ways.exits) if model.funnels.exit_to[e] == 1)
    w = block.win_rate
    r = block.probability[:, ways.exits[back]] * w[:, 1] / w[:, 2]
    chances = ways.chances(model.funnels, block)[2]
    expected = (1 - r) * r ** ways.uses[:, [back]] * (ways.count[2] > 0)[:, None]
    np.testing.assert_allclose(chances, expected / expected.sum(axis=0), rtol=1e-9)


@pytest.mark.skipif(not JIT, reason="the law itself is not compiled; once is enough")
@pytest.mark.parametrize("name", CASES)
def test_timing_way_by_way_is_the_law_at_the_drawn_rates(name: str) -> None:
    model = compiled(CASES[name])
    table = timings_in_order(model)
    assert table.functions.each
    trials = 4 if name == "loops and skips" else 12  # each takes a second there
    block = some_trials(model, trials)
    state = State(block, np.ones((1, trials)))
    found, leads = read(model, Tabulated(table), state, np.arange(len(model.deals.stage)))
    bounds = model.grid.bound[1:]
    ways = ways_to_won(model.funnels, 0, some_rates(model))
    assert ways is not None
    missing = 1.0 - ways.covered(model.funnels, block).sum(axis=1).min(axis=0)
    assert missing.mean() < 2 * ways.left_out
    for t in range(trials):
        funnels = model.funnels._replace(probability=block.probability[t], win_rate=block.win_rate[t])
        at_rates = timings_in_order(dataclasses.replace(model, funnels=funnels), ways=[]).timings
        law = Law(model, float(bounds[-1]), funnels).deals_before(bounds)
        allowed = missing[t] + 3e-6
        np.testing.assert_allclose(found[t], law.deals.T, atol=allowed)
        np.testing.assert_allclose(leads[t], at_rates.leads[0], atol=allowed * at_rates.leads.max())


def test_a_funnel_with_one_way_moves_nothing_and_one_with_too_many_is_left() -> None:
    assert moving_ways(compiled(funnel([stage("A", {"mean": 0.4, "n": 9})], BOOK[:2], **TWO))) == []
    assert moving_ways(compiled(funnel(BACK_TO_START, BOOK, **TWO))) == [None]


def test_compression_is_within_its_bound() -> None:
    rng = np.random.default_rng(3)
    values = rng.random((50, 4, 5)) @ rng.random((5, 30)) + 1e-8 * rng.random((50, 4, 30))
    weights, directions = compressed(values)
    assert weights.shape[2] == 5
    assert np.abs(weights @ directions - values).max() <= COMPRESSION * values.max()
