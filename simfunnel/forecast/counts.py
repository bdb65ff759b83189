"""What is counted of trials, while it is: in this process, or by a worker for ranges of trials of its own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from simfunnel.arrays import Ints
from simfunnel.engine.exact.kinds import BOOKINGS, CASH, WINS
from simfunnel.engine.run.executor import Range
from simfunnel.engine.summary.counted import CountedColumn
from simfunnel.engine.summary.tally import Tally
from simfunnel.forecast.counted import NEW, OPEN, Counted, CountedGoal
from simfunnel.forecast.estimates import goal_of, wanted_ranks
from simfunnel.forecast.kept_counts import State
from simfunnel.forecast.known import over
from simfunnel.forecast.sampled import Sampled, row_of
from simfunnel.funnel.model import Model

Place = tuple[int, int]
"""Group and period; the number of periods stands for the total."""
Key = tuple[int, int, str]
"""Group, period, and what is counted there."""


class Counts:
    """Sums and counts of trials, which are read once or twice.

    Parameters
    ----------
    model
        What is simulated.
    targets
        (group, period) -> target, major units.
    trials
        How many there will be.
    """

    def __init__(self, model: Model, targets: Mapping[Place, float], trials: int) -> None:
        self._trials, self._targets = trials, targets
        self.places = [(g, k) for g in range(model.groups) for k in range(model.periods + 1)]
        self._columns: dict[Key, CountedColumn] = {}
        self._parts: dict[Key, Tally] = {}
        self._goals: dict[Place, CountedGoal] = {}
        self._standing: Sampled | None = None

    @property
    def begun(self) -> bool:
        """Whether it is known where the buckets lie."""
        return self._standing is not None

    @property
    def bytes(self) -> int:
        """Of the counts of all buckets."""
        return sum(column.bytes for column in self._columns.values())

    def begin(self, part: Sampled) -> None:
        """Lay the buckets over the first trials."""
        self._standing = part.first(0)
        for place in self.places:
            for kind, values in _columns_of(part, *place):
                self._columns[*place, kind] = CountedColumn(values, self._trials)

    def emptied(self) -> Counts:
        """Counts of no trial in the same buckets."""
        other = object.__new__(Counts)
        other._trials, other._targets, other.places = self._trials, self._targets, self.places
        other._columns = {key: column.emptied() for key, column in self._columns.items()}
        other._parts, other._goals, other._standing = {}, {}, self._standing
        return other

    def add(self, part: Sampled, place: Place) -> None:
        """First reading: count what these trials brought to a group and period."""
        for name, rows in ((OPEN, part.open), (NEW, part.new)):
            self._add_part((*place, name), Tally.of(row_of(rows, *place)))
        for kind, values in _columns_of(part, *place):
            self._columns[*place, kind].add(values)
            if kind == BOOKINGS and place in self._targets:
                self._add_goal(place, _goal(values, self._targets[place], part.minor_units))

    def undecided(self) -> list[Key]:
        """Columns whose values must be looked at again before their quantiles are known."""
        ranks = wanted_ranks(self._trials)
        return [key for key, column in self._columns.items() if column.want(ranks)]

    def look(self, part: Sampled, key: Key) -> None:
        """Second reading: look again at what these trials brought."""
        g, k, kind = key
        self._columns[key].look(_column_of(part, g, k, kind))

    def merge(self, other: Counts) -> None:
        """Add what was counted of other trials in the same buckets."""
        for key, column in other._columns.items():
            self._columns[key].merge(column)
        for key, tally in other._parts.items():
            self._add_part(key, tally)
        for place, goal in other._goals.items():
            self._add_goal(place, goal)

    def _add_part(self, key: Key, tally: Tally) -> None:
        self._parts[key] = self._parts[key] + tally if key in self._parts else tally

    def _add_goal(self, place: Place, goal: CountedGoal) -> None:
        self._goals[place] = self._goals[place] + goal if place in self._goals else goal

    def counted(self) -> Counted:
        """Give the result."""
        part = self._standing
        assert part is not None
        for column in self._columns.values():
            column.finish()
        return Counted(
            self._columns, self._parts, self._goals, part.closed, part.closed_wins, part.minor_units, self._trials
        )

    def state(self, reading: int, ranges: Sequence[Range]) -> State:
        """Give all that is known after these trials of a reading."""
        columns = {key: column.kept() for key, column in self._columns.items()}
        told = {
            "reading": reading,
            "ranges": [list(trials) for trials in ranges],
            "columns": [[*key, *numbers] for key, (numbers, _) in columns.items()],
            "parts": [[*key, *_numbers(tally)] for key, tally in self._parts.items()],
            "goals": [
                [*place, goal.target, goal.hits, None if goal.short is None else _numbers(goal.short)]
                for place, goal in self._goals.items()
            ],
        }
        return told, [array for _, arrays in columns.values() for array in arrays]

    def resume(self, state: State, standing: Sampled) -> tuple[int, list[Range]]:
        """Go on from what was known; the reading, and which trials of it were done.

        Raises
        ------
        ValueError
            If it does not fit together.
        """
        told, arrays = state
        reading, ranges = told["reading"], [(first, count) for first, count in told["ranges"]]
        done = sum(count for _, count in ranges)
        counted = done if reading == 1 else self._trials
        kinds = [kind for kind, _ in _columns_of(standing, 0, 0)]
        wanted = [(*place, kind) for place in self.places for kind in kinds]
        columns = {
            (g, k, kind): CountedColumn.again(numbers, arrays[3 * i : 3 * i + 3])
            for i, (g, k, kind, *numbers) in enumerate(told["columns"])
        }
        parts = {(g, k, name): Tally(*numbers) for g, k, name, *numbers in told["parts"]}
        goals = {
            (g, k): CountedGoal(target, hits, None if short is None else Tally(*short))
            for g, k, target, hits, short in told["goals"]
        }
        ends = [0, *(first + count for first, count in ranges)]
        fits = (
            reading in (1, 2) and done > 0 and ends[-1] <= self._trials
            and all(first >= end and count > 0 for (first, count), end in zip(ranges, ends, strict=False))
            and list(columns) == wanted and all(column.count == counted for column in columns.values())
            and {key: tally.count for key, tally in parts.items()}
            == {(*place, name): counted for place in self.places for name in (OPEN, NEW)}
            and {place: goal.target for place, goal in goals.items()} == dict(self._targets)
        )  # fmt: skip
        if not fits:
            raise ValueError("counts that do not belong together")
        self._columns, self._parts, self._goals, self._standing = columns, parts, goals, standing
        return reading, ranges


def _goal(values: Ints, target: float, unit: int) -> CountedGoal:
    goal = goal_of(target, unit)
    if goal > np.iinfo(np.int64).max:
        return CountedGoal(target, 0, None)
    return CountedGoal(target, int(np.count_nonzero(values >= goal)), Tally.of(np.maximum(goal - values, 0)))


def _numbers(tally: Tally) -> list[int]:
    return [tally.count, tally.total, tally.squares, tally.least, tally.largest]


def _columns_of(part: Sampled, g: int, k: int) -> Iterator[tuple[str, Ints]]:
    for kind in (BOOKINGS, WINS) if part.cash is None else (BOOKINGS, WINS, CASH):
        yield kind, _column_of(part, g, k, kind)


def _column_of(part: Sampled, g: int, k: int, kind: str) -> Ints:
    if kind == BOOKINGS:
        return part.bookings(g, k)
    if kind == WINS:
        return row_of(part.wins, g, k) + over(part.closed_wins[g], k)
    assert part.cash is not None
    return row_of(part.cash, g, k)
