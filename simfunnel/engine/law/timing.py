"""When the deals of a model are won, given that they are: distribution functions at given times."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from simfunnel.engine.law.aged import aged_convolution, on_age_lattice
from simfunnel.engine.law.lattice import Lattice, choose_lattice, extrapolated, interpolated
from simfunnel.engine.law.passage import Passage, first_passage
from simfunnel.funnel.clock import BOUNDARY_TOLERANCE
from simfunnel.funnel.distributions import Distribution
from simfunnel.funnel.model import Floats, Ints, Model

POINTS = 1024
"""Steps up to the horizon on the coarser of two lattices."""


@dataclass(frozen=True)
class Timing:
    """Distribution functions of the time of the win, given Won, and the error of their computation."""

    deals: Floats
    """(D, M) P(won before time x_m | won)."""
    error: float
    """Largest correction by which the finer lattice was improved on; the error left is smaller."""


class Law:
    """Passage times of every funnel of a model, on two lattices.

    Parameters
    ----------
    model
        The model.
    horizon
        Largest operational time asked for.
    probability
        (E,) exit probabilities; default those at the mean rates.
    points
        Steps of the coarser lattice up to the horizon.
    """

    def __init__(self, model: Model, horizon: float, probability: Floats | None = None, points: int = POINTS) -> None:
        self.model = model
        funnels = model.funnels
        self.probability = funnels.probability if probability is None else probability
        self.win_rate = funnels.win_rate
        S = funnels.stages
        F = len(funnels.uncertain)
        base = np.repeat(np.arange(F) * (S + 2), np.diff(funnels.exit_start[::S])) if F else np.zeros(0, dtype=np.int64)
        reach = self.win_rate[base + funnels.exit_to]
        self.durations: list[Distribution | None] = [
            None if funnels.exit_never[e] or reach[e] <= 0 else model.distributions[funnels.exit_table[e]]
            for e in range(len(funnels.exit_to))
        ]
        coarse = choose_lattice(horizon, points, [d for d in self.durations if d is not None])
        self.lattices = (coarse, coarse.halved())
        self.passages = [
            [first_passage(funnels, f, self.probability, self.durations, lattice) for f in range(F)]
            for lattice in self.lattices
        ]

    def deals_before(self, x: Floats, *, not_before: bool = True) -> Timing:
        """P(won before x | won) of every open deal, at rising times `x` (M,), with or without its `not_before`."""
        model, deals = self.model, self.model.deals
        kinds, where = _kinds(model)
        values, error = extrapolated(*(self._kinds_before(kinds, x, level) for level in (0, 1)))
        values = np.maximum.accumulate(values, axis=1)
        result = values[where] if len(kinds) else np.zeros((0, len(x)))
        if not_before:
            result = np.where(x[None, :] > deals.not_before[:, None], result, 0.0)
        return Timing(result, error)

    def entries_before(self, f: int, s: int, x: Floats) -> tuple[Floats, float]:
        """Integral over u from 0 to x of P(won within u | won), for a lead that enters stage `s` of funnel `f`."""
        w = self.win_rate[f * (self.model.funnels.stages + 2) + s]
        if w <= 0:
            return np.zeros(np.shape(x)), 0.0
        coarse, fine = (level[f].integral(s, x) / w for level in self.passages)
        difference = (fine - coarse) / 3.0
        return np.maximum(fine + difference, 0.0), float(np.max(np.abs(difference), initial=0.0))

    def wins_before(self, f: int, s: int, x: Floats) -> tuple[Floats, float]:
        """P(won before x | won) for a lead that enters stage `s` of funnel `f`, and the error."""
        w = self.win_rate[f * (self.model.funnels.stages + 2) + s]
        if w <= 0:
            return np.zeros(np.shape(x)), 0.0
        return extrapolated(*(level[f].before(s, x) / w for level in self.passages))

    def _kinds_before(self, kinds: Ints, x: Floats, level: int) -> Floats:
        model = self.model
        funnels, deals = model.funnels, model.deals
        S = funnels.stages
        lattice = self.lattices[level]
        result = np.zeros((len(kinds), len(x)))
        rows = deals.funnel[kinds] * S + deals.stage[kinds]
        for row in np.unique(rows):
            members = np.flatnonzero(rows == row)
            f, first = int(row // S), int(funnels.exit_start[row])
            weights = []
            parts = []
            for e in range(first, int(funnels.exit_start[row + 1])):
                d, to = self.durations[e], int(funnels.exit_to[e])
                if d is None or self.probability[e] <= 0:
                    continue
                w = self.win_rate[f * (S + 2) + to]
                at = deals.weight_start[kinds[members]] + e - first
                weights.append(self.probability[e] * deals.weight[at] * w)
                parts.append(self._through(d, self.passages[level][f], to, w, kinds[members], x, lattice))
            total = np.sum(weights, axis=0) if weights else np.zeros(len(members))
            safe = np.where(total > 0, total, 1.0)
            result[members] = (
                sum((q / safe)[:, None] * part for q, part in zip(weights, parts, strict=True)) if weights else 0.0
            )
        return result

    def _through(
        self, d: Distribution, passage: Passage, to: int, w: float, kinds: Ints, x: Floats, lattice: Lattice
    ) -> Floats:
        """P(remaining time in the stage + passage from `to` < x | won by this exit): (kinds, M)."""
        deals = self.model.deals
        age, cut = deals.age[kinds], _cut_ages(self.model, kinds)
        direct = to == self.model.funnels.stages
        if direct:
            return _remaining_below(d, age, cut, np.broadcast_to(x, (len(kinds), len(x))))
        h = lattice.step
        points = math.ceil(float(x[-1]) / h) + 4
        grid = h * np.arange(points)
        mass_t = passage.atoms[to, :points] + passage.smooth[to, :points]
        if not passage.atoms[to].any() and not np.isnan(age).all():
            found = d.sf(np.maximum(age - BOUNDARY_TOLERANCE, 0.0))
            chosen = on_age_lattice(d, age, found, lattice)
            if chosen.any():
                result = np.empty((len(kinds), len(x)))
                if not chosen.all():
                    result[~chosen] = self._through(d, passage, to, w, kinds[~chosen], x, lattice)
                result[chosen] = aged_convolution(d, age[chosen], found[chosen], mass_t, x, h) / w
                return result
        smooth = _remaining_below(d, age, cut, np.broadcast_to(grid, (len(kinds), points)))
        values, masses = d.atoms()
        known = ~np.isnan(age)
        result = np.zeros((len(kinds), len(x)))
        if len(values) and known.any():
            # atoms of the remaining time: each delays the passage by a known time
            found = d.sf(np.maximum(age[known] - BOUNDARY_TOLERANCE, 0.0))
            left = values[None, :] - age[known][:, None]
            mass = (
                np.where(left >= -BOUNDARY_TOLERANCE, masses[None, :], 0.0) / np.where(found > 0, found, 1.0)[:, None]
            )
            left = np.maximum(left, 0.0)
            for m, bound in enumerate(x):
                result[known, m] += np.sum(mass * passage.before(to, bound - left), axis=1) / w
            if masses.sum() > 1 - 1e-12:
                smooth[known] = 0.0
            else:
                for j in range(len(values)):
                    smooth[known] -= mass[:, [j]] * (grid[None, :] > left[:, [j]])
                smooth = np.maximum(smooth, 0.0)
        # the rest: sum over the lattice of passage mass x P(remaining < x - time), at lattice points around each x
        first = np.clip(np.floor(x / h).astype(np.int64) - 1, 0, points - 4)
        reversed_mass = np.zeros((4 * len(x), points))
        for m, start in enumerate(first):
            for i in range(4):
                k = start + i
                reversed_mass[4 * m + i, : k + 1] = mass_t[k::-1]
        around = (smooth @ reversed_mass.T).reshape(len(kinds), len(x), 4)
        for m, bound in enumerate(x):
            position = np.array(bound / h - first[m])
            result[:, m] += interpolated(around[:, m, :], position) / w
        return result


def _kinds(model: Model) -> tuple[Ints, Ints]:
    """Deals with one timing law: one deal of each kind, and the kind of every deal."""
    deals = model.deals
    row = deals.funnel * model.funnels.stages + deals.stage
    unknown = np.isnan(deals.age)
    # of unknown age, deals with equal weights and shares are of one kind: these are numbered first
    number = np.zeros(len(row))
    seen: dict[tuple[float, ...], int] = {}
    for d in np.flatnonzero(unknown).tolist():
        span = slice(int(deals.weight_start[d]), int(deals.weight_start[d + 1]))
        number[d] = seen.setdefault((*deals.weight[span].tolist(), *deals.steady_share[span].tolist()), len(seen))
    keys = np.stack([row.astype(np.float64), unknown, np.where(unknown, number, deals.age)], axis=1)
    _, first, where = np.unique(keys, axis=0, return_index=True, return_inverse=True)
    return first.astype(np.int64), where.reshape(-1)


def _cut_ages(model: Model, kinds: Ints) -> Floats:
    """Largest possible age of deals of unknown age (infinite where the creation is unknown); NaN for known ages."""
    return np.where(np.isnan(model.deals.age[kinds]), model.deals.oldest[kinds], np.nan)


def _remaining_below(d: Distribution, age: Floats, cut: Floats, x: Floats) -> Floats:
    """P(remaining time < x), for deals of known age, or found in steady state: (kinds, M)."""
    result = np.zeros(x.shape)
    known = ~np.isnan(age)
    if known.any():
        a = age[known][:, None]
        found = d.sf(np.maximum(a - BOUNDARY_TOLERANCE, 0.0))
        with np.errstate(invalid="ignore", divide="ignore"):
            result[known] = np.where(found > 0, 1.0 - d.sf(a + x[known]) / found, 0.0)
    if not known.all():
        c, y = cut[~known][:, None], x[~known]
        mean = d.mean
        whole = np.isinf(c)
        safe = np.where(whole, 0.0, c)
        total = np.where(whole, mean, d.integrated_sf(safe))
        later = np.where(whole, mean, d.integrated_sf(y + safe)) - d.integrated_sf(y)
        with np.errstate(invalid="ignore", divide="ignore"):
            result[~known] = np.where(total > 0, 1.0 - later / total, 1.0)
    return np.clip(np.where(x > 0, result, 0.0), 0.0, 1.0)
