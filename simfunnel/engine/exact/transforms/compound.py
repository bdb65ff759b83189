"""New business at the nodes: compound Poisson sums, some of whose units are dispersed."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from simfunnel.arrays import Floats, Ints
from simfunnel.engine.exact.transforms.dispersed import Units, add_polynomial, add_unit, terms_needed, units_at
from simfunnel.engine.jit import kernel

FREQUENCIES_TOGETHER = 256
_SCRATCH = 8
_NOTHING = -80.0
"""Log of a size that no weight makes visible."""


class LessOne(NamedTuple):
    """phi - 1 of each amount in use: (amounts, J), or by node (n, levelled, J) where it has a level."""

    levelled: Ints
    """(amounts,) row among the levelled ones; -1 if the transform does not depend on the node."""
    real: Floats
    imaginary: Floats
    levelled_real: Floats
    levelled_imaginary: Floats
    largest: Floats
    """(amounts, blocks of frequencies) bound of |phi - 1|."""
    levelled_largest: Floats
    """(n, levelled, blocks)"""


def less_one(levelled: Ints, real: Floats, imaginary: Floats, by_node: tuple[Floats, Floats]) -> LessOne:
    """Add the bounds: |phi - 1|^2 is at most 2 (1 - Re phi)."""

    def largest(part: Floats) -> Floats:
        starts = np.arange(0, part.shape[-1], FREQUENCIES_TOGETHER)
        return np.sqrt(np.maximum(-2.0 * np.minimum.reduceat(part, starts, axis=-1), 0.0))

    return LessOne(levelled, real, imaginary, *by_node, largest(real), largest(by_node[0]))


@dataclass(frozen=True)
class LeadCells:
    """Where each outcome of each lead row is counted: with its amount, and apart for each dispersed unit."""

    amounts: Ints
    """Numbers of the amounts in use."""
    cell: Ints
    """(rows x R,) first a cell for each amount, then for each dispersed unit one for each amount."""
    shape: Floats
    """(dispersed units,)"""
    single: Ints
    """(dispersed units,) the only amount of a unit, -1 if there are several."""

    @classmethod
    def of_rows(cls, kinds: Ints, unit: Ints, shape: Floats) -> LeadCells:
        """Number the cells.

        Parameters
        ----------
        kinds
            (rows, R) number of the amount that each outcome adds.
        unit, shape
            (rows,) unit of a source and the shape of its gamma factor, 0 none.
        """
        amounts, which = np.unique(kinds, return_inverse=True)
        which = which.reshape(kinds.shape)
        units, first, of_unit = np.unique(unit[shape > 0], return_index=True, return_inverse=True)
        block = np.zeros(len(kinds), dtype=np.int64)
        block[shape > 0] = 1 + of_unit
        single = np.full(len(units), -1, dtype=np.int64)
        for u in range(len(units)):
            fed = np.unique(which[block == 1 + u])
            single[u] = fed[0] if len(fed) == 1 else -1
        cell = block[:, None] * len(amounts) + which
        return cls(amounts, cell.ravel().astype(np.int64), shape[shape > 0][first], single)

    def expected(self, leads: Floats) -> tuple[Floats, Units]:
        """(n, amounts) expected wins that follow a Poisson law, and the dispersed units."""
        n, A = len(leads), len(self.amounts)
        found = np.zeros((n, (1 + len(self.shape)) * A))
        count_in_cells(leads.reshape(n, -1), self.cell, found)
        apart = found[:, A:].reshape(n, len(self.shape), A)
        return np.ascontiguousarray(found[:, :A]), units_at(apart, self.shape, self.single)


@kernel
def count_in_cells(values: Floats, cell: Ints, out: Floats) -> None:
    """Add each of the values (n, m) to its cell of `out` (n, cells)."""
    for t in range(values.shape[0]):
        for i in range(len(cell)):
            out[t, cell[i]] += values[t, i]


def multiply_leads(plain: Floats, units: Units, psi: LessOne, real: Floats, imaginary: Floats) -> None:
    """Multiply (n, J) by the characteristic function of the leads: of `plain` expected wins and of dispersed units."""
    scratch = np.empty((_SCRATCH, FREQUENCIES_TOGETHER))
    _multiply_leads(plain, units, psi, np.empty(plain.shape[1]), scratch, real, imaginary)


@kernel
def _multiply_leads(
    plain: Floats, units: Units, psi: LessOne, largest: Floats, scratch: Floats, out_real: Floats, out_imaginary: Floats
) -> None:
    n, J = out_real.shape
    A = plain.shape[1]
    for t in range(n):
        for j0 in range(0, J, FREQUENCIES_TOGETHER):
            j1 = min(j0 + FREQUENCIES_TOGETHER, J)
            log_real, log_imaginary = scratch[0, : j1 - j0], scratch[1, : j1 - j0]
            for j in range(j1 - j0):
                log_real[j] = 0.0
                log_imaginary[j] = 0.0
            for a in range(A):
                re, im = _of_amount(psi, a, t, j0, j1)
                m, block, i = plain[t, a], j0 // FREQUENCIES_TOGETHER, psi.levelled[a]
                for j in range(j1 - j0):
                    log_real[j] += m * re[j]
                    log_imaginary[j] += m * im[j]
                largest[a] = psi.largest[a, block] if i < 0 else psi.levelled_largest[t, i, block]
            for g in range(len(units.amount)):
                a = units.amount[g]
                re, im = _of_amount(psi, a, t, j0, j1)
                terms = terms_needed(units.steepest[t, g] * largest[a], units.sums.shape[2])
                add_polynomial(units.sums[t, g], terms, re, im, scratch)
            for u in range(len(units.shape)):
                size = 0.0
                x, y = scratch[2, : j1 - j0], scratch[3, : j1 - j0]
                for j in range(j1 - j0):
                    x[j] = 0.0
                    y[j] = 0.0
                for a in range(A):
                    e = units.expected[t, u, a]
                    if e <= 0.0:
                        continue
                    size += e * largest[a]
                    re, im = _of_amount(psi, a, t, j0, j1)
                    for j in range(j1 - j0):
                        x[j] += e * re[j]
                        y[j] += e * im[j]
                if size > 0.0:
                    add_unit(units.shape[u], size, j1 - j0, scratch)
            _multiply_exp(log_real, log_imaginary, out_real[t, j0:j1], out_imaginary[t, j0:j1])


@kernel
def _of_amount(psi: LessOne, a: int, t: int, j0: int, j1: int) -> tuple[Floats, Floats]:
    i = psi.levelled[a]
    if i < 0:
        return psi.real[a, j0:j1], psi.imaginary[a, j0:j1]
    return psi.levelled_real[t, i, j0:j1], psi.levelled_imaginary[t, i, j0:j1]


@kernel
def _multiply_exp(log_real: Floats, log_imaginary: Floats, a: Floats, b: Floats) -> None:
    """Multiply a + i b by exp of a complex number."""
    for j in range(len(a)):
        if log_real[j] < _NOTHING:
            a[j] = 0.0
            b[j] = 0.0
            continue
        size = math.exp(log_real[j])
        c, e = size * math.cos(log_imaginary[j]), size * math.sin(log_imaginary[j])
        re = a[j] * c - b[j] * e
        b[j] = a[j] * e + b[j] * c
        a[j] = re
