"""Characteristic functions of a book at the nodes: products over deals, compound Poisson for leads."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from simfunnel.arrays import Bools, Complex, Floats, Ints
from simfunnel.engine.exact.book.book import Book
from simfunnel.engine.exact.transforms.compound import FREQUENCIES_TOGETHER, LessOne, less_one, multiply_leads
from simfunnel.engine.exact.transforms.dispersed import Units
from simfunnel.engine.exact.transforms.levelled import levelled_less_one
from simfunnel.engine.exact.transforms.points import points_transform
from simfunnel.engine.exact.transforms.transforms import AtFrequencies
from simfunnel.engine.exact.wins.conditional import Conditional
from simfunnel.engine.jit import kernel

NODES_TOGETHER = 8
Parts = tuple[Floats, Floats]
"""Real and imaginary parts, (n, J) each."""


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

    def __init__(self, transforms: AtFrequencies, at: Ints) -> None:
        self.transforms, self.at = transforms, at
        n = len(transforms.amounts)
        self.real, self.imaginary = np.zeros((n, len(at))), np.zeros((n, len(at)))
        self.missing = transforms.amounts.level < 0

    def complete(self, rows: Ints) -> None:
        """Compute the rows that are not there yet."""
        used = np.zeros(len(self.missing), dtype=np.bool_)
        used[rows] = True
        wanted = np.flatnonzero(used & self.missing)
        self.transforms.fill(wanted, self.at, self.real, self.imaginary)
        self.missing[wanted] = False


class Spectrum:
    """Characteristic functions of a book at some frequencies of a grid, at any nodes."""

    def __init__(self, book: Book, transforms: AtFrequencies, at: Ints, smooth: Bools) -> None:
        self.book, self.transforms, self.at, self.smooth = book, transforms, at, smooth
        self.table = _Table(transforms, at)
        levelled = book.level >= 0
        of_deal = smooth[book.deals].any(axis=1)
        self.fixed_deals = np.flatnonzero(~of_deal)
        self.drawn_deals = np.flatnonzero(of_deal & ~levelled[book.deals].any(axis=1))
        self.levelled_deals = np.flatnonzero(levelled[book.deals].any(axis=1))
        used = np.zeros(len(levelled), dtype=np.bool_)
        used[book.lead_cells.amounts] = used[book.deals[self.levelled_deals]] = True
        self.levelled = np.flatnonzero(used & levelled)
        """Numbers of the amounts with a level."""

    def __call__(self, c: Conditional, chances: Floats, leads: Floats, *, with_atoms: bool) -> tuple[Complex, Complex]:
        """(n, J) of everything, and of the event that nothing drawn from a smooth law is won (zeros if not asked)."""
        n, J = len(chances), len(self.at)
        whole = np.ones((n, J)), np.zeros((n, J))
        self._multiply(self.fixed_deals, chances, whole)
        expected = self.book.lead_cells.expected(leads)
        atoms = np.zeros((0, J), dtype=np.complex128)
        if with_atoms:
            none = np.ones(n)
            for group in (self.drawn_deals, self.levelled_deals):
                none *= np.prod(1.0 - chances[:, group].sum(axis=2), axis=1)
            atoms = self._atoms(none, expected, whole)
        psi = self._less_one(c)
        if len(self.book.lead_cells.amounts):
            multiply_leads(*expected, psi, *whole)
        self._multiply(self.drawn_deals, chances, whole)
        if len(self.levelled_deals):
            self._multiply_levelled(chances, psi, whole)
        return _complex(whole), atoms

    def _multiply(self, deals: Ints, chances: Floats, whole: Parts) -> None:
        """Multiply by the product over deals without a level."""
        if not len(deals):
            return
        chance, rows = _joined(chances[:, deals], self.book.deals[deals])
        amounts, buckets = self.book.amounts, self.transforms.buckets
        if rows.shape[1] == 1 and amounts.fixed[rows].all():
            _multiply_by(whole, points_transform(chance[:, :, 0], amounts.scale[rows[:, 0]], buckets, self.at))
            return
        self.table.complete(rows)
        multiply_deals(chance, rows, self.table.real, self.table.imaginary, _work(), *whole)

    def _multiply_levelled(self, chances: Floats, psi: LessOne, whole: Parts) -> None:
        """Multiply by the product over deals whose amounts have a level: node by node."""
        chance, numbers = _joined(chances[:, self.levelled_deals], self.book.deals[self.levelled_deals])
        rows, work = np.searchsorted(self.levelled, numbers), _work()
        for t in range(len(chance)):
            x, y = psi.levelled_real[t], psi.levelled_imaginary[t]
            multiply_deals(chance[t : t + 1], rows, x, y, work, *(part[t : t + 1] for part in whole))

    def _less_one(self, c: Conditional) -> LessOne:
        """Give phi - 1 of the amounts of leads, and of whatever has a level."""
        used = self.book.lead_cells.amounts
        of_lead = self.book.level[used] >= 0
        self.table.complete(used[~of_lead])
        shape = (len(c.win), len(self.levelled), len(self.at))
        real, imaginary = np.empty(shape), np.empty(shape)
        for i, a in enumerate(self.levelled.tolist()):
            level = c.state.block.level[self.book.level[a]]
            levelled_less_one(self.transforms, a, level, self.at, real[:, i], imaginary[:, i])
        place = np.where(of_lead, np.searchsorted(self.levelled, used), -1)
        return less_one(place, self.table.real[used], self.table.imaginary[used], (real, imaginary))

    def _atoms(self, none: Floats, expected: tuple[Floats, Units], fixed: Parts) -> Complex:
        """(n, J) of what takes whole values, where no other deal is won: `none` is the probability of that."""
        used = self.book.lead_cells.amounts
        never = self.smooth[used]
        constant = not len(self.fixed_deals) and never.all()  # then it does not depend on the frequency
        J = 1 if constant else len(self.at)
        real, imaginary = np.full((len(used), J), -1.0), np.zeros((len(used), J))
        if not never.all():
            rows = used[~never]
            self.table.complete(rows)
            real[~never], imaginary[~never] = self.table.real[rows], self.table.imaginary[rows]
        found = none[:, None] * fixed[0][:, :J], none[:, None] * fixed[1][:, :J]
        if len(used):
            nothing = np.empty((len(none), 0, J))
            psi = less_one(np.full(len(used), -1, dtype=np.int64), real, imaginary, (nothing, nothing))
            multiply_leads(*expected, psi, *found)
        return np.broadcast_to(_complex(found), (len(none), len(self.at)))


def _joined(chances: Floats, rows: Ints) -> tuple[Floats, Ints]:
    """Chances (n, D, R') and amounts (D, R') of outcomes, those that add the same as one, such as two equal halves."""
    R = rows.shape[1]
    like = [next(q for q in range(r + 1) if np.array_equal(rows[:, q], rows[:, r])) for r in range(R)]
    kept = sorted(set(like))
    if len(kept) == R:
        return np.ascontiguousarray(chances), np.ascontiguousarray(rows)
    joined = np.zeros((*chances.shape[:2], len(kept)))
    for r, q in enumerate(like):
        joined[:, :, kept.index(q)] += chances[:, :, r]
    return joined, np.ascontiguousarray(rows[:, kept])


def _work() -> Work:
    return Work(np.empty(FREQUENCIES_TOGETHER), np.empty(FREQUENCIES_TOGETHER))


def _complex(parts: Parts) -> Complex:
    result = np.empty(parts[0].shape, dtype=np.complex128)
    result.real, result.imag = parts
    return result


def _multiply_by(parts: Parts, by: Complex) -> None:
    """Multiply in place."""
    real, imaginary = parts
    re = real * by.real - imaginary * by.imag
    imaginary[:] = real * by.imag + imaginary * by.real
    real[:] = re
