"""Hazards of stages that were seen in snapshots only: the self-consistent estimate, by expectation and maximisation."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import convolve1d
from scipy.stats import chi2

from simfunnel.arrays import Floats, Ints
from simfunnel.estimation.panel.chains import NONE, Chains
from simfunnel.estimation.panel.expectation import Counts, Link, Walk
from simfunnel.estimation.panel.tables import Tables, passed_on, tables_of, toeplitz

ROUNDS, ENOUGH, NEAR = 100, 0.005, 0.05
"""Rounds at most; the change in log likelihood below which they end, and that of chances of exits, in standard errors,
by all rounds to come (by the last two: Aitken; Böhning, Dietz, Schaub, Schlattmann & Lindsay 1994)."""
FALSE_WAYS = 0.01
"""Chance to believe in skipped stages, or in deals that begin late, where there are none."""
SHAPES = 0.6 * 1.1 ** np.arange(21)
"""Of the Weibull hazards about which ages are smoothed."""
FIRST_SKIP = 0.02
"""Share of its changes that a stage left out is believed to have been, before anything is estimated; the rest passed
the stages between unseen."""


@dataclass(frozen=True, eq=False)
class Fit:
    """Hazards and what they say of the chains."""

    hazard: Floats
    """(K, C, ages)"""
    birth: Floats
    """(K,)"""
    tables: Tables
    walk: Walk
    counts: Counts
    links: list[Link]
    steps: Floats
    """(nodes of the walk, W) chance of the step of each change."""
    kind: Ints
    """(chains of the history,) the chain of the walk that is like it."""
    rounds: int


def fit(chains: Chains, *, rounds: int = ROUNDS, enough: float = ENOUGH, smooth: bool = True) -> Fit:
    """Find the hazards that are those expected under themselves.

    Parameters
    ----------
    chains
        What was seen.
    rounds, enough
        When to end.
    smooth
        Whether hazards are smoothed over the longest gap after each round.

    Notes
    -----
    Turnbull (1976) for competing risks in a chain of stages: what happened between two snapshots is shared out among
    all ways that would have been seen alike, stages that nobody saw included, until the shares are those that the
    hazards themselves imply; each round raises the likelihood (Dempster, Laird & Rubin 1977). Within a gap the
    likelihood hardly tells ages apart, and its maximum is a row of spikes that take short stays for skipped stages:
    hazards are smoothed, relative to Weibull ones, by a triangle as long as a gap (Silverman, Jones, Wilson & Nychka
    1990). What is then estimated from the expected counts is not smoothed. A stage that was left out looks like one
    that was passed within a gap: skipped stages, and deals that begin in a later one, are believed only where a
    likelihood ratio test says so. A way has a hazard at every age, so it has as many degrees of freedom as its smoother
    (Hastie & Tibshirani 1990): without them such ways were found in two of five files that had none.
    """
    alike, weight, kind = _alike(chains)
    walk = Walk(alike, weight)
    free = constant(alike, weight)
    plain = without_skips(*free)
    starts = [plain[:2], free] if plain[2].any() else [free]
    found = [_rounds(walk, kind, *start, rounds, enough, smooth) for start in starts]
    gain = found[-1].counts.log_likelihood - found[0].counts.log_likelihood
    if not plain[2].any() or 2.0 * gain > chi2.isf(FALSE_WAYS, _freedom(found[0], plain[2])):
        return found[-1]
    return found[0]


def _freedom(plain: Fit, ways: Ints) -> float:
    """Degrees of freedom of ways out of each stage (K,), and of a start in each later stage, that were left out."""
    events, _ = expected(plain.tables, plain.counts, plain.birth)
    at_risk = at_risk_of(events, plain.counts)
    # ages that count, by how many are at risk at each; a triangle gives an age 1 / (half + 1) of its own weight
    ages = at_risk.sum(axis=1) ** 2 / np.maximum((at_risk**2).sum(axis=1), _LEAST)
    out, begun = ways
    return float(out @ np.maximum(ages / (plain.walk.chains.width + 1), 1.0) + begun.sum())


def _rounds(
    walk: Walk, kind: Ints, hazard: Floats, birth: Floats, rounds: int, enough: float, smooth: bool
) -> Fit:  # fmt: skip
    before, chances, far = -np.inf, np.zeros(0), np.inf
    for number in range(1, rounds + 1):
        tables = tables_of(hazard, birth, walk.chains.width)
        counts, links, steps = walk.expect(tables)
        now = tables.leave.sum(axis=2)
        if number > 1:
            step = _errors(now, chances, walk)
            settled = step < NEAR * (1.0 - min(step / far, _SLOWEST))
            far = max(step, _LEAST)
            if settled and abs(counts.log_likelihood - before) < enough:  # smoothing may lower it on the way
                break
        before, chances = counts.log_likelihood, now
        if number == rounds:
            break
        hazard, birth = maximised(tables, counts, birth, walk.chains.width if smooth else 0)
    return Fit(hazard, birth, tables, walk, counts, links, steps, kind, number)


def _errors(now: Floats, before: Floats, walk: Walk) -> float:
    """Largest change of a chance, in the standard errors that it would have if all stays were seen."""
    c = walk.chains
    deals = np.bincount(c.state, np.repeat(walk.weight, c.length), minlength=c.stages)[: c.stages]
    error = np.sqrt(np.maximum(now * (1 - now), 0.0) / np.maximum(deals, 1.0)[:, None])  # 1 + a rounding
    return float((np.abs(now - before) / np.maximum(error, _LEAST)).max(initial=0.0))


def without_skips(hazard: Floats, birth: Floats) -> tuple[Floats, Floats, Ints]:
    """The same where no stage is left out that may have been passed unseen, and what that leaves out.

    The last are (2, K) numbers of ways out of each stage, and 1 for each later stage in which deals began.
    """
    K = len(birth)
    ways = hazard[:, : K + 1, 0] > 0
    skips = ways & (np.arange(K + 1)[None, :] > np.arange(K)[:, None] + 1)
    steps = np.zeros((K + 1, K + 1), dtype=np.int64)
    steps[:K] = ways & ~skips
    reached = np.linalg.matrix_power(np.eye(K + 1, dtype=np.int64) + steps, K + 1) > 0
    dropped = skips & reached[:K]
    other = birth.copy()
    late = reached[0, 1:K] & (birth[1:] > 0)
    other[1:][late] = 0.0
    hazard = hazard.copy()
    hazard[:, : K + 1][dropped] = 0.0
    left_out = np.stack([dropped.sum(axis=1), np.append(0, late)]) * int(other.sum() > 0)
    return hazard, other / max(other.sum(), _LEAST), left_out


def maximised(t: Tables, counts: Counts, birth: Floats, half: int) -> tuple[Floats, Floats]:
    """Hazards, smoothed over so many steps to both sides, and chances of the first stage that the counts give."""
    events, begun = expected(t, counts, birth)
    at_risk = at_risk_of(events, counts)
    if half:
        return smoothed(events, at_risk, half), begun / begun.sum() if begun.sum() > 0 else birth
    hazard = np.where(at_risk[:, None] > _LEAST, events / np.maximum(at_risk, _LEAST)[:, None], 0.0)
    return hazard, begun / begun.sum() if begun.sum() > 0 else birth


def at_risk_of(events: Floats, counts: Counts) -> Floats:
    """(K, ages) stays that lasted to each age."""
    total = np.cumsum(events.sum(axis=1)[:, ::-1], axis=1)[:, ::-1]
    lasting = np.cumsum(counts.stay[:, ::-1], axis=1)[:, ::-1]
    return np.asarray(np.maximum(total + lasting[:, 1:], 0.0))


def smoothed(events: Floats, at_risk: Floats, half: int) -> Floats:
    """Hazards relative to the best Weibull ones, smoothed by a triangle: a rise or fall from age 0 on stays."""
    base = _weibull(events.sum(axis=1, keepdims=True), at_risk)
    triangle = 1.0 - np.abs(np.arange(-half, half + 1)) / (half + 1)
    above = convolve1d(events, triangle, axis=2, mode="constant")
    below = convolve1d(at_risk[:, None] * base, triangle, axis=2, mode="constant")
    hazard = base * np.divide(above, below, out=np.zeros_like(above), where=below > _LEAST)
    return np.asarray(hazard / np.maximum(hazard.sum(axis=1) / _MOST, 1.0)[:, None])


def _weibull(events: Floats, at_risk: Floats) -> Floats:
    """(K, C, ages) increments of the cumulative Weibull hazards of the best shapes; their scale is left open."""
    edge = np.arange(events.shape[2]) + 0.5  # ages of one step lie about it; who leaves in that of the entry, above 0
    below = np.concatenate([[0.0], edge[:-1]])
    power = (edge[None] / edge[-1]) ** SHAPES[:, None] - (below[None] / edge[-1]) ** SHAPES[:, None]
    exposed = at_risk @ power.T
    fits = events @ np.log(power.T) - events.sum(axis=2)[:, :, None] * np.log(np.maximum(exposed, _LEAST))[:, None]
    return np.asarray(power[np.argmax(fits, axis=2)])


_LEAST, _MOST, _FIRST_MOST, _SLOWEST = 1e-12, 0.99, 0.5, 0.98


def expected(t: Tables, counts: Counts, birth: Floats) -> tuple[Floats, Floats]:
    """Expected exits, (K, C, ages), and deals that begin in each stage, (K,)."""
    events, slope = seen_exits(t, counts.change)
    later = _ratio(counts.uniform, np.cumsum(t.born, axis=1))
    of_birth = _ratio(counts.dated, t.born) + np.cumsum(later[:, ::-1], axis=1)[:, ::-1]
    K = len(birth)
    slope[:K] += birth[:, None, None] * of_birth
    begun = birth * np.einsum("bj,cbj->c", of_birth, t.reach[:K])
    W = t.reach.shape[2]
    events[:, :, :W] += t.leave[:, :, :W] * passed_on(t.leave, t.reach, slope)
    return events, begun


def seen_exits(t: Tables, change: Floats) -> tuple[Floats, Floats]:
    """Exits of stays that were seen, (K, C, ages), and the derivative by `reach`, (C, C, W), of the changes counted."""
    T, W = t.change.shape[2:]
    share = _ratio(change, t.change)
    windows = np.lib.stride_tricks.sliding_window_view(t.leave[:, :, 1:], W, axis=2)[:, :, :T]
    steps = toeplitz(t.reach)
    by_step = windows * np.einsum("abtj,cbij->acti", share, steps, optimize=True)
    events = np.zeros_like(t.leave)
    for i in range(W):
        events[:, :, i + 1 : i + 1 + T] += by_step[:, :, :, i]
    crossed = np.einsum("acti,abtj->cbij", windows, share, optimize=True)
    slope = np.zeros_like(t.reach)
    for n in range(W):
        slope[:, :, n] = np.trace(crossed, offset=n, axis1=2, axis2=3)
    return events, slope


def _ratio(a: Floats, b: Floats) -> Floats:
    return np.asarray(np.divide(a, b, out=np.zeros_like(a), where=b > 0))


def constant(c: Chains, weight: Floats) -> tuple[Floats, Floats]:
    """Constant hazards to begin with: exits over time, as if changes lay in the middle; every change ever seen."""
    K, W = c.stages, c.width
    last = c.first + c.length - 1
    of = np.repeat(np.arange(len(c.first)), c.length)
    until = np.append(c.low[1:], 0)
    until[last] = np.where(c.censored != NONE, c.censored, c.high[last])
    staged = c.state < K
    days = np.bincount(
        c.state[staged], (weight[of] * np.maximum(until - (c.low + c.high) / 2 + 0.5, 0.5))[staged], minlength=K
    )
    goes = staged.copy()
    goes[last] = False
    at = np.flatnonzero(goes)
    exits = np.zeros((K, K + 2))
    np.add.at(exits, (c.state[at], c.state[at + 1]), weight[of[at]])
    on = np.arange(K + 2)[None, :] > np.arange(K)[:, None] + 1
    on[:, K + 1] = False  # a loss skips nothing
    rate = np.where(on, FIRST_SKIP, 1.0) * exits / np.maximum(days, 1.0)[:, None]
    rate /= np.maximum(rate.sum(axis=1) / _FIRST_MOST, 1.0)[:, None]
    begun = staged[c.first]
    seen_first = np.bincount(c.state[c.first][begun], weight[begun], minlength=K)[:K]
    birth = seen_first * np.append(1.0, np.full(K - 1, FIRST_SKIP))
    birth[0] += 1e-3
    oldest = int(np.maximum(until - c.low, 1)[staged].max(initial=1))
    return np.repeat(rate[:, :, None], oldest + 2 * W + 2, axis=2), birth / birth.sum()


def _alike(c: Chains) -> tuple[Chains, Floats, Ints]:
    """Chains that differ by their day alone are one, with a weight."""
    most = int(c.length.max(initial=1))
    n, base = len(c.first), c.low[c.first]
    signature = np.full((n, 3 + 4 * most), -9, dtype=np.int64)
    signature[:, 0] = c.start
    signature[:, 1] = np.where(c.censored == NONE, -7, c.censored - base)
    signature[:, 2] = np.where(c.late == NONE, -7, c.late - base)
    chain = np.repeat(np.arange(n), c.length)
    place = np.arange(len(c.state)) - np.repeat(c.first, c.length)
    for i, column in enumerate((c.state, c.low - base[chain], c.high - base[chain], c.exact)):
        signature[chain, 3 + 4 * place + i] = column
    _, one, kind, count = np.unique(signature, axis=0, return_index=True, return_inverse=True, return_counts=True)
    return c.take(one), count.astype(np.float64), kind.ravel()
