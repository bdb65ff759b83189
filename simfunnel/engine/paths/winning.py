"""In which trials of a block each open deal is won: one comparison for each deal and trial.

A deal is won in a trial where its uniform is below w' = Phi((score + factor) scale), its win probability given the
trial's factors; see `given_factors`. The score Phi^-1(w) is a number where w is certain. Where rates are drawn it is
computed over the trials of the block, once for neighbouring deals with the same exits and weights.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from simfunnel.arrays import Floats, Ints, Singles
from simfunnel.engine.draws.normal_single import odds_against, score
from simfunnel.engine.draws.streams import trial_state
from simfunnel.engine.jit import called, fused_called, kernel
from simfunnel.engine.trial.shared import TrialBlock, first_state, rates_row, shifted_probability
from simfunnel.families.normal import ndtri
from simfunnel.funnel.model import Deals, Funnels, Model

CONSTANT, GIVEN, DRAWN = 0, 1, 2
_ONE, _ZERO = np.float32(1.0), np.float32(0.0)
_UPPER = np.uint64(32)
_UNIT, _HALF_UNIT = np.float32(2.0**-32), np.float32(2.0**-33)
_LARGEST = np.float32(1.0 - 2.0**-24)
_HIGHEST = np.float32(5.6)


class OpenOrder(NamedTuple):
    """Open deals in an order in which neighbours are treated alike, and how each is found to be won."""

    deal: Ints
    """(N,) deal at each place of the order."""
    start: Ints
    """(R + 1,) first place of each run: deals of the same groups."""
    group_start: Ints
    group: Ints
    """Groups of each run."""
    mode: Ints
    """(N,) by place: CONSTANT (no factors, or w is 0 or 1), GIVEN (certain), or DRAWN: from the trial's own rates."""
    constant: Floats
    """(N,) w at the mean rates."""
    score: Singles
    """(N,) its normal score."""
    alike: Ints
    """(N,) whether the rates of the deal before serve this one, too."""
    scale: Singles
    """(C,) 1 / sqrt(1 - correlated), by combination of factors."""


def open_order(model: Model, which: Ints | None = None) -> OpenOrder:
    """Sort open deals, all or some, by their groups, then by what their win probability is made of."""
    deals, factors = model.deals, model.factors
    D = len(deals.stage)
    some = range(D) if which is None else which.tolist()
    w, correlated = model.win_rate, factors.correlated[deals.combination]
    drawn = model.funnels.uncertain[deals.funnel] & np.isnan(deals.judged)
    mode = np.where(drawn, DRAWN, np.where((correlated > 0) & (w > 0) & (w < 1), GIVEN, CONSTANT))
    cells = [tuple(deals.group[deals.group_start[d] : deals.group_start[d + 1]].tolist()) for d in range(D)]
    kinds = [(float(correlated[d] > 0), *_kind(model, d)) if drawn[d] else () for d in range(D)]
    order = sorted(some, key=lambda d: (cells[d], kinds[d]))
    cuts = [i for i in range(len(order)) if i == 0 or cells[order[i]] != cells[order[i - 1]]]
    group_start = np.concatenate([[0], np.cumsum([len(cells[order[i]]) for i in cuts])])
    index = np.array(order, dtype=np.int64)
    with np.errstate(divide="ignore"):
        scores = np.clip(ndtri(w), -_HIGHEST, _HIGHEST)
    return OpenOrder(
        deal=index,
        start=np.array([*cuts, len(order)], dtype=np.int64),
        group_start=group_start.astype(np.int64),
        group=np.array([g for i in cuts for g in cells[order[i]]], dtype=np.int64),
        mode=mode[index].astype(np.int64),
        constant=np.ascontiguousarray(w[index]),
        score=scores[index].astype(np.float32),
        alike=np.array([i > 0 and kinds[d] == kinds[order[i - 1]] for i, d in enumerate(order)], dtype=np.int64),
        scale=(1.0 / np.sqrt(1.0 - factors.correlated)).astype(np.float32),
    )


def _kind(model: Model, d: int) -> tuple[float, ...]:
    """All that the win probability of a deal depends on at given rates."""
    deals = model.deals
    weights = deals.weight[deals.weight_start[d] : deals.weight_start[d + 1]]
    operations = range(int(deals.operation_start[d]), int(deals.operation_start[d + 1]))
    shifts = [float(column[i]) for i in operations for column in deals.operations]
    return (float(deals.funnel[d]), float(deals.stage[d]), *weights.tolist(), *shifts)


class WinningWork(NamedTuple):
    """Working space of one block of B trials."""

    probability: Singles
    """(E, B) exit probabilities."""
    reach: Singles
    """(E, B) the same times the win probability where the exit leads to."""
    won: Singles
    """(B,)"""
    total: Singles
    score: Singles
    uniform: Singles
    factor: Singles
    """(C, B) sum of the factors of each combination."""
    winning: Ints
    """(B + 1,) trials in which a deal is won."""


def new_winning_work(funnels: Funnels, block: TrialBlock) -> WinningWork:
    """Allocate the working space of a block."""
    size = len(block.pace)
    rows = len(funnels.exit_to)
    return WinningWork(
        probability=np.empty((rows, size), dtype=np.float32), reach=np.empty((rows, size), dtype=np.float32),
        won=np.empty(size, dtype=np.float32), total=np.empty(size, dtype=np.float32),
        score=np.empty(size, dtype=np.float32), uniform=np.empty(size, dtype=np.float32),
        factor=np.empty(block.factor.shape, dtype=np.float32), winning=np.empty(size + 1, dtype=np.int64),
    )  # fmt: skip


@kernel
def lay_out_rates(funnels: Funnels, block: TrialBlock, work: WinningWork) -> None:
    """Lay the rates of a block out by exit, for loops over trials, and its factors."""
    S = funnels.stages
    for c in range(len(block.factor)):
        given, factor = block.factor[c], work.factor[c]
        for t in range(len(given)):
            factor[t] = np.float32(given[t])
    for f in range(len(funnels.uncertain)):
        for e in range(funnels.exit_start[f * S], funnels.exit_start[(f + 1) * S]):
            to = first_state(funnels, f) + funnels.exit_to[e]
            there = 0.0 if funnels.exit_never[e] else 1.0
            probability, reach = work.probability[e], work.reach[e]
            for t in range(len(probability)):
                row = rates_row(block, t)
                p = block.probability[row, e]
                probability[t] = np.float32(p)
                reach[t] = np.float32(p * block.win_rate[row, to] * there)


@fused_called
def drawn_win_rates(funnels: Funnels, deals: Deals, d: int, work: WinningWork) -> None:
    """Win probability of a deal in every trial, before the factors, into `work.won`; see `deal_win_rate`."""
    won, total = work.won, work.total
    stage = deals.funnel[d] * funnels.stages + deals.stage[d]
    first = funnels.exit_start[stage]
    for t in range(len(won)):
        won[t] = _ZERO
        total[t] = _ZERO
    for e in range(first, funnels.exit_start[stage + 1]):
        weight = np.float32(deals.weight[deals.weight_start[d] + e - first])
        probability, reach = work.probability[e], work.reach[e]
        for t in range(len(won)):
            total[t] += weight * probability[t]
            won[t] += weight * reach[t]
    for t in range(len(won)):
        won[t] = won[t] / total[t] if total[t] > _ZERO else _ZERO
    start, end = deals.operation_start[d], deals.operation_start[d + 1]
    if end > start:
        for t in range(len(won)):
            won[t] = np.float32(shifted_probability(deals.operations, start, end, np.float64(won[t])))


@fused_called
def scores_of(won: Singles, out: Singles) -> None:
    """Normal scores of some probabilities."""
    for t in range(len(won)):
        out[t] = score(won[t])


@fused_called
def draw_uniforms(key: np.uint64, first: int, out: Singles) -> None:
    """Uniforms of one deal in trials first, first + 1, ..., below 1."""
    start = np.uint64(first)
    for t in range(len(out)):
        out[t] = min(np.float32(trial_state(key, start + np.uint64(t)) >> _UPPER) * _UNIT + _HALF_UNIT, _LARGEST)


@fused_called
def divide_by_given(scores: Singles, factor: Singles, scale: np.float32, uniform: Singles) -> None:
    """Divide uniforms by the win probabilities given the factors: below 1 the deal is won."""
    for t in range(len(uniform)):
        uniform[t] += uniform[t] * odds_against((scores[t] + factor[t]) * scale)


@fused_called
def given_scores(scores: Singles, factor: Singles, scale: np.float32, out: Singles) -> None:
    """Win probabilities given the factors, from normal scores of those before them."""
    for t in range(len(out)):
        out[t] = _ONE / (_ONE + odds_against((scores[t] + factor[t]) * scale))


@called
def list_below(value: Singles, limit: np.float32, out: Ints) -> int:
    """List where the values are below a limit, without a branch; how many they are."""
    count = np.int64(0)
    for t in range(len(value)):
        out[count] = t
        count += np.int64(value[t] < limit)
    return int(count)


@called
def winning_trials(
    funnels: Funnels, deals: Deals, order: OpenOrder, place: int, correlated: bool, factor: Singles, key: np.uint64,
    first: int, work: WinningWork,
) -> int:  # fmt: skip
    """List the trials of the block in which the deal at a place is won, at any time; return how many they are.

    `factor` is that of the deal's combination in each trial.
    """
    d = order.deal[place]
    draw_uniforms(key, first, work.uniform)
    if order.mode[place] == CONSTANT:
        return list_below(work.uniform, np.float32(order.constant[place]), work.winning)
    if order.mode[place] == GIVEN:
        for t in range(len(factor)):
            work.score[t] = order.score[place]
    elif not order.alike[place]:
        drawn_win_rates(funnels, deals, d, work)
        if correlated:
            scores_of(work.won, work.score)
    if order.mode[place] == DRAWN and not correlated:
        for t in range(len(factor)):
            work.uniform[t] /= work.won[t]
    else:
        divide_by_given(work.score, factor, order.scale[deals.combination[d]], work.uniform)
    return list_below(work.uniform, _ONE, work.winning)
