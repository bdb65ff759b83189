"""Amounts as they enter a sum: fixed ones, and distributions with their levels; their moments and transforms."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import reduce

import numpy as np

from simfunnel.engine.exact.buckets import Buckets, Complex
from simfunnel.funnel.distributions import Distribution, Fixed
from simfunnel.funnel.model import Bools, Floats, Ints, Model

LEVEL_NODES = 65
_LEVEL_TAIL = 1e-9
_WHOLE = 1e-6
_JUMP_TAIL = 1e-8
"""The grid holds a single draw but for this probability; with a level, its square root in each."""


@dataclass(frozen=True, slots=True)
class Amount:
    """`scale` x a draw from a quantile table's distribution x an amount level."""

    scale: float
    table: int
    """-1: the amount is fixed at `scale`."""
    level: int
    """-1: none."""


class Amounts:
    """The distinct amounts of a part, numbered."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self.found: dict[Amount, int] = {}

    def index(self, scale: float, table: int, level: int) -> int:
        """Number of an amount; fixed distributions without a level become fixed amounts."""
        d = self.model.distributions[table] if table >= 0 else None
        if d is not None and level < 0:
            values, masses = d.atoms()
            if len(values) == 1 and masses[0] >= 1.0:
                scale, table = scale * float(values[0]), -1
        return self.found.setdefault(Amount(scale, table, level), len(self.found))

    def distribution(self, a: Amount) -> Distribution:
        """What is drawn, before scale and level."""
        return Fixed(1.0) if a.table < 0 else self.model.distributions[a.table]

    def atoms(self, a: Amount) -> tuple[Floats, Floats] | None:
        """Values and masses of an amount that takes whole values only; None of any other."""
        d = self.distribution(a)
        values, masses = d.atoms()
        if a.level >= 0 or masses.sum() < 1.0 - 1e-12:
            return None
        values = a.scale * values
        return (values, masses) if np.all(np.abs(values - np.rint(values)) < _WHOLE) else None

    def smooth(self) -> Bools:
        """Which amounts are not made of whole values."""
        return np.array([self.atoms(a) is None for a in self.found], dtype=bool)

    def levels(self) -> Ints:
        """Level of each amount; -1 none."""
        return np.array([a.level for a in self.found], dtype=np.int64)

    def moments(self) -> tuple[Floats, Floats]:
        """First and second moment of each amount, levels at 1."""
        d = [self.distribution(a) for a in self.found]
        first = np.array([a.scale * x.mean for a, x in zip(self.found, d, strict=True)])
        second = np.array([a.scale**2 * (x.variance + x.mean**2) for a, x in zip(self.found, d, strict=True)])
        return first, second

    def common(self) -> int:
        """Greatest common divisor of all atoms; 0 where a fixed amount is not whole, or there are none."""
        found = [(a, self.atoms(a)) for a in self.found]
        if any(atoms is None and a.table < 0 and a.level < 0 for a, atoms in found):
            return 0
        return reduce(math.gcd, (round(v) for _, atoms in found if atoms is not None for v in atoms[0].tolist()), 0)

    def largest_jump(self) -> float:
        """Amount that a single draw exceeds with probability 1e-8 or less."""
        jumps = [0.0]
        for a in self.found:
            tail = _JUMP_TAIL if a.level < 0 else math.sqrt(_JUMP_TAIL)
            jump = a.scale * float(self.distribution(a).isf(np.array(tail)))
            if a.level >= 0:
                jump *= float(self.model.distributions[self.model.factors.level_table[a.level]].isf(np.array(tail)))
            jumps.append(jump)
        return max(jumps)

    def beyond(self, reach: float) -> Floats:
        """P(a single draw exceeds `reach`) of each amount."""
        return np.array([
            float(self.distribution(a).sf(np.array(np.nextafter(reach / a.scale, math.inf)))) if a.scale > 0 else 0.0
            for a in self.found
        ])  # fmt: skip

    def excess(self, buckets: Buckets) -> Floats:
        """By how much the grid raises the second moment of each amount; by a sixth of a squared bucket if smooth."""
        each = [self.atoms(a) for a in self.found]
        return np.array([
            buckets.width**2 / 6 if atoms is None else float(atoms[1] @ buckets.split_variance(atoms[0]))
            for atoms in each
        ])  # fmt: skip

    def _level_range(self, level: int) -> tuple[float, float]:
        d = self.model.distributions[self.model.factors.level_table[level]]
        return float(d.isf(np.array(1 - _LEVEL_TAIL))), float(d.isf(np.array(_LEVEL_TAIL)))

    def transforms(self, buckets: Buckets) -> Transforms:
        """Compute the transforms of all amounts on a grid."""
        return Transforms(self, buckets)


class Transforms:
    """Transforms of the amounts of a part on a grid of buckets."""

    def __init__(self, amounts: Amounts, buckets: Buckets) -> None:
        self.amounts, self.buckets = amounts, buckets
        self.drawn: dict[int, Complex] = {}
        self.tables: dict[int, tuple[float, float, Complex]] = {}
        for i, a in enumerate(amounts.found):
            if a.table >= 0 and a.level < 0:
                self.drawn[i] = buckets.distribution_transform(amounts.distribution(a), a.scale)
            elif a.level >= 0:
                low, high = amounts._level_range(a.level)
                at = np.geomspace(low, high, LEVEL_NODES) if high > low else np.full(LEVEL_NODES, low)
                rows = [buckets.distribution_transform(amounts.distribution(a), a.scale * x) for x in at]
                self.tables[i] = (math.log(low), math.log(high), np.stack(rows))

    def plain(self, at: Ints) -> Complex:
        """(amounts, J) transforms of the amounts without a level at the frequencies `at`; zero rows for the others."""
        result = np.zeros((len(self.amounts.found), len(at)), dtype=np.complex128)
        fixed = [(i, a.scale) for i, a in enumerate(self.amounts.found) if a.table < 0 and a.level < 0]
        if fixed:
            result[[i for i, _ in fixed]] = self.buckets.point_transform(np.array([v for _, v in fixed]), at)
        for i, spectrum in self.drawn.items():
            result[i] = spectrum[at]
        return result

    def levelled(self, i: int, level: Floats, at: Ints) -> Complex:
        """(n, J) transform of amount `i` at n values of its level, by cubic interpolation in the log of the level."""
        low, high, rows = self.tables[i]
        if high <= low:
            return np.broadcast_to(rows[0, at], (len(level), len(at)))
        position = np.clip((np.log(level) - low) / (high - low), 0.0, 1.0) * (LEVEL_NODES - 1)
        first = np.clip(np.floor(position).astype(np.int64) - 1, 0, LEVEL_NODES - 4)
        x = position - first
        a, b, c = x - 1, x - 2, x - 3
        weights = (-a * b * c / 6, x * b * c / 2, -x * a * c / 2, x * a * b / 6)
        chosen = rows[:, at]
        return np.asarray(sum(w[:, None] * chosen[first + k] for k, w in enumerate(weights)))

    def decay(self) -> Floats:
        """(amounts, frequencies) lower bounds of 1 - Re of the transform of drawn amounts; zero for fixed ones."""
        result = np.zeros((len(self.amounts.found), self.buckets.frequencies))
        for i, spectrum in self.drawn.items():
            result[i] = 1.0 - spectrum.real
        for i, (_, _, rows) in self.tables.items():
            result[i] = np.min(1.0 - rows.real, axis=0)
        return np.maximum(result, 0.0)
