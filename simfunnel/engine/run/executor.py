"""Running a task over ranges of trials, or of jobs: on a pool of threads, or in line.

What a range gives is a function of its numbers alone, and parts are merged into places of their own: no executor, size
of ranges or order of completion can change a bit of a result.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

from simfunnel.engine.jit import load_numba
from simfunnel.engine.run.cancel import cancellable, check
from simfunnel.machine.process import ours
from simfunnel.progress import Progress

Part = TypeVar("Part")
Made_co = TypeVar("Made_co", covariant=True)
Merge = Callable[[int, Part], None]
"""Called with the first number of a range and its part. It writes to a place of that range alone, for it is called from
the thread that made the part, before this makes its next one: a task may use the memory of a part again."""
Range = tuple[int, int]
"""First number, and how many."""
_QUEUE = 4
"""Ranges handed in for each worker: an interrupt waits for what runs only."""


class BlockTask(Protocol[Made_co]):
    """What is done for a range. It can be pickled, and holds what its kernels read, no more."""

    def __call__(self, first: int, count: int, /) -> Made_co:
        """Make the part of numbers first, ..., first + count - 1."""


class Executor(Protocol):
    """Where tasks run."""

    @property
    def workers(self) -> int:
        """Ranges that run at once."""

    def map(
        self, task: BlockTask[Part], ranges: Iterable[Range], merge: Merge[Part], progress: Progress | None = None
    ) -> None:
        """Make and merge the part of every range, in any order.

        Parameters
        ----------
        task
            Called with each range.
        ranges
            They do not overlap.
        merge
            Takes each part.
        progress
            Called from the calling thread with (numbers done, numbers in all).

        Raises
        ------
        BaseException
            What a part raised, or an interrupt: what has not begun is dropped, what runs is cancelled.
        """


@dataclass(frozen=True)
class Inline:
    """In the calling thread, one range after another: inside a job, so that there is no pool in a pool."""

    workers: int = field(default=1, init=False)

    def map(
        self, task: BlockTask[Part], ranges: Iterable[Range], merge: Merge[Part], progress: Progress | None = None
    ) -> None:
        """See `Executor.map`."""
        asked = list(ranges)
        counted = Counted(progress, asked)
        for first, count in asked:
            check()
            merge(first, task(first, count))
            counted(count)


@dataclass(frozen=True)
class Threads:
    """On threads of this process: kernels release the GIL."""

    workers: int
    leaves: bool = False
    """Whether an interrupted command ends without waiting for them: parts that leave nothing behind. A kernel that is
    being compiled hears of nothing for ten seconds."""

    def map(
        self, task: BlockTask[Part], ranges: Iterable[Range], merge: Merge[Part], progress: Progress | None = None
    ) -> None:
        """See `Executor.map`."""
        asked = list(ranges)
        counted = Counted(progress, asked)
        cancel = threading.Event()

        def work(first: int, count: int) -> int:
            with cancellable(cancel):
                merge(first, task(first, count))
            return count

        load_numba()
        running: set[Future[int]] = set()
        pool = ThreadPoolExecutor(self.workers)
        try:
            for first, count in asked:
                running.add(pool.submit(work, first, count))
                if len(running) >= _QUEUE * self.workers:
                    running = counted.finished(running)
            while running:
                running = counted.finished(running)
        except BaseException as error:
            cancel.set()
            leaves = self.leaves and ours() and isinstance(error, KeyboardInterrupt)
            pool.shutdown(wait=not leaves, cancel_futures=True)
            raise
        pool.shutdown()


class Counted:
    """Tells progress how many numbers are done."""

    def __init__(self, progress: Progress | None, ranges: list[Range]) -> None:
        self._progress, self._done, self._total = progress, 0, sum(count for _, count in ranges)

    def __call__(self, count: int) -> None:
        """So many more are done."""
        self._done += count
        if self._progress:
            self._progress(self._done, self._total)

    def finished(self, running: set[Future[int]]) -> set[Future[int]]:
        """Wait for one at least; what still runs."""
        done, left = wait(running, return_when=FIRST_COMPLETED)
        for future in done:
            self(future.result())
        return left


_elsewhere: list[Executor] = []
"""Executors that take the place of this process's threads; the last one counts."""


@contextmanager
def running_on(executor: Executor) -> Iterator[None]:
    """Run tasks on another executor, whatever number of threads is asked for meanwhile."""
    _elsewhere.append(executor)
    try:
        yield
    finally:
        _elsewhere.remove(executor)


def elsewhere() -> Executor | None:
    """Executor that takes the place of this process's threads, if one does."""
    return _elsewhere[-1] if _elsewhere else None


def executor_of(threads: int | None) -> Executor:
    """Executor of so many threads of this process, by default one for each available processor; or the one in place."""
    if (other := elsewhere()) is not None:
        return other
    workers = threads or available_processors()
    return Inline() if workers == 1 else Threads(workers, leaves=True)


def ranges_of(first: int, count: int, size: int) -> list[Range]:
    """Cut numbers first, ..., first + count - 1 into ranges of a size."""
    end = first + count
    return [(start, min(size, end - start)) for start in range(first, end, size)]


def available_processors() -> int:
    """Processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
