"""From marks (a deal was in a stage, or ended, at a time) to deals, spells and ends."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simfunnel.arrays import Bools, Ints
from simfunnel.history.history import LOST, NEVER, STILL, UNSEEN, VOID, WON, Ends, Spells


@dataclass(frozen=True, slots=True)
class Marks:
    """What was seen of deals: they entered a stage, ended, or were lost from sight; in the order of the source."""

    deal: Ints
    at: Ints
    before: Ints
    """Equal to `at` where the time is known exactly; else the change lies in ``[at, before)``."""
    code: Ints
    """Position of a stage, WON, LOST, VOID, or UNSEEN."""

    def __len__(self) -> int:
        return len(self.deal)

    def take(self, rows: Bools | Ints) -> Marks:
        """Keep some of them."""
        return Marks(self.deal[rows], self.at[rows], self.before[rows], self.code[rows])


def joined(parts: list[Marks]) -> Marks:
    """One after the other."""
    if not parts:
        none = np.zeros(0, dtype=np.int64)
        return Marks(none, none, none, none)
    return Marks(*(np.concatenate([getattr(part, name) for part in parts]) for name in Marks.__slots__))


@dataclass(frozen=True, slots=True)
class Assembled:
    """Spells and ends, and what was noticed: name -> how often."""

    spells: Spells
    ends: Ends
    counts: dict[str, int]


def assemble(marks: Marks) -> Assembled:
    """Make spells and ends of marks.

    What a mark means depends only on earlier marks of its deal, so that later ones change nothing before them:
    a stage entered again without having been left is no new spell, nor is an outcome that is repeated an end; a stage
    after an end is a deal opened again, which goes on from there. Simultaneous marks keep the order of the source.
    """
    order = np.lexsort((marks.at, marks.deal))
    m = marks.take(order)
    fresh = _first(m.deal)
    again = ~fresh & np.concatenate([[False], m.code[1:] == m.code[:-1]])
    m = m.take(~again)
    fresh = _first(m.deal)
    ended = np.isin(m.code, (WON, LOST, VOID))
    staged = m.code >= 0
    before = np.concatenate([[False], ended[:-1]]) & ~fresh
    follows = np.concatenate([~fresh[1:], [False]])[: len(m)]
    step = np.minimum(np.arange(len(m)) + 1, max(len(m) - 1, 0))
    left, left_before, to = (np.where(follows, column[step], none) for column, none in (
        (m.at, NEVER), (m.before, NEVER), (m.code, STILL)))  # fmt: skip
    spells = Spells(
        m.deal[staged], m.code[staged], m.at[staged], m.before[staged], left[staged], left_before[staged], to[staged]
    )
    ends = Ends(m.deal[ended], m.code[ended], m.at[ended], m.before[ended])
    counts = {
        "repeated": int((again & (marks.code[order] >= 0)).sum()),
        "reopened": int((before & staged).sum()),
        "ended_again": int((before & ended).sum()),
        "closed_at_once": int((fresh & ended).sum()),
        "unseen": int((m.code == UNSEEN).sum()),
    }
    return Assembled(spells, ends, counts)


def _first(deal: Ints) -> Bools:
    """Whether each of sorted entries is the first of its deal."""
    first: Bools = np.concatenate([[True], deal[1:] != deal[:-1]])[: len(deal)]
    return first
