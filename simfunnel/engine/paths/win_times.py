"""When the deals that are won in some trials of a block are won: all of them advance together.

Most winners go one way: where several exits lead to Won, the likeliest one. They advance stage by stage, over one table
at a time and without branches, which is several times as fast as walking them one by one; whoever takes another exit
is walked from there on. The draws are those of `simfunnel.engine.paths.walk`.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from simfunnel.arrays import Floats, Ints, Singles, Words
from simfunnel.engine.draws.quantiles import quantiles
from simfunnel.engine.draws.streams import Counter, draw, trial_state, uniform
from simfunnel.engine.jit import called, fused_called, inline, kernel
from simfunnel.engine.paths.walk import FIRST_STEP, choose_exit, follow, remaining_time
from simfunnel.engine.paths.winning import WinningWork
from simfunnel.engine.trial.shared import TrialBlock, rates_row
from simfunnel.funnel.model import Arrivals, Deals, Funnels
from simfunnel.funnel.quantile_tables import QuantileTables
from simfunnel.funnel.states import first_state

_REMAINING = np.uint64(int(Counter.REMAINING))
_EXIT = np.uint64(int(Counter.EXIT))
_ONE = np.uint64(1)
_TWO = np.uint64(2)
_ZERO, _WHOLE = np.float32(0.0), np.float32(1.0)


class Scratch(NamedTuple):
    """Working space of one block of B trials."""

    state: Words
    """(B,) state of a deal in each of the trials in which it is won."""
    time: Floats
    """(B,) time of the win in each of them."""
    uniform: Floats
    """(B,) a draw of each of them."""
    days: Floats
    """(B,) how long each of them stays in a stage."""
    listed: Ints
    """(B,) some of them."""
    stage: Ints
    """(B,) where those go on who do not go with the others; -1 nowhere."""
    counter: Words
    """(B,) of their first draw there."""
    entered: Floats
    """(B,) time at which a lead enters."""
    level: Floats
    """(B,) level of a source."""
    unit_factor: Floats
    """(B, units) gamma factor of each unit of a source."""
    expected: Floats
    """(B, units + 1) leads of a source expected before each unit."""
    leads: Floats
    """(B,) leads of a source expected in all, for a mean of one in each unit."""
    branch_low: Singles
    """(stages with a choice, B) least uniform by which a winner takes the likeliest exit."""
    branch_high: Singles
    """The same, the end of the range."""
    aged_low: Singles
    """(B,) the same of an open deal, whose age tells of its exit."""
    aged_high: Singles
    visit_stage: Ints
    visit_time: Floats
    """Empty: the stages visited are not recorded."""


def new_scratch(arrivals: Arrivals, size: int, choices: int = 0) -> Scratch:
    """Allocate the working space of a block of `size` trials."""
    units = int(np.diff(arrivals.unit_start).max(initial=0))
    return Scratch(
        state=np.empty(size, dtype=np.uint64),
        time=np.empty(size),
        uniform=np.empty(size),
        days=np.empty(size),
        listed=np.empty(size, dtype=np.int64),
        stage=np.empty(size, dtype=np.int64),
        counter=np.empty(size, dtype=np.uint64),
        entered=np.empty(size),
        level=np.ones(size),
        unit_factor=np.ones((size, units)),
        expected=np.zeros((size, units + 1)),
        leads=np.zeros(size),
        branch_low=np.empty((choices, size), dtype=np.float32),
        branch_high=np.empty((choices, size), dtype=np.float32),
        aged_low=np.empty(size, dtype=np.float32),
        aged_high=np.empty(size, dtype=np.float32),
        visit_stage=np.empty(0, dtype=np.int64),
        visit_time=np.empty(0),
    )


class Branches(NamedTuple):
    """Stages of funnels with several exits towards Won."""

    likeliest: Ints
    """(F * S,) exit that a deal which will be won takes most often at the mean rates; -1 where none can be won."""
    number: Ints
    """(F * S,) number of the stage among those with several such exits; -1 where there is no choice."""


def branches_of(funnels: Funnels) -> Branches:
    """Find the stages where winners part."""
    S = funnels.stages
    rows = len(funnels.exit_start) - 1
    likeliest, choice = np.full(rows, -1, dtype=np.int64), np.zeros(rows, dtype=np.bool_)
    for row in range(rows):
        exits = np.arange(funnels.exit_start[row], funnels.exit_start[row + 1])
        reach = funnels.win_rate[first_state(funnels, row // S) + funnels.exit_to[exits]]
        won = np.where(funnels.exit_never[exits], 0.0, funnels.probability[exits] * reach)
        if funnels.sole_exit[row] >= 0:  # even where its mean chance is 0
            likeliest[row] = funnels.sole_exit[row]
        elif won.max(initial=0.0) > 0.0:
            likeliest[row] = exits[np.argmax(won)]
            choice[row] = True
    return Branches(likeliest, np.where(choice, np.cumsum(choice) - 1, -1).astype(np.int64))


@kernel
def fill_branches(funnels: Funnels, branches: Branches, reach: Singles, scratch: Scratch) -> None:
    """Fill, for every trial of a block, which uniforms lead to the likeliest exit of each stage with a choice."""
    for row in range(len(branches.number)):
        if branches.number[row] >= 0:
            i = branches.number[row]
            low, high = scratch.branch_low[i], scratch.branch_high[i]
            _likeliest_range(funnels, row, branches.likeliest[row], reach, scratch.visit_time, -1, low, high)


@fused_called
def _likeliest_range(
    funnels: Funnels, row: int, likeliest: int, reach: Singles, weights: Floats, weight0: int, low: Singles,
    high: Singles,
) -> None:  # fmt: skip
    """Fill the ends of the range of uniforms that lead to an exit, as `choose_exit` reads them."""
    first = funnels.exit_start[row]
    for t in range(len(low)):
        low[t] = _ZERO
        high[t] = _ZERO
    for e in range(first, funnels.exit_start[row + 1]):
        weight = np.float32(weights[weight0 + e - first]) if weight0 >= 0 else _WHOLE
        here = reach[e]
        before = _WHOLE if e < likeliest else _ZERO
        for t in range(len(low)):
            low[t] += before * weight * here[t]
            high[t] += weight * here[t]
    weight = np.float32(weights[weight0 + likeliest - first]) if weight0 >= 0 else _WHOLE
    here = reach[likeliest]
    for t in range(len(low)):
        total = high[t]
        high[t] = (low[t] + weight * here[t]) / total if total > _ZERO else _ZERO
        low[t] = low[t] / total if total > _ZERO else _ZERO


@called
def draw_for_all(state: Words, counter: np.uint64, out: Floats, n: int) -> None:
    """Draw the uniforms of a counter of `n` winners: a loop of their own, which is vectorised."""
    for i in range(n):
        out[i] = uniform(draw(state[i], counter))


@called
def _add_quantiles(
    tables: QuantileTables, table: int, counter: np.uint64, n: int, scratch: Scratch
) -> None:  # fmt: skip
    """Add a duration to the time of each of the first `n` winners."""
    draw_for_all(scratch.state, counter, scratch.uniform, n)
    quantiles(tables, table, scratch.uniform, n, scratch.days, scratch.listed)
    for i in range(n):
        scratch.time[i] += scratch.days[i]


@inline
def _put_last(i: int, last: int, winning: Ints, scratch: Scratch) -> None:
    """Exchange two winners."""
    winning[i], winning[last] = winning[last], winning[i]
    scratch.state[i], scratch.state[last] = scratch.state[last], scratch.state[i]
    scratch.time[i], scratch.time[last] = scratch.time[last], scratch.time[i]
    scratch.uniform[i], scratch.uniform[last] = scratch.uniform[last], scratch.uniform[i]
    scratch.stage[i], scratch.stage[last] = scratch.stage[last], scratch.stage[i]
    scratch.counter[i], scratch.counter[last] = scratch.counter[last], scratch.counter[i]
    scratch.entered[i], scratch.entered[last] = scratch.entered[last], scratch.entered[i]


@called
def advance(
    funnels: Funnels,
    tables: QuantileTables,
    f: int,
    s: int,
    branches: Branches,
    horizon: float,
    block: TrialBlock,
    together: int,
    count: int,
    winning: Ints,
    scratch: Scratch,
) -> None:
    """Add the days from entering a stage until the win to the times of `count` winners.

    The first `together` enter stage `s` of funnel `f`, each of the others its own (`scratch.stage`, and the counter of
    its next draw). The winners are left in another order. Times beyond the horizon may be infinite.
    """
    counter = FIRST_STEP
    while s < funnels.stages and together > 0:
        row = f * funnels.stages + s
        e = branches.likeliest[row]
        number = branches.number[row]
        if number >= 0 or e < 0:
            draw_for_all(scratch.state, counter, scratch.uniform, together)
            i = int(np.int64(0))  # a literal 0 is a type of its own, for which callees would be compiled once more
            while i < together:
                t = winning[i]
                if e >= 0 and scratch.branch_low[number, t] <= scratch.uniform[i] < scratch.branch_high[number, t]:
                    i += 1
                    continue
                scratch.stage[i], scratch.counter[i] = s, counter
                together -= 1
                _put_last(i, together, winning, scratch)
        if together > 0:
            _add_quantiles(tables, funnels.exit_table[e], counter + _ONE, together, scratch)
            counter += _TWO
            s = funnels.exit_to[e]
    for i in range(together, count):
        t = winning[i]
        if scratch.stage[i] < 0:
            scratch.time[i] = math.inf
            continue
        scratch.time[i], _ = follow(
            funnels, tables, f, scratch.stage[i], scratch.time[i], block.probability, block.win_rate,
            rates_row(block, t), True, scratch.state[i], scratch.counter[i], horizon / block.pace[t],
            scratch.visit_stage, scratch.visit_time, 0,
        )  # fmt: skip


@called
def open_deal_times(
    funnels: Funnels,
    tables: QuantileTables,
    deals: Deals,
    d: int,
    branches: Branches,
    horizon: float,
    key: np.uint64,
    first: int,
    count: int,
    block: TrialBlock,
    work: WinningWork,
    scratch: Scratch,
) -> None:
    """Fill the state of an open deal and the time of its win in each of the `count` trials that are listed.

    The list is left in another order.
    """
    winning, state, time = work.winning, scratch.state, scratch.time
    for i in range(count):
        state[i] = trial_state(key, np.uint64(first) + np.uint64(winning[i]))
    f, s = deals.funnel[d], deals.stage[d]
    row = f * funnels.stages + s
    e = branches.likeliest[row]
    together, known = count, not math.isnan(deals.age[d])
    if funnels.sole_exit[row] < 0 or not known:
        choice = branches.number[row] >= 0
        if choice:
            _likeliest_range(
                funnels, row, e, work.reach, deals.weight, deals.weight_start[d], scratch.aged_low, scratch.aged_high
            )
            draw_for_all(scratch.state, _EXIT, scratch.uniform, together)
        i = 0
        while i < together:
            t = winning[i]
            taken = e
            if not (choice and scratch.aged_low[t] <= scratch.uniform[i] < scratch.aged_high[t]):
                taken = choose_exit(
                    funnels, f, s, block.probability, block.win_rate, rates_row(block, t), True, deals.weight,
                    deals.weight_start[d], scratch.state[i], _EXIT,
                )  # fmt: skip
            possible = taken >= 0 and not funnels.exit_never[taken]
            alike = possible and taken == e
            if possible and not (alike and known):
                scratch.time[i] = remaining_time(funnels, tables, deals, d, taken, scratch.state[i])
            if alike:
                i += 1
                continue
            scratch.stage[i], scratch.counter[i] = funnels.exit_to[taken] if possible else -1, FIRST_STEP
            together -= 1
            _put_last(i, together, winning, scratch)
    if known and together > 0:
        _remaining_times(funnels, tables, deals, d, e, together, scratch)
    to = funnels.exit_to[e] if e >= 0 else funnels.stages
    advance(funnels, tables, f, to, branches, horizon, block, together, count, winning, scratch)
    for i in range(count):
        time[i] = max(time[i] * block.pace[winning[i]], deals.not_before[d])


@called
def _remaining_times(
    funnels: Funnels, tables: QuantileTables, deals: Deals, d: int, e: int, count: int, scratch: Scratch
) -> None:
    """Fill the days that a deal of known age still spends in its stage, which it leaves by exit `e`."""
    time, u = scratch.time, scratch.uniform
    table, age = funnels.exit_table[e], max(deals.age[d], 0.0)
    first = funnels.exit_start[deals.funnel[d] * funnels.stages + deals.stage[d]]
    weight = deals.weight[deals.weight_start[d] + e - first] if age > 0.0 else 1.0
    draw_for_all(scratch.state, _REMAINING, u, count)
    for i in range(count):
        u[i] *= weight
    quantiles(tables, table, u, count, time, scratch.listed)
    for i in range(count):
        time[i] = max(0.0, time[i] - age)
