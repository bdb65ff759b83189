"""What dated exports show of each deal, as chains of stages whose changes lie between two snapshots."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from simfunnel.arrays import Bools, Ints
from simfunnel.history.history import DAY, LOST, STILL, UNSEEN, VOID, WON, History

FINE, MOST = 0.5, 7
"""Days of a step, made longer where most gaps between snapshots have more than so many steps."""
WIDEST = 8 * MOST
"""Steps of a gap beyond which what happened in it is not asked: the stay before ends at its last sight."""
BORN, DATED, LATE, FRESH = 0, 1, 2, 3
"""How a chain begins: with a deal born between two snapshots; or on a known day; in the first snapshot, with a known
entry; or with a change out of a stay whose beginning nobody knows."""
NONE = -1


@dataclass(frozen=True, eq=False)
class Chains:
    """Stays of deals as they were seen, flattened; changes lie at steps ``low + 1`` to ``high``."""

    stages: int
    grid: Grid
    start: Ints
    """(chains,) how it begins."""
    first: Ints
    """(chains,) place of its first node; its nodes follow each other."""
    length: Ints
    """(chains,) nodes."""
    censored: Ints
    """(chains,) step of the last sight of a deal that did not end, or NONE."""
    late: Ints
    """(chains,) step of the first snapshot, where the deal is known only because it lived to see it; else NONE."""
    deal: Ints
    """(chains,)"""
    state: Ints
    """(nodes,) stage, `stages` for Won, `stages + 1` for Lost."""
    low: Ints
    high: Ints
    exact: Bools
    """(nodes,) whether the change is known to lie at `high`; `low` is still the last sight before it."""

    @property
    def width(self) -> int:
        """Steps of the longest gap."""
        return int((self.high - self.low).max(initial=1))

    def take(self, which: Ints) -> Chains:
        """Keep some chains."""
        length = self.length[which]
        first = np.cumsum(length) - length
        node = np.repeat(self.first[which] - first, length) + np.arange(int(length.sum()))
        return Chains(
            self.stages, self.grid, self.start[which], first, length, self.censored[which], self.late[which],
            self.deal[which], self.state[node], self.low[node], self.high[node], self.exact[node],
        )  # fmt: skip


def chains_of(history: History) -> Chains:
    """Lay out a view that was read from dated exports."""
    assert history.moments is not None
    grid = Grid.of(history.moments)
    found = _joined(_of_spells(history, grid), _only_ended(history, grid))
    if 2 * (found.start == LATE).sum() <= len(found.start):
        return found
    # most deals are older than the file: too few are young in it for a risk that is known from then on only
    return replace(found, late=np.full(len(found.late), NONE))


@dataclass(frozen=True, eq=False)
class Grid:
    """Steps between snapshots."""

    moments: Ints
    step: float

    @classmethod
    def of(cls, moments: Ints) -> Grid:
        """Choose the step: half a day, unless most gaps are long."""
        gaps = np.diff(moments) / DAY
        typical = float(np.quantile(gaps, 0.9)) if len(gaps) else 1.0
        return cls(moments, float(max(FINE, np.ceil(typical / MOST / FINE) * FINE)))

    @property
    def origin(self) -> float:
        """Day, from the epoch, of step 0: the first snapshot."""
        return float(self.moments[0]) / DAY

    def near(self, x: Ints) -> Ints:
        """Step of a snapshot."""
        return np.asarray(np.rint((x - self.moments[0]) / (self.step * DAY)).astype(np.int64))

    def within(self, x: Ints) -> Ints:
        """Step that holds a time: it ends there or later."""
        return np.asarray(np.ceil((x - self.moments[0]) / (self.step * DAY) - 1e-9).astype(np.int64))

    def sight(self, x: Ints) -> Ints:
        """Latest snapshot at or before a time; the first for what is earlier."""
        return np.asarray(self.moments[np.maximum(np.searchsorted(self.moments, x, side="right") - 1, 0)])

    def change(self, x: Ints, before: Ints) -> tuple[Ints, Ints, Bools]:
        """Steps of the last sight before a change, and by which it had happened; whether its time is known."""
        sight = self.sight(x)
        exact = sight != x
        low = self.near(sight)
        high = np.where(exact, self.within(x), self.near(before))
        return low, np.maximum(high, low + 1), exact

    def birth(self, x: Ints, before: Ints) -> tuple[Ints, Ints, Bools]:
        """The same of the first stage of a deal: its birth may be known, its entry lies between that and its sight."""
        earlier = self.moments[np.maximum(np.searchsorted(self.moments, before, side="left") - 1, 0)]
        x = np.maximum(x, earlier)  # it was not in the snapshot before
        known = x != earlier
        high = self.near(before)
        low = np.where(known, self.within(x) - 1, self.near(earlier))
        return np.minimum(low, high - 1), high, known


def _of_spells(history: History, grid: Grid) -> Chains:
    s, K, n = history.spells, len(history.stages), len(history.spells)
    moments = grid.moments
    fresh, same, returned = np.ones(n, dtype=np.bool_), np.zeros(n, dtype=np.bool_), np.zeros(n, dtype=np.bool_)
    fresh[1:] = s.deal[1:] != s.deal[:-1]
    same[1:] = ~fresh[1:] & (s.to[:-1] == s.stage[1:])
    returned[1:] = ~fresh[1:] & (s.to[:-1] == UNSEEN) & (s.stage[1:] == s.stage[:-1])  # nothing was entered
    in_first = fresh & (s.entered_before <= moments[0])
    dated = in_first & (s.entered < s.entered_before - 1) & (s.stage == 0)  # it can only have begun here
    low, high, exact = grid.change(s.entered, s.entered_before)
    born_low, born_high, known = grid.birth(s.entered, s.entered_before)
    begun = grid.within(s.entered)
    low = np.where(dated, begun - 1, np.where(fresh, born_low, low))
    high = np.where(dated, begun, np.where(fresh, born_high, high))
    used = ~((in_first & ~dated) | returned | (high - low > WIDEST))
    follows = same & np.concatenate([[False], used[:-1]])[:n]
    begins = used & ~follows
    kind = np.where(dated, LATE, np.where(~fresh, FRESH, np.where(known, DATED, BORN)))

    still = s.to == STILL
    end_low, end_high, end_exact = grid.change(
        np.where(still, moments[-1], s.left), np.where(still, moments[-1], s.left_before)
    )
    ended = ((s.to == WON) | (s.to == LOST)) & (end_high - end_low <= WIDEST)
    last = used & ~np.concatenate([follows[1:], [False]])[:n]
    extra = last & ended
    place = np.cumsum(used + np.concatenate([[False], extra[:-1]]).astype(np.int64))[:n] - 1
    nodes = int(used.sum() + extra.sum())

    def laid(own: Ints | Bools, end: Ints | Bools) -> Ints:
        column = np.zeros(nodes, dtype=np.int64)
        column[place[used]] = own[used]
        column[place[extra] + 1] = end[extra]
        return column

    first, final = place[begins], np.flatnonzero(last)
    return Chains(
        stages=K, grid=grid, start=kind[begins], first=first, length=np.diff(np.append(first, nodes)),
        censored=np.where(ended[final], NONE, end_low[final]),
        late=np.where(kind[begins] == LATE, 0, NONE), deal=s.deal[begins],
        state=laid(s.stage, np.where(s.to == WON, K, K + 1)), low=laid(low, end_low), high=laid(high, end_high),
        exact=laid(exact & ~begins, end_exact).astype(np.bool_),
    )  # fmt: skip


def _only_ended(history: History, grid: Grid) -> Chains:
    """Deals that nobody saw in a stage: they came and ended between two snapshots."""
    K, e, deals = len(history.stages), history.ends, history.deals
    staged = np.bincount(history.spells.deal, minlength=len(deals)) > 0
    kept = ~staged[e.deal] & (deals.created_before[e.deal] > grid.moments[0]) & (e.outcome != VOID)
    kept &= np.concatenate([[True], e.deal[1:] != e.deal[:-1]])[: len(kept)]
    deal = e.deal[kept]
    low, high, known = grid.birth(deals.created[deal], deals.created_before[deal])
    closed = e.closed[kept]
    exact = (grid.sight(closed) != closed) & (closed > deals.created[deal])
    high = np.where(exact, np.maximum(grid.within(closed), low + 1), high)
    fits = high - low <= WIDEST
    n = int(fits.sum())
    return Chains(
        stages=K, grid=grid, start=np.where(known, DATED, BORN)[fits], first=np.arange(n),
        length=np.ones(n, dtype=np.int64), censored=np.full(n, NONE), late=np.full(n, NONE), deal=deal[fits],
        state=np.where(e.outcome[kept] == WON, K, K + 1)[fits], low=low[fits], high=high[fits], exact=exact[fits],
    )  # fmt: skip


def _joined(a: Chains, b: Chains) -> Chains:
    columns = {
        name: np.concatenate([getattr(a, name), getattr(b, name)])
        for name in ("start", "length", "censored", "late", "deal", "state", "low", "high", "exact")
    }
    return Chains(stages=a.stages, grid=a.grid, first=np.cumsum(columns["length"]) - columns["length"], **columns)
