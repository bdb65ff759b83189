"""Preparing the `outcomes` kernel: the timing of the wins from the law, deals in runs, tables."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from simfunnel.arrays import Floats, Ints
from simfunnel.engine.draws.keys import Keys, entity_keys
from simfunnel.engine.law.ways import has_choice
from simfunnel.engine.outcomes.kernels import (
    Runs,
    new_workspace,
    open_outcomes_block,
)
from simfunnel.engine.outcomes.leads import new_outcomes_block
from simfunnel.engine.outcomes.listed import MOST_AMOUNT, MOST_DEALS, ONE_WIN, WIDTH
from simfunnel.engine.run.layout import check_layout, check_model
from simfunnel.engine.run.ledger import BLOCK, Ledger, bytes_per_trial, own_ledger
from simfunnel.engine.run.recent import Recent
from simfunnel.engine.timing.moving import Functions
from simfunnel.engine.timing.tables import Timings
from simfunnel.engine.timing.timings import has_atoms, moving_ways, tabulated
from simfunnel.engine.trial.normal_tables import NormalTables, normal_tables
from simfunnel.engine.trial.shared import factor_reach, trial_block
from simfunnel.funnel.distributions.normal import ndtr, ndtri
from simfunnel.funnel.model import Model

KNOTS = 257
LARGEST_PACE_SD = 0.3
MOST_WAYS = 256
"""Stages x ways of all funnels, beyond which weighing the ways in every trial costs more than walking the paths."""
LARGEST_BLOCK = 4096
_LEDGER_BYTES = 1 << 21


def outcomes_can_run(model: Model) -> str | None:
    """Why the `outcomes` kernel cannot serve this model; None if it can."""
    if len(model.payment.share):
        return "payment terms need the day of each win"
    found = moving_ways(model)
    if any(w is None for w in found) or sum(w.count.size for w in found if w is not None) > MOST_WAYS:
        return "the timing depends on the uncertain rates in too many ways: stages have several ways to Won"
    if model.factors.pace_table >= 0:
        pace = model.distributions[model.factors.pace_table]
        if math.sqrt(pace.variance) > LARGEST_PACE_SD:
            return f"a pace of sd above {LARGEST_PACE_SD} is too wide to tabulate"
        if has_atoms(model):
            return "under an uncertain pace, fixed and empirical durations are not smooth enough to tabulate"
    return None


@dataclass(frozen=True)
class OutcomeRun:
    """Everything a block needs, prepared once."""

    model: Model
    keys: Keys
    runs: Runs
    timings: Timings
    functions: Functions
    normal: NormalTables
    law_error: float
    """Of the law's lattice, the ways that were left out, and reading between the paces of a table."""

    def __post_init__(self) -> None:
        check_model(self.model)
        check_layout(self.keys, self.runs, self.timings, self.normal)

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
        found = tabulated(model, runs.deal, recent)
        none = Keys(*[np.zeros(0, dtype=np.uint64)] * len(Keys._fields))
        return cls(model, none, runs, found.timings, found.functions, normal_tables(), found.error)

    def _seeded(self, seed: int) -> OutcomeRun:
        keys = entity_keys(self.model.keys, seed)
        index = self.runs.deal
        key = np.where(index >= 0, keys.deals[index], np.uint64(0)) if len(index) else keys.deals
        return dataclasses.replace(self, keys=keys, runs=self.runs._replace(key=key))

    def __getstate__(self) -> dict[str, Any]:
        """Pickle without the knots, which are as large as the rest and soon made again."""
        return {**self.__dict__, "runs": self.runs._replace(knots=np.zeros((0, 0)))}

    def __setstate__(self, state: dict[str, Any]) -> None:
        runs: Runs = state["runs"]
        knots = _knots(state["model"], runs.deal, factor_reach(state["model"].factors))
        self.__dict__.update(state, runs=runs._replace(knots=knots))

    def block_size(self, trials: int, workers: int) -> int:
        """Trials per block: many share the reading of a run's tables, as long as their ledger fits into the cache."""
        wanted = min(LARGEST_BLOCK, trials // (4 * workers), _LEDGER_BYTES // bytes_per_trial(self.model))
        return max(BLOCK, wanted // BLOCK * BLOCK)

    def __call__(self, first: int, count: int) -> Ledger:
        """Simulate trials first, ..., first + count - 1; the arrays are used again for the next range."""
        ledger = own_ledger(self.model, count)
        with np.errstate(over="ignore", divide="ignore"):  # words wrap around; u / 0 is no win
            self._simulate(first, ledger)
        return ledger

    def _simulate(self, first: int, ledger: Ledger) -> None:
        m = self.model
        block = trial_block(m, self.keys, first, ledger.open.shape[2])
        moving = self.timings.moving
        before = self.timings.deals[0]
        if len(self.timings.pace) > 1 or moving.deal_count.any():
            before = before.copy()
        units = int(np.diff(m.arrivals.unit_start).max(initial=0))
        exits = len(m.funnels.exit_to) if not self.runs.tabulated.all() else 0
        functions = self.functions.values(m.funnels, block)
        work = new_workspace(
            len(self.runs.deal),
            before,
            units,
            len(m.streams.source),
            ledger.open.shape[1],
            ledger.open.shape[2],
            functions,
            exits,
        )
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
    deals = model.deals
    D = len(deals.stage)
    moving = np.array([has_choice(model.funnels, f) for f in range(len(model.funnels.uncertain))], dtype=np.bool_)
    judged = ~np.isnan(deals.judged)
    # of a judged deal only the timing can depend on the trial's rates
    drawn_rate = model.funnels.uncertain[deals.funnel] & (~judged | moving[deals.funnel])
    drawn_amount = (deals.amount < 0) | (model.realization_table >= 0)
    cells = [tuple(deals.group[deals.group_start[d] : deals.group_start[d + 1]].tolist()) for d in range(D)]
    single = drawn_amount | (drawn_rate & judged)
    labels = [(bool(drawn_rate[d]), bool(single[d]), int(deals.combination[d]), cells[d]) for d in range(D)]
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
    reach = factor_reach(model.factors)
    return Runs(
        deal=index,
        key=np.zeros(len(index), dtype=np.uint64),
        amount=amount,
        packed=np.where(index >= 0, (amount & (MOST_AMOUNT - 1)) | ONE_WIN, 0),
        start=start,
        end=start[:-1] + count,
        fits=((np.array(totals) < 0.99 * MOST_AMOUNT) & (count < MOST_DEALS)).astype(np.int64),
        tabulated=np.array([not h[0] for h in heads], dtype=np.int64),
        single=np.array([h[1] for h in heads], dtype=np.int64),
        combination=np.array([h[2] for h in heads], dtype=np.int64),
        group_start=group_start,
        group=np.array([g for h in heads for g in h[3]], dtype=np.int64),
        knots=_knots(model, index, reach),
        reach=np.maximum(reach, 1.0),
        per_unit=0.5 * (KNOTS - 1) / np.maximum(reach, 1.0),
    )


def _knots(model: Model, index: Ints, reach: Floats) -> Floats:
    """(KNOTS, N) win probability given the factor, at knots over +-reach (+-1 without factors)."""
    if not len(index):
        return np.zeros((2, 0))
    c, w = model.deals.combination[index], np.where(index >= 0, model.win_rate[index], 0.0)
    correlated = model.factors.correlated[c]
    at = np.linspace(-1.0, 1.0, KNOTS)[:, None] * np.maximum(reach, 1.0)[c]
    given = ndtr((ndtri(w) + at) / np.sqrt(1.0 - correlated))
    # where w is 0 there is never a win
    return np.ascontiguousarray(np.where((correlated > 0) & (w > 0) & (w < 1), given, w))
