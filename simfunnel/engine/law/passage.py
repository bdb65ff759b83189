"""First passage to Won: for each stage of a funnel, when a deal that enters it is won.

In the transform domain the passage times of a semi-Markov process solve one linear system per frequency, loops too:
g_i = sum over exits j of p_ij phi_ij g_j, with g_Won = 1 and nothing from Lost or `never`. Source: Pyke (1961), Markov
renewal processes with finitely many states; the damped inversion is that of Abate & Whitt (1992).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from simfunnel.arrays import Complex, Floats
from simfunnel.engine.law.lattice import Lattice, damped, interpolated, on_lattice
from simfunnel.engine.law.ways import Ways, winning_exits
from simfunnel.families.computed import Distribution
from simfunnel.funnel.model import Funnels


@dataclass(frozen=True)
class Passage:
    """Time from entering each stage to Won, on a lattice; row S is Won itself (time 0). Masses sum to w, not to 1."""

    lattice: Lattice
    atoms: Floats
    """(S + 1, n) masses of the atoms."""
    smooth: Floats
    """(S + 1, n) masses of the rest."""

    @cached_property
    def summed(self) -> tuple[Floats, Floats]:
        """Masses of the atoms before each point (S + 1, n + 1), and of the rest up to half a step after it."""
        first = np.zeros((len(self.atoms), 1))
        atoms, smooth = np.cumsum(self.atoms, axis=1), np.cumsum(self.smooth, axis=1)
        return np.concatenate([first, atoms], axis=1), np.concatenate([first, first, smooth], axis=1)

    @cached_property
    def twice_summed(self) -> tuple[Floats, Floats]:
        """Integrals of both up to each point, in steps: (S + 1, n + 1)."""
        first = np.zeros((len(self.atoms), 1))
        return tuple(  # type: ignore[return-value]
            np.concatenate([first, np.cumsum(np.cumsum(masses, axis=1), axis=1)], axis=1)
            for masses in (self.atoms, self.smooth)
        )

    def before(self, s: int, x: Floats) -> Floats:
        """P(won, in a time below `x`) for a deal that enters stage `s`; an atom at x itself is not below it."""
        h = self.lattice.step
        position = np.clip(np.asarray(x, dtype=np.float64) / h, 0.0, self.lattice.size - 3.0)
        strictly, cumulative = self.summed
        result = np.asarray(strictly[s, np.ceil(position).astype(np.int64)])
        if cumulative[s, -1] > 0:
            # the sum of the masses up to point n is the distribution function half a step after it
            result = result + interpolated(cumulative[s], position + 1.5)
        return np.where(np.asarray(x) > 0, result, 0.0)

    def integral(self, s: int, x: Floats) -> Floats:
        """Integral of `before` from 0 to x: what a steady stream of entries needs."""
        h = self.lattice.step
        position = np.clip(np.asarray(x, dtype=np.float64) / h, 0.0, self.lattice.size - 3.0)

        result = np.zeros(np.shape(position))
        if self.atoms[s].any():
            result = np.interp(position, np.arange(self.lattice.size + 1), h * self.twice_summed[0][s])
        if self.smooth[s].any():
            result = result + h * interpolated(self.twice_summed[1][s], position)
        return np.asarray(np.where(np.asarray(x) > 0, np.maximum(result, 0.0), 0.0))


def first_passage(
    funnels: Funnels, f: int, probability: Floats, durations: Sequence[Distribution | None], lattice: Lattice
) -> Passage:
    """Compute the passage times of one funnel.

    Parameters
    ----------
    funnels
        The funnels.
    f
        Which one.
    probability
        (E,) exit probabilities.
    durations
        (E,) durations of the exits; None for those that cannot lead to Won.
    lattice
        Where to compute.
    """
    atoms, smooth = _inverted(
        funnels, f, durations, lattice, lambda phi: _solve(funnels, f, probability, durations, phi)
    )
    won = np.zeros((1, lattice.size))
    won[0, 0] = 1.0
    return Passage(lattice, np.vstack([atoms, won]), np.vstack([smooth, np.zeros((1, lattice.size))]))


def passages_by_way(
    funnels: Funnels, ways: Ways, durations: Sequence[Distribution | None], lattice: Lattice
) -> list[Passage]:
    """Compute the passage times of one funnel way by way; masses sum to 1 where the way exists, rates play no part."""
    S, C, n = funnels.stages, len(ways.uses), lattice.size
    atoms, smooth = _inverted(
        funnels, ways.funnel, durations, lattice, lambda phi: _solve_ways(funnels, ways, durations, phi)
    )
    count = np.where(ways.count > 0, ways.count, 1.0).reshape(-1, 1)
    shaped = [(x / count).reshape(S + 1, C, n) for x in (atoms, smooth)]
    return [Passage(lattice, *(np.ascontiguousarray(x[:, c]) for x in shaped)) for c in range(C)]


def _inverted(
    funnels: Funnels,
    f: int,
    durations: Sequence[Distribution | None],
    lattice: Lattice,
    solve: Callable[[dict[int, Complex]], Complex],
) -> tuple[Floats, Floats]:
    """Masses (rows, n) of the atoms and of the rest, of what `solve` makes of the transforms of the durations."""
    S, n = funnels.stages, lattice.size
    spread: dict[int, tuple[Floats, Floats]] = {}
    for e in range(funnels.exit_start[f * S], funnels.exit_start[(f + 1) * S]):
        d = durations[e]
        if d is not None and id(d) not in spread:
            spread[id(d)] = on_lattice(d, lattice)
    whole = {key: np.fft.rfft(damped(atoms + smooth, lattice)) for key, (atoms, smooth) in spread.items()}
    undamp = lattice.damping ** -np.arange(n)
    total = np.fft.irfft(solve(whole), n) * undamp
    atoms = np.zeros_like(total)
    if any(a.any() for a, _ in spread.values()):
        only = {key: np.fft.rfft(damped(a, lattice)) for key, (a, _) in spread.items()}
        atoms = np.fft.irfft(solve(only), n) * undamp
        atoms[np.abs(atoms) < 1e-10] = 0.0
    if not any(s.any() for _, s in spread.values()):
        return np.where(np.abs(total) < 1e-10, 0.0, total), np.zeros_like(total)
    return atoms, total - atoms


def _solve_ways(
    funnels: Funnels, ways: Ways, durations: Sequence[Distribution | None], phi: dict[int, Complex]
) -> Complex:
    """((S + 1) * C, frequencies) transforms of the passage times, summed over the paths of each way."""
    S, C = funnels.stages, len(ways.uses)
    m = len(next(iter(phi.values()))) if phi else 1
    g = np.zeros((S + 1, C, m), dtype=np.complex128)
    g[S, 0] = 1.0
    leaving = {s: winning_exits(funnels, ways.funnel, s) for s in range(S)}
    place = {int(e): v for v, e in enumerate(ways.exits)}
    done = ways.count <= 0
    done[S] = True

    def fill(s: int, c: int) -> Complex:
        if not done[s, c]:
            done[s, c] = True
            for e in leaving[s]:
                d, to = durations[e], int(funnels.exit_to[e])
                shorter = c if e not in place else ways.shorter(c, place[e])
                if d is not None and shorter >= 0:
                    g[s, c] += phi[id(d)] * fill(to, shorter)
        return np.asarray(g[s, c])

    for c in range(C):  # rising in the number of choices: what a way goes on with comes before it
        for s in range(S):
            fill(s, c)
    return g.reshape((S + 1) * C, m)


def _solve(
    funnels: Funnels,
    f: int,
    probability: Floats,
    durations: Sequence[Distribution | None],
    phi: dict[int, Complex],
) -> Complex:
    """(S, frequencies) transforms of the passage times."""
    S = funnels.stages
    m = len(next(iter(phi.values()))) if phi else 1
    rows = [range(funnels.exit_start[f * S + s], funnels.exit_start[f * S + s + 1]) for s in range(S)]
    if funnels.acyclic[f]:
        g = np.zeros((S + 1, m), dtype=np.complex128)
        g[S] = 1.0
        for s in range(S - 1, -1, -1):
            for e in rows[s]:
                d = durations[e]
                if d is not None and probability[e] > 0:
                    g[s] += probability[e] * phi[id(d)] * g[funnels.exit_to[e]]
        return g[:S]
    matrix = np.zeros((m, S, S), dtype=np.complex128)
    matrix[:, np.arange(S), np.arange(S)] = 1.0
    won = np.zeros((m, S, 1), dtype=np.complex128)
    for s in range(S):
        for e in rows[s]:
            d = durations[e]
            if d is None or probability[e] <= 0:
                continue
            if funnels.exit_to[e] == S:
                won[:, s, 0] += probability[e] * phi[id(d)]
            else:
                matrix[:, s, funnels.exit_to[e]] -= probability[e] * phi[id(d)]
    return np.ascontiguousarray(np.linalg.solve(matrix, won)[:, :, 0].T)
