"""Characteristic functions of a book at the nodes: products over deals, compound Poisson for leads."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from simfunnel.engine.exact.amounts import Transforms
from simfunnel.engine.exact.book import Book
from simfunnel.engine.exact.buckets import Complex
from simfunnel.engine.exact.conditional import Conditional
from simfunnel.engine.exact.dispersed import FREQUENCIES_TOGETHER, dispersed_log
from simfunnel.engine.exact.points import points_transform
from simfunnel.engine.jit import kernel
from simfunnel.funnel.model import Bools, Floats, Ints

NODES_TOGETHER = 8


class Work(NamedTuple):
    """Working space of the product over deals."""

    real: Floats
    imaginary: Floats


@kernel
def multiply_deals(
    chance: Floats, row: Ints, x: Floats, y: Floats, work: Work, out_real: Floats, out_imaginary: Floats
) -> None:
    """Multiply (n, J) by the characteristic functions 1 + sum_r p_r (phi_r - 1) of D independent deals.

    `chance` is (n, D, R), `row` (D, R) the rows of x + i y = phi - 1 (U, J). A few nodes and frequencies are taken
    together, so that the accumulators stay in the first-level cache; the inner loop runs along frequencies.
    """
    n, D, R = chance.shape
    J = x.shape[1]
    for j0 in range(0, J, FREQUENCIES_TOGETHER):
        j1 = min(j0 + FREQUENCIES_TOGETHER, J)
        for t0 in range(0, n, NODES_TOGETHER):
            t1 = min(t0 + NODES_TOGETHER, n)
            for d in range(D):
                for t in range(t0, t1):
                    a, b = out_real[t, j0:j1], out_imaginary[t, j0:j1]
                    if R == 1:
                        p = chance[t, d, 0]
                        if p <= 0.0:
                            continue
                        u, v = x[row[d, 0], j0:j1], y[row[d, 0], j0:j1]
                        for j in range(len(a)):
                            c = 1.0 + p * u[j]
                            e = p * v[j]
                            re = a[j] * c - b[j] * e
                            b[j] = a[j] * e + b[j] * c
                            a[j] = re
                        continue
                    c_sum, e_sum = work.real[: j1 - j0], work.imaginary[: j1 - j0]
                    for j in range(len(a)):
                        c_sum[j] = 1.0
                        e_sum[j] = 0.0
                    for r in range(R):
                        p = chance[t, d, r]
                        if p <= 0.0:
                            continue
                        u, v = x[row[d, r], j0:j1], y[row[d, r], j0:j1]
                        for j in range(len(a)):
                            c_sum[j] += p * u[j]
                            e_sum[j] += p * v[j]
                    for j in range(len(a)):
                        re = a[j] * c_sum[j] - b[j] * e_sum[j]
                        b[j] = a[j] * e_sum[j] + b[j] * c_sum[j]
                        a[j] = re


class _Table:
    """Values phi - 1 of the amounts without a level; each row is computed when it is first asked for."""

    def __init__(self, transforms: Transforms, at: Ints) -> None:
        self.transforms, self.at = transforms, at
        n = len(transforms.amounts)
        self.real, self.imaginary = np.zeros((n, len(at))), np.zeros((n, len(at)))
        self.missing = transforms.amounts.level < 0

    def complete(self, rows: Ints) -> None:
        """Compute the rows that are not there yet."""
        wanted = np.unique(rows)
        wanted = wanted[self.missing[wanted]]
        self.transforms.fill(wanted, self.at, self.real, self.imaginary)
        self.missing[wanted] = False


class Spectrum:
    """Characteristic functions of a book at some frequencies of a grid, at any nodes."""

    def __init__(self, book: Book, transforms: Transforms, at: Ints, smooth: Bools) -> None:
        self.book, self.transforms, self.at, self.smooth = book, transforms, at, smooth
        self.table = _Table(transforms, at)
        levelled = book.level >= 0
        of_deal = smooth[book.deals].any(axis=1)
        self.fixed_deals = np.flatnonzero(~of_deal)
        self.drawn_deals = np.flatnonzero(of_deal & ~levelled[book.deals].any(axis=1))
        self.levelled_deals = np.flatnonzero(levelled[book.deals].any(axis=1))

    def __call__(self, c: Conditional, chances: Floats, leads: Floats, *, with_atoms: bool) -> tuple[Complex, Complex]:
        """(n, J) of everything, and of the event that nothing drawn from a smooth law is won (zeros if not asked)."""
        n, J = len(chances), len(self.at)
        fixed = self._product(self.fixed_deals, chances) if len(self.fixed_deals) else np.ones((n, J), np.complex128)
        atoms = np.zeros((0, J), dtype=np.complex128)
        if with_atoms:
            none = np.ones(n)
            for group in (self.drawn_deals, self.levelled_deals):
                none *= np.prod(1.0 - chances[:, group].sum(axis=2), axis=1)
            atoms = fixed * none[:, None] * self._leads(c, leads, n, only_atoms=True)
        whole = fixed
        if len(self.drawn_deals):
            drawn = self._product(self.drawn_deals, chances)
            whole = whole * drawn if len(self.fixed_deals) else drawn
        for d in self.levelled_deals:
            part = np.zeros((n, J), dtype=np.complex128)
            for r, a in enumerate(self.book.deals[d]):
                part += chances[:, d, r, None] * self._less_one(c, int(a))
            whole = whole * (1.0 + part)
        return whole * self._leads(c, leads, n, only_atoms=False), atoms

    def _product(self, deals: Ints, chances: Floats) -> Complex:
        """Product over deals."""
        chance, rows = np.ascontiguousarray(chances[:, deals]), np.ascontiguousarray(self.book.deals[deals])
        amounts, buckets = self.book.amounts, self.transforms.buckets
        if rows.shape[1] == 1 and amounts.fixed[rows].all():
            return points_transform(chance[:, :, 0], amounts.scale[rows[:, 0]], buckets, self.at)
        real, imaginary = np.ones((len(chance), len(self.at))), np.zeros((len(chance), len(self.at)))
        self.table.complete(rows)
        size = FREQUENCIES_TOGETHER
        multiply_deals(
            chance, rows, self.table.real, self.table.imaginary, Work(np.empty(size), np.empty(size)), real, imaginary
        )
        return np.asarray(real + 1j * imaginary)

    def _less_one(self, c: Conditional, a: int) -> Complex:
        """Give phi - 1 of an amount at each node: (n, J)."""
        level = int(self.book.level[a])
        if level >= 0:
            return self.transforms.levelled(a, c.state.block.level[level], self.at) - 1.0
        self.table.complete(np.array([a]))
        return np.broadcast_to(self.table.real[a] + 1j * self.table.imaginary[a], (len(c.win), len(self.at)))

    def _leads(self, c: Conditional, leads: Floats, n: int, *, only_atoms: bool) -> Complex:
        """Compound Poisson, and dispersed units; with `only_atoms` what is smooth counts as never won."""
        rows = self.book.rows
        if not len(rows.stream):
            return np.ones((1, 1), dtype=np.complex128)
        kinds = self.book.streams[rows.stream]
        used = np.unique(kinds)
        psi = np.empty((len(used), n, len(self.at)), dtype=np.complex128)  # phi - 1
        for i, a in enumerate(used):
            psi[i] = -1.0 if only_atoms and self.smooth[a] else self._less_one(c, int(a))
        units = np.unique(rows.unit[rows.shape > 0])
        plain, dispersed = np.zeros((n, len(used))), np.zeros((n, len(units), len(used)))
        for i, a in enumerate(used):
            expected = np.where(kinds == a, leads, 0.0).sum(axis=2)  # (n, rows)
            plain[:, i] = expected[:, rows.shape <= 0].sum(axis=1)
            for j, unit in enumerate(units):
                dispersed[:, j, i] = expected[:, rows.unit == unit].sum(axis=1)
        log = np.einsum("ta,atj->tj", plain, psi)
        if len(units):
            shape = np.array([rows.shape[rows.unit == unit][0] for unit in units])
            log += dispersed_log(dispersed, shape, psi)
        return np.asarray(np.exp(log))
