"""Preparing the `outcomes` kernel: plain deals in runs, with their timing from the law, and who is walked."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from simfunnel.arrays import Bools, Floats, Ints
from simfunnel.engine.draws.keys import Keys, entity_keys
from simfunnel.engine.law.ways import has_choice
from simfunnel.engine.outcomes.kernels import Runs, at_knots, plain_deals_block
from simfunnel.engine.outcomes.leads import new_lead_work, new_outcomes_block
from simfunnel.engine.outcomes.listed import MOST_AMOUNT, MOST_DEALS, ONE_WIN, WIDTH
from simfunnel.engine.run.layout import check_layout, check_model
from simfunnel.engine.run.ledger import BLOCK, Ledger, bytes_per_trial, own_ledger
from simfunnel.engine.run.recent import Recent
from simfunnel.engine.timing.moving import Functions
from simfunnel.engine.timing.tables import Timings
from simfunnel.engine.timing.timings import has_atoms, moving_ways, tabulated
from simfunnel.engine.trial.shared import factor_reach, new_block, prepare_trials
from simfunnel.families.normal import ndtri
from simfunnel.funnel.model import Model

if TYPE_CHECKING:
    from simfunnel.engine.outcomes.walked import WalkedDeals

KNOTS = 257
LARGEST_PACE_SD = 0.3
MOST_WAYS = 256
"""Stages x ways of all funnels, beyond which weighing the ways in every trial costs more than walking the paths."""
LARGEST_BLOCK = 4096
_LEDGER_BYTES = 1 << 21
_Label = tuple[int, tuple[int, ...]]


def outcomes_can_run(model: Model) -> str | None:
    """Why the `outcomes` kernel cannot serve this model; None if it can."""
    if len(model.payment.share):
        return "payment terms need the day of each win"
    if not len(model.streams.source):
        return None  # of leads alone the timing is tabulated over rates and paces
    found = moving_ways(model)
    if any(w is None for w in found) or sum(w.count.size for w in found if w is not None) > MOST_WAYS:
        return "the timing of leads depends on the uncertain rates in too many ways: stages have several ways to Won"
    if model.factors.pace_table >= 0:
        pace = model.distributions[model.factors.pace_table]
        if math.sqrt(pace.variance) > LARGEST_PACE_SD:
            return f"a pace of sd above {LARGEST_PACE_SD} is too wide to tabulate the timing of leads"
        if has_atoms(model):
            return "under an uncertain pace, fixed and empirical durations of leads are not smooth enough to tabulate"
    return None


@dataclass(frozen=True)
class OutcomeRun:
    """Everything a block needs, prepared once."""

    model: Model
    keys: Keys
    runs: Runs
    """Plain deals."""
    walked: WalkedDeals | None
    """All other deals, if there are any."""
    timings: Timings
    functions: Functions
    law_error: float
    """Of the law's lattice, the ways that were left out, and reading between the paces of a table."""

    def __post_init__(self) -> None:
        check_model(self.model)
        check_layout(self.keys, self.runs, self.timings)

    @classmethod
    def prepare(cls, model: Model, seed: int, recent: Recent | None = None) -> OutcomeRun:
        """Compute the law, the tables and the keys of a run, or take what `recent` has of them for the same content."""
        if recent is None:
            return cls._unseeded(model, Recent())._seeded(seed)
        # the run holds its model: while it is kept, no other can have this id
        return recent.get(("outcomes", id(model)), lambda: cls._unseeded(model, recent))._seeded(seed)

    @classmethod
    def _unseeded(cls, model: Model, recent: Recent) -> OutcomeRun:
        plain = plain_deals(model)
        runs = _runs(model, np.flatnonzero(plain))
        found = tabulated(model, runs.deal, recent)
        none = Keys(*[np.zeros(0, dtype=np.uint64)] * len(Keys._fields))
        return cls(model, none, runs, _walked(model, ~plain), found.timings, found.functions, found.error)

    def _seeded(self, seed: int) -> OutcomeRun:
        keys = entity_keys(self.model.keys, seed)
        index = self.runs.deal
        key = np.where(index >= 0, keys.deals[index], np.uint64(0)) if len(index) else np.zeros(0, dtype=np.uint64)
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
        periods, size = ledger.open.shape[1:]
        block = new_block(m.funnels, m.factors, size)
        walk = self.walked.begin(m, self.keys, first, block, ledger) if self.walked else None
        prepare_trials(m, self.keys, first, block)
        if len(self.runs.deal):
            booked = np.empty((periods, size), dtype=np.int64)
            won = np.empty((periods + 1, size), dtype=np.int64)
            plain_deals_block(self.runs, self.timings.deals[0], first, block, booked, won, ledger)
        if len(m.streams.source):
            new_outcomes_block(
                m.funnels, m.tables, m.streams, m.arrivals, m.factors, self.timings, self.keys, first, block,
                new_lead_work(m, self.functions.values(m.funnels, block)), ledger,
            )  # fmt: skip
        if walk:  # last, as it takes longest to compile
            walk()


def _walked(model: Model, which: Bools) -> WalkedDeals | None:
    """Deals whose paths are walked, by a room that is declared to Numba only for books that have some."""
    if not which.any():
        return None
    from simfunnel.engine.outcomes.walked import WalkedDeals

    return WalkedDeals.of(model, np.flatnonzero(which))


def plain_deals(model: Model) -> Bools:
    """(D,) which open deals have a listed amount, a certain win probability, and one timing in all trials."""
    deals, funnels = model.deals, model.funnels
    if model.realization_table >= 0 or model.factors.pace_table >= 0:
        return np.zeros(len(deals.stage), dtype=np.bool_)
    moving = np.array([has_choice(funnels, f) for f in range(len(funnels.uncertain))], dtype=np.bool_)
    drawn = funnels.uncertain[deals.funnel] & (np.isnan(deals.judged) | moving[deals.funnel])
    plain = ~drawn & (deals.amount >= 0)
    labels = _labels(model)
    sums: dict[_Label, float] = {}
    for d in np.flatnonzero(plain).tolist():
        sums[labels[d]] = sums.get(labels[d], 0.0) + max(float(deals.amount[d]), MOST_AMOUNT / MOST_DEALS)
    # a run whose amounts are too large, or too many, for words that hold a count as well is walked
    fits = [sums.get(label, 0.0) < 0.99 * MOST_AMOUNT for label in labels]
    return np.asarray(plain & np.array(fits, dtype=np.bool_))


def _labels(model: Model) -> list[_Label]:
    """What deals of one run have in common: the combination of factors, and the groups."""
    deals = model.deals
    spans = pairwise(deals.group_start.tolist())
    groups = deals.group.tolist()
    return [(int(c), tuple(groups[a:b])) for c, (a, b) in zip(deals.combination, spans, strict=True)]


def _runs(model: Model, which: Ints) -> Runs:
    """Cut the plain deals into runs; their keys wait for a seed."""
    deals = model.deals
    labels = _labels(model)
    order = sorted(which.tolist(), key=labels.__getitem__)
    cuts = [i for i in range(len(order)) if i == 0 or labels[order[i]] != labels[order[i - 1]]]
    heads = [labels[order[i]] for i in cuts]
    count = np.diff([*cuts, len(order)]).astype(np.int64)
    start = np.concatenate([[0], np.cumsum(-(-count // WIDTH) * WIDTH)]).astype(np.int64)
    place = np.arange(len(order)) + np.repeat(start[:-1] - np.array(cuts, dtype=np.int64), count)
    index = np.full(start[-1], -1, dtype=np.int64)
    index[place] = order
    reach = factor_reach(model.factors)
    return Runs(
        deal=index,
        key=np.zeros(len(index), dtype=np.uint64),
        packed=np.where(index >= 0, deals.amount[index] | ONE_WIN, 0) if len(index) else index,
        start=start,
        combination=np.array([c for c, _ in heads], dtype=np.int64),
        group_start=np.concatenate([[0], np.cumsum([len(groups) for _, groups in heads])]).astype(np.int64),
        group=np.array([g for _, groups in heads for g in groups], dtype=np.int64),
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
    given = np.empty((KNOTS, len(w)))
    given[:] = w  # where it is 0 there is never a win
    moved = np.flatnonzero((correlated > 0) & (w > 0) & (w < 1))
    found = np.empty((KNOTS, len(moved)))
    at_knots(ndtri(w[moved]), np.maximum(reach, 1.0)[c[moved]], np.sqrt(1.0 - correlated[moved]), found)
    given[:, moved] = found
    return given
