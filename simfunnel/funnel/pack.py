"""Packing: funnels, operations and ragged columns as flat arrays."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain

import numpy as np

from simfunnel.arrays import Floats, Ints
from simfunnel.families.changed import Equilibrium
from simfunnel.families.computed import Distribution
from simfunnel.families.never.computed import Never
from simfunnel.funnel.inflow import Inflow
from simfunnel.funnel.model import BACKWARD, Funnels, Operations
from simfunnel.funnel.probabilities import (
    forward_probability,
    redistribute,
    stage_probabilities,
)
from simfunnel.funnel.process import StageProcess
from simfunnel.funnel.quantile_tables import TableBuilder
from simfunnel.funnel.shift_arithmetic import shifted
from simfunnel.funnel.states import first_state, won_state


def ragged(lists: Iterable[Sequence[int]]) -> tuple[Ints, Ints]:
    """Pack lists of integers into (starts, values)."""
    kept = [list(values) for values in lists]
    start = np.concatenate([[0], np.cumsum([len(values) for values in kept])]).astype(np.int64)
    return start, np.array([v for values in kept for v in values], dtype=np.int64)


def pack_operations(lists: Iterable[Sequence[tuple[int, float]]]) -> tuple[Ints, Operations]:
    """Pack lists of (code, value) into (starts, operations)."""
    kept = [list(pairs) for pairs in lists]
    start = np.concatenate([[0], np.cumsum([len(pairs) for pairs in kept])]).astype(np.int64)
    flat = np.array([*chain.from_iterable(kept)], dtype=np.float64).reshape(-1, 2)
    return start, Operations(flat[:, 0].astype(np.int64), np.ascontiguousarray(flat[:, 1]))


def pack_funnels(
    variants: Sequence[tuple[StageProcess, ...]], draws: Sequence[str], tables: TableBuilder
) -> tuple[Funnels, list[Distribution], list[int]]:
    """Pack the funnel variants; also the duration of every exit, and the stages whose shifted conversion was capped."""
    S = len(variants[0])
    rows = [stage for variant in variants for stage in variant]
    exits = [e for stage in rows for e in stage.exits]
    index = {name: i for i, name in enumerate(draws)}
    operation_start, operations = pack_operations(stage.operations for stage in rows)
    start = np.concatenate([[0], np.cumsum([len(stage.exits) for stage in rows])]).astype(np.int64)
    funnels = Funnels(
        stages=S,
        exit_start=start,
        exit_to=np.array([e.to for e in exits], dtype=np.int64),
        exit_table=np.array([tables.add(e.duration) for e in exits], dtype=np.int64),
        exit_age=np.full(len(exits), -1, dtype=np.int64),
        exit_never=np.array([isinstance(e.duration, Never) for e in exits], dtype=np.bool_),
        exit_direction=np.array([e.direction for e in exits], dtype=np.int64),
        probability=np.zeros(len(exits)),
        share=np.array([e.share for e in exits]),
        share_draw=np.array([-1 if e.draw is None else index[e.draw] for e in exits], dtype=np.int64),
        win_rate=np.zeros(len(variants) * (S + 2)),
        winnable=np.zeros(len(rows), dtype=np.bool_),
        sole_exit=np.full(len(rows), -1, dtype=np.int64),
        given_age=np.array([stage.ages is not None for stage in rows], dtype=np.bool_),
        uncertain=np.array([any(e.draw is not None for s in v for e in s.exits) for v in variants], dtype=np.bool_),
        acyclic=np.array([all(e.direction != BACKWARD for s in v for e in s.exits) for v in variants], dtype=np.bool_),
        operation_start=operation_start,
        operations=operations,
    )
    # at the mean rates every share is its own mean
    capped: list[int] = []
    certain = funnels._replace(share_draw=np.full(len(exits), -1, dtype=np.int64))
    for row in range(len(rows)):
        stage_probabilities(certain, row, np.empty(0), funnels.probability)
        first, end = operation_start[row], operation_start[row + 1]
        if end > first:
            forward = forward_probability(funnels, row, funnels.probability)
            if (
                shifted(operations, int(first), int(end), float(forward), -math.inf, math.inf)
                > 1.0 - _backward(funnels, row) + 1e-12
            ):
                capped.append(row)
            forward = shifted(operations, int(first), int(end), forward)
            redistribute(funnels, row, forward, funnels.probability)
    for f in range(len(variants)):
        funnels.win_rate[first_state(funnels, f) : first_state(funnels, f + 1)] = _win_rates(funnels, f)
    _find_ways_to_won(funnels)
    return funnels, [e.duration for e in exits], capped


def _find_ways_to_won(funnels: Funnels) -> None:
    """Fill `winnable` and `sole_exit`: from Won backwards over every exit that some trial can take."""
    S = funnels.stages
    shifted = np.diff(funnels.operation_start) > 0
    drawn = np.repeat(np.repeat(funnels.uncertain, S) & shifted, np.diff(funnels.exit_start))
    possible = ~funnels.exit_never & ((funnels.probability > 0) | (funnels.share_draw >= 0) | drawn)
    row_of = np.repeat(np.arange(len(shifted)), np.diff(funnels.exit_start))
    while True:
        target = row_of // S * S + np.minimum(funnels.exit_to, S - 1)
        leads = possible & (
            (funnels.exit_to == won_state(funnels)) | ((funnels.exit_to < S) & funnels.winnable[target])
        )
        found = np.bincount(row_of, weights=leads, minlength=len(shifted)) > 0
        if np.array_equal(found, funnels.winnable):
            break
        funnels.winnable[:] = found
    count = np.bincount(row_of, weights=leads, minlength=len(shifted))
    for e in np.flatnonzero(leads):
        if count[row_of[e]] == 1:
            funnels.sole_exit[row_of[e]] = e


def _backward(funnels: Funnels, row: int) -> float:
    exits = slice(int(funnels.exit_start[row]), int(funnels.exit_start[row + 1]))
    return float(funnels.probability[exits][funnels.exit_direction[exits] == BACKWARD].sum())


def _win_rates(funnels: Funnels, f: int) -> Floats:
    """Solve w = P w + p_Won at the mean rates; then 1 for Won, 0 for Lost."""
    S = funnels.stages
    matrix, won = np.eye(S), np.zeros(S)
    for s in range(S):
        for e in range(funnels.exit_start[f * S + s], funnels.exit_start[f * S + s + 1]):
            if funnels.exit_never[e]:
                continue
            if funnels.exit_to[e] == S:
                won[s] += funnels.probability[e]
            elif funnels.exit_to[e] < S:
                matrix[s, funnels.exit_to[e]] -= funnels.probability[e]
    return np.concatenate([np.clip(np.linalg.solve(matrix, won), 0.0, 1.0), [1.0, 0.0]])


def age_tables(
    funnels: Funnels, durations: Sequence[Distribution], inflows: Mapping[int, Inflow | None], tables: TableBuilder
) -> None:
    """Add ages by exit of the stages (f * S + s) that have deals of unknown age; None: their inflow is steady."""
    built: dict[int, Equilibrium] = {}
    for row, inflow in inflows.items():
        for e in range(funnels.exit_start[row], funnels.exit_start[row + 1]):
            if funnels.exit_never[e]:
                continue
            if inflow is None:
                funnels.exit_age[e] = tables.add(built.setdefault(id(durations[e]), Equilibrium(durations[e])))
            elif (ages := inflow.ages(durations[e])) is not None:
                funnels.exit_age[e] = tables.add(ages)
