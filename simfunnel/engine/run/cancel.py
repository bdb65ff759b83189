"""Leaving off a long computation: threads of the pool look here between two pieces of work."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

_here = threading.local()


class CancelledError(Exception):
    """The caller no longer wants the answer."""


class Cancel(Protocol):
    """Says whether an answer is no longer wanted: a `threading.Event`, or what looks elsewhere."""

    def is_set(self) -> bool:
        """Whether it is not."""


@contextmanager
def cancellable(cancel: Cancel) -> Iterator[None]:
    """Let what this thread computes meanwhile be cancelled by an event."""
    before = cancel_event()
    _here.event = cancel
    try:
        yield
    finally:
        _here.event = before


def cancel_event() -> Cancel | None:
    """The event that cancels what this thread computes; for handing on to threads that help it."""
    event: Cancel | None = getattr(_here, "event", None)
    return event


def check(event: Cancel | None = None) -> None:
    """Raise CancelledError if the computation of this thread, or the one given, is no longer wanted."""
    event = event or cancel_event()
    if event is not None and event.is_set():
        raise CancelledError
