"""When the leads of a source enter, by how many were expected until then.

A trial multiplies the leads of each unit of time by a factor; within a unit their shape over the days is that of every
trial. So an arrival is found among the units of its trial, then at once among the days, which all trials share.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from simfunnel.arrays import Floats, Ints
from simfunnel.engine.jit import apart, called
from simfunnel.funnel.model import Arrivals

_CELLS = 8
"""For each piece: in most cells no piece ends."""


class ArrivalTable(NamedTuple):
    """Leads expected for a mean of one per unit, at factors of 1; of every source, one after the other."""

    start: Ints
    """(sources + 1,) ranges of `before`: one more than there are pieces."""
    before: Floats
    """Leads expected before each piece, and in all."""
    unit_start: Ints
    """(sources + 1,) ranges of `unit_before`: one more than there are units."""
    unit_before: Floats
    """Leads expected before each unit, and in all."""
    cell_start: Ints
    """(sources + 1,) ranges of `piece_from`."""
    piece_from: Ints
    """Piece, counted from the source's first, in which each of some equal cells of the expected leads starts."""


def arrival_table(arrivals: Arrivals) -> ArrivalTable:
    """Add up the expected leads of each source."""
    before: list[Floats] = []
    unit_before: list[Floats] = []
    piece_from: list[Floats] = []
    for source in range(len(arrivals.level_table)):
        pieces = slice(int(arrivals.piece_start[source]), int(arrivals.piece_start[source + 1]))
        units = int(arrivals.unit_start[source + 1] - arrivals.unit_start[source])
        inside = arrivals.piece_rate[pieces] * arrivals.piece_length[pieces]
        found = np.concatenate([[0.0], np.cumsum(inside)])
        # pieces of a unit are neighbours: what is expected before it is a sum that is there already
        first = np.searchsorted(arrivals.piece_unit[pieces], np.arange(units + 1))
        cells = np.linspace(0.0, found[-1], _CELLS * len(inside), endpoint=False)
        at = np.clip(np.searchsorted(found, cells, side="right") - 1, 0, max(len(inside) - 1, 0))
        before.append(found)
        unit_before.append(found[first])
        piece_from.append(at.astype(np.float64))
    none = np.zeros(0)
    return ArrivalTable(
        start=_starts(before),
        before=np.concatenate([none, *before]),
        unit_start=_starts(unit_before),
        unit_before=np.concatenate([none, *unit_before]),
        cell_start=_starts(piece_from),
        piece_from=np.concatenate([none, *piece_from]).astype(np.int64),
    )


def _starts(parts: list[Floats]) -> Ints:
    return np.concatenate([[0], np.cumsum([len(part) for part in parts])]).astype(np.int64)


@called
def expect_leads(table: ArrivalTable, source: int, factor: Floats, expected: Floats) -> float:
    """Fill the leads expected before each unit in a trial with these factors of its units; how many in all."""
    first = table.unit_start[source]
    units = table.unit_start[source + 1] - first - 1
    total = 0.0
    expected[0] = 0.0
    for unit in range(units):
        total += (table.unit_before[first + unit + 1] - table.unit_before[first + unit]) * factor[unit]
        expected[unit + 1] = total
    return total


@called
def enter(
    arrivals: Arrivals, table: ArrivalTable, source: int, trial: Ints, factor: Floats, expected: Floats, count: int,
    entered: Floats, place: Ints, common: Floats,
) -> None:  # fmt: skip
    """Turn the expected number that `count` leads stand for into the operational time at which they enter.

    Parameters
    ----------
    trial
        (count,) trial of the block of each lead.
    factor, expected
        (B, units), (B, units + 1) of the units in each trial, see `expect_leads`.
    entered
        (count,) number of leads expected until then, less than all; filled with the time.
    place, common
        (count,) working space.
    """
    if count == 0:  # so it is where none are expected at all
        return
    first, end = table.unit_start[source], table.unit_start[source + 1]
    before = table.before[table.start[source] : table.start[source + 1]]
    piece, pieces = arrivals.piece_start[source], arrivals.piece_start[source + 1]
    _units(trial, expected, end - first - 1, count, entered, place)
    _in_common(trial, factor, expected, table.unit_before[first:end], place, count, entered, common)
    _pieces(before, table.piece_from[table.cell_start[source] : table.cell_start[source + 1]], count, common, place)
    _times(
        before, arrivals.piece_clock[piece:pieces], arrivals.piece_speed[piece:pieces],
        arrivals.piece_length[piece:pieces], place, count, common, entered,
    )  # fmt: skip


@apart
def _units(trial: Ints, expected: Floats, units: int, count: int, reached: Floats, unit: Ints) -> None:
    """Unit in which each of the leads enters."""
    for i in range(count):
        known, found = expected[trial[i]], np.int64(0)
        for u in range(1, units):  # counted, not searched: its branches cannot be foreseen
            found += np.int64(known[u] <= reached[i])
        unit[i] = found


@apart
def _in_common(
    trial: Ints, factor: Floats, expected: Floats, unit_before: Floats, unit: Ints, count: int, reached: Floats,
    common: Floats,
) -> None:  # fmt: skip
    """Leads expected until then at factors of 1, which all trials have in common."""
    for i in range(count):
        t, u = trial[i], unit[i]
        common[i] = unit_before[u] + (reached[i] - expected[t, u]) / factor[t, u]


@called
def _pieces(before: Floats, piece_from: Ints, count: int, common: Floats, piece: Ints) -> None:
    """Piece of a source in which each of the leads enters."""
    last = len(before) - 2
    per_lead = len(piece_from) / before[last + 1]
    for i in range(count):
        p, at = piece_from[min(int(common[i] * per_lead), len(piece_from) - 1)], common[i]
        while p > 0 and before[p] > at:  # a cell too high by rounding
            p -= 1
        while p < last and before[p + 1] <= at:
            p += 1
        piece[i] = p


@apart
def _times(
    before: Floats, clock: Floats, speed: Floats, length: Floats, piece: Ints, count: int, common: Floats,
    entered: Floats,
) -> None:  # fmt: skip
    """Operational time within its piece at which each of the leads enters."""
    for i in range(count):
        p = piece[i]
        low, high = before[p], before[p + 1]
        share = min((common[i] - low) / (high - low), 1.0) if high > low else 0.0
        entered[i] = clock[p] + speed[p] * (share * length[p])
