"""Running ranges of trials on the workers of a Dask cluster.

A task goes to the scheduler once, and from there to each worker that needs it; should every worker that holds it be
lost, the scheduler makes it again. What a worker gives for a range is a function of its numbers alone, so that a range
that is run again, elsewhere or in another order gives the same bits.
"""

from __future__ import annotations

import pickle
import time
from collections.abc import Iterable, Iterator
from concurrent import futures
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import uuid4

from simfunnel.engine.run.cancel import cancellable, check
from simfunnel.engine.run.executor import BlockTask, Counted, Merge, Range
from simfunnel.errors import SimfunnelError, SurroundingsError
from simfunnel.progress import Progress

if TYPE_CHECKING:
    from distributed import Client, Future

Part = TypeVar("Part")
TURNS = 8
"""Pieces of work for each worker, so that a slow one holds up the others by little."""
_AHEAD = 3
"""Pieces handed in for each worker that runs one: it never waits, and an interrupt waits for what runs only."""
_ALIVE = 1.0
"""Seconds between two looks whether an interrupt or a cancelled forecast ends the waiting."""


@dataclass(frozen=True)
class DaskExecutor:
    """On the workers of a cluster; parts are merged in the calling thread."""

    client: Client
    address: str
    """What the user called the cluster, for messages."""
    workers: int
    """Threads of all workers when it was connected."""

    def map(
        self, task: BlockTask[Part], ranges: Iterable[Range], merge: Merge[Part], progress: Progress | None = None
    ) -> None:
        """See `Executor.map`."""
        asked = list(ranges)
        counted = Counted(progress, asked)
        with self._told():
            for parts in self._parts(task, _pieces(asked, TURNS * self.workers)):
                for (first, number), part in parts:
                    merge(first, part)
                    counted(number)

    def _parts(self, task: BlockTask[Part], pieces: list[list[Range]]) -> Iterator[list[tuple[Range, Part]]]:
        from distributed import as_completed

        name = f"simfunnel-{uuid4().hex}"  # a scheduler takes what has one name for one piece of work, whoever asks
        held = self.client.submit(_unpacked, pickle.dumps(task, protocol=5), key=f"{name}-task")
        waiting = iter(enumerate(pieces))
        done = as_completed(loop=self.client.loop)
        running: dict[str, Future] = {}

        def hand_in() -> None:
            if (following := next(waiting, None)) is not None:
                i, piece = following
                future = self.client.submit(_made, held, piece, key=f"{name}-{i}", retries=2)
                running[future.key] = future
                done.add(future)

        try:
            for _ in range(_AHEAD * self.workers):
                hand_in()
            while running:
                check()
                if self.client.status != "running":  # it would wait for another scheduler, which knows nothing of us
                    raise ConnectionError("it no longer answers")
                try:
                    future = done.__next__() if done.has_ready() else _next(done)
                except TimeoutError:
                    continue
                del running[future.key]
                hand_in()
                yield future.result()
        finally:
            if self.client.status == "running":
                self.client.cancel([held, *running.values()])

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Say what a cluster refuses or loses."""
        from distributed import KilledWorker
        from distributed.comm import CommClosedError

        try:
            yield
        except SimfunnelError:
            raise
        except KilledWorker as error:
            raise SurroundingsError(
                f"the cluster {self.address} lost a worker again and again while it ran one piece of work; workers may "
                "have too little memory"
            ) from error
        except (CommClosedError, futures.CancelledError, ConnectionError, TimeoutError) as error:
            raise SurroundingsError(f"the scheduler of the cluster {self.address} was lost: {error}") from error


@dataclass(frozen=True)
class StartingExecutor:
    """On workers that are being started: waited for when there is something to run."""

    starting: futures.Future[DaskExecutor]
    workers: int
    """How many are being started."""

    def map(
        self, task: BlockTask[Part], ranges: Iterable[Range], merge: Merge[Part], progress: Progress | None = None
    ) -> None:
        """See `Executor.map`."""
        self.starting.result().map(task, ranges, merge, progress)


def _pieces(ranges: list[Range], wanted: int) -> list[list[Range]]:
    """Cut ranges into at most so many pieces: a message costs milliseconds, a range may take less."""
    size = -(-len(ranges) // max(wanted, 1)) or 1
    return [ranges[i : i + size] for i in range(0, len(ranges), size)]


def _next(done: Any) -> Any:
    """Wait a moment for a piece of work that is done."""
    until = time.monotonic() + _ALIVE
    while time.monotonic() < until:
        if done.has_ready():
            return next(done)
        time.sleep(0.002)
    raise TimeoutError


def _unpacked(task: bytes) -> Any:
    return pickle.loads(task)


class _Unwanted:
    """Whether the scheduler no longer wants what this worker makes: a thread cannot be stopped, it stops itself."""

    def __init__(self) -> None:
        from distributed import get_worker

        self._worker = get_worker()
        self._key = self._worker.get_current_task()

    def is_set(self) -> bool:
        """See `Cancel`."""
        state = self._worker.state.tasks.get(self._key)
        return state is None or state.state == "cancelled"


def _made(task: BlockTask[Part], ranges: list[Range]) -> list[tuple[Range, Part]]:
    """Make the parts of ranges, on a worker; each is copied at once, for the task uses its memory again."""
    made = []
    with cancellable(_Unwanted()):
        for first, number in ranges:
            check()
            made.append(((first, number), deepcopy(task(first, number))))
    return made
