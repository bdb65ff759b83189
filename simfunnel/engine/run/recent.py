"""What was made lately, kept by what it was made of."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any, TypeVar

T = TypeVar("T")


class Recent:
    """The last few results, by content: a key must hold everything that a result depends on.

    Safe to use from several threads; two that ask for the same thing at once may both make it.

    Parameters
    ----------
    size
        How many results are kept; the one that was asked for longest ago goes first.
    """

    def __init__(self, size: int = 8) -> None:
        self.size = size
        self._kept: OrderedDict[Hashable, Any] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Hashable, make: Callable[[], T]) -> T:
        """Give what was kept under `key`, or make and keep it. What fails is not kept."""
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                found: T = self._kept[key]
                return found
        made = make()
        with self._lock:
            self._kept[key] = made
            self._kept.move_to_end(key)
            while len(self._kept) > self.size:
                self._kept.popitem(last=False)
        return made

    def forget(self, key: Hashable) -> None:
        """Drop what was kept under `key`, if anything was."""
        with self._lock:
            self._kept.pop(key, None)

    def __len__(self) -> int:
        """Count the results that are kept."""
        return len(self._kept)

    def __getstate__(self) -> dict[str, Any]:
        """Leave the results behind: they can be made again."""
        return {"size": self.size}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Start empty."""
        self.__init__(state["size"])  # type: ignore[misc]
