"""From the stage in which an open deal is found to Won: its remaining time there, then the passage from the next."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from simfunnel.arrays import Floats, Ints
from simfunnel.engine.law.aged import aged_convolution, on_age_lattice
from simfunnel.engine.law.lattice import fast_length, interpolated
from simfunnel.engine.law.passage import Passage
from simfunnel.families.computed import Distribution
from simfunnel.funnel.clock import BOUNDARY_TOLERANCE
from simfunnel.funnel.inflow import Inflow
from simfunnel.funnel.model import Model

MANY_TIMES = 16
"""From which on a deal is convolved with the passage on the whole lattice."""
_TOGETHER = 256
_AT_ONCE = 1 << 18
"""Times x deals x atoms that are looked up in one go."""


def through(model: Model, d: Distribution, passages: Sequence[Passage], to: int, kinds: Ints, x: Floats) -> Floats:
    """P(remaining time in the stage + passage from stage `to` < x), for each of some passages.

    Parameters
    ----------
    model
        The model.
    d
        Duration of the exit by which the deals leave.
    passages
        On one lattice; their masses need not sum to 1.
    to
        Where the exit leads.
    kinds
        (n,) the deals, all in one stage of one funnel.
    x
        (M,) rising times.

    Returns
    -------
    Floats
        (passages, n, M)
    """
    age, cut = model.deals.age[kinds], cut_ages(model, kinds)
    S = model.funnels.stages
    unknown = np.isnan(age)
    row = int(model.deals.funnel[kinds[0]] * S + model.deals.stage[kinds[0]]) if len(kinds) else -1
    inflow = model.inflows.get(row)
    if inflow is None or not unknown.any():
        return _of_ages(d, age, cut, passages, to, x)
    result = np.empty((len(passages), len(kinds), len(x)))
    if not unknown.all():
        result[:, ~unknown] = _of_ages(d, age[~unknown], cut[~unknown], passages, to, x)
    result[:, unknown] = _of_inflow(d, inflow, cut[unknown], passages, to, x)
    return result


def _of_ages(d: Distribution, age: Floats, cut: Floats, passages: Sequence[Passage], to: int, x: Floats) -> Floats:
    """Do it for known ages, and for those of steady state (NaN) that are no older than `cut`."""
    P, n, M = len(passages), len(age), len(x)
    if _is_won(passages, to):
        return _won_at_once(remaining_below(d, age, cut, np.broadcast_to(x, (n, M))), passages, to)
    h = passages[0].lattice.step
    grid, masses = _on_grid(passages, to, x)
    # measured, in microseconds: a time on the lattice of ages, and a deal on the whole lattice
    few_times = M * (200 + n) < 250 * n
    if few_times and not any(p.atoms[to].any() for p in passages) and not np.isnan(age).all():
        found = d.sf(np.maximum(age - BOUNDARY_TOLERANCE, 0.0))
        chosen = on_age_lattice(d, age, found, passages[0].lattice)
        if chosen.any():
            result = np.empty((P, n, M))
            if not chosen.all():
                result[:, ~chosen] = _of_ages(d, age[~chosen], cut[~chosen], passages, to, x)
            for i, mass in enumerate(masses):
                result[i, chosen] = aged_convolution(d, age[chosen], found[chosen], mass, x, h)
            return result
    smooth: Floats = remaining_below(d, age, cut, np.broadcast_to(grid, (n, len(grid))))
    result = np.zeros((P, n, M))
    _take_atoms_out(d, age, smooth, grid, passages, to, x, result)
    result += _convolved(smooth, masses, x / h)
    return result


def _of_inflow(d: Distribution, inflow: Inflow, cut: Floats, passages: Sequence[Passage], to: int, x: Floats) -> Floats:
    """Do it for the ages of an inflow, no older than `cut`: the single ones one by one, the rest by cells."""
    now = inflow.open_after(d, np.zeros(1), cut)
    single = inflow.among(cut) * inflow.single_open(d)
    total = now[:, 0] + single.sum(axis=1)
    safe = np.where(total > 0, total, 1.0)[:, None]
    days, masses = (x, np.zeros(0)) if _is_won(passages, to) else _on_grid(passages, to, x)
    below = np.maximum(now - inflow.open_after(d, days, cut), 0.0) / safe
    below = np.where(days > 0, below, 0.0)
    if _is_won(passages, to):
        result = _won_at_once(below, passages, to)
    else:
        result = _convolved(below, masses, x / passages[0].lattice.step)
    if single.any():
        each = _of_ages(d, inflow.at, np.full(len(inflow.at), np.nan), passages, to, x)
        result = result + (single / safe) @ each
    return result


def _is_won(passages: Sequence[Passage], to: int) -> bool:
    return to == len(passages[0].atoms) - 1


def _won_at_once(below: Floats, passages: Sequence[Passage], to: int) -> Floats:
    return np.stack([below * (p.atoms[to, 0] + p.smooth[to, 0]) for p in passages])


def _on_grid(passages: Sequence[Passage], to: int, x: Floats) -> tuple[Floats, Floats]:
    """Lattice points (points,) that matter up to the last of some times, and masses there: (passages, points)."""
    h = passages[0].lattice.step
    points = math.ceil(float(x[-1]) / h) + 4
    masses = np.stack([p.atoms[to, :points] + p.smooth[to, :points] for p in passages])
    return h * np.arange(points, dtype=np.float64), masses


def _convolved(smooth: Floats, masses: Floats, position: Floats) -> Floats:
    return (_on_whole_lattice if len(position) > MANY_TIMES else _around_each)(smooth, masses, position)


def _take_atoms_out(
    d: Distribution, age: Floats, smooth: Floats, grid: Floats, passages: Sequence[Passage], to: int, x: Floats,
    result: Floats,
) -> None:  # fmt: skip
    """Add what the atoms of a remaining time of known age do, each a delay by a known time; take them off `smooth`."""
    values, masses = d.atoms()
    known = np.flatnonzero(~np.isnan(age))
    if not len(values) or not len(known):
        return
    found = d.sf(np.maximum(age[known] - BOUNDARY_TOLERANCE, 0.0))
    left = values[None, :] - age[known][:, None]
    mass = np.where(left >= -BOUNDARY_TOLERANCE, masses[None, :], 0.0) / np.where(found > 0, found, 1.0)[:, None]
    left = np.maximum(left, 0.0)
    together = max(1, _AT_ONCE // left.size)
    for i, passage in enumerate(passages):
        for first in range(0, len(x), together):
            here = slice(first, first + together)
            won = passage.before(to, x[here, None, None] - left)
            result[i, known, here] += np.sum(mass * won, axis=2).T
    if masses.sum() > 1 - 1e-12:
        smooth[known] = 0.0
        return
    for j in range(len(values)):
        smooth[known] -= mass[:, [j]] * (grid[None, :] > left[:, [j]])
    np.maximum(smooth, 0.0, out=smooth)


def _around_each(smooth: Floats, masses: Floats, position: Floats) -> Floats:
    """Sum over the lattice of passage mass x P(remaining < x - time), at lattice points around each x, interpolated."""
    n, points = smooth.shape
    P, M = len(masses), len(position)
    first = np.clip(np.floor(position).astype(np.int64) - 1, 0, points - 4)
    result = np.empty((P, n, M))
    for i, mass in enumerate(masses):
        turned = np.zeros((4 * M, points))
        for m, start in enumerate(first):
            for j in range(4):
                turned[4 * m + j, : start + j + 1] = mass[start + j :: -1]
        around = (smooth @ turned.T).reshape(n, M, 4)
        for m in range(M):
            result[i, :, m] = interpolated(around[:, m, :], np.array(position[m] - first[m]))
    return result


def _on_whole_lattice(smooth: Floats, masses: Floats, position: Floats) -> Floats:
    """Do the same at every lattice point, by transforms: cheaper for many times."""
    n, points = smooth.shape
    size = fast_length(2 * points)
    turned = np.fft.rfft(masses, size)
    result = np.empty((len(masses), n, len(position)))
    for start in range(0, n, _TOGETHER):
        here = slice(start, min(start + _TOGETHER, n))
        spectrum = np.fft.rfft(smooth[here], size)
        for i in range(len(masses)):
            whole = np.fft.irfft(spectrum * turned[i], size)[:, :points]
            result[i, here] = interpolated(whole, position)
    return result


def cut_ages(model: Model, kinds: Ints) -> Floats:
    """Largest possible age of deals of unknown age (infinite where the creation is unknown); NaN for known ages."""
    return np.where(np.isnan(model.deals.age[kinds]), model.deals.oldest[kinds], np.nan)


def remaining_below(d: Distribution, age: Floats, cut: Floats, x: Floats) -> Floats:
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
