"""Sums of a few deals, listed one by one: exact atoms where the amounts lie on no common grid of buckets."""

from __future__ import annotations

import math
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from simfunnel.engine.exact.book import WINS, Book
from simfunnel.engine.exact.buckets import power_of_two
from simfunnel.engine.exact.nodes import Nodes
from simfunnel.engine.exact.pieces import Evaluated, Piece, chunks
from simfunnel.engine.jit import kernel
from simfunnel.engine.runner import available_processors
from simfunnel.funnel.model import Bools, Floats, Ints

MOST_SUMS = 1 << 17
MOST_DEALS = 64
"""Of more deals no single sum matters."""
_LEAST_COUNT = 1e-13
"""Probability of the largest counts of leads, left out."""
_TOGETHER = 1 << 22
"""Nodes x sums treated together."""


@dataclass(frozen=True)
class Sums:
    """Everything that deals and leads can add up to, as long as nothing of a smooth amount is won."""

    points: Floats
    """(V,) rising, minor units."""
    atoms: Floats
    """(R, V) probabilities by row of weights of the nodes."""


@dataclass(frozen=True)
class _Outcomes:
    """Values that something can add, other than nothing, with the chance of each at some nodes."""

    values: Floats
    """(J,)"""
    chances: Floats
    """(n, J)"""


@dataclass(frozen=True)
class _Reachable:
    points: Floats
    steps: list[Ints]
    """Of each addend: place of every sum so far once each of its values, the first of them 0, is added."""


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
    deals = sum(int(piece.book.amounts.whole[piece.book.deals].all(axis=1).sum()) for piece in pieces)
    if pieces[0].book.kind == WINS or not 0 < deals <= MOST_DEALS or any(_unlisted(p.book) for p in pieces):
        return None
    found: tuple[Floats, Floats] | None = None
    for piece in pieces:
        own = _of_piece(piece, nodes, min(MOST_SUMS, int(work / (n * piece.nodes_each))))
        found = own if found is None or own is None else _convolved(found, own, min(MOST_SUMS, int(work / n)))
        if found is None:
            return None
    assert found is not None  # there is a piece, as there are deals
    points, masses = found
    rows = [w @ masses[min(r, len(masses) - 1)] for r, w in enumerate(nodes.weights)]  # as with transforms
    return Sums(points, np.stack(rows))


def _unlisted(book: Book) -> bool:
    """Whether counts of leads cannot be listed: several whole amounts of a stream, or under one gamma factor."""
    rows, whole = book.rows, book.amounts.whole
    amounts = book.streams[rows.stream]
    if (whole & ~book.amounts.fixed)[amounts].any():
        return True
    for unit in np.unique(rows.unit[rows.shape > 0]):
        used = np.unique(amounts[rows.unit == unit])
        if len(used) > 1 and whole[used].any():
            return True
    return False


def _of_piece(piece: Piece, nodes: Nodes, most: int) -> tuple[Floats, Floats] | None:
    """Points (V,) and probabilities (variants, outer nodes, V) of one piece."""
    n, book = len(nodes.z), piece.book

    def at(s: slice) -> Evaluated:
        return piece.evaluate(piece.spread(nodes.z[s]))

    parts = list(chunks(n, max(1, _TOGETHER // (most * piece.nodes_each))))
    sizes = max((len(book.deals) + len(book.rows.stream) + 1) * piece.nodes_each, 1)
    possible = np.zeros(book.deals.shape, dtype=np.bool_)
    counts = np.zeros(len(book.amounts), dtype=np.int64)
    for s in chunks(n, 1 + _TOGETHER // sizes):
        e = at(s)
        possible |= (e.chances > 0).any(axis=0)
        counts = np.maximum(counts, _largest_counts(book, e.leads))
    values = [_deal_values(book, d, possible[d])[0] for d in _whole_deals(book)]
    values += [book.amounts.scale[a] * np.arange(1, counts[a]) for a in _whole_streams(book) if counts[a]]
    found = _reachable(values, most)
    if found is None:
        return None

    def part(s: slice) -> Floats:
        e = at(s)
        masses = _nothing_smooth(book, e)[:, None]
        addends = [_deal_outcomes(book, d, possible[d], e) for d in _whole_deals(book)]
        addends += [_lead_outcomes(book, int(a), int(counts[a]), e) for a in _whole_streams(book) if counts[a]]
        for to, added in zip(found.steps, addends, strict=True):
            chances = np.concatenate([1.0 - added.chances.sum(axis=1, keepdims=True), added.chances], axis=1)
            grown = np.zeros((len(masses), int(to.max()) + 1))
            _add(np.ascontiguousarray(masses), to, chances, grown)
            masses = grown
        return np.asarray(piece.average(masses, s.stop - s.start))

    with ThreadPoolExecutor(available_processors()) as pool:
        return found.points, np.concatenate(list(pool.map(part, parts)), axis=1)


@kernel
def _add(masses: Floats, to: Ints, chances: Floats, out: Floats) -> None:
    for t in range(masses.shape[0]):
        for j in range(to.shape[0]):
            p = chances[t, j]
            for v in range(masses.shape[1]):
                out[t, to[j, v]] += masses[t, v] * p


def _reachable(values: Sequence[Floats], most: int) -> _Reachable | None:
    points, steps = np.zeros(1), []
    for added in values:
        sums = points[None, :] + np.concatenate([[0.0], added])[:, None]
        if sums.size > 4 * most:
            return None
        points, where = np.unique(sums, return_inverse=True)
        if len(points) > most:
            return None
        steps.append(np.ascontiguousarray(where.reshape(sums.shape)))
    return _Reachable(points, steps)


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


def _whole_deals(book: Book) -> list[int]:
    return [int(d) for d in np.flatnonzero(book.amounts.whole[book.deals].all(axis=1))]


def _whole_streams(book: Book) -> Ints:
    """Whole amounts that leads have."""
    used = np.unique(book.streams[book.rows.stream])
    return np.asarray(used[book.amounts.whole[used]])


def _deal_values(book: Book, d: int, possible: Bools) -> tuple[Floats, Ints, Floats]:
    """Values a deal can add, the outcome each belongs to, and its share of the outcome's chance."""
    values, outcomes, shares = [np.zeros(0)], [np.zeros(0, np.int64)], [np.zeros(0)]
    for r in np.flatnonzero(possible).tolist():
        x, masses = book.amounts.values(int(book.deals[d, r]))
        values.append(x)
        shares.append(masses)
        outcomes.append(np.full(len(x), r))
    return np.concatenate(values), np.concatenate(outcomes), np.concatenate(shares)


def _deal_outcomes(book: Book, d: int, possible: Bools, e: Evaluated) -> _Outcomes:
    values, outcomes, shares = _deal_values(book, d, possible)
    return _Outcomes(values, e.chances[:, d][:, outcomes] * shares)


def _nothing_smooth(book: Book, e: Evaluated) -> Floats:
    """(n,) probability that no deal and no lead of a smooth amount is won."""
    smooth = ~book.amounts.whole[book.deals].all(axis=1)
    result = np.asarray(np.prod(1.0 - e.chances[:, smooth].sum(axis=2), axis=1))
    rows, amounts = book.rows, book.streams[book.rows.stream]
    others = ~np.isin(amounts, _whole_streams(book))
    expected = np.where(others, e.leads, 0.0).sum(axis=2)
    result *= np.exp(-expected[:, rows.shape <= 0].sum(axis=1))
    for unit in np.unique(rows.unit[rows.shape > 0]):
        mine = rows.unit == unit
        shape = rows.shape[mine][0]
        result *= np.exp(-shape * np.log1p(expected[:, mine].sum(axis=1) / shape))
    return result


def _of_amount(book: Book, a: int, leads: Floats) -> Floats:
    """(n, rows) expected wins of amount `a` by row."""
    return np.asarray(np.where(book.streams[book.rows.stream] == a, leads, 0.0).sum(axis=2))


def _largest_counts(book: Book, leads: Floats) -> Ints:
    """(amounts,) counts of won leads worth following: 0 where there are none."""
    result = np.zeros(len(book.amounts), dtype=np.int64)
    for a in _whole_streams(book):
        expected = _of_amount(book, int(a), leads)
        if expected.any():
            pmf = _count_probabilities(book, expected)
            matters = np.flatnonzero((pmf > _LEAST_COUNT).any(axis=0))
            result[a] = int(matters[-1]) + 1
    return result


def _lead_outcomes(book: Book, a: int, count: int, e: Evaluated) -> _Outcomes:
    pmf = _count_probabilities(book, _of_amount(book, a, e.leads))
    pmf = np.pad(pmf, [(0, 0), (0, max(0, count - pmf.shape[1]))])[:, 1:count]
    return _Outcomes(book.amounts.scale[a] * np.arange(1, count), np.maximum(pmf, 0.0))


def _count_probabilities(book: Book, expected: Floats) -> Floats:
    """(n, counts) probabilities of 0, 1, ... wins, from their generating function on the unit circle."""
    shape = book.rows.shape
    mean = expected.sum(axis=1)
    variance = mean.copy()
    units = [book.rows.unit == unit for unit in np.unique(book.rows.unit[shape > 0])]
    for mine in units:
        variance += expected[:, mine].sum(axis=1) ** 2 / shape[mine][0]
    size = power_of_two(float(np.max(mean + 14.0 * np.sqrt(variance))) + 32.0)
    less_one = np.exp(-2j * math.pi * np.arange(size // 2 + 1) / size) - 1.0
    log = expected[:, shape <= 0].sum(axis=1)[:, None] * less_one
    for mine in units:
        k = shape[mine][0]
        log = log - k * np.log1p(-(expected[:, mine].sum(axis=1) / k)[:, None] * less_one)
    return np.fft.irfft(np.exp(log), size)
