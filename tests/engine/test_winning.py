"""Which deals are won, and when: loops over trials against one deal and trial at a time, in double precision."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from helpers import compiled, days, deals, funnel, sized, stage
from scipy.special import ndtr, ndtri

from engine.entered import entered
from simfunnel.arrays import Bools, Floats, Ints, Singles, Words
from simfunnel.engine.draws.keys import entity_keys
from simfunnel.engine.draws.normal import given_factors
from simfunnel.engine.draws.normal_single import CERTAIN, odds_against, score
from simfunnel.engine.draws.streams import Counter, draw, trial_state, uniform
from simfunnel.engine.jit import fused_kernel, kernel
from simfunnel.engine.paths.arrival_times import arrival_table, enter, expect_leads
from simfunnel.engine.paths.walk import choose_exit, follow_open_deal
from simfunnel.engine.paths.win_times import branches_of, fill_branches, new_scratch, open_deal_times
from simfunnel.engine.paths.winning import lay_out_rates, new_winning_work, open_order, winning_trials
from simfunnel.engine.run.ledger import calendar_day
from simfunnel.engine.trial.arrivals import cumulate_arrivals, next_arrival
from simfunnel.engine.trial.deals import deal_win_rate
from simfunnel.engine.trial.shared import TrialBlock, rates_row, trial_block
from simfunnel.funnel.model import Deals, Funnels, Model
from simfunnel.funnel.quantile_tables import QuantileTables

STAGES: list[dict[str, Any]] = [
    {"name": "A", "n": 12, "transitions": [
        {"to": "B", "probability": 0.5, "duration": {"lognormal": {"median": 5, "p90": 20}}},
        {"to": "Won", "probability": 0.1, "duration": {"empirical": [2, 4, 9]}},
        {"to": "Lost", "probability": 0.4, "duration": {"exponential": 9}},
    ]},
    {"name": "B", "n": 8, "transitions": [
        {"to": "C", "probability": 0.6, "duration": {"gamma": {"mean": 8, "sd": 5}}},
        {"to": "A", "probability": 0.1, "duration": 3},
        {"to": "Lost", "probability": 0.3, "duration": {"exponential": 9}},
    ]},
    stage("C", {"mean": 0.9, "n": 9}, {"weibull": {"shape": 1.3, "scale": 6}}),
    stage("D", 0.5, {"lognormal": {"median": 4, "p90": 9}}),
]  # fmt: skip
BOOK = [
    {"id": f"{name}{i}", "stage": name, "amount": 1, "age": 3.0 * i, "segment": "st"[i % 2], "owner": "xy"[i // 3]}
    for name in "ABCD"
    for i in range(6)
]
SHARED: dict[str, Any] = {"correlation": {"market": 0.1, "segment": 0.1, "owner": 0.2}, "pace": {"sd": 0.2}}


_winning_trials, _open_deal_times, _expect_leads = (
    entered(winning_trials),
    entered(open_deal_times),
    entered(expect_leads),
)
_enter, _calendar_day = entered(enter), entered(calendar_day)
_cumulate_arrivals, _next_arrival = entered(cumulate_arrivals), entered(next_arrival)


@fused_kernel
def _odds(z: Singles, out: Singles) -> None:
    for i in range(len(z)):
        out[i] = odds_against(z[i])


@fused_kernel
def _scores(w: Singles, out: Singles) -> None:
    for i in range(len(w)):
        out[i] = score(w[i])


def test_odds_are_those_of_the_normal_distribution() -> None:
    z = np.linspace(-5.45, 5.45, sized(40_001)).astype(np.float32)
    out = np.empty_like(z)
    _odds(z, out)
    found, exact = 1.0 / (1.0 + out.astype(np.float64)), ndtr(z.astype(np.float64))
    assert np.abs(found - exact).max() < 6e-8
    assert np.abs(found / exact - 1.0)[np.abs(z) < 4].max() < 4e-6
    assert np.abs(found / exact - 1.0)[np.abs(z) < 5].max() < 3e-5
    assert np.all(np.diff(found) > -1e-7)


def test_scores_are_those_of_the_normal_distribution() -> None:
    tail = np.geomspace(3e-8, 0.4999, sized(20_001))
    w = np.concatenate([tail, 1.0 - tail]).astype(np.float32)
    out = np.empty_like(w)
    _scores(w, out)
    found, exact = out.astype(np.float64), ndtri(w.astype(np.float64))
    assert np.abs(found / exact - 1.0).max() < 2e-6
    assert np.abs(ndtr(found) - w).max() < 2e-7


def test_what_is_certain_stays_certain() -> None:
    w = np.array([0.0, 1.0, 0.5], dtype=np.float32)
    out = np.empty_like(w)
    _scores(w, out)
    assert out.tolist() == [-CERTAIN, CERTAIN, 0.0]
    _odds(out, odds := np.empty_like(out))
    smallest, largest = np.float32(2.0**-33), np.float32(1.0 - 2.0**-24)
    assert smallest * (1 + odds[0]) > 1
    assert largest * (1 + odds[1]) < 1


def _parts(data: dict[str, Any], size: int, first: int = 0) -> tuple[Model, Any, TrialBlock]:
    model = compiled(data)
    with np.errstate(over="ignore"):
        keys = entity_keys(model.keys, 7)
        return model, keys, trial_block(model, keys, first, size)


@kernel
def _won_alone(
    funnels: Funnels, deals: Deals, d: int, key: np.uint64, factor: Floats, correlated: float, block: TrialBlock,
    out: Bools,
) -> None:  # fmt: skip
    for t in range(len(out)):
        w = deal_win_rate(funnels, deals, d, block.probability, block.win_rate, rates_row(block, t))
        out[t] = uniform(trial_state(key, np.uint64(t))) < given_factors(w, factor[t], correlated)


@kernel
def _walk_alone(
    funnels: Funnels, tables: QuantileTables, deals: Deals, d: int, key: np.uint64, block: TrialBlock, state: Words,
    out: Floats, stages: Ints, times: Floats,
) -> None:  # fmt: skip
    for t in range(len(out)):
        state[t] = trial_state(key, np.uint64(t))
        out[t], _ = follow_open_deal(
            funnels, tables, deals, d, block.probability, block.win_rate, rates_row(block, t), True, state[t], 1e9,
            stages, times,
        )  # fmt: skip


@kernel
def _choose_alone(
    funnels: Funnels, row: int, key: np.uint64, counter: np.uint64, block: TrialBlock, u: Floats, taken: Ints,
    none: Floats,
) -> None:  # fmt: skip
    f, s = row // funnels.stages, row % funnels.stages
    for t in range(len(u)):
        state = trial_state(key, np.uint64(t))
        u[t] = uniform(draw(state, counter))
        taken[t] = choose_exit(
            funnels, f, s, block.probability, block.win_rate, rates_row(block, t), True, none, -1, state, counter
        )


@pytest.mark.parametrize("shared", [SHARED, {}, {"correlation": {"owner": 0.3}}])
def test_deals_are_won_where_their_uniform_is_below_their_win_probability(shared: dict[str, Any]) -> None:
    size = sized(4_000)
    some = [{"id": "even", "stage": "B", "amount": 1, "age": 2, "win_rate": 0.5}]
    model, keys, block = _parts(funnel(STAGES, [*BOOK, *some], periods=days(length=60), **shared), size)
    order, work = open_order(model), new_winning_work(model.funnels, block)
    assert sorted(order.deal.tolist()) == list(range(len(BOOK) + 1))
    differ = 0
    with np.errstate(over="ignore", divide="ignore"):
        lay_out_rates(model.funnels, block, work)
        for place, d in enumerate(order.deal.tolist()):
            c = model.deals.combination[d]
            correlated = float(model.factors.correlated[c])
            count = _winning_trials(
                model.funnels, model.deals, order, place, correlated > 0, work.factor[c], keys.deals[d], 0, work
            )
            won = np.zeros(size, dtype=np.bool_)
            won[work.winning[:count]] = True
            exact = np.empty(size, dtype=np.bool_)
            _won_alone(model.funnels, model.deals, d, keys.deals[d], block.factor[c], correlated, block, exact)
            differ += int(np.count_nonzero(won != exact))
            assert 0 < count < size
    assert differ <= 2e-5 * size * len(BOOK) + 1


def test_deals_that_cannot_be_won_or_lost_are_not() -> None:
    size = sized(20_000)
    book = [*deals(1, "never", win_rate=0), *deals(1, "always", win_rate=1)]
    model, keys, block = _parts(funnel([stage("A", {"mean": 0.5, "n": 5})], book, correlation={"market": 0.5}), size)
    order, work = open_order(model), new_winning_work(model.funnels, block)
    with np.errstate(over="ignore"):
        counts = [
            _winning_trials(model.funnels, model.deals, order, i, True, work.factor[0], keys.deals[d], 0, work)
            for i, d in enumerate(order.deal)
        ]
    assert [counts[order.deal.tolist().index(d)] for d in (0, 1)] == [0, size]


def test_winners_that_advance_together_take_the_times_of_those_that_walk_alone() -> None:
    size = sized(3_000)
    unaged = [{k: v for k, v in deal.items() if k != "age"} | {"id": f"u{deal['id']}"} for deal in BOOK[::3]]
    model, keys, block = _parts(funnel(STAGES, [*BOOK, *unaged], periods=days(length=60), **SHARED), size)
    branches, work = branches_of(model.funnels), new_winning_work(model.funnels, block)
    assert branches.number.max() >= 1  # A and B are left by two ways to Won
    scratch = new_scratch(model.arrivals, size, int(branches.number.max()) + 1)
    none = np.empty(0, dtype=np.int64), np.empty(0)
    far = moved = 0
    with np.errstate(over="ignore"):
        lay_out_rates(model.funnels, block, work)
        fill_branches(model.funnels, branches, work.reach, scratch)
        for d in range(len(model.deals.stage)):
            trials = np.arange(size)
            alone = np.empty(size)
            _walk_alone(model.funnels, model.tables, model.deals, d, keys.deals[d], block, scratch.state, alone, *none)
            work.winning[:size] = trials
            _open_deal_times(
                model.funnels, model.tables, model.deals, d, branches, 1e9, keys.deals[d], 0, size, block, work, scratch
            )
            together = np.empty(size)
            together[work.winning[:size]] = scratch.time
            assert sorted(work.winning[:size].tolist()) == trials.tolist()
            alone = np.maximum(alone * block.pace, model.deals.not_before[d])
            far += int(np.count_nonzero(~np.isclose(together, alone, rtol=1e-12, equal_nan=False)))
            moved += size
    assert far <= 1e-5 * moved + 2  # an exit whose chance in single precision is another


def test_the_likeliest_exit_is_taken_as_often_as_one_by_one() -> None:
    size = sized(4_000)
    model, keys, block = _parts(funnel(STAGES, BOOK, periods=days(length=60), **SHARED), size)
    f, branches, work = model.funnels, branches_of(model.funnels), new_winning_work(model.funnels, block)
    scratch = new_scratch(model.arrivals, size, int(branches.number.max()) + 1)
    row = int(np.flatnonzero(branches.number >= 0)[0])
    i, counter = branches.number[row], np.uint64(int(Counter.PATH))
    with np.errstate(over="ignore"):
        lay_out_rates(f, block, work)
        fill_branches(f, branches, work.reach, scratch)
        u, taken = np.empty(size), np.empty(size, dtype=np.int64)
        _choose_alone(f, row, keys.deals[0], counter, block, u, taken, np.empty(0))
    inside = (scratch.branch_low[i] <= u) & (u < scratch.branch_high[i])
    assert np.count_nonzero(inside != (taken == branches.likeliest[row])) <= 1
    assert 0.1 < inside.mean() < 1


def test_leads_enter_when_so_many_were_expected() -> None:
    clock = {"weekdays": [1, 1, 1, 1, 1, 0, 0.5]}
    rate = {"per": "week", "mean": 5, "dispersion": 2, "seasonality": {1: 0.5, 2: 2}}
    data = funnel(
        STAGES, periods=days(length=45), clock=clock, amount=1,
        leads=[{"name": "web", "stage": "A", "rate": rate}, {"name": "old", "stage": "B", "rate": rate}],
    )  # fmt: skip
    model = compiled(data)
    a, table = model.arrivals, arrival_table(model.arrivals)
    rng = np.random.default_rng(3)
    units = int(np.diff(a.unit_start).max())
    n = sized(2_000)
    for source in range(2):
        factor = rng.gamma(2.0, 0.5, (3, units))
        expected = np.zeros((3, units + 1))
        total = [_expect_leads(table, source, factor[t], expected[t]) for t in range(3)]
        trial = rng.integers(0, 3, n)
        reached = rng.random(n) * np.array(total)[trial] * (1 - 1e-12)
        entered = reached.copy()
        _enter(
            a, table, source, trial, factor, expected, n, entered, np.empty(n, dtype=np.int64), np.empty(n)
        )  # fmt: skip
        arrived = np.zeros(int(a.piece_start[source + 1] - a.piece_start[source]) + 1)
        for t in range(3):
            _cumulate_arrivals(a, source, factor[t], arrived)
            assert total[t] == pytest.approx(arrived[-1], rel=1e-12)
            for i in np.flatnonzero(trial == t):
                assert entered[i] == pytest.approx(_next_arrival(a, source, arrived, 0, reached[i])[1], abs=1e-9)


@pytest.mark.parametrize(
    "clock", [None, {"weekdays": [1, 1, 1, 1, 1, 0, 0]}, {"weekdays": [0, 0, 3, 0, 0.1, 0, 0]},
              {"weekdays": [1] * 7, "holidays": {"2027-01-04": 0, "2027-01-05": 0}}],
)  # fmt: skip
def test_the_calendar_day_of_a_time_is_the_latest_that_shows_it(clock: dict[str, Any] | None) -> None:
    data = funnel([stage()], deals(1), periods=days(length=40), **({} if clock is None else {"clock": clock}))
    grid = compiled(data).grid
    own = grid.clock_time[(grid.clock_time >= 0) & (grid.clock_time <= grid.bound[-1])]
    for time in [*own.tolist(), *np.random.default_rng(1).uniform(0, grid.bound[-1], 300).tolist()]:
        low = int(np.flatnonzero(grid.clock_time <= time)[-1])
        low = min(low, len(grid.clock_time) - 2)
        span = grid.clock_time[low + 1] - grid.clock_time[low]
        day = grid.clock_day[low] + (time - grid.clock_time[low]) / span
        assert _calendar_day(grid, float(time)) == pytest.approx(day, abs=1e-9)
