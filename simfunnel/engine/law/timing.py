"""When the deals of a model are won, given that they are: distribution functions at given times."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simfunnel.arrays import Floats, Ints
from simfunnel.engine.law.lattice import choose_lattice, extrapolated
from simfunnel.engine.law.passage import Passage, first_passage, passages_by_way
from simfunnel.engine.law.through import through
from simfunnel.engine.law.ways import Ways
from simfunnel.families.computed import Distribution
from simfunnel.funnel.model import Funnels, Model
from simfunnel.funnel.states import first_state

POINTS = 1024
"""Steps up to the horizon on the coarser of two lattices."""


@dataclass(frozen=True)
class EntryLaw:
    """When a lead that enters stage `stage` is won, given that it is, from passages of mass `mass` on two lattices."""

    passages: tuple[Passage, Passage]
    stage: int
    mass: float

    def integral(self, x: Floats) -> tuple[Floats, float]:
        """Integral over u from 0 to x of P(won within u | won), and its error."""
        if self.mass <= 0:
            return np.zeros(np.shape(x)), 0.0
        coarse, fine = (p.integral(self.stage, x) / self.mass for p in self.passages)
        difference = (fine - coarse) / 3.0
        return np.maximum(fine + difference, 0.0), float(np.max(np.abs(difference), initial=0.0))

    def before(self, x: Floats) -> tuple[Floats, float]:
        """P(won before x | won), and its error."""
        if self.mass <= 0:
            return np.zeros(np.shape(x)), 0.0
        return extrapolated(*(p.before(self.stage, x) / self.mass for p in self.passages))


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
    funnels
        With the rates to use; default those of the model, the mean rates.
    points
        Steps of the coarser lattice up to the horizon.
    """

    def __init__(self, model: Model, horizon: float, funnels: Funnels | None = None, points: int = POINTS) -> None:
        self.model = model
        self.funnels = funnels = model.funnels if funnels is None else funnels
        self.probability = funnels.probability
        self.win_rate = funnels.win_rate
        S = funnels.stages
        F = len(funnels.uncertain)
        base = np.repeat(first_state(funnels, np.arange(F)), np.diff(funnels.exit_start[::S]))
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

    def deals_before(self, x: Floats, *, not_before: bool = True, which: Ints | None = None) -> Timing:
        """P(won before x | won) of every open deal, at rising times `x` (M,), with or without its `not_before`.

        Of others than `which`, where it is given, it is 0.
        """
        model, deals = self.model, self.model.deals
        kinds, where = kinds_of(model)
        wanted = np.arange(len(kinds)) if which is None else np.unique(where[which])
        values, error = extrapolated(*(self._kinds_before(kinds[wanted], x, level) for level in (0, 1)))
        whole = np.zeros((len(kinds), len(x)))
        whole[wanted] = np.maximum.accumulate(values, axis=1)
        result = whole[where] if len(kinds) else np.zeros((0, len(x)))
        if not_before:
            result = np.where(x[None, :] > deals.not_before[:, None], result, 0.0)
        return Timing(result, error)

    def leads(self, f: int, s: int) -> EntryLaw:
        """Law of the leads that enter stage `s` of funnel `f`, at the rates of this law."""
        w = self.win_rate[first_state(self.funnels, f) + s]
        return EntryLaw((self.passages[0][f], self.passages[1][f]), s, float(w))

    def by_way(self, ways: Ways) -> LawByWay:
        """The same law of one funnel, way by way."""
        coarse, fine = (passages_by_way(self.model.funnels, ways, self.durations, lattice) for lattice in self.lattices)
        return LawByWay(self, ways, (coarse, fine))

    def _kinds_before(self, kinds: Ints, x: Floats, level: int) -> Floats:
        model = self.model
        funnels, deals = model.funnels, model.deals
        S = funnels.stages
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
                w = self.win_rate[first_state(funnels, f) + to]
                at = deals.weight_start[kinds[members]] + e - first
                weights.append(self.probability[e] * deals.weight[at] * w)
                mass = self.passages[level][f]
                parts.append(through(model, d, [mass], to, kinds[members], x)[0] / w)
            total = np.sum(weights, axis=0) if weights else np.zeros(len(members))
            safe = np.where(total > 0, total, 1.0)
            result[members] = (
                sum((q / safe)[:, None] * part for q, part in zip(weights, parts, strict=True)) if weights else 0.0
            )
        return result


@dataclass(frozen=True)
class LawByWay:
    """Passage times of one funnel, way by way: what does not depend on its rates."""

    law: Law
    ways: Ways
    passages: tuple[list[Passage], list[Passage]]
    """By lattice and way."""

    def deals_before(self, s: int, e: int, which: Ints, x: Floats) -> tuple[Floats, float]:
        """P(won before x | won by exit `e` of stage `s` and by each way from there), and its error: (C, n, M).

        `which` (n,) are open deals in stage `s`.
        """
        d, to = self.law.durations[e], int(self.law.model.funnels.exit_to[e])
        assert d is not None
        return extrapolated(*(through(self.law.model, d, level, to, which, x) for level in self.passages))

    def leads(self, s: int, c: int) -> EntryLaw:
        """Law of the leads that enter stage `s` and go way `c`."""
        return EntryLaw((self.passages[0][c], self.passages[1][c]), s, float(self.ways.count[s, c] > 0))


def kinds_of(model: Model) -> tuple[Ints, Ints]:
    """Deals with one timing law: one deal of each kind, and the kind of every deal."""
    deals = model.deals
    row = deals.funnel * model.funnels.stages + deals.stage
    unknown = np.isnan(deals.age)
    # of unknown age, deals with equal weights and shares are of one kind: these are numbered first
    number = np.zeros(len(row))
    seen: dict[tuple[float, ...], int] = {}
    for d in np.flatnonzero(unknown).tolist():
        span = slice(int(deals.weight_start[d]), int(deals.weight_start[d + 1]))
        number[d] = seen.setdefault((*deals.weight[span].tolist(), *deals.age_share[span].tolist()), len(seen))
    keys = np.stack([row.astype(np.float64), unknown, np.where(unknown, number, deals.age)], axis=1)
    _, first, where = np.unique(keys, axis=0, return_index=True, return_inverse=True)
    return first.astype(np.int64), where.reshape(-1)
