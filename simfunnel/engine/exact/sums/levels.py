"""Amounts of a few values under an amount level: the level is integrated in closed form.

Given everything else that is shared, such amounts add up to one of a few sums y. The level is drawn once for all of
them, so that what they bring is level x y, a y times wider copy of the level's own law: a single deal with an outcome
for each sum. A rule over the level would leave a comb of atoms, one for each node.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from simfunnel.arrays import Bools, Floats, Ints
from simfunnel.engine.exact.book.book import Book, Moments
from simfunnel.engine.exact.book.evaluated import Evaluated
from simfunnel.engine.exact.book.pieces import OfPeriod, Piece, book_of
from simfunnel.engine.exact.kinds import WINS
from simfunnel.engine.exact.nodes.shared import AMOUNT_LEVEL, Dimension, Part
from simfunnel.engine.exact.sums.sums import Listing, can_list
from simfunnel.engine.exact.transforms.amounts import Amounts
from simfunnel.engine.exact.transforms.dispersed import SPREAD_GIVEN

MOST_SUMS = 128
_SCANNED = 6.0
"""Standard deviations of what is shared within which sums are looked for."""
_TAIL = 1e-8


class _SumsOfLevel(Book):
    """One deal that is won with each of the sums, as an outcome drawn from the law of the level."""

    def __init__(self, source: Book, level: int, sums: Floats) -> None:
        part = source.part
        nothing = part.deals[:0]
        model = part.model
        super().__init__(Part(model, nothing, nothing, nothing), source.kind)
        table = np.full(len(sums), model.factors.level_table[level])
        nothing = np.zeros(len(sums), dtype=np.int64)
        self.amounts = Amounts(model, sums, table, nothing - 1, nothing)
        self.deals: Ints = self.amounts.number[None, :]
        self.mean, self.second = self.amounts.moments()
        self.smooth, self.level = ~self.amounts.whole, self.amounts.level


class LevelPiece(Piece):
    """The deals and leads of one amount level.

    Parameters
    ----------
    source
        They themselves.
    level
        The level.
    listing
        Their sums at a level of 1.
    """

    def __init__(self, source: Piece, level: int, listing: Listing) -> None:
        super().__init__(_SumsOfLevel(source.book, level, listing.points[1:]), source.dimensions, source.columns, None)
        self.source, self.listing = source, listing
        model = source.book.part.model
        self.highest = float(model.distributions[model.factors.level_table[level]].isf(np.array(_TAIL)))

    def evaluate(self, z: Floats) -> Evaluated:
        """Give the chance of each sum."""
        e = self.source.evaluate(z)
        return Evaluated(e.state, self.listing.masses(e)[:, None, 1:], np.zeros((len(z), 0, self.book.deals.shape[1])))

    def moments(self, outer: Floats) -> Moments:
        """Mean and variance given the outer nodes; the origins are those of the deals and leads themselves."""
        at_one, found = self.source.moments(outer), super().moments(outer)
        high = (at_one.mean + SPREAD_GIVEN * np.sqrt(at_one.variance) + at_one.heaviest) * self.highest
        heaviest = np.maximum(high - found.mean - SPREAD_GIVEN * np.sqrt(found.variance), 0.0)
        return replace(found, open=at_one.open, new=at_one.new, heaviest=heaviest)


@dataclass(frozen=True)
class Apart:
    """What has one amount level, and its sums."""

    part: Part
    listing: Listing


def levels_apart(part: Part, kind: str, columns: OfPeriod) -> dict[int, Apart]:
    """Find the levels whose amounts add up to few sums."""
    m = part.model
    dimensions = part.dimensions(money=kind != WINS)
    others = tuple(d for d in dimensions if d.kind != AMOUNT_LEVEL)
    found: dict[int, Apart] = {}
    of_deal, of_stream = _levels(part)
    for d in dimensions:
        if d.kind != AMOUNT_LEVEL or _shares_units(part, of_stream == d.index):
            continue
        own = Part(m, part.deals[of_deal == d.index], part.streams[of_stream == d.index], part.closed[:0])
        book = book_of(own, kind)
        if not book.amounts.few.all() or not can_list(book, book.amounts.few):
            continue
        scanned = Piece(book, others, columns, None).evaluate(_scan(len(others)))
        listing = Listing.of(book, book.amounts.few, [scanned], MOST_SUMS)
        if listing is not None and len(listing.points) > 1:
            found[d.index] = Apart(own, listing)
    return found


def without(part: Part, levels: Iterable[int]) -> Part:
    """Take what has one of these levels out of a part."""
    taken = list(levels)
    of_deal, of_stream = _levels(part)
    if not taken:
        return part
    deals, streams = part.deals[~np.isin(of_deal, taken)], part.streams[~np.isin(of_stream, taken)]
    return Part(part.model, deals, streams, part.closed)


def level_pieces(
    apart: Mapping[int, Apart], kind: str, dimensions: tuple[Dimension, ...], columns: OfPeriod
) -> list[Piece]:
    """Give a piece for each level."""
    return [
        LevelPiece(Piece(book_of(x.part, kind), dimensions, columns, None), level, x.listing)
        for level, x in apart.items()
    ]


def _levels(part: Part) -> tuple[Ints, Ints]:
    """Amount level of each deal and of each stream; -1 none."""
    m = part.model
    of_deal = np.where(m.deals.amount[part.deals] < 0, m.deals.level[part.deals], -1)
    return of_deal, m.streams.level[part.streams]


def _scan(dimensions: int) -> Floats:
    """Scores at which to look for sums: the middle, both ends of each dimension, and of all together."""
    ends = np.vstack([np.eye(dimensions), np.ones((1, dimensions))])
    return _SCANNED * np.vstack([np.zeros((1, dimensions)), ends, -ends])


def _shares_units(part: Part, mine: Bools) -> bool:
    """Whether a dispersed unit feeds some of these streams and some others."""
    m = part.model
    sources = m.streams.source[part.streams]
    for source in np.intersect1d(sources[mine], sources[~mine]):
        units = slice(int(m.arrivals.unit_start[source]), int(m.arrivals.unit_start[source + 1]))
        if m.arrivals.unit_shape[units].any():
            return True
    return False
