"""What chains are expected to have done between their sights: forward and backward over their nodes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simfunnel.arrays import Bools, Floats, Ints
from simfunnel.estimation.panel.chains import BORN, DATED, FRESH, NONE, Chains
from simfunnel.estimation.panel.tables import Tables

_LEAST = 1e-300


@dataclass(frozen=True, eq=False)
class Link:
    """Chains between two of their nodes, or at their end."""

    chain: Ints
    """(n,)"""
    node: Ints
    """(n,) the earlier node."""
    forward: Floats
    """(n, W) chance of the step of the earlier node, given what was seen up to it."""
    backward: Floats
    """(n, W') what comes after, by the step of the later node, such that forward x chance x backward adds up to 1."""


@dataclass(eq=False)
class Counts:
    """Expected counts, each beside the table that it is of."""

    log_likelihood: float
    change: Floats
    """(K, C, T, W)"""
    stay: Floats
    """(K, ages + 1) stays known to have lasted to an age, less those known from it on only."""
    uniform: Floats
    """(C, W) first states of deals born somewhere in a gap."""
    dated: Floats
    """(C, W) first states of deals whose birth is known."""


class Walk:
    """Chains laid out to be walked again and again; `weight` is how many are alike."""

    def __init__(self, chains: Chains, weight: Floats) -> None:
        self.chains, self.weight = chains, weight
        W = chains.width
        self.offset = np.arange(1, W + 1)
        reach = (chains.high - chains.low)[:, None]
        self.fits: Bools = (self.offset <= reach) & (~chains.exact[:, None] | (self.offset == reach))
        most = int(chains.length.max(initial=0))
        self.members = [np.flatnonzero(chains.length > m) for m in range(most)]

    def begin(self, t: Tables) -> Floats:
        """(chains, W) chance of the step of the first node."""
        c = self.chains
        state = c.state[c.first]
        value = np.ones((len(c.first), c.width))
        value[c.start == DATED] = t.born[state[c.start == DATED]]
        value[c.start == BORN] = np.cumsum(t.born, axis=1)[state[c.start == BORN]]
        value *= self.fits[c.first]
        late = c.late != NONE
        if late.any():
            entered_at = (c.low[c.first] + 1)[late]
            value[late] /= t.stay[state[late], c.late[late] - entered_at + 1][:, None]
        fresh, lived = self._lived(t)
        value[fresh] /= np.maximum(lived.sum(axis=1, keepdims=True), _LEAST)
        return value

    def _lived(self, t: Tables) -> tuple[Ints, Floats]:
        """Chains that begin with a change out of a stay of unknown age, and the chance from each step to be seen then.

        Had the new stay ended before it was seen, nobody would know of it: who passed it is not among these chains.
        """
        c = self.chains
        fresh = np.flatnonzero((c.start == FRESH) & (c.state[c.first] < c.stages))
        node = c.first[fresh]
        return fresh, t.stay[c.state[node][:, None], self.age(node, c.high[node]) + 1] * self.fits[node]

    def age(self, node: Ints, at: Ints) -> Ints:
        """(n, W) steps from each step of a node to a later sight."""
        return np.maximum(at[:, None] - (self.chains.low[node][:, None] + self.offset), 0)

    def chance(self, t: Tables, node: Ints) -> Floats:
        """(n, W, W) chance from each step of a node to each of the next."""
        c = self.chains
        a, b = c.state[node], c.state[node + 1]
        between = t.change[a[:, None], b[:, None], self.age(node, c.low[node + 1])]
        return np.asarray(between * self.fits[node + 1][:, None, :])

    def lasting(self, t: Tables, node: Ints, chain: Ints) -> Floats:
        """(n, W) chance that the stay of the last node lasts to the last sight; 1 for ends."""
        c = self.chains
        value = np.ones((len(node), c.width))
        open_ = c.censored[chain] != NONE
        at = c.censored[chain][open_]
        value[open_] = t.stay[c.state[node[open_]][:, None], self.age(node[open_], at) + 1]
        return value

    def expect(self, t: Tables) -> tuple[Counts, list[Link], Floats]:
        """Count what the tables say that chains did.

        Returns
        -------
        tuple
            The counts; the chances along each change; and (nodes, W) the chance of the step of each node.
        """
        c, members = self.chains, self.members
        forward: list[Floats] = []
        chances: list[Floats] = []
        log_likelihood = np.zeros(len(c.first))
        for m, those in enumerate(members):
            if m == 0:
                alpha = self.begin(t)
            else:
                earlier = np.searchsorted(members[m - 1], those)
                chances.append(self.chance(t, c.first[those] + m - 1))
                alpha = np.einsum("nt,ntj->nj", forward[-1][earlier], chances[-1])
            scale = np.maximum(alpha.sum(axis=1), _LEAST)
            log_likelihood[those] += np.log(scale)
            forward.append(alpha / scale[:, None])
        counts = Counts(0.0, np.zeros(t.change.size), np.zeros_like(t.stay), np.zeros_like(t.born),
                        np.zeros_like(t.born))  # fmt: skip
        links: list[Link] = []
        steps = np.zeros((len(c.state), c.width))
        backward = np.zeros((0, c.width))
        for m in range(len(members) - 1, -1, -1):
            those = members[m]
            beta = np.ones((len(those), c.width))
            on = (
                np.isin(those, members[m + 1], assume_unique=True)
                if m + 1 < len(members)
                else np.zeros_like(those, bool)
            )
            if on.any():
                beta[on] = np.einsum("ntj,nj->nt", chances[m], backward)
                node = c.first[those[on]] + m
                links.append(Link(those[on], node, forward[m][on], backward))
                self._count_change(counts, t, links[-1], chances[m])
            last = those[~on]
            node = c.first[last] + m
            beta[~on] = self.lasting(t, node, last)
            norm = np.maximum((forward[m] * beta).sum(axis=1), _LEAST)
            log_likelihood[last] += np.log(norm[~on])
            steps[c.first[those] + m] = post = forward[m] * beta / norm[:, None]
            self._count_stay(counts, node, last, post[~on])
            backward = beta / norm[:, None]
        self._count_begin(counts, t, forward[0] * backward)
        counts.log_likelihood = float(self.weight @ log_likelihood)
        counts.change = counts.change.reshape(t.change.shape)
        return counts, links[::-1], steps

    def _count_change(self, counts: Counts, t: Tables, link: Link, chance: Floats) -> None:
        c = self.chains
        post = link.forward[:, :, None] * chance * link.backward[:, None, :]
        post *= (self.weight[link.chain] / np.maximum(post.sum(axis=(1, 2)), _LEAST))[:, None, None]
        _, C, T, W = t.change.shape
        age = self.age(link.node, c.low[link.node + 1])
        row = (c.state[link.node] * C + c.state[link.node + 1])[:, None] * T + age
        flat = row[:, :, None] * W + np.arange(W)
        counts.change += np.bincount(flat.ravel(), post.ravel(), minlength=counts.change.size)

    def _count_stay(self, counts: Counts, node: Ints, chain: Ints, post: Floats) -> None:
        c = self.chains
        open_ = c.censored[chain] != NONE
        at = self.age(node[open_], c.censored[chain[open_]]) + 1
        np.add.at(counts.stay, (c.state[node[open_]][:, None], at), post[open_] * self.weight[chain[open_]][:, None])

    def _count_begin(self, counts: Counts, t: Tables, post: Floats) -> None:
        c = self.chains
        state = c.state[c.first]
        for kind, found in ((BORN, counts.uniform), (DATED, counts.dated)):
            of = c.start == kind
            np.add.at(found, state[of], post[of] * self.weight[of][:, None])
        late = np.flatnonzero(c.late != NONE)
        if len(late):
            age = c.late[late] - c.low[c.first[late]]
            np.add.at(counts.stay, (state[late], age), -self.weight[late])
        fresh, lived = self._lived(t)
        if len(fresh):
            lived *= (self.weight[fresh] / np.maximum(lived.sum(axis=1), _LEAST))[:, None]
            node = c.first[fresh]
            np.add.at(counts.stay, (c.state[node][:, None], self.age(node, c.high[node]) + 1), -lived)
