"""Open deals of unknown age whose ages are known as a whole: the inflow that would have left them open.

Where A is the age of the open deals of a stage and T(a) the chance to be open still at age a, deals came in a days ago
in proportion to A's density over T(a). From this inflow follows what steady state says of a constant one: by which exit
they leave (in proportion to p x the integral of inflow x S), how old those are that leave by it, how long they stay.
Within a cell of ages the inflow is constant, so that durations with atoms and kinks are exact; cells are so narrow that
the density of A, which is then that of T in a cell, hardly differs from the one written.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from simfunnel.arrays import Floats
from simfunnel.families.computed import Distribution
from simfunnel.families.empirical.computed import QuantileTable
from simfunnel.funnel.clock import BOUNDARY_TOLERANCE

LOWER_CELLS = 128
"""Of equal probability, below the median age."""
OCTAVE_CELLS, OCTAVES = 16, 20
"""Cells of each halving of the probability above it; what is older than one in 2 million is left out."""
_LEAST_OPEN = 1e-6
"""A cell of which fewer are open still is taken as its middle: a difference of integrals would lose its digits."""
_NARROWEST = 1e-9
"""Days. A narrower cell is one age: no operational time passes in it."""
_PARTS = 4
"""Pieces of a cell between which a table of ages is straight."""


@dataclass(frozen=True, eq=False)
class Inflow:
    """How the open deals of unknown age of a stage came in, by their age; operational days.

    Scaled so that at the mean rates one deal of all came in and is open, or `lost`.
    """

    bound: Floats
    """(C + 1,) ages, rising; nothing where there are no cells."""
    rate: Floats
    """(C,) deals a day that came in so long ago, those that have left included."""
    at: Floats
    """(A,) single ages."""
    count: Floats
    """(A,) deals that came in at them, those that have left included."""
    lost_at: Floats
    """(B,) ages beyond observed support, rising."""
    lost: Floats
    """(B,) share of the open deals that has them, and counts as lost."""

    def open_after(self, d: Distribution, days: Floats, cut: Floats) -> Floats:
        """Deals of the cells, no older than `cut` (n,), still open in so many days (M,) if `d` is the stay: (n, M)."""
        if not len(self.rate):
            return np.zeros((len(cut), len(days)))
        reached = d.integrated_sf(self.bound[:, None] + days[None, :])
        whole = np.concatenate([np.zeros((1, len(days))), np.cumsum(self.rate[:, None] * np.diff(reached, axis=0), 0)])
        last = np.clip(cut, self.bound[0], self.bound[-1])
        cell = np.clip(np.searchsorted(self.bound, last, side="right") - 1, 0, len(self.rate) - 1)
        part = d.integrated_sf(last[:, None] + days[None, :]) - reached[cell]
        return np.asarray(whole[cell] + self.rate[cell][:, None] * part)

    def single_open(self, d: Distribution) -> Floats:
        """(A,) deals of the single ages that are open if `d` is the stay."""
        return np.asarray(self.count * d.sf(np.maximum(self.at - BOUNDARY_TOLERANCE, 0.0)))

    def among(self, cut: Floats) -> Floats:
        """(n, A) 1 where a single age is no older than `cut` (n,), else 0."""
        return (self.at[None, :] <= cut[:, None] + BOUNDARY_TOLERANCE).astype(np.float64)

    def open_now(self, d: Distribution, cut: Floats) -> Floats:
        """(n,) deals no older than `cut` that are open if `d` is the stay."""
        return np.asarray(self.open_after(d, np.zeros(1), cut)[:, 0] + self.among(cut) @ self.single_open(d))

    def lost_within(self, cut: float) -> float:
        """Share of the open deals beyond observed support, as far as they are no older than `cut`."""
        return float(self.lost[self.lost_at <= cut + BOUNDARY_TOLERANCE].sum())

    def ages(self, d: Distribution) -> QuantileTable | None:
        """Ages of those who leave by an exit of duration `d`; None if nobody is left who could."""
        inside = [d.kinks()[:, 1], d.atoms()[0]]
        x = np.zeros(0)
        if len(self.rate):
            share = np.arange(_PARTS) / _PARTS
            fine = (self.bound[:-1, None] + np.diff(self.bound)[:, None] * share).ravel()
            within = np.concatenate(inside)
            within = within[(within > self.bound[0]) & (within < self.bound[-1])]
            x = np.concatenate([fine, self.bound[-1:], within])
        x = np.unique(np.concatenate([np.zeros(1), x, self.at]))
        single = np.zeros(len(x))
        np.add.at(single, np.searchsorted(x, self.at), self.single_open(d))
        below = self.open_after(d, np.zeros(1), x)[:, 0] + np.cumsum(single) - single
        total = below[-1] + single[-1]
        if total <= 0:
            return None
        values, reached = np.repeat(x, 2), np.column_stack([below, below + single]).ravel()
        kept = np.concatenate([[True], np.diff(reached) > 0]) | np.concatenate([[True], np.diff(values) > 0])
        survival = np.clip(1.0 - reached[kept] / total, 0.0, 1.0)
        return QuantileTable(values[kept], survival)


def inflow_of(
    ages: Distribution,
    probability: Floats,
    durations: Sequence[Distribution],
    *,
    tail: float,
    restart: bool,
    operational: Callable[[Floats], Floats],
) -> Inflow:
    """Find the inflow that leaves open deals of these ages.

    Parameters
    ----------
    ages
        Of the open deals, calendar days.
    probability, durations
        Of the exits of the stage, at the mean rates.
    tail
        An age that fewer reach is beyond observed support.
    restart
        Whether deals of such an age begin again at age 0; else they count as lost.
    operational
        Age in operational days of one in calendar days.
    """
    bound, mass, at, single = _cells(ages)
    bound, at = operational(bound), operational(at)

    def still_open(a: Floats) -> Floats:
        a = np.maximum(a - BOUNDARY_TOLERANCE, 0.0)
        return np.asarray(sum(p * d.sf(a) for p, d in zip(probability.tolist(), durations, strict=True)))

    last = _oldest(still_open, tail, max([*bound[-1:], *at, 0.0]))
    jumps = [np.array([last]), *(points for d in durations for points in (d.atoms()[0], d.kinks()[:, 1]))]
    bound, mass, at, single = _split(bound, mass, at, single, np.concatenate(jumps))
    low, high = bound[:-1], bound[1:]
    middle = 0.5 * (low + high)
    held = still_open(np.concatenate([middle, at]))
    beyond = (held < tail) | (held <= 0)
    few = still_open(high) < _LEAST_OPEN
    cells, lone = ~beyond[: len(mass)] & ~few, ~beyond[: len(mass)] & few
    all_at, all_mass = np.concatenate([middle, at]), np.concatenate([mass, single])
    lost_at, lost = all_at[beyond], all_mass[beyond]
    kept = np.concatenate([lone, ~beyond[len(mass) :]]) & (all_mass > 0)
    at, count = all_at[kept], all_mass[kept] / held[kept]
    if restart and lost.sum() > 0:
        at, count = np.append(at, 0.0), np.append(count, lost.sum())
        lost_at, lost = np.zeros(0), np.zeros(0)
    rising, order = np.argsort(at, kind="stable"), np.argsort(lost_at, kind="stable")
    stays = np.asarray(
        sum(p * np.diff(d.integrated_sf(bound)) for p, d in zip(probability.tolist(), durations, strict=True))
    )
    rate = np.where(cells, mass / np.where(cells, stays, 1.0), 0.0)
    used = np.flatnonzero(rate > 0)
    if not len(used):
        bound, rate = np.zeros(0), np.zeros(0)
    else:
        bound, rate = bound[used[0] : used[-1] + 2], rate[used[0] : used[-1] + 1]
    return Inflow(bound, rate, at[rising], count[rising], lost_at[order], lost[order])


def _cells(ages: Distribution) -> tuple[Floats, Floats, Floats, Floats]:
    """Bounds (C + 1,) and masses (C,) of the cells of a distribution of ages, and its single ages with theirs."""
    lower = 1.0 - 0.5 * np.arange(LOWER_CELLS + 1) / LOWER_CELLS
    upper = 0.5 ** (1 + np.arange(1, OCTAVE_CELLS * OCTAVES + 1) / OCTAVE_CELLS)
    at, single = ages.atoms()
    kinks = ages.kinks()[:, 1]
    ends = ages.isf(np.concatenate([lower, upper]))
    bound = np.unique(np.concatenate([ends, kinks[(kinks >= ends[0]) & (kinks <= ends[-1])], at]))
    single_at = np.zeros(len(bound))
    single_at[np.searchsorted(bound, at)] = single
    mass = np.maximum(-np.diff(ages.sf(bound)) - single_at[:-1], 0.0)
    mass[mass < 1e-14] = 0.0  # rounding
    total = mass.sum() + single.sum()
    return bound, mass / total, at, single / total


def _oldest(still_open: Callable[[Floats], Floats], tail: float, most: float) -> float:
    """Age from which on fewer than `tail` are open, no more than `most`."""

    def beyond(a: float) -> bool:
        held = float(still_open(np.array([a]))[0])
        return held < tail or held <= 0

    low, high = 0.0, most
    if not beyond(most):
        return most
    for _ in range(100):
        middle = 0.5 * (low + high)
        low, high = (low, middle) if beyond(middle) else (middle, high)
    return high


def _split(
    bound: Floats, mass: Floats, at: Floats, single: Floats, points: Floats
) -> tuple[Floats, Floats, Floats, Floats]:
    """Cut cells in two at some ages; a cell in which no operational time passes becomes a single age."""
    if not len(mass):
        return bound, mass, at, single
    narrow = np.diff(bound) <= _NARROWEST
    at, single = np.append(at, bound[1:][narrow]), np.append(single, mass[narrow])
    below = np.append(0.0, np.cumsum(np.where(narrow, 0.0, mass)))
    bound, first = np.unique(bound, return_index=True)
    cut = np.unique(np.append(bound, points[(points > bound[0]) & (points < bound[-1])]))
    return cut, np.diff(np.interp(cut, bound, below[first])), at, single
