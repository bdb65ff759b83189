"""What was made and may be asked for again, as much of it as a number of bytes holds."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field, fields, is_dataclass
from typing import Any, Generic, TypeVar

import numpy as np

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

USUAL = 32 * 2**20
"""Bytes kept where nobody says how many."""
AN_ENTRY = 1024
"""Bytes of a key, and of what is no array."""


@dataclass(eq=False)
class Recent(Generic[K, V]):
    """Values by key, made where they are not there; the one that was not asked for longest goes first.

    Whoever was given a value has it for as long as he likes. Threads that ask for one key at a time may each make it:
    what is made must depend on the key alone.
    """

    most: int = USUAL
    """Bytes of all values; the last one asked for is kept whatever its size."""
    _kept: OrderedDict[K, tuple[V, int]] = field(default_factory=OrderedDict)
    _bytes: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __reduce__(self) -> tuple[Any, ...]:
        return Recent, (self.most,)  # in another process it begins empty: what it keeps is made again there

    @property
    def bytes(self) -> int:
        """Bytes of what is kept now."""
        return self._bytes

    def of(self, key: K, make: Callable[[], V]) -> V:
        """Give the value of a key; make it where it is not there, or no longer."""
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key][0]
        found = make()
        self.put(key, found)
        return found

    def put(self, key: K, value: V) -> None:
        """Keep a value, and let go of others until all fit."""
        size = bytes_of(value)
        with self._lock:
            self._bytes += size - self._kept.pop(key, (None, 0))[1]
            self._kept[key] = (value, size)
            while self._bytes > self.most and len(self._kept) > 1:
                self._bytes -= self._kept.popitem(last=False)[1][1]


def bytes_of(value: Any) -> int:
    """Bytes of the arrays of a dataclass and of those within it, and some for all else."""
    return AN_ENTRY + _of_arrays(value)


def _of_arrays(value: Any) -> int:
    if isinstance(value, np.ndarray):
        return value.nbytes
    if is_dataclass(value):
        return sum(_of_arrays(getattr(value, f.name)) for f in fields(value))
    return 0
