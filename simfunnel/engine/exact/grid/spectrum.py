"""Characteristic functions of a book at the nodes: products over deals, compound Poisson for leads."""

from __future__ import annotations

import numpy as np

from simfunnel.arrays import Bools, Complex, Floats, Ints
from simfunnel.engine.exact.book.book import Book
from simfunnel.engine.exact.transforms.compound import LessOne, less_one, multiply_leads
from simfunnel.engine.exact.transforms.dispersed import Units
from simfunnel.engine.exact.transforms.levelled import levelled_less_one
from simfunnel.engine.exact.transforms.points import points_transform
from simfunnel.engine.exact.transforms.products import in_blocks, multiply_deals
from simfunnel.engine.exact.transforms.transforms import AtFrequencies
from simfunnel.engine.exact.wins.conditional import Conditional

Parts = tuple[Floats, Floats]
"""Real and imaginary parts, (n, J) each."""


class Spectrum:
    """Characteristic functions of a book at some frequencies of a grid, at any nodes."""

    def __init__(self, book: Book, transforms: AtFrequencies, at: Ints, smooth: Bools) -> None:
        self.book, self.transforms, self.at, self.smooth = book, transforms, at, smooth
        levelled = book.level >= 0
        of_deal = smooth[book.deals].any(axis=1)
        self.fixed_deals = np.flatnonzero(~of_deal)
        self.drawn_deals = np.flatnonzero(of_deal & ~levelled[book.deals].any(axis=1))
        self.levelled_deals = np.flatnonzero(levelled[book.deals].any(axis=1))
        used = np.zeros(len(levelled), dtype=np.bool_)
        used[book.lead_cells.amounts] = used[book.deals[self.levelled_deals]] = True
        self.levelled = np.flatnonzero(used & levelled)
        """Numbers of the amounts with a level."""
        self.table = transforms.table(self._tabulated(), at)

    def _tabulated(self) -> Ints:
        """Numbers of the amounts without a level whose transforms are read from a table."""
        book = self.book
        groups = [group for group in (self.fixed_deals, self.drawn_deals) if not self._by_points(group)]
        rows = [book.lead_cells.amounts, *(book.deals[group].ravel() for group in groups)]
        used = np.unique(np.concatenate(rows))
        return np.asarray(used[book.level[used] < 0])

    def _by_points(self, deals: Ints) -> bool:
        """Whether all outcomes of each of these deals add the same fixed amount."""
        rows = self.book.deals[deals]
        return bool((rows == rows[:, :1]).all() and self.book.amounts.fixed[rows].all())

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
        alike = np.all(
            chances[:, deals] == chances[:1, deals], axis=(0, 2)
        )  # won already, or of nothing that is shared
        if not alike.all():
            self._multiply_by_node(deals[~alike], chances, whole)
        if alike.any():
            once = np.ones((1, len(self.at))), np.zeros((1, len(self.at)))
            self._multiply_by_node(deals[alike], chances[:1], once)
            _multiply_by(whole, _complex(once))

    def _multiply_by_node(self, deals: Ints, chances: Floats, whole: Parts) -> None:
        chance, rows = _joined(chances[:, deals], self.book.deals[deals])
        if self._by_points(deals):
            scale = self.book.amounts.scale[rows[:, 0]]
            _multiply_by(whole, points_transform(chance[:, :, 0], scale, self.transforms.buckets, self.at))
        else:
            multiply_deals(chance, self.table.place[rows], self.table.rows, *whole)

    def _multiply_levelled(self, chances: Floats, psi: LessOne, whole: Parts) -> None:
        """Multiply by the product over deals whose amounts have a level: node by node."""
        chance, numbers = _joined(chances[:, self.levelled_deals], self.book.deals[self.levelled_deals])
        rows = np.searchsorted(self.levelled, numbers)
        for t in range(len(chance)):
            table = in_blocks(psi.levelled_real[t], psi.levelled_imaginary[t])
            multiply_deals(chance[t : t + 1], rows, table, *(part[t : t + 1] for part in whole))

    def _less_one(self, c: Conditional) -> LessOne:
        """Give phi - 1 of the amounts of leads, and of whatever has a level."""
        used = self.book.lead_cells.amounts
        of_lead = self.book.level[used] >= 0
        shape = (len(c.win), len(self.levelled), len(self.at))
        real, imaginary = np.empty(shape), np.empty(shape)
        for i, a in enumerate(self.levelled.tolist()):
            level = c.state.block.level[self.book.level[a]]
            levelled_less_one(self.transforms, a, level, self.at, real[:, i], imaginary[:, i])
        place = np.where(of_lead, np.searchsorted(self.levelled, used), -1)
        return less_one(place, *self.table.of_amounts(used), (real, imaginary))

    def _atoms(self, none: Floats, expected: tuple[Floats, Units], fixed: Parts) -> Complex:
        """(n, J) of what takes whole values, where no other deal is won: `none` is the probability of that."""
        used = self.book.lead_cells.amounts
        never = self.smooth[used]
        constant = not len(self.fixed_deals) and never.all()  # then it does not depend on the frequency
        J = 1 if constant else len(self.at)
        real, imaginary = np.full((len(used), J), -1.0), np.zeros((len(used), J))
        if not never.all():
            rows = used[~never]
            real[~never], imaginary[~never] = self.table.of_amounts(rows)
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
