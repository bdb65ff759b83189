"""Simulate, and keep sums and counts instead of the trials: memory does not grow with their number."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import numpy as np

from simfunnel.arrays import Ints
from simfunnel.engine.exact.kinds import BOOKINGS, CASH, WINS
from simfunnel.engine.run.executor import available_processors
from simfunnel.engine.run.ledger import bytes_per_trial
from simfunnel.engine.run.memory import refuse_beyond
from simfunnel.engine.summary.counted import CountedColumn, most_bytes
from simfunnel.engine.summary.tally import Tally
from simfunnel.errors import InputError
from simfunnel.forecast.counted import NEW, OPEN, Counted, CountedGoal
from simfunnel.forecast.estimates import goal_of, wanted_ranks
from simfunnel.forecast.kept_counts import KeptCounts, State
from simfunnel.forecast.known import over
from simfunnel.forecast.sampled import Sampled, row_of
from simfunnel.funnel.model import Model
from simfunnel.progress import Progress

CHUNK_BYTES = 64 << 20
"""Of the trials that are held at a time."""
FEWEST, MOST = 4096, 1 << 16
"""Trials that are held at a time."""
MOST_COUNTED = 1_000_000_000
"""Trials that are counted: hours of work. Errors hardly fall any more, and more is a slip of the hand."""
Place = tuple[int, int]
"""Group and period; the number of periods stands for the total."""
Simulate = Callable[[int, int, Progress | None], Sampled]
"""Simulates so many trials from a first one on; the same numbers give the same trials."""


def count_trials(
    simulate: Simulate,
    model: Model,
    targets: Mapping[Place, float],
    trials: int,
    progress: Progress | None = None,
    kept: KeptCounts | None = None,
    *,
    force: bool = False,
) -> Counted:
    """Simulate trials twice: to count them, and to look at those that decide the quantiles.

    Parameters
    ----------
    simulate
        Simulates a range of trials.
    model
        The model that it simulates.
    targets
        (group, period) -> target, major units.
    trials
        How many.
    progress
        Called with (trials done, trials in all), both readings together.
    kept
        Where counts are kept now and then, and where those of a run that was stopped are taken from.
    force
        Whether counts of another run are dropped.
    """
    if trials > MOST_COUNTED:
        raise InputError(f"trials: expected at most {MOST_COUNTED:,}, found {trials:,}; ask for fewer trials")
    size = int(np.clip(CHUNK_BYTES // bytes_per_trial(model), FEWEST, MOST))
    _refuse_too_large(model, size, trials)
    counting = _Counting(model, targets, trials)
    at = _resumed(counting, kept, simulate, force=force) if kept is not None and size < trials else (1, 0)
    chunks = _Chunks(simulate, trials, size, progress, at)
    with ThreadPoolExecutor(available_processors()) as pool:

        def keep(reading: int) -> None:
            if kept is not None and size < trials:
                kept.keep(lambda: counting.state(reading, chunks.read_so_far))

        for part in chunks.read(1):
            counting.begin(part)
            list(pool.map(partial(counting.add, part), counting.places))  # and raise what one of them raised
            keep(1)
        open_columns = counting.undecided()
        if open_columns:
            for part in chunks.read(2):
                list(pool.map(partial(counting.look, part), open_columns))  # and raise what one of them raised
                keep(2)
    return counting.counted()


def _resumed(counting: _Counting, kept: KeptCounts, simulate: Simulate, *, force: bool) -> tuple[int, int]:
    """Take what a run that was stopped has counted; which reading it was at, and how many trials of it were done."""
    state = kept.found(force=force)
    if state is None:
        return 1, 0
    try:
        return counting.resume(state, simulate(0, 1, None).first(0))
    except (ValueError, KeyError, TypeError, IndexError):
        kept.refuse()
        return 1, 0


class _Chunks:
    """The trials, some at a time; they are simulated again whenever they are read again, unless one chunk is all."""

    def __init__(
        self, simulate: Simulate, trials: int, size: int, progress: Progress | None, at: tuple[int, int]
    ) -> None:  # fmt: skip
        self._simulate, self._trials, self._size, self._progress = simulate, trials, size, progress
        self._all: Sampled | None = None
        self._at = at
        self._done = (at[0] - 1) * trials + at[1]
        self.read_so_far = 0
        """Trials of this reading."""

    def read(self, reading: int) -> Iterator[Sampled]:
        """Give every trial of a reading once, in order, but those that were done before."""
        if self._all is not None:
            yield self._all
            return
        before, done = self._at
        self.read_so_far = self._trials if reading < before else done if reading == before else 0
        for first in range(self.read_so_far, self._trials, self._size):
            count = min(self._size, self._trials - first)
            part = self._simulate(first, count, self._report if self._progress else None)
            self._done += count
            self.read_so_far += count
            if count == self._trials:
                self._all = part
            yield part

    def _report(self, done: int, total: int) -> None:
        assert self._progress is not None
        readings = 1 if self._size >= self._trials else 2
        self._progress((self._done + done) // readings, self._trials)


class _Counting:
    """What is counted, while it is."""

    def __init__(self, model: Model, targets: Mapping[Place, float], trials: int) -> None:
        self._periods, self._trials = model.periods, trials
        self._targets = targets
        self.places = [(g, k) for g in range(model.groups) for k in range(model.periods + 1)]
        self._columns: dict[tuple[int, int, str], CountedColumn] = {}
        self._parts: dict[tuple[int, int, str], Tally] = {}
        self._goals: dict[Place, CountedGoal] = {}
        self._standing: Sampled | None = None

    def state(self, reading: int, done: int) -> State:
        """Give all that is known after so many trials of a reading."""
        columns = {key: column.kept() for key, column in self._columns.items()}
        told = {
            "reading": reading,
            "done": done,
            "columns": [[*key, *numbers] for key, (numbers, _) in columns.items()],
            "parts": [[*key, *_numbers(tally)] for key, tally in self._parts.items()],
            "goals": [
                [*place, goal.target, goal.hits, None if goal.short is None else _numbers(goal.short)]
                for place, goal in self._goals.items()
            ],
        }
        return told, [array for _, arrays in columns.values() for array in arrays]

    def resume(self, state: State, standing: Sampled) -> tuple[int, int]:
        """Go on from what was known; the reading, and how many trials of it were done.

        Raises
        ------
        ValueError
            If it does not fit together.
        """
        told, arrays = state
        reading, done = told["reading"], told["done"]
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
        fits = (
            reading in (1, 2) and 0 < done <= self._trials and list(columns) == wanted
            and all(column.count == counted for column in columns.values())
            and {key: tally.count for key, tally in parts.items()}
            == {(*place, name): counted for place in self.places for name in (OPEN, NEW)}
            and {place: goal.target for place, goal in goals.items()} == dict(self._targets)
        )  # fmt: skip
        if not fits:
            raise ValueError("counts that do not belong together")
        self._columns, self._parts, self._goals, self._standing = columns, parts, goals, standing
        return reading, done

    def begin(self, part: Sampled) -> None:
        """Lay the buckets over the first trials."""
        if self._standing is not None:
            return
        self._standing = part.first(0)
        for place in self.places:
            for kind, values in _columns_of(part, *place):
                self._columns[*place, kind] = CountedColumn(values, self._trials)

    def add(self, part: Sampled, place: Place) -> None:
        """Count what these trials brought to a group and period."""
        for name, rows in ((OPEN, part.open), (NEW, part.new)):
            tally, key = Tally.of(row_of(rows, *place)), (*place, name)
            self._parts[key] = self._parts[key] + tally if key in self._parts else tally
        for kind, values in _columns_of(part, *place):
            self._columns[*place, kind].add(values)
            if kind == BOOKINGS and place in self._targets:
                self._count_goal(place, values, part.minor_units)

    def _count_goal(self, place: Place, values: Ints, unit: int) -> None:
        target = self._targets[place]
        goal = goal_of(target, unit)
        if goal > np.iinfo(np.int64).max:
            self._goals[place] = CountedGoal(target, 0, None)
            return
        hits, short = int(np.count_nonzero(values >= goal)), Tally.of(np.maximum(goal - values, 0))
        if (before := self._goals.get(place)) is not None and before.short is not None:
            hits, short = hits + before.hits, short + before.short
        self._goals[place] = CountedGoal(target, hits, short)

    def undecided(self) -> list[tuple[int, int, str]]:
        """Columns whose values must be looked at again before their quantiles are known."""
        ranks = wanted_ranks(self._trials)
        return [key for key, column in self._columns.items() if column.want(ranks)]

    def look(self, part: Sampled, key: tuple[int, int, str]) -> None:
        """Look again at what these trials brought."""
        g, k, kind = key
        self._columns[key].look(_column_of(part, g, k, kind))

    def counted(self) -> Counted:
        """Give the result."""
        part = self._standing
        assert part is not None
        for column in self._columns.values():
            column.finish()
        return Counted(
            self._columns, self._parts, self._goals, part.closed, part.closed_wins, part.minor_units, self._trials
        )


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


def _refuse_too_large(model: Model, size: int, trials: int) -> None:
    """Raise InputError if the counts would not fit into memory."""
    columns = model.groups * (model.periods + 1) * (3 if len(model.payment.share) else 2)
    needed = columns * most_bytes(trials) + 2 * size * bytes_per_trial(model)
    what = f"counting trials of {model.periods} periods and {model.groups} groups"
    refuse_beyond(needed, what, "ask for fewer periods or groups")
