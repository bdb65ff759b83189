"""Several results made side by side."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from simfunnel.engine.exact.cancel import cancellable

T = TypeVar("T")


def side_by_side(
    make: Callable[..., T],
    asked: Sequence[tuple[Any, ...]],
    *,
    workers: int,
    progress: Callable[[int, int], None] | None = None,
) -> list[T]:
    """Make a result for each tuple of arguments on a pool of threads.

    Parameters
    ----------
    make
        Called with each tuple; what it gives must not depend on the others.
    asked
        The tuples; with one worker they are taken in this order, each after the one before.
    workers
        Threads.
    progress
        Called with (results in order so far, results in all).

    Returns
    -------
    list
        In the order of `asked`. If one fails, or the caller is interrupted, what has not begun is dropped and what runs
        is cancelled.
    """
    results: list[T] = []
    cancel = threading.Event()

    def made(*arguments: Any) -> T:
        with cancellable(cancel):
            return make(*arguments)

    with ThreadPoolExecutor(workers) as pool:
        waiting = [pool.submit(made, *arguments) for arguments in asked]
        try:
            for future in waiting:
                results.append(future.result())
                if progress:
                    progress(len(results), len(asked))
        finally:  # an interrupt, too: what runs leaves off at its next chunk
            cancel.set()
            for future in waiting:
                future.cancel()
    return results
