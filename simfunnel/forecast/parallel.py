"""Several results made side by side."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from simfunnel.engine.run.executor import Threads

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
        Called with (results so far, results in all).

    Returns
    -------
    list
        In the order of `asked`. If one fails, or the caller is interrupted, what has not begun is dropped and what runs
        is cancelled.
    """
    results: dict[int, T] = {}
    # on a thread even where it is one: this one then hears an interrupt, and cancels what runs
    Threads(workers).map(
        lambda i, _: make(*asked[i]), [(i, 1) for i in range(len(asked))], results.__setitem__, progress
    )
    return [results[i] for i in range(len(asked))]
