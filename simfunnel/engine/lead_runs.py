"""Running the lead-curve kernels over blocks of trials."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from simfunnel.arrays import Floats, Ints
from simfunnel.engine.keys import entity_keys
from simfunnel.engine.lead_curve import Question, critical_multipliers_block, lead_values_block, new_curve_scratch
from simfunnel.engine.ledger import BLOCK
from simfunnel.engine.runner import available_processors
from simfunnel.engine.streams import Stream, entity_key
from simfunnel.engine.trials import TrialBlock, new_block, prepare_trials
from simfunnel.funnel.compile_leads import UNIT_DAYS
from simfunnel.funnel.model import Model


def critical_multipliers(
    model: Model,
    gap: Ints,
    *,
    seed: int,
    used: Sequence[bool],
    period: int,
    highest: float,
    steady_days: float | None = None,
    units: Sequence[str] = (),
    threads: int | None = None,
) -> Floats:
    """Smallest multiplier of the lead rates at which each trial closes its gap.

    Parameters
    ----------
    model
        The model; its leads are those that can be won until the end of its last period.
    gap
        (n,) minor units the scaled leads must bring in trials 0, ..., n - 1.
    used
        For each stream, whether its rate is scaled.
    period
        Period whose wins count; the number of periods stands for all of them.
    highest
        Largest multiplier considered.
    steady_days
        If given: the wins of so many calendar days of a funnel that has long been fed at the multiplied rate (its mean
        before growth and season), in place of the wins of the leads to come.
    units
        Unit of time of each source's rate; needed with `steady_days`.

    Returns
    -------
    ndarray of float, shape (n,)
        0 where there is no gap, infinite where no multiplier up to `highest` closes it.
    """
    steady = np.array([steady_days / UNIT_DAYS[unit] for unit in units]) if steady_days is not None else np.zeros(0)
    question = _question(model, used, period, highest, steady)
    keys = entity_keys(model.keys, seed)
    key = entity_key(seed, Stream.ARRIVAL, "along the multiplier" if steady_days is None else "steady state")
    out = np.empty(len(gap))

    def work(first: int, block: TrialBlock) -> None:
        rows = slice(first, first + len(block.pace))
        scratch = new_curve_scratch(model.arrivals, len(model.streams.source))
        critical_multipliers_block(
            model.funnels, model.tables, model.streams, model.arrivals, model.factors, question, keys, key, first,
            block, scratch, gap[rows], out[rows],
        )  # fmt: skip

    if not len(model.streams.source):
        return np.where(gap <= 0, 0.0, math.inf)
    _each_block(model, len(gap), seed, threads, work)
    return out


def lead_values(
    model: Model, gap: Ints, day: Floats, *, seed: int, period: int, threads: int | None = None
) -> tuple[Floats, Floats]:
    """Value of one more lead of each source by when it arrives: expected bookings, and P(it closes the gap).

    Parameters
    ----------
    gap
        (n,) minor units that each trial is short of the target.
    day
        (W + 1,) calendar days after as_of that bound the weeks of arrival, within the horizon.

    Returns
    -------
    tuple of ndarray, shape (sources, W, n)
        Minor units and probabilities, for every trial.
    """
    question = _question(model, [True] * len(model.streams.source), period, math.inf, np.zeros(0))
    shape = (len(model.arrivals.level_table), len(day) - 1, len(gap))
    value, gain = np.zeros(shape), np.zeros(shape)
    key = entity_key(seed, Stream.ARRIVAL, "one more lead")

    def work(first: int, block: TrialBlock) -> None:
        size = len(block.pace)
        v, g = np.empty((*shape[:2], size)), np.empty((*shape[:2], size))
        scratch = new_curve_scratch(model.arrivals, len(model.streams.source))
        lead_values_block(
            model.funnels, model.tables, model.streams, model.arrivals, model.factors, model.grid, question, day, key,
            first, block, scratch, gap[first : first + size], v, g,
        )  # fmt: skip
        value[:, :, first : first + size], gain[:, :, first : first + size] = v, g

    if shape[0] and len(day) > 1:
        _each_block(model, len(gap), seed, threads, work)
    return value, gain


def _question(model: Model, used: Sequence[bool], period: int, highest: float, steady: Floats) -> Question:
    K = model.periods
    bound = model.grid.bound
    start, end = (bound[period], bound[period + 1]) if period < K else (bound[0], bound[K])
    # a win before as_of does not exist: the first period counts from there
    return Question(np.array(used, dtype=np.int64), -math.inf if period in (0, K) else float(start), float(end),
                    float(highest), np.ascontiguousarray(steady, dtype=np.float64))  # fmt: skip


def _each_block(
    model: Model, trials: int, seed: int, threads: int | None, work: Callable[[int, TrialBlock], None]
) -> None:
    """Prepare the state of every block of trials and hand it on; blocks are independent of one another."""
    keys = entity_keys(model.keys, seed)

    def one(first: int) -> None:
        with np.errstate(over="ignore"):  # as plain Python, NumPy warns of words that wrap around, as they should
            block = new_block(model.funnels, model.factors, min(BLOCK, trials - first))
            prepare_trials(model.funnels, model.tables, model.rates, model.factors, keys, first, block)
            work(first, block)

    with ThreadPoolExecutor(threads or available_processors()) as pool:
        list(pool.map(one, range(0, trials, BLOCK)))
