"""How far something long has come: the callback, and steps counted in long forecasts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

Progress = Callable[[int, int], None]
"""Called with (steps done, steps in all), now and then, while something long runs."""
_FINE = 100
"""Steps are reported in hundredths."""


class Steps:
    """Counts work against a whole that was estimated before.

    Parameters
    ----------
    progress
        Called with (done, in all); None reports nothing.
    total
        Steps in all; one step is about one forecast of all trials.
    """

    def __init__(self, progress: Progress | None, total: float) -> None:
        self._progress = progress
        self._done, self._total, self._cap = 0.0, total, total

    def __call__(self, steps: float = 1.0) -> None:
        """Count steps as done."""
        self._done = min(self._done + steps, self._cap)
        self._report(self._done)

    def part(self, steps: float) -> Progress | None:
        """Show the progress of a piece of work of so many steps, which is counted when it is done."""
        if self._progress is None:
            return None
        return lambda done, whole: self._report(min(self._done + steps * done / max(whole, 1), self._cap))

    @contextmanager
    def allotted(self, steps: float) -> Iterator[None]:
        """Count work of unknown length, such as a search, as so many steps, whatever it takes."""
        end, before = min(self._done + steps, self._total), self._cap
        self._cap = end
        yield
        self._cap, self._done = before, end
        self._report(end)

    def finish(self) -> None:
        """Count everything as done: what was estimated may have been more than it took."""
        self._done = self._cap = self._total
        self._report(self._done)

    def _report(self, done: float) -> None:
        if self._progress:
            self._progress(round(_FINE * done), round(_FINE * self._total))
