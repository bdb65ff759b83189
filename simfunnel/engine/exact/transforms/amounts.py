"""Amounts as they enter a sum: fixed ones, and distributions with their levels; their moments and transforms."""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import cached_property

import numpy as np

from simfunnel.arrays import Bools, Floats, Ints
from simfunnel.engine.exact.distribution.buckets import Buckets
from simfunnel.families.computed import Distribution
from simfunnel.families.fixed.computed import Fixed
from simfunnel.funnel.model import Model

_LEVEL_TAIL = 1e-9
_WHOLE = 1e-6
_JUMP_TAIL = 1e-8
"""The grid holds a single draw but for this probability; with a level, its square root in each."""


def rounded(amount: Floats) -> Floats:
    """Round to minor units, as kernels do."""
    return np.floor(amount + 0.5)


def paid(model: Model, amount: Floats, instalments: int) -> Floats:
    """Minor units of some instalments of amounts, rounded as the simulation rounds them.

    `instalments` are bits, the first instalment the lowest; 0 for the whole amount.
    """
    if instalments == 0:
        return amount
    due = rounded(model.payment.share * np.asarray(amount)[..., None])  # up to each instalment
    each = np.diff(due, prepend=0.0, axis=-1)
    return np.asarray(each @ _bits(model, np.array([instalments]))[0])


def _bits(model: Model, instalments: Ints) -> Floats:
    """(n, M) 1 for each instalment that is among the bits."""
    return ((instalments[:, None] >> np.arange(len(model.payment.share))) & 1).astype(np.float64)


class Amounts:
    """The distinct amounts of a part, numbered: `scale` x a draw x an amount level, or some instalments of it.

    Parameters
    ----------
    model
        Whose distributions are drawn from.
    scale, table, level
        (n,) of each amount that can be won, equal ones included: factor; quantile table of what is drawn, -1 nothing;
        index of the amount level, -1 none.
    instalments
        (n,) which instalments, see `paid`.
    """

    def __init__(self, model: Model, scale: Floats, table: Ints, level: Ints, instalments: Ints) -> None:
        self.model = model
        scale, table, instalments = scale.astype(np.float64), table.astype(np.int64), instalments.astype(np.int64)
        instalment = np.diff(model.payment.share, prepend=0.0)
        for t in np.unique(table[(table >= 0) & (level < 0)]):
            values, masses = model.distributions[t].atoms()
            if len(values) == 1 and masses[0] >= 1.0:  # always the same: a fixed amount
                here = (table == t) & (level < 0)
                scale[here] = rounded(scale[here] * float(values[0]))
                table[here] = -1
        fixed = (table < 0) & (level < 0)
        for which in np.unique(instalments[fixed & (instalments > 0)]).tolist():
            here = fixed & (instalments == which)
            scale[here] = paid(model, scale[here], which)
        # of a smooth amount a share is as good; of a few values each is cut into instalments, once it is drawn
        few = np.array([t >= 0 and _steps(model.distributions[t]) for t in table.tolist()], dtype=np.bool_)
        shared = (instalments > 0) & ~fixed & ((level >= 0) | ~few)
        scale[shared] *= _bits(model, instalments[shared]) @ instalment
        instalments[fixed | shared] = 0
        rows = np.column_stack([scale, table, level, instalments]) if len(scale) else np.zeros((0, 4))
        distinct, where = np.unique(rows, axis=0, return_inverse=True)
        self.number: Ints = where.reshape(-1).astype(np.int64)
        """Number of the amount in each row."""
        self.scale: Floats = distinct[:, 0]
        self.table: Ints = distinct[:, 1].astype(np.int64)
        self.level: Ints = distinct[:, 2].astype(np.int64)
        self.instalments: Ints = distinct[:, 3].astype(np.int64)
        self.fixed: Bools = (self.table < 0) & (self.level < 0)
        self.few: Bools = self._few()
        """Which amounts take a few values only, times their level."""
        self.whole: Bools = self._whole()
        """Which amounts take a few whole values only; the others are smooth."""

    def __len__(self) -> int:
        """Number of distinct amounts."""
        return len(self.scale)

    def drawn(self) -> Iterator[tuple[Bools, Distribution]]:
        """Yield each distribution that is drawn from (1 where only a level is), and the amounts that do."""
        for t in np.unique(self.table[~self.fixed]):
            here = ~self.fixed & (self.table == t)
            yield here, self._distribution(int(t))

    def _distribution(self, table: int) -> Distribution:
        d: Distribution = Fixed(1.0) if table < 0 else self.model.distributions[table]
        return d

    def _few(self) -> Bools:
        result = self.fixed.copy()
        for here, d in self.drawn():
            result[here] = _steps(d)
        return result

    def _whole(self) -> Bools:
        odd = self.fixed & (np.abs(self.scale - np.rint(self.scale)) >= _WHOLE)
        return np.asarray(self.few & (self.level < 0) & ~odd)

    def values(self, i: int) -> tuple[Floats, Floats]:
        """Values of an amount of a few, and their probabilities: minor units, as the simulation rounds them.

        With a level they are rounded only once that is known.
        """
        if self.table[i] < 0:
            return self.scale[i : i + 1], np.ones(1)
        values, masses = self._distribution(int(self.table[i])).atoms()
        values = self.scale[i] * values
        if self.level[i] >= 0:
            return values, masses
        return paid(self.model, rounded(values), int(self.instalments[i])), masses

    def moments(self) -> tuple[Floats, Floats]:
        """First and second moment of each amount, levels at 1."""
        first, second = self.scale.copy(), self.scale**2
        for here, d in self.drawn():
            first[here] *= d.mean
            second[here] *= d.variance + d.mean**2
        for i in np.flatnonzero(self.whole & ~self.fixed).tolist():
            values, masses = self.values(i)
            first[i], second[i] = values @ masses, values**2 @ masses
        return first, second

    def common(self) -> int:
        """Greatest common divisor of all whole amounts; 0 where a fixed amount is not whole, or there are none."""
        if np.any(self.fixed & ~self.whole):
            return 0
        drawn = [self.values(i)[0] for i in np.flatnonzero(self.whole & ~self.fixed).tolist()]
        values = np.concatenate([self.scale[self.fixed], *drawn])
        return int(np.gcd.reduce(np.rint(values).astype(np.int64), initial=0))

    @cached_property
    def largest(self) -> Floats:
        """Largest value of each whole amount; of others their scale."""
        result = self.scale.copy()
        for i in np.flatnonzero(self.whole & ~self.fixed).tolist():
            result[i] = self.values(i)[0].max()
        return result

    def largest_jump(self) -> float:
        """Amount that a single draw exceeds with probability 1e-8 or less."""
        largest = float(self.scale[self.fixed].max(initial=0.0))
        for here, d in self.drawn():
            for level in np.unique(self.level[here]):
                tail = np.array(_JUMP_TAIL if level < 0 else math.sqrt(_JUMP_TAIL))
                jump = float(self.scale[here & (self.level == level)].max()) * float(d.isf(tail))
                if level >= 0:
                    jump *= float(self._level(int(level)).isf(tail))
                largest = max(largest, jump)
        return largest

    def excess(self, buckets: Buckets) -> Floats:
        """By how much the grid raises the second moment of each amount; by a sixth of a squared bucket if smooth."""
        result = np.full(len(self), buckets.width**2 / 6)
        whole = self.fixed & self.whole
        result[whole] = buckets.split_variance(self.scale[whole])
        for i in np.flatnonzero(self.whole & ~self.fixed).tolist():
            values, masses = self.values(i)
            result[i] = float(masses @ buckets.split_variance(values))
        return result

    def _level(self, level: int) -> Distribution:
        d: Distribution = self.model.distributions[self.model.factors.level_table[level]]
        return d

    def level_range(self, level: int) -> tuple[float, float]:
        """Values between which a level lies but for a probability of 2e-9."""
        d = self._level(level)
        return float(d.isf(np.array(1 - _LEVEL_TAIL))), float(d.isf(np.array(_LEVEL_TAIL)))


def _steps(d: Distribution) -> bool:
    """Whether all mass of a distribution is in atoms."""
    return bool(d.atoms()[1].sum() >= 1.0 - 1e-12)
