"""Whose turn it is: one answer at a time, in the order of asking; of one page only its newest question."""

from __future__ import annotations

import asyncio
import contextvars
import threading
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from simfunnel.progress import Progress

T = TypeVar("T")
PATIENCE = 4.0
"""Seconds after which a question that did not have its turn is sent away."""
MOST_WAITING = 200
_PAGES = 1000
"""Pages whose newest question is remembered."""


class StaleError(Exception):
    """The page has asked something newer."""


class BusyError(Exception):
    """Too many ask at once."""


class Pages:
    """Which question of each open page is the newest."""

    def __init__(self) -> None:
        self._newest: OrderedDict[str, int] = OrderedDict()

    def asks(self, page: str, number: int) -> None:
        """Note a question; raise `StaleError` where a newer one came before."""
        if self.has_newer(page, number):
            raise StaleError
        self._newest[page] = number
        self._newest.move_to_end(page)
        while len(self._newest) > _PAGES:
            self._newest.popitem(last=False)

    def has_newer(self, page: str, number: int) -> bool:
        """Whether the page has asked something newer."""
        return self._newest.get(page, number) > number


class Turns:
    """A line of questions in front of one thread.

    Forecasts use all processors, so that two at once would both come late.

    Parameters
    ----------
    pages
        Says which questions are stale.
    patience
        Seconds that a question may wait for its turn.
    """

    def __init__(self, pages: Pages, patience: float = PATIENCE) -> None:
        self._pages, self._patience = pages, patience
        self._pool = ThreadPoolExecutor(1, "answers")
        self._waiting = 0

    async def take(
        self, work: Callable[[Progress], T], page: str | None = None, number: int = 0,
        gone: threading.Event | None = None,
    ) -> T:  # fmt: skip
        """Work when it is its turn.

        Parameters
        ----------
        work
            Is given a progress callback that ends it where a newer question of the page has come.
        page, number
            Who asks, and which of its states the question is about; None for one that nothing makes stale.
        gone
            Set when nobody waits for the answer any more.

        Raises
        ------
        StaleError
            If the page has asked something newer, or is gone.
        BusyError
            If the turn did not come in time.
        """
        if page is not None:
            self._pages.asks(page, number)
        if self._waiting >= MOST_WAITING:
            raise BusyError
        began = threading.Event()

        def check(_done: int = 0, _all: int = 0) -> None:
            if (page is not None and self._pages.has_newer(page, number)) or (gone is not None and gone.is_set()):
                raise StaleError

        def turn() -> T:
            began.set()
            check()
            return work(check)

        self._waiting += 1
        try:
            context = contextvars.copy_context()
            asked = asyncio.get_running_loop().run_in_executor(self._pool, context.run, turn)
            await asyncio.wait({asked}, timeout=self._patience)
            if not began.is_set():  # what is before it may take long: it is told so in time
                asked.cancel()
                raise BusyError
            return await asked
        finally:
            self._waiting -= 1

    def close(self) -> None:
        """Begin nothing more."""
        self._pool.shutdown(wait=False, cancel_futures=True)
