"""Transforms of amounts with a level at the nodes: read between the rows of a table over the level."""

from __future__ import annotations

import numpy as np

from simfunnel.arrays import Complex, Floats, Ints
from simfunnel.engine.exact.transforms.transforms import LEVEL_NODES, AtFrequencies
from simfunnel.engine.jit import kernel
from simfunnel.engine.law.lattice import cubic


def levelled_less_one(
    transforms: AtFrequencies, amount: int, level: Floats, at: Ints, real: Floats, imaginary: Floats
) -> None:
    """Fill (n, J) with phi - 1 of an amount at n values of its level; real and imaginary part apart.

    Of a smooth one by cubic interpolation in the log of the level, of atoms as they are.
    """
    table = transforms.levelled(amount)
    if table is None:
        found = transforms.moved(amount, level, at)
        real[:], imaginary[:] = found.real - 1.0, found.imag
        return
    low, high = np.log(table.levels[[0, -1]])
    position = (np.log(level) - low) / (high - low) if high > low else np.zeros(len(level))
    first, weights = cubic(np.clip(position, 0.0, 1.0) * (LEVEL_NODES - 1), LEVEL_NODES)
    rows = table.rows(int(first.min()), int(first.max()) + 3)
    _between(rows, transforms.place(at), first, np.stack(weights), real, imaginary)


@kernel
def _between(rows: Complex, at: Ints, first: Ints, weights: Floats, real: Floats, imaginary: Floats) -> None:
    for t in range(len(first)):
        a, b, c, d = weights[0, t], weights[1, t], weights[2, t], weights[3, t]
        p, q, r, s = rows[first[t]], rows[first[t] + 1], rows[first[t] + 2], rows[first[t] + 3]
        for j in range(len(at)):
            i = at[j]
            real[t, j] = a * p[i].real + b * q[i].real + c * r[i].real + d * s[i].real - 1.0
            imaginary[t, j] = a * p[i].imag + b * q[i].imag + c * r[i].imag + d * s[i].imag
