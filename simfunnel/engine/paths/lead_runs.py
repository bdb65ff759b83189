"""Running the lead-curve kernels over blocks of trials."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from simfunnel.arrays import Floats, Ints
from simfunnel.engine.draws.keys import Keys, entity_keys
from simfunnel.engine.draws.streams import Stream, entity_key
from simfunnel.engine.paths.lead_curve import Question, critical_multipliers_block, lead_values_block, new_curve_scratch
from simfunnel.engine.run.executor import executor_of, ranges_of
from simfunnel.engine.run.layout import check_layout, check_model
from simfunnel.engine.run.ledger import BLOCK
from simfunnel.engine.trial.shared import trial_block
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
    if not len(model.streams.source):
        return np.where(gap <= 0, 0.0, math.inf)
    keys = entity_keys(model.keys, seed)
    key = entity_key(seed, Stream.ARRIVAL, "along the multiplier" if steady_days is None else "steady state")
    out = np.empty(len(gap))

    def merge(first: int, part: Floats) -> None:
        out[first : first + len(part)] = part

    task = _CriticalMultipliers(model, keys, key, question, gap)
    executor_of(threads).map(task, ranges_of(0, len(gap), BLOCK), merge)
    return out


@dataclass(frozen=True)
class _CriticalMultipliers:
    model: Model
    keys: Keys
    key: np.uint64
    question: Question
    gap: Ints

    def __post_init__(self) -> None:
        check_model(self.model)
        check_layout(self.keys)

    def __call__(self, first: int, count: int) -> Floats:
        """(count,) smallest multipliers."""
        m, out = self.model, np.empty(count)
        with np.errstate(over="ignore"):  # as plain Python, NumPy warns of words that wrap around, as they should
            block = trial_block(m, self.keys, first, count)
            critical_multipliers_block(
                m.funnels, m.tables, m.streams, m.arrivals, m.factors, m.months, self.question, self.keys, self.key,
                first, block, new_curve_scratch(m.arrivals, len(m.streams.source)),
                self.gap[first : first + count], out,
            )  # fmt: skip
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

    def merge(first: int, part: tuple[Floats, Floats]) -> None:
        at = slice(first, first + part[0].shape[2])
        value[:, :, at], gain[:, :, at] = part

    if shape[0] and len(day) > 1:
        keys, key = entity_keys(model.keys, seed), entity_key(seed, Stream.ARRIVAL, "one more lead")
        task = _LeadValues(model, keys, key, question, gap, day)
        executor_of(threads).map(task, ranges_of(0, len(gap), BLOCK), merge)
    return value, gain


@dataclass(frozen=True)
class _LeadValues:
    model: Model
    keys: Keys
    key: np.uint64
    question: Question
    gap: Ints
    day: Floats

    def __post_init__(self) -> None:
        check_model(self.model)
        check_layout(self.keys)

    def __call__(self, first: int, count: int) -> tuple[Floats, Floats]:
        """(sources, weeks, count) values and gains."""
        m = self.model
        shape = (len(m.arrivals.level_table), len(self.day) - 1, count)
        value, gain = np.empty(shape), np.empty(shape)
        with np.errstate(over="ignore"):
            block = trial_block(m, self.keys, first, count)
            lead_values_block(
                m.funnels, m.tables, m.streams, m.arrivals, m.factors, m.grid, m.months, self.question, self.day,
                self.key, first, block, new_curve_scratch(m.arrivals, len(m.streams.source)),
                self.gap[first : first + count], value, gain,
            )  # fmt: skip
        return value, gain


def _question(model: Model, used: Sequence[bool], period: int, highest: float, steady: Floats) -> Question:
    K = model.periods
    bound = model.grid.bound
    start, end = (bound[period], bound[period + 1]) if period < K else (bound[0], bound[K])
    # a win before as_of does not exist: the first period counts from there
    return Question(np.array(used, dtype=np.int64), -math.inf if period in (0, K) else float(start), float(end),
                    float(highest), np.ascontiguousarray(steady, dtype=np.float64))  # fmt: skip
