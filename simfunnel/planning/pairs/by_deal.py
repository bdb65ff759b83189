"""Deal by deal: whose loss costs the most P(attain), and which deals make the spread of the bookings."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from simfunnel.arrays import Floats, Ints
from simfunnel.engine.outcomes.run import OutcomeRun
from simfunnel.engine.paths.run import PathsRun
from simfunnel.engine.run.blocks import run_blocks
from simfunnel.engine.run.executor import available_processors
from simfunnel.engine.run.ledger import Ledger
from simfunnel.forecast.estimates import Estimate
from simfunnel.forecast.forecast import Forecast
from simfunnel.funnel.book import Compiled
from simfunnel.funnel.copies import with_deals_as_groups
from simfunnel.funnel.model import NONE_LABEL, Model
from simfunnel.planning.pairs.differences import bookings, minor, of_period, to_come
from simfunnel.planning.pairs.goal import Goal

_LEDGER_BYTES = 1 << 26
_CELL_BYTES = 20
"""Of a ledger, for each group, period and trial."""


@dataclass(frozen=True)
class ByDeal:
    """What each open deal contributes to the bookings of a period; arrays run along the deals of the model."""

    p_win: Floats
    """P(won in the period)."""
    mean: Floats
    """Mean bookings, major units."""
    mean_stderr: Floats
    share: Floats
    """Cov(deal, total) / Var(total)."""
    pivotal: Floats
    """Share of the trials that reach the target with the deal and would not without it; zeros without a target."""
    pivotal_stderr: Floats
    new_business: float
    """The same share of all leads to come: with the deals, it sums to 1."""
    missing_without: Ints
    """Trials that miss the target and in which the deal is not won in the period; zeros without a target."""
    making_without: Ints
    """The same of trials that reach it."""


@dataclass(frozen=True, slots=True)
class Share:
    """One part of the spread of the bookings."""

    name: str
    mean: float
    """Mean bookings to come, major units."""
    share: float
    """Cov(part, total) / Var(total); the parts of a dimension sum to 1."""


def by_deal(model: Model, base: Forecast, goal: Goal, threads: int | None = None) -> ByDeal:
    """Run the trials of a forecast again, deal by deal.

    Parameters
    ----------
    model
        The model of `base`.
    base
        The forecast; the same trials are run by the same kernel.
    goal
        Period and target. That a deal is lost is taken as its bookings missing from each trial: nothing else changes.
    """
    D = len(model.deals.stage)
    total = bookings(base, goal.index)
    centre, n = float(total.mean()), len(total)
    gap = None if goal.target is None else minor(goal.target, float(base.minor_units))
    won, s1, s2, cross, pivotal = (np.zeros(D) for _ in range(5))
    without = np.zeros((2, D), dtype=np.int64)
    for trials, ledger in deal_ledgers(model, base, threads):
        value, wins = _in_period(ledger.open, goal), _in_period(ledger.wins, goal)
        part = total[trials]
        won += wins.sum(axis=1)
        s1 += value.sum(axis=1)
        s2 += np.einsum("dt,dt->d", value.astype(np.float64), value)
        cross += value @ (part - centre)
        if gap is not None:
            # without the deal the trial misses: it is short of the amount by which it is above
            spare = np.where(part >= gap, part - gap, np.iinfo(np.int64).max)
            pivotal += (value > spare).sum(axis=1)
            lost, missed = wins == 0, part < gap
            missing = np.count_nonzero(lost & missed, axis=1)
            without += missing, np.count_nonzero(lost, axis=1) - missing
    variance = float(np.var(total)) or 1.0
    share = cross / n / variance
    q = pivotal / n
    unit = float(base.minor_units)
    error = np.sqrt(np.maximum(s2 / n - (s1 / n) ** 2, 0.0) / n) / unit
    return ByDeal(won / n, s1 / n / unit, error, share, q, np.sqrt(q * (1 - q) / n), float(1.0 - share.sum()),
                  without[0], without[1])  # fmt: skip


def deal_ledgers(model: Model, base: Forecast, threads: int | None = None) -> Iterator[tuple[slice, Ledger]]:
    """Run the trials of a forecast again by the same kernel, some at a time, with a group for each open deal.

    Yields
    ------
    slice, Ledger
        Which trials, and what they brought: group 1 is the first deal.
    """
    split = with_deals_as_groups(model)
    p, n = base.provenance, base.trials
    run: PathsRun | OutcomeRun = (PathsRun if p.kernel == "paths" else OutcomeRun).prepare(split, p.seed)
    workers = threads or available_processors()
    each = int(np.clip(_LEDGER_BYTES // (_CELL_BYTES * split.groups * split.periods), 64, n))
    for first in range(0, n, each):
        size = min(each, n - first)
        block = max(16, min(512, -(-size // workers)))
        yield slice(first, first + size), run_blocks(run, first, size, threads=threads, block=block)


def _in_period(array: npt.NDArray[np.int64] | npt.NDArray[np.int32], goal: Goal) -> Ints:
    """(D, n) what each deal's group holds in the period, or in all together."""
    return of_period(np.moveaxis(np.asarray(array[1:], dtype=np.int64), 1, 0), goal.index)


def shares_by(base: Forecast, goal: Goal, dimension: str) -> tuple[Share, ...]:
    """Split the variance of the bookings to come by the names of a dimension, the largest share first."""
    total, found = to_come(base, goal.index).astype(np.float64), []
    centred, variance = total - total.mean(), float(np.var(total)) or 1.0
    for g, (of, name) in enumerate(base.groups):
        if of == dimension:
            part = to_come(base, goal.index, g).astype(np.float64)
            share = float(part @ centred) / len(part) / variance
            found.append(Share(name, float(part.mean()) / base.minor_units, share))
    return tuple(sorted(found, key=lambda s: -s.share))


@dataclass(frozen=True, slots=True)
class MustClose:
    """One open deal, and what its loss would cost."""

    id: str
    owner: str | None
    stage: str
    amount: float
    p_win: float
    """P(won in the period)."""
    delta_mean: Estimate
    """Mean bookings without the deal, minus with it."""
    p_attain: float | None
    """P(attain) if the deal is lost."""
    delta_p: Estimate | None
    """P(attain) without the deal, minus with it."""
    share: float
    """Of the variance."""
    name: str | None = None
    """What people call it."""
    account: str | None = None


def must_close(compiled: Compiled, found: ByDeal, p: Estimate | None) -> tuple[MustClose, ...]:
    """List all open deals by what their loss costs: in P(attain), then in money; what can be won comes first."""
    order = np.lexsort((-found.mean, -found.pivotal))
    deals, book = compiled.model.deals, compiled.book
    rows = []
    for d in order.tolist():
        mine = deals.group[deals.group_start[d] : deals.group_start[d + 1]]
        owner = next((label for of, label in (book.groups[g] for g in mine) if of == "owner"), None)
        q, error = float(found.pivotal[d]), float(found.pivotal_stderr[d])
        rows.append(
            MustClose(
                id=book.deals.id[d],
                owner=None if owner == NONE_LABEL else owner,
                stage=book.stages[int(deals.stage[d])],
                amount=float(book.deals.amount[d]),
                p_win=float(found.p_win[d]),
                delta_mean=Estimate(-float(found.mean[d]), float(found.mean_stderr[d])),
                p_attain=None if p is None else p.mean - q,
                delta_p=None if p is None else Estimate(-q, error),
                share=float(found.share[d]),
                name=book.deals.name[d],
                account=book.deals.account[d],
            )
        )
    return tuple(rows)
