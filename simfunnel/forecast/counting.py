"""Simulate, and keep sums and counts instead of the trials: memory does not grow with their number."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from simfunnel.engine.run.cancel import check
from simfunnel.engine.run.executor import Executor, Range, available_processors, elsewhere, ranges_of
from simfunnel.engine.run.ledger import BLOCK, bytes_per_trial
from simfunnel.engine.run.memory import refuse_beyond
from simfunnel.engine.summary.counted import most_bytes
from simfunnel.errors import InputError
from simfunnel.forecast.counted import Counted
from simfunnel.forecast.counts import Counts, Key, Place
from simfunnel.forecast.kept_counts import KeptCounts
from simfunnel.forecast.sampled import Sampled
from simfunnel.forecast.simulated import SimulatedRange
from simfunnel.funnel.model import Model
from simfunnel.progress import Progress

CHUNK_BYTES = 64 << 20
"""Of the trials that are held at a time."""
FEWEST, MOST = 4096, 1 << 16
"""Trials that are held at a time."""
WORKER_BYTES = 16 << 20
"""Of the trials that a worker of a cluster holds at a time."""
PIECES = 8
"""That each worker of a cluster counts of a reading, at least: a slow one holds up the others by little."""
PIECE = 1 << 17
"""Trials of a piece at most, unless its counts would be so large that they travel longer than they take to make."""
MOST_COUNTED = 1_000_000_000
"""Trials that are counted: hours of work. Errors hardly fall any more, and more is a slip of the hand."""


def count_trials(
    simulate: SimulatedRange,
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
    model = simulate.run.model
    size = int(np.clip(CHUNK_BYTES // bytes_per_trial(model), FEWEST, MOST))
    _refuse_too_large(model, size, trials)
    counts = Counts(model, targets, trials)
    reading = _Readings(counts, trials, progress, kept if size < trials else None, twice=size < trials)
    reading.resume(simulate, force=force)
    executor = elsewhere() if size < trials else None
    with ThreadPoolExecutor(available_processors()) as pool:
        here = _Here(simulate, counts, reading, pool, trials)
        if not counts.begun:
            here.read(1, [(0, min(size, trials))])
        for number in (1, 2):
            left = reading.begin(number)
            if executor is not None:
                _read_by_workers(executor, simulate, counts, reading, left)
            else:
                here.read(number, [part for first, count in left for part in ranges_of(first, count, size)])
    return counts.counted()


class _Readings:
    """Which trials were read, and what must be known of them to go on."""

    def __init__(
        self, counts: Counts, trials: int, progress: Progress | None, kept: KeptCounts | None, *, twice: bool
    ) -> None:  # fmt: skip
        self._counts, self._trials, self._progress, self._kept = counts, trials, progress, kept
        self._readings = 2 if twice else 1
        self.number = 1
        self._read: list[Range] = []
        """Of this reading, in order; no two touch."""
        self.columns: list[Key] = []
        """What the second reading looks at."""

    def resume(self, simulate: SimulatedRange, *, force: bool) -> None:
        """Take what a run that was stopped has counted."""
        state = None if self._kept is None else self._kept.found(force=force)
        if state is None:
            return
        try:
            self.number, self._read = self._counts.resume(state, simulate(0, 1).first(0))
        except (ValueError, KeyError, TypeError, IndexError):
            assert self._kept is not None
            self._kept.refuse()

    def begin(self, number: int) -> list[Range]:
        """Begin a reading, or go on with it: the trials that are left."""
        if number < self.number:
            return []
        if number > self.number:
            self.number, self._read = number, []
        if number == 2:
            self.columns = self._counts.undecided()
            if not self.columns:
                return []
        ends = [0, *(first + count for first, count in self._read)]
        starts = [*(first for first, _ in self._read), self._trials]
        return [(end, start - end) for end, start in zip(ends, starts, strict=True) if start > end]

    def done(self, first: int, count: int) -> None:
        """So many trials were read from this one on."""
        joined: list[Range] = []
        for start, number in sorted([*self._read, (first, count)]):
            if joined and sum(joined[-1]) == start:
                joined[-1] = (joined[-1][0], joined[-1][1] + number)
            else:
                joined.append((start, number))
        self._read = joined
        if self._kept is not None:
            self._kept.keep(lambda: self._counts.state(self.number, self._read))

    def tell(self, more: int, _total: int = 0) -> None:
        """Say how many trials were read, and so many more."""
        if self._progress:
            before = (self.number - 1) * self._trials + sum(count for _, count in self._read)
            self._progress((before + more) // self._readings, self._trials)


@dataclass
class _Here:
    """Reads in this process: trials are simulated some at a time, by its threads or elsewhere, and counted here."""

    simulate: SimulatedRange
    counts: Counts
    reading: _Readings
    pool: ThreadPoolExecutor
    trials: int
    _all: Sampled | None = None
    """All trials, where they are few: they need not be simulated again."""

    def read(self, number: int, ranges: Iterable[Range]) -> None:
        """Read ranges of trials."""
        for first, count in ranges:
            part = self._all or self.simulate(first, count, self.reading.tell)
            if count == self.trials:
                self._all = part
            if not self.counts.begun:
                self.counts.begin(part)
            each = partial(self.counts.add if number == 1 else self.counts.look, part)
            asked: list[Place] | list[Key] = self.counts.places if number == 1 else self.reading.columns
            list(self.pool.map(each, asked))  # and raise what one of them raised
            self.reading.done(first, count)


@dataclass(frozen=True)
class CountTask:
    """Counts ranges of trials where it is called, so that counts travel and not the trials."""

    simulate: SimulatedRange
    empty: Counts
    """Where the buckets lie."""
    columns: tuple[Key, ...]
    """What the second reading looks at; nothing in the first one."""
    size: int
    """Trials that are held at a time."""

    def __call__(self, first: int, count: int) -> Counts:
        """Count trials first, ..., first + count - 1."""
        counts = self.empty.emptied()
        for start, number in ranges_of(first, count, self.size):
            check()
            part = self.simulate(start, number)
            for key in self.columns:
                counts.look(part, key)
            for place in () if self.columns else counts.places:
                counts.add(part, place)
        return counts


def _read_by_workers(
    executor: Executor, simulate: SimulatedRange, counts: Counts, reading: _Readings, left: list[Range]
) -> None:  # fmt: skip
    """Read ranges of trials, whose counts are made elsewhere."""
    trials = sum(count for _, count in left)
    if not trials:
        return
    model = simulate.run.model
    size = piece_of(counts, model, trials, executor.workers)
    task = CountTask(replace(simulate, threads=1), counts.emptied(), tuple(reading.columns), held_by_worker(model))

    def merge(first: int, part: Counts) -> None:
        counts.merge(part)
        reading.done(first, sizes[first])
        reading.tell(0)

    ranges = [part for first, count in left for part in ranges_of(first, count, size)]
    sizes = dict(ranges)
    executor.map(task, ranges, merge)


def piece_of(counts: Counts, model: Model, trials: int, workers: int) -> int:
    """Trials that a worker counts before it sends what it has: one process adds what all of them send."""
    worth = max(4, workers // 4) * counts.bytes // bytes_per_trial(model)
    return min(-(-trials // (PIECES * workers)), max(PIECE, worth))


def held_by_worker(model: Model) -> int:
    """Trials that a worker holds at a time."""
    return max(BLOCK, WORKER_BYTES // bytes_per_trial(model))


def _refuse_too_large(model: Model, size: int, trials: int) -> None:
    """Raise InputError if the counts would not fit into memory."""
    columns = model.groups * (model.periods + 1) * (3 if len(model.payment.share) else 2)
    copies = 3 if elsewhere() else 1  # the task that workers are given, and a part that comes back
    needed = copies * columns * most_bytes(trials) + 2 * size * bytes_per_trial(model)
    what = f"counting trials of {model.periods} periods and {model.groups} groups"
    refuse_beyond(needed, what, "ask for fewer periods or groups")
