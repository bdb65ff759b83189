"""Expected wins of a steady stream of leads, bound by bound: one pass over many pieces of arrivals."""

from __future__ import annotations

import math

import numpy as np

from simfunnel.arrays import Floats, Ints
from simfunnel.engine.jit import inline, kernel
from simfunnel.engine.law.passage import Passage
from simfunnel.engine.law.timing import EntryLaw


def wins_before(
    law: EntryLaw, left: Floats, pace: Floats, speed: Floats, length: Floats, weight: Floats, unit: Ints, units: int
) -> tuple[Floats, float, float]:
    """Wins before each bound of the leads of each unit; with the errors of the law's integral and of the law.

    Parameters
    ----------
    law
        When a lead is won, given that it is.
    left
        (P, K, pieces) operational time left at the start of each piece of arrivals, divided by the pace.
    pace
        (P,)
    speed, length
        (pieces,) operational time per unit of time, and how long a piece is.
    weight
        (pieces,) leads per unit of time.
    unit
        (pieces,) unit of each.
    units
        How many there are.

    Returns
    -------
    tuple
        (P, units, K) wins, and the two errors.
    """
    out, errors = np.zeros((len(pace), units, left.shape[1])), np.zeros(2)
    if law.mass > 0:
        (c, c_before), (f, f_before) = (_summed(p, law.stage) for p in law.passages)
        steps = np.array([p.lattice.step for p in law.passages])
        _add_wins(c, c_before, f, f_before, steps, law.mass, left, pace, speed, length, weight, unit, out, errors)
    return out, float(errors[0]), float(errors[1])


def _summed(passage: Passage, s: int) -> tuple[Floats, Floats]:
    """Integrals of the law and the law itself at the points of the lattice: of the atoms, and of the rest (2, ...)."""
    twice = np.stack([masses[s] for masses in passage.twice_summed])
    strictly, cumulative = passage.summed
    once = np.zeros((2, cumulative.shape[1]))
    once[0, : strictly.shape[1]], once[1] = strictly[s], cumulative[s]
    return twice, once


@inline
def _cubic(values: Floats, position: float) -> float:
    first = min(max(math.floor(position) - 1, 0), len(values) - 4)
    x = position - first
    a, b, c = x - 1, x - 2, x - 3
    u, v, w, z = -a * b * c / 6, x * b * c / 2, -x * a * c / 2, x * a * b / 6
    return float(u * values[first] + v * values[first + 1] + w * values[first + 2] + z * values[first + 3])


@inline
def _integral(summed: Floats, step: float, x: float) -> float:
    if x <= 0.0:
        return 0.0
    position = min(x / step, summed.shape[1] - 4.0)
    k = int(position)
    of_atoms = summed[0, k] + (position - k) * (summed[0, k + 1] - summed[0, k])
    return max(step * (float(of_atoms) + _cubic(summed[1], position)), 0.0)


@inline
def _before(summed: Floats, step: float, x: float) -> float:
    if x <= 0.0:
        return 0.0
    position = min(x / step, summed.shape[1] - 5.0)
    return float(summed[0, math.ceil(position)]) + _cubic(summed[1], position + 1.5)


@kernel
def _add_wins(
    coarse: Floats, coarse_before: Floats, fine: Floats, fine_before: Floats, step: Floats, mass: float, left: Floats,
    pace: Floats, speed: Floats, length: Floats, weight: Floats, unit: Ints, out: Floats, errors: Floats,
) -> None:  # fmt: skip
    for p in range(left.shape[0]):
        for k in range(left.shape[1]):
            for i in range(left.shape[2]):
                x = left[p, k, i]
                if x <= 0.0:
                    continue
                if speed[i] <= 0.0:
                    rough = _before(coarse_before, step[0], x) / mass
                    found = _before(fine_before, step[1], x) / mass
                    off = (found - rough) / 3.0
                    errors[1] = max(errors[1], abs(off))
                    out[p, unit[i], k] += min(max(found + off, 0.0), 1.0) * length[i] * weight[i]
                    continue
                y = x - speed[i] * length[i] / pace[p]
                found = _integral(fine, step[1], x) / mass
                off = (found - _integral(coarse, step[0], x) / mass) / 3.0
                errors[0] = max(errors[0], abs(off))
                area = max(found + off, 0.0)
                found = _integral(fine, step[1], y) / mass
                off = (found - _integral(coarse, step[0], y) / mass) / 3.0
                area -= max(found + off, 0.0)
                out[p, unit[i], k] += area * pace[p] / speed[i] * weight[i]
