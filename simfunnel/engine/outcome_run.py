"""Preparing the `outcomes` kernel: the timing of the wins from the law, deals in runs, tables."""

from __future__ import annotations

import dataclasses
import hashlib
import math
import pickle
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy.special import ndtr, ndtri

from simfunnel.engine.keys import Keys, entity_keys
from simfunnel.engine.law.timing import POINTS, Law
from simfunnel.engine.ledger import BLOCK, Ledger
from simfunnel.engine.listed import MOST_AMOUNT, MOST_DEALS, ONE_WIN, WIDTH
from simfunnel.engine.normal_tables import NormalTables, normal_tables
from simfunnel.engine.outcomes import (
    Runs,
    Timings,
    new_outcomes_block,
    new_workspace,
    open_outcomes_block,
)
from simfunnel.engine.recent import Recent
from simfunnel.engine.trials import FACTOR_RANGE, new_block, prepare_trials
from simfunnel.funnel.distributions.base import Distribution
from simfunnel.funnel.model import Floats, Ints, Model

KNOTS = 257
PACE_NODES = 193
LARGEST_PACE_SD = 0.3
_PACE_TAIL = 1e-9
LARGEST_BLOCK = 4096
_LEDGER_BYTES = 1 << 21


def outcomes_can_run(model: Model) -> str | None:
    """Why the `outcomes` kernel cannot serve this model; None if it can."""
    if len(model.payment.share):
        return "payment terms need the day of each win"
    funnels = model.funnels
    S = funnels.stages
    for f in np.flatnonzero(funnels.uncertain):
        rates = funnels.win_rate[f * (S + 2) : f * (S + 2) + S]
        rows = slice(f * S, (f + 1) * S)
        if np.any(funnels.winnable[rows] & (funnels.sole_exit[rows] < 0)):
            return "with uncertain rates, a stage with several ways to Won makes the timing depend on the rates"
        if np.any(funnels.winnable[rows] & (rates <= 0)):
            return "a win rate that is 0 in the mean but not in every trial has no timing law"
    if model.factors.pace_table >= 0:
        pace = model.distributions[model.factors.pace_table]
        if math.sqrt(pace.variance) > LARGEST_PACE_SD:
            return f"a pace of sd above {LARGEST_PACE_SD} is too wide to tabulate"
        if any(np.any(model.distributions[table].atoms()[0] > 0) for table in set(funnels.exit_table.tolist())):
            return "under an uncertain pace, fixed and empirical durations are not smooth enough to tabulate"
    return None


@dataclass(frozen=True)
class OutcomeRun:
    """Everything a block needs, prepared once."""

    model: Model
    keys: Keys
    runs: Runs
    timings: Timings
    normal: NormalTables
    law_error: float
    """Size of the correction by which the law's lattice was improved on."""

    @classmethod
    def prepare(cls, model: Model, seed: int, recent: Recent | None = None) -> OutcomeRun:
        """Compute the law, the tables and the keys of a run, or take what `recent` has of them for the same content."""
        if recent is None:
            return cls._unseeded(model, Recent())._seeded(seed)
        # the run holds its model: while it is kept, no other can have this id
        return recent.get(("outcomes", id(model)), lambda: cls._unseeded(model, recent))._seeded(seed)

    @classmethod
    def _unseeded(cls, model: Model, recent: Recent) -> OutcomeRun:
        runs = _runs(model)
        key = ("timings", _timing_content(model, runs.deal))
        timings, error = recent.get(key, lambda: timings_in_order(model, runs.deal))
        none = Keys(*[np.zeros(0, dtype=np.uint64)] * len(Keys._fields))
        return cls(model, none, runs, timings, normal_tables(), error)

    def _seeded(self, seed: int) -> OutcomeRun:
        keys = entity_keys(self.model.names, seed)
        index = self.runs.deal
        key = np.where(index >= 0, keys.deals[index], np.uint64(0)) if len(index) else keys.deals
        return dataclasses.replace(self, keys=keys, runs=self.runs._replace(key=key))

    def block_size(self, trials: int, workers: int) -> int:
        """Trials per block: many share the reading of a run's tables, as long as their ledger fits into the cache."""
        cells = len(self.model.names.groups) * len(self.model.periods)
        wanted = min(LARGEST_BLOCK, trials // (4 * workers), _LEDGER_BYTES // (20 * cells))
        return max(BLOCK, wanted // BLOCK * BLOCK)

    def __call__(self, first: int, ledger: Ledger) -> None:
        """Simulate trials first, first + 1, ... into a ledger of as many trials."""
        with np.errstate(over="ignore", divide="ignore"):  # words wrap around; u / 0 is no win
            self._simulate(first, ledger)

    def _simulate(self, first: int, ledger: Ledger) -> None:
        m = self.model
        block = new_block(m.funnels, m.factors, ledger.open.shape[2])
        prepare_trials(m.funnels, m.tables, m.rates, m.factors, self.keys, first, block)
        before = self.timings.deals[0] if len(self.timings.pace) == 1 else np.empty_like(self.timings.deals[0])
        units = int(np.diff(m.arrivals.unit_start).max(initial=0))
        exits = len(m.funnels.exit_to) if not self.runs.tabulated.all() else 0
        work = new_workspace(len(self.runs.deal), before, units, ledger.open.shape[1], ledger.open.shape[2], exits)
        if len(m.deals.stage):
            open_outcomes_block(
                m.funnels, m.tables, m.deals, m.factors, m.realization_table, self.runs, self.timings, self.normal,
                first, block, work, ledger,
            )  # fmt: skip
        if len(m.streams.source):
            new_outcomes_block(
                m.funnels, m.tables, m.streams, m.arrivals, m.factors, self.timings, self.keys, first, block, work,
                ledger,
            )  # fmt: skip


def _runs(model: Model) -> Runs:
    """Cut the open deals into runs; their keys wait for a seed."""
    deals, factors = model.deals, model.factors
    D = len(deals.stage)
    drawn_rate = model.funnels.uncertain[deals.funnel] & np.isnan(deals.judged)
    drawn_amount = (deals.amount < 0) | (model.realization_table >= 0)
    cells = [tuple(deals.group[deals.group_start[d] : deals.group_start[d + 1]].tolist()) for d in range(D)]
    labels = [(bool(drawn_rate[d]), bool(drawn_amount[d]), int(deals.combination[d]), cells[d]) for d in range(D)]
    order = sorted(range(D), key=labels.__getitem__)
    cuts = [i for i in range(D) if i == 0 or labels[order[i]] != labels[order[i - 1]]]
    heads = [labels[order[i]] for i in cuts]
    count = np.diff([*cuts, D]).astype(np.int64)
    start = np.concatenate([[0], np.cumsum(-(-count // WIDTH) * WIDTH)]).astype(np.int64)
    place = np.arange(D) + np.repeat(start[:-1] - np.array(cuts, dtype=np.int64), count)
    index = np.full(start[-1], -1, dtype=np.int64)
    index[place] = order
    amount = np.where(index >= 0, np.maximum(deals.amount[index], 0), 0) if D else np.zeros(0, dtype=np.int64)
    totals = [float(amount[a:b].astype(np.float64).sum()) for a, b in pairwise(start.tolist())]
    group_start = np.concatenate([[0], np.cumsum([len(h[3]) for h in heads])]).astype(np.int64)
    loads = np.array([factors.market_load, factors.segment_load, factors.owner_load])
    has = np.stack([np.ones(len(factors.segment)), factors.segment >= 0, factors.owner >= 0], axis=1)
    reach = FACTOR_RANGE * np.sqrt(has @ loads**2)
    return Runs(
        deal=index,
        key=np.zeros(len(index), dtype=np.uint64),
        amount=amount,
        packed=np.where(index >= 0, (amount & (MOST_AMOUNT - 1)) | ONE_WIN, 0),
        start=start,
        end=start[:-1] + count,
        fits=((np.array(totals) < 0.99 * MOST_AMOUNT) & (count < MOST_DEALS)).astype(np.int64),
        tabulated=np.array([not h[0] for h in heads], dtype=np.int64),
        drawn=np.array([h[1] for h in heads], dtype=np.int64),
        combination=np.array([h[2] for h in heads], dtype=np.int64),
        group_start=group_start,
        group=np.array([g for h in heads for g in h[3]], dtype=np.int64),
        knots=_knots(model, index, reach),
        reach=np.maximum(reach, 1.0),
        per_unit=0.5 * (KNOTS - 1) / np.maximum(reach, 1.0),
    )


def _timing_content(model: Model, order: Ints) -> bytes:
    """Hash of everything that the timing of wins depends on: of no amount, correlation or shift of the win rate."""
    durations = [model.distributions[table] for table in model.funnels.exit_table]
    pace = model.factors.pace_table
    d, s, a = model.deals, model.streams, model.arrivals
    content = (
        durations, model.distributions[pace] if pace >= 0 else None, tuple(model.funnels), model.grid.bound, order,
        (d.funnel, d.stage, d.age, d.oldest, d.weight_start, d.weight, d.steady_share, d.not_before),
        (s.source, s.funnel, s.stage), tuple(a),
    )  # fmt: skip
    return hashlib.blake2b(pickle.dumps(content), digest_size=16).digest()


def _knots(model: Model, index: Ints, reach: Floats) -> Floats:
    """(KNOTS, N) win probability given the factor, at knots over +-reach (+-1 without factors)."""
    if not len(index):
        return np.zeros((2, 0))
    c, w = model.deals.combination[index], np.where(index >= 0, model.book.win_rate[index], 0.0)
    correlated = model.factors.correlated[c]
    at = np.linspace(-1.0, 1.0, KNOTS)[:, None] * np.maximum(reach, 1.0)[c]
    given = ndtr((ndtri(w) + at) / np.sqrt(1.0 - correlated))
    # where w is 0 there is never a win
    return np.ascontiguousarray(np.where((correlated > 0) & (w > 0) & (w < 1), given, w))


def timings_in_order(
    model: Model, order: Ints | None = None, paces: Floats | None = None, points: int = POINTS
) -> tuple[Timings, float]:
    """Timing of open deals (in the given order) and of leads, at nodes of the pace; and the size of the law's error.

    `paces` gives the nodes, rising; by default they cover the model's own law of the pace. `points` is the fineness of
    the law.
    """
    index = np.arange(len(model.deals.stage)) if order is None else order
    nodes = np.ones(1) if paces is None else paces
    if paces is None and model.factors.pace_table >= 0:
        pace: Distribution = model.distributions[model.factors.pace_table]
        low, high = (float(pace.isf(np.array(v))) for v in (1 - _PACE_TAIL, _PACE_TAIL))
        nodes = np.geomspace(low, high, PACE_NODES)
    bounds = model.grid.bound[1:]
    reach = float(1.0 / nodes.min())
    law = Law(model, float(bounds[-1]) * reach, points=math.ceil(points * min(reach, 4.0)))
    times = (bounds[None, :] / nodes[:, None]).ravel()
    rising = np.argsort(times, kind="stable")
    unsorted = np.empty(len(times), dtype=np.int64)
    unsorted[rising] = np.arange(len(times))
    K, P = len(bounds), len(nodes)
    deals, error = np.zeros((P, K, len(index))), 0.0
    if len(index):
        timing = law.deals_before(times[rising], not_before=False)
        values = timing.deals[:, unsorted].reshape(-1, P, K)[index]
        late = (bounds > model.deals.not_before[index][:, None]) & (index >= 0)[:, None]
        late = late[:, None, :]
        deals = np.ascontiguousarray(np.where(late, values, 0.0).transpose(1, 2, 0))
        error = timing.error
    leads, lead_row, lead_error = _lead_timings(model, law, nodes)
    return Timings(nodes, deals, leads, lead_row), max(error, lead_error)


def _lead_timings(model: Model, law: Law, nodes: Floats) -> tuple[Floats, Ints, float]:
    """Expected leads, of a mean of 1 per unit of time of the source, that are won in each period if all are won."""
    arrivals, streams = model.arrivals, model.streams
    bounds = model.grid.bound[1:]
    rows: list[Floats] = []
    lead_row = []
    error = 0.0
    cache: dict[tuple[int, int, int], Floats] = {}
    for i in range(len(streams.source)):
        source = int(streams.source[i])
        key = (source, int(streams.funnel[i]), int(streams.stage[i]))
        if key not in cache:
            pieces = slice(int(arrivals.piece_start[source]), int(arrivals.piece_start[source + 1]))
            enter, speed = arrivals.piece_clock[pieces], arrivals.piece_speed[pieces]
            length, rate = arrivals.piece_length[pieces], arrivals.piece_rate[pieces]
            unit = arrivals.piece_unit[pieces]
            g = nodes[:, None, None]
            left = (bounds[None, :, None] - enter) / g  # (P, K, pieces) operational time left at a piece's start
            # integral over the piece of F((bound - t) / g), by the integral of F; F itself where time stands still
            upper, e1 = law.entries_before(key[1], key[2], left)
            lower, e2 = law.entries_before(key[1], key[2], left - speed * length / g)
            moving = speed > 0
            area = np.where(moving, (upper - lower) * g / np.where(moving, speed, 1.0), 0.0)
            if not moving.all():
                still, e3 = law.wins_before(key[1], key[2], left)
                area = np.where(moving, area, still * length)
                error = max(error, e3)
            error = max(error, max(e1, e2) / float(bounds[-1]))  # of an integral over the horizon
            before = area * rate
            inside = np.diff(before, axis=1, prepend=0.0)
            units = int(arrivals.unit_start[source + 1] - arrivals.unit_start[source])
            sums = np.zeros((len(nodes), units, len(bounds)))
            for u in range(units):
                sums[:, u, :] = inside[:, :, unit == u].sum(axis=2)
            cache[key] = np.maximum(sums, 0.0)
        lead_row.append(sum(r.shape[1] for r in rows))
        rows.append(cache[key])
    packed = np.concatenate(rows, axis=1) if rows else np.zeros((len(nodes), 0, len(bounds)))
    return np.ascontiguousarray(packed), np.array(lead_row, dtype=np.int64), error
