"""Sums of a few deals, listed one by one: exact atoms where the amounts lie on no common grid of buckets."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from simfunnel.arrays import Bools, Floats, Ints
from simfunnel.engine.exact.book.book import Book
from simfunnel.engine.exact.book.evaluated import Evaluated
from simfunnel.engine.exact.book.pieces import Piece, chunks
from simfunnel.engine.exact.distribution.buckets import power_of_two
from simfunnel.engine.exact.kinds import WINS
from simfunnel.engine.exact.nodes.averages import add_weighted
from simfunnel.engine.exact.nodes.nodes import Nodes
from simfunnel.engine.jit import kernel
from simfunnel.engine.run.executor import available_processors
from simfunnel.engine.run.memory import refuse_beyond

MOST_SUMS = 1 << 17
MOST_DEALS = 64
"""Of more deals no single sum matters."""
MOST_KEPT = 1 << 24
"""Nodes x sums."""
_LEAST_COUNT = 1e-13
"""Probability of the largest counts of leads, left out."""
_TOGETHER = 1 << 22
"""Nodes x sums treated together."""
_WEIGHED = 1 << 17
"""Nodes x sums that are weighed while they are in the cache."""
_NODES = 32
"""Beside each other while sums are added up."""


@dataclass(frozen=True)
class Sums:
    """Everything that deals and leads can add up to, as long as nothing of a smooth amount is won."""

    points: Floats
    """(V,) rising, minor units."""
    atoms: Floats
    """(R, V) probabilities by row of weights of the nodes."""


class Listing:
    """All sums that the deals and leads of a book can add up to, of amounts that take a few values.

    Parameters
    ----------
    book
        The book.
    listed
        (amounts,) which amounts are listed.
    points
        (V,) the sums, rising.
    steps
        Of each addend: place of every sum so far once each of its values, the first of them 0, is added.
    possible
        (deals, R) outcomes that have a chance.
    counts
        (amounts,) won leads of each amount up to which they are followed, and one more; 0 none.
    """

    def __init__(
        self, book: Book, listed: Bools, points: Floats, steps: list[Ints], possible: Bools, counts: Ints
    ) -> None:
        self.book, self.listed, self.points, self.steps = book, listed, points, steps
        self.possible, self.counts = possible, counts

    @classmethod
    def of(cls, book: Book, listed: Bools, seen: Iterable[Evaluated], most: int) -> Listing | None:
        """List what has a chance at nodes that are `seen`; None if there are more than `most` sums."""
        possible = np.zeros(book.deals.shape, dtype=np.bool_)
        counts = np.zeros(len(book.amounts), dtype=np.int64)
        for e in seen:
            possible |= (e.chances > 0).any(axis=0)
            counts = np.maximum(counts, _largest_counts(book, listed, e.leads))
        values = [_deal_values(book, d, possible[d])[0] for d in _deals(book, listed)]
        values += [_value(book, a) * np.arange(1, counts[a]) for a in np.flatnonzero(counts).tolist()]
        points, steps = np.zeros(1), []
        for added in values:
            sums = points[None, :] + np.concatenate([[0.0], added])[:, None]
            if sums.size > 4 * most:
                return None
            points, where = np.unique(sums, return_inverse=True)
            if len(points) > most:
                return None
            steps.append(np.ascontiguousarray(where.reshape(sums.shape)))
        return cls(book, listed, points, steps, possible, counts)

    def masses(self, e: Evaluated) -> Floats:
        """(n, V) probabilities of the sums, and that nothing which is not listed is won."""
        return self._added(e, self.nothing_else(e))

    def alike(self, e: Evaluated) -> Floats:
        """(V,) the same if nothing else is won, where it is the same at all nodes."""
        return np.asarray(self._added(e.at(slice(0, 1)), np.ones(1))[0])

    def nothing_else(self, e: Evaluated) -> Floats:
        """(n,) probability that nothing which is not listed is won."""
        return _nothing_else(self.book, self.listed, e)

    def _added(self, e: Evaluated, start: Floats) -> Floats:
        book = self.book
        addends = []
        for d in _deals(book, self.listed):
            _, outcomes, shares = _deal_values(book, d, self.possible[d])
            addends.append(e.chances[:, d][:, outcomes] * shares)
        for a in np.flatnonzero(self.counts).tolist():
            pmf = _count_probabilities(book, _of_amount(book, a, e.leads))
            pmf = np.pad(pmf, [(0, 0), (0, max(0, int(self.counts[a]) - pmf.shape[1]))])
            addends.append(np.maximum(pmf[:, 1 : self.counts[a]], 0.0))
        if not addends:
            return start[:, None]
        each = [np.concatenate([1.0 - chance.sum(axis=1, keepdims=True), chance], axis=1) for chance in addends]
        found = np.empty((len(start), len(self.points)))
        sizes = [to.shape[1] for to in self.steps]
        _add_up(
            np.ascontiguousarray(start), np.ascontiguousarray(np.concatenate(each, axis=1).T),
            np.array([chance.shape[1] for chance in each]), np.array([*sizes, len(self.points)]),
            np.concatenate([to.ravel() for to in self.steps]), np.empty((2, max(*sizes, len(self.points)), _NODES)),
            found,
        )  # fmt: skip
        return found


@kernel
def _add_up(start: Floats, chances: Floats, values: Ints, sizes: Ints, to: Ints, masses: Floats, out: Floats) -> None:
    """Fill (n, V) with the masses of sums once all addends are added, some nodes beside each other.

    Of each addend `values` rows of `chances` (values of all, n), `sizes` sums before it, and the place of each of them
    once each value is added: `to`, one after the other.
    """
    n, last = len(start), len(sizes) - 1
    for t0 in range(0, n, masses.shape[2]):
        here = min(masses.shape[2], n - t0)
        for t in range(here):
            masses[0, 0, t] = start[t0 + t]
        row, place, side = 0, 0, 0
        for i in range(last):
            before, after = masses[side], masses[1 - side]
            for v in range(sizes[i + 1]):
                grown = after[v, :here]
                for t in range(here):
                    grown[t] = 0.0
            for _ in range(values[i]):
                p = chances[row, t0 : t0 + here]
                for v in range(sizes[i]):
                    mass, grown = before[v, :here], after[to[place], :here]
                    for t in range(here):
                        grown[t] += mass[t] * p[t]
                    place += 1
                row += 1
            side = 1 - side
        for v in range(sizes[last]):
            for t in range(here):
                out[t0 + t, v] = masses[side, v, t]


@kernel
def _add(masses: Floats, to: Ints, chances: Floats, out: Floats) -> None:
    for t in range(masses.shape[0]):
        for j in range(to.shape[0]):
            p = chances[t, j]
            for v in range(masses.shape[1]):
                out[t, to[j, v]] += masses[t, v] * p


def listed_sums(pieces: Sequence[Piece], nodes: Nodes, work: float) -> Sums | None:
    """List all sums with their probabilities.

    Parameters
    ----------
    pieces
        Of the book.
    nodes
        Outer nodes.
    work
        Sums x nodes that may be computed.

    Returns
    -------
    Sums or None
        None where they are too many, or where leads of several fixed amounts share a gamma factor.
    """
    n = len(nodes.z)
    deals = sum(len(_deals(piece.book, piece.book.amounts.whole)) for piece in pieces)
    if pieces[0].book.kind == WINS or not 0 < deals <= MOST_DEALS:
        return None
    if not all(can_list(piece.book, piece.book.amounts.whole) for piece in pieces):
        return None
    most = min(MOST_SUMS, int(min(work, MOST_KEPT) / n))
    settled = _settled(pieces[0], nodes, most) if len(pieces) == 1 else None
    if settled is not None:
        return settled
    if len(pieces) == 1:
        return _of_one(pieces[0], nodes, min(most, int(work / (n * pieces[0].nodes_each))))
    found: tuple[Floats, Floats] | None = None
    for piece in pieces:
        own = _of_piece(piece, nodes, min(most, int(work / (n * piece.nodes_each))))
        found = own if found is None or own is None else _convolved(found, own, most)
        if found is None:
            return None
    assert found is not None  # there is a piece, as there are deals
    points, masses = found
    rows = [w @ masses[min(r, len(masses) - 1)] for r, w in enumerate(nodes.weights)]  # as with transforms
    return Sums(points, np.stack(rows))


def _settled(piece: Piece, nodes: Nodes, most: int) -> Sums | None:
    """List the sums of wins of before, where nothing else takes whole values: one list for all nodes, weighed by each.

    None where there is more to list.
    """
    book, n = piece.book, len(nodes.z)
    if piece.inner is not None or min(_deals(book, book.amounts.whole)) < book.open:
        return None

    def at(s: slice) -> Evaluated:
        return piece.evaluate(nodes.z[s])

    parts = list(chunks(n, 1 + _TOGETHER // (len(book.deals) + len(book.rows.stream) + 1)))
    listing = Listing.of(book, book.amounts.whole, map(at, parts), most)
    if listing is None or listing.counts.any():
        return None
    nothing = np.concatenate([listing.nothing_else(at(s)) for s in parts])
    return Sums(listing.points, (nodes.weights @ nothing)[:, None] * listing.alike(at(parts[0])))


def can_list(book: Book, listed: Bools) -> bool:
    """Whether counts of won leads can be followed: of amounts of one value, alone under their gamma factor."""
    rows = book.rows
    amounts = book.streams[rows.stream]
    if any(len(book.amounts.values(int(a))[0]) > 1 for a in np.unique(amounts) if listed[a]):
        return False
    used = [np.unique(amounts[rows.unit == unit]) for unit in np.unique(rows.unit[rows.shape > 0])]
    return not any(len(a) > 1 and listed[a].any() for a in used)


def _listing(piece: Piece, nodes: Nodes, most: int) -> Listing | None:
    """List the sums of a piece; None if there are more than `most`."""
    book = piece.book
    sizes = max((len(book.deals) + len(book.rows.stream) + 1) * piece.nodes_each, 1)
    seen = (piece.evaluate(piece.spread(nodes.z[s])) for s in chunks(len(nodes.z), 1 + _TOGETHER // sizes))
    return Listing.of(book, book.amounts.whole, seen, most)


def _masses(piece: Piece, listing: Listing, z: Floats) -> Floats:
    """(variants, outer nodes, V) probabilities of the sums."""
    return np.asarray(piece.average(listing.masses(piece.evaluate(piece.spread(z))), len(z)))


def _of_one(piece: Piece, nodes: Nodes, most: int) -> Sums | None:
    """List the sums of the only piece, weighed by row while they are made."""
    listing = _listing(piece, nodes, most)
    if listing is None:
        return None

    def part(s: slice) -> Floats:
        rows = np.zeros((len(nodes.weights), len(listing.points)))
        add_weighted(np.ascontiguousarray(nodes.weights[:, s]), _masses(piece, listing, nodes.z[s]), rows)
        return rows

    parts = chunks(len(nodes.z), max(1, _WEIGHED // (len(listing.points) * piece.nodes_each)))
    with ThreadPoolExecutor(available_processors()) as pool:
        return Sums(listing.points, np.sum(list(pool.map(part, parts)), axis=0))


def _of_piece(piece: Piece, nodes: Nodes, most: int) -> tuple[Floats, Floats] | None:
    """Points (V,) and probabilities (variants, outer nodes, V) of one piece."""
    listing = _listing(piece, nodes, most)
    if listing is None:
        return None

    def part(s: slice) -> Floats:
        return _masses(piece, listing, nodes.z[s])

    parts = list(chunks(len(nodes.z), max(1, _TOGETHER // (len(listing.points) * piece.nodes_each))))
    with ThreadPoolExecutor(available_processors()) as pool:
        return listing.points, np.concatenate(list(pool.map(part, parts)), axis=1)


def _convolved(one: tuple[Floats, Floats], other: tuple[Floats, Floats], most: int) -> tuple[Floats, Floats] | None:
    """Points and probabilities of the sum of two pieces, independent given each outer node."""
    few, many = sorted((one, other), key=lambda x: len(x[0]))
    if len(few[0]) * len(many[0]) > 4 * most:
        return None
    points, where = np.unique(few[0][:, None] + many[0][None, :], return_inverse=True)
    if len(points) > most:
        return None
    to = np.ascontiguousarray(where.reshape(len(few[0]), len(many[0])))
    variants = max(len(few[1]), len(many[1]))
    out = np.zeros((variants, few[1].shape[1], len(points)))
    for v in range(variants):
        first, second = (np.ascontiguousarray(x[1][min(v, len(x[1]) - 1)]) for x in (few, many))
        _add(second, to, first, out[v])
    return points, out


def _deals(book: Book, listed: Bools) -> list[int]:
    """Deals of which every outcome is listed."""
    return [int(d) for d in np.flatnonzero(listed[book.deals].all(axis=1))]


def _value(book: Book, a: int) -> float:
    return float(book.amounts.values(a)[0][0])


def _deal_values(book: Book, d: int, possible: Bools) -> tuple[Floats, Ints, Floats]:
    """Values a deal can add, the outcome each belongs to, and its share of the outcome's chance."""
    values, outcomes, shares = [np.zeros(0)], [np.zeros(0, np.int64)], [np.zeros(0)]
    for r in np.flatnonzero(possible).tolist():
        x, masses = book.amounts.values(int(book.deals[d, r]))
        values.append(x)
        shares.append(masses)
        outcomes.append(np.full(len(x), r))
    return np.concatenate(values), np.concatenate(outcomes), np.concatenate(shares)


def _nothing_else(book: Book, listed: Bools, e: Evaluated) -> Floats:
    """(n,) probability that no deal and no lead of an amount that is not listed is won."""
    others = ~listed[book.deals].all(axis=1)
    result = np.asarray(np.prod(1.0 - e.chances[:, others].sum(axis=2), axis=1))
    rows = book.rows
    expected = np.where(listed[book.streams[rows.stream]], 0.0, e.leads).sum(axis=2)
    result *= np.exp(-expected[:, rows.shape <= 0].sum(axis=1))
    for unit in np.unique(rows.unit[rows.shape > 0]):
        mine = rows.unit == unit
        shape = rows.shape[mine][0]
        result *= np.exp(-shape * np.log1p(expected[:, mine].sum(axis=1) / shape))
    return result


def _of_amount(book: Book, a: int, leads: Floats) -> Floats:
    """(n, rows) expected wins of amount `a` by row."""
    return np.asarray(np.where(book.streams[book.rows.stream] == a, leads, 0.0).sum(axis=2))


def _largest_counts(book: Book, listed: Bools, leads: Floats) -> Ints:
    """(amounts,) counts of won leads worth following, and one more: 0 where there are none."""
    result = np.zeros(len(book.amounts), dtype=np.int64)
    used = np.unique(book.streams[book.rows.stream])
    for a in used[listed[used]].tolist():
        expected = _of_amount(book, a, leads)
        if expected.any():
            matters = np.flatnonzero((_count_probabilities(book, expected) > _LEAST_COUNT).any(axis=0))
            result[a] = int(matters[-1]) + 1
    return result


def _dispersed_units(book: Book) -> list[Bools]:
    """Rows of each unit of time whose count is dispersed."""
    return [book.rows.unit == unit for unit in np.unique(book.rows.unit[book.rows.shape > 0])]


def _count_size(book: Book, expected: Floats) -> int:
    """Counts that have to be told apart, a power of two: all that have a noticeable probability at any node."""
    mean = expected.sum(axis=1)
    variance = mean.copy()
    for mine in _dispersed_units(book):
        variance += expected[:, mine].sum(axis=1) ** 2 / book.rows.shape[mine][0]
    return power_of_two(float(np.max(mean + 14.0 * np.sqrt(variance))) + 32.0)


def _count_probabilities(book: Book, expected: Floats) -> Floats:
    """(n, counts) probabilities of 0, 1, ... wins, from their generating function on the unit circle."""
    shape, size = book.rows.shape, _count_size(book, expected)
    units = _dispersed_units(book)
    refuse_beyond(48.0 * len(expected) * size, "the exact law of so many leads", "simulate it instead")
    less_one = np.exp(-2j * math.pi * np.arange(size // 2 + 1) / size) - 1.0
    log = expected[:, shape <= 0].sum(axis=1)[:, None] * less_one
    for mine in units:
        k = shape[mine][0]
        log = log - k * np.log1p(-(expected[:, mine].sum(axis=1) / k)[:, None] * less_one)
    return np.fft.irfft(np.exp(log), size)
