"""Stays with their ages, shared out among all that may have been: what snapshots leave open, by its chances."""

from __future__ import annotations

from dataclasses import dataclass
from weakref import WeakKeyDictionary

import numpy as np

from simfunnel.arrays import Bools, Floats, Ints
from simfunnel.estimation.incidence import CENSORED
from simfunnel.estimation.panel.chains import BORN, DATED, FRESH, NONE, Chains, chains_of
from simfunnel.estimation.panel.fit import Fit, fit
from simfunnel.estimation.panel.information import Missing
from simfunnel.estimation.panel.tables import passed_on, toeplitz
from simfunnel.history.history import DAY, NEVER, History

WIDE, MATTER = 1.01, 0.1
"""Days of a gap, and the share of changes in longer ones, above which their middle is not good enough."""
BIN = 0.5
"""Days to which ages are told apart."""
SMALL, RARE = 1e-3, 1e-3
"""Share of a stay below which a row is left to the others of the stay; stages passed unseen in a change below which
nothing is said of them."""


@dataclass(frozen=True, eq=False)
class Completed:
    """Rows of stays; those of one stay add up to 1, those of a stage that nobody saw to its chance."""

    deal: Ints
    stage: Ints
    entered: Floats
    """Days from the epoch."""
    age: Floats
    entry: Floats
    """Age from which on the stay was observed; -inf where from the beginning."""
    cause: Ints
    share: Floats
    seen: Bools
    """Whether some snapshot shows the stay."""
    first_stage: Ints
    """(D,) stage in which each deal most likely began; -1 where that is not known better than from its spells."""
    missing: Missing | None
    """How much of what exits would say is missing; None where no stage was passed unseen."""


_KEPT: WeakKeyDictionary[History, Completed | None] = WeakKeyDictionary()


def completed(history: History) -> Completed | None:
    """Complete a view; None where its times are known well enough."""
    if history not in _KEPT:
        _KEPT[history] = _complete(history) if _needed(history) else None
    return _KEPT[history]


def _needed(history: History) -> bool:
    s = history.spells
    if history.moments is None or len(history.moments) < 3 or not len(s):
        return False
    gone = s.left != NEVER
    wide = np.concatenate([s.entered_before - s.entered, (s.left_before - s.left)[gone]]) > WIDE * DAY
    return bool(wide.mean() > MATTER)


def _complete(history: History) -> Completed | None:
    chains = chains_of(history)
    if not len(chains.first):
        return None
    found = fit(chains)
    stays, begun = _Seen(chains, found), np.full(len(history.deals), -1, dtype=np.int64)
    parts = [stays.exits(), stays.open(), *_unseen(chains, found, begun)]
    node, deal, stage, entered, age, entry, cause, share = (np.concatenate(c) for c in zip(*parts, strict=True))
    first = stage == np.where(begun[deal] >= 0, begun[deal], stage)  # the likely first stage of a deal stands first
    order = np.lexsort((age, ~first, node, deal))
    seen = node % 2 == 1
    return Completed(
        deal[order], stage[order], entered[order], age[order], entry[order], cause[order], share[order],
        seen[order], begun, None if seen.all() else Missing.of(found),
    )  # fmt: skip


Rows = tuple[Ints, Ints, Ints, Floats, Floats, Floats, Ints, Floats]
"""(node, deal, stage, entered, age, entry, cause, share)"""


class _Seen:
    """Stays that were seen: rows of the chains of the walk, given to all chains that are like them."""

    def __init__(self, chains: Chains, found: Fit) -> None:
        self.c, self.found, self.alike = chains, found, found.walk.chains
        W = chains.width
        self.chain = np.repeat(np.arange(len(chains.first)), chains.length)
        self.like = np.repeat(self.alike.first[found.kind] - chains.first, chains.length) + np.arange(len(self.chain))
        middle = found.steps @ (np.arange(1, W + 1) - 0.5)
        self.entered: Floats = np.asarray(chains.grid.origin + (chains.low + middle[self.like]) * chains.grid.step)
        late = chains.late[self.chain] != NONE
        late &= np.arange(len(late)) == chains.first[self.chain]
        age = (chains.late[self.chain] - chains.low - 1) * chains.grid.step
        fresh = (chains.start[self.chain] == FRESH) & (np.arange(len(late)) == chains.first[self.chain])
        seen = chains.grid.origin + chains.high * chains.grid.step - self.entered
        self.entry = np.where(late, age, np.where(fresh, seen, -np.inf))

    def exits(self) -> Rows:
        """Rows of stays that ended."""
        parts = [_exit_rows(self.found, i) for i in range(len(self.found.links))]
        node, cause, age, share = (np.concatenate(c) for c in zip(*parts, strict=True)) if parts else _nothing()
        order = np.argsort(node, kind="stable")
        node, cause, age, share = node[order], cause[order], age[order], share[order]
        begin = np.searchsorted(node, self.like)
        count = np.searchsorted(node, self.like, side="right") - begin
        of = np.repeat(np.arange(len(self.like)), count)
        row = np.arange(len(of)) - np.repeat(np.cumsum(count) - count, count) + np.repeat(begin, count)
        return self._rows(of, age[row], cause[row], share[row])

    def open(self) -> Rows:
        """Rows of stays that had not ended at the last sight."""
        c = self.c
        of = (c.first + c.length - 1)[c.censored != NONE]
        at = c.grid.origin + c.censored[c.censored != NONE] * c.grid.step
        age = np.maximum(at - self.entered[of], 0.0)
        return self._rows(of, age, np.full(len(of), CENSORED), np.ones(len(of)))

    def _rows(self, of: Ints, age: Floats, cause: Ints, share: Floats) -> Rows:
        c = self.c
        entered: Floats = self.entered[of]
        entry = np.minimum(self.entry[of], np.nextafter(age, -np.inf))  # of a row that entered later than on the mean
        return 2 * of + 1, c.deal[self.chain[of]], c.state[of], entered, age, entry, cause, share


def _nothing() -> tuple[Ints, Ints, Floats, Floats]:
    none = np.zeros(0, dtype=np.int64)
    return none, none, np.zeros(0), np.zeros(0)


def _exit_rows(found: Fit, i: int) -> tuple[Ints, Ints, Floats, Floats]:
    """(node of the walk, cause, age, share) of the stays that ended with one of the links."""
    link, c, t = found.links[i], found.walk.chains, found.tables
    W, C = c.width, len(t.born)
    a, b = c.state[link.node], c.state[link.node + 1]
    backward = link.backward * found.walk.fits[link.node + 1]
    # chance of what comes after an exit by a cause in a step
    after = np.einsum("ncij,nj->nci", toeplitz(t.reach)[:, b].transpose(1, 0, 2, 3), backward)
    base = c.low[link.node + 1] - c.low[link.node] - W
    lag = np.zeros((len(a), C, 2 * W - 1))
    age = found.walk.age(link.node, c.low[link.node + 1])
    for step in range(W):
        leave = t.leave[a[:, None], :, age[:, step : step + 1] + np.arange(1, W + 1)].transpose(0, 2, 1)
        lag[:, :, W - 1 - step : 2 * W - 1 - step] += link.forward[:, step, None, None] * leave * after
    lag /= np.maximum(lag.sum(axis=(1, 2)), 1e-300)[:, None, None]
    ages, share = _by_bin(lag, base + 1, c.grid.step)
    row, cause, place = np.nonzero(share > SMALL)
    value = share[row, cause, place]
    value = value / np.bincount(row, value, minlength=len(a))[row]
    return link.node[row], cause, ages[row, place], value


def _by_bin(lag: Floats, base: Ints, step: float) -> tuple[Floats, Floats]:
    """Spread ages in steps, (n, C, L) from `base` steps on, over bins: entry and exit lie anywhere in their steps.

    Returns
    -------
    tuple
        (n, bins) middles of the bins, days, and (n, C, bins) shares. A bin may occur twice.
    """
    r, L = round(step / BIN), lag.shape[2]
    edge = np.arange(-r, r + 1) / r
    below = np.where(edge < 0, (1 + edge) ** 2 / 2, 1 - (1 - edge) ** 2 / 2)
    triangle = np.diff(below)
    share = np.zeros((*lag.shape[:2], (L + 1) * r))
    for d in range(L):
        share[:, :, d * r : (d + 2) * r] += lag[:, :, d : d + 1] * triangle
    number = (base[:, None] - 1) * r + np.arange((L + 1) * r)
    number = np.where(number < 0, -1 - number, number)  # entry and exit in one step: the later is the exit
    return np.asarray((number + 0.5) * BIN), np.asarray(share)


def _unseen(c: Chains, found: Fit, begun: Ints) -> list[Rows]:
    """Rows of stages that deals passed between two snapshots; `begun` takes the likely first stage of deals."""
    t, K, W, parts = found.tables, c.stages, c.width, list[Rows]()
    windows = np.lib.stride_tricks.sliding_window_view(t.leave[:, :, 1:], W, axis=2)
    chain = np.repeat(np.arange(len(c.first)), c.length)
    goes_on = np.ones(len(c.state), dtype=np.bool_)
    goes_on[c.first] = False
    for a, b in np.argwhere(found.counts.change.sum(axis=(2, 3)) > 0).tolist():
        counted = found.counts.change[a, b]
        share = np.divide(counted, t.change[a, b], out=np.zeros_like(counted), where=t.change[a, b] > 0)
        crossed = np.einsum("cti,tj->cij", windows[a, :, : len(share)], share)
        slope = np.zeros_like(t.reach)
        for n in range(W):
            slope[:, b, n] = np.trace(crossed, offset=n, axis1=1, axis2=2)
        nodes = np.flatnonzero(goes_on)
        nodes = nodes[(c.state[nodes - 1] == a) & (c.state[nodes] == b)]
        parts += _passed(c, found, slope, nodes, chain)
    counts = {BORN: found.counts.uniform, DATED: found.counts.dated}
    born = {BORN: np.cumsum(t.born, axis=1), DATED: t.born}
    for kind in (BORN, DATED):
        for b in range(K + 2):
            chains = np.flatnonzero((c.start == kind) & (c.state[c.first] == b))
            if not len(chains):
                continue
            share = np.divide(counts[kind][b], born[kind][b], out=np.zeros(W), where=born[kind][b] > 0)
            share = np.cumsum(share[::-1])[::-1] if kind == BORN else share
            slope = np.zeros_like(t.reach)
            slope[:K, b] = found.birth[:, None] * share
            begun[c.deal[chains]] = int(np.argmax(found.birth * (t.reach[:K, b] @ share)))
            parts += _passed(c, found, slope, c.first[chains], chain)
    return parts


def _passed(c: Chains, found: Fit, slope: Floats, nodes: Ints, chain: Ints) -> list[Rows]:
    """Rows of what is passed, on the mean, before each of the nodes."""
    t, W = found.tables, c.width
    if not len(nodes):
        return []
    mean = t.leave[:, :, :W] * passed_on(t.leave, t.reach, slope) / len(nodes)
    ages, share = _by_bin(mean, np.zeros(len(mean), dtype=np.int64), c.grid.step)
    total = share.sum(axis=2)
    share[total < RARE] = 0.0
    kept = share > SMALL * total[:, :, None]
    share = np.where(kept, share, 0.0)
    share *= (total / np.maximum(share.sum(axis=2), 1e-300))[:, :, None]
    stage, cause, place = np.nonzero(share)
    n, m = len(nodes), len(stage)
    if not m:
        return []
    of = np.repeat(nodes, m)
    middle = c.grid.origin + (c.low[of] + (c.high[of] - c.low[of]) / 2) * c.grid.step
    age = np.tile(ages[stage, place], n)
    return [(
        2 * of, c.deal[chain[of]], np.tile(stage, n), middle - age / 2, age, np.full(n * m, -np.inf),
        np.tile(cause, n), np.tile(share[stage, cause, place], n),
    )]  # fmt: skip
