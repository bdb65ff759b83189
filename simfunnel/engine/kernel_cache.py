"""Numba's cache of one kernel, made to survive what it reads: a damaged entry is compiled again, not a crash."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import numba
from numba.core import caching
from numba.core.runtime import nrt

from simfunnel.engine.seal import sealed, unsealed

_numba: Any = caching  # it has no types


class SealedFile(_numba.IndexDataCacheFile):  # type: ignore[misc]
    """Data files that are sealed: machine code with one wrong bit would run, and crash."""

    def _save_data(self, name: str, data: Any) -> None:
        body = self._dump(data)
        with self._open_for_write(self._data_path(name)) as file:
            file.write(sealed(body))

    def _load_data(self, name: str) -> Any:
        body = unsealed(Path(self._data_path(name)).read_bytes())
        if body is None:
            raise pickle.UnpicklingError(f"{name} is damaged")
        return pickle.loads(body)


class SharedPlace:
    """Where Numba is told to keep a function: in a folder of its module, whatever place the sources lie in.

    Numba's own places are named by the path of a file. Another environment with the same sources, or one that was made
    anew, would then compile all kernels again.
    """

    def __init__(self, function: Callable[..., Any], folder: Path, sources: str) -> None:
        self._py_file = function.__code__.co_filename  # Numba names it where it cannot keep a function
        self._line = function.__code__.co_firstlineno
        self._folder = folder
        self._sources = sources

    def from_function(self, _function: Callable[..., Any], _file: str) -> SharedPlace:
        """Answer Numba, which asks each place that it knows whether it would do."""
        return self

    def ensure_cache_path(self) -> None:
        """Make the folder."""
        self._folder.mkdir(exist_ok=True)

    def get_cache_path(self) -> str:
        """Tell the folder."""
        return str(self._folder)

    def get_source_stamp(self) -> str:
        """Tell what the machine code rests on: another one is not loaded."""
        return self._sources

    def get_disambiguator(self) -> str:
        """Tell functions of one name apart."""
        return str(self._line)


class KernelCache(_numba.FunctionCache):  # type: ignore[misc]
    """A cache that is never a reason to fail: what cannot be read is compiled, what cannot be written is not kept."""

    def __init__(self, function: Callable[..., Any], place: SharedPlace | None = None) -> None:
        if place is not None:
            kept: Any = _numba.FunctionCache._impl_class
            self._impl_class = type(kept.__name__, (kept,), {"_locator_classes": [place]})
        super().__init__(function)
        plain: Any = self.__dict__["_cache_file"]
        self._cache_file: Any = SealedFile(plain._cache_path, self._impl.filename_base, plain._source_stamp)

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """Load a kernel; None, to have it compiled, if there is none or it is damaged.

        Numba would first load all that it compiles with, a tenth of a small run; machine code asks for its runtime.
        """
        try:
            nrt.rtsys.initialize(target_context)
            with self._guard_against_spurious_io_errors():
                return self._load_overload(sig, target_context)
        except Exception:  # whatever a pickle of any bytes raises
            with suppress(OSError):
                self.flush()
            return None

    def save_overload(self, sig: Any, data: Any) -> None:
        """Keep a kernel; a full disk costs the next process a minute, not this one its work."""
        with suppress(OSError):
            try:
                super().save_overload(sig, data)
            except (pickle.UnpicklingError, EOFError, ValueError, TypeError, AttributeError, ImportError, IndexError):
                self.flush()  # the index is damaged
                super().save_overload(sig, data)


def keep(compiled: Any, function: Callable[..., Any], folder: Path, place: SharedPlace | None = None) -> None:
    """Have a compiled function keep its machine code in a folder, or in a place within it that copies share."""
    settings: Any = numba.config
    previous = settings.CACHE_DIR
    settings.CACHE_DIR = str(folder)
    try:
        compiled._cache = KernelCache(function, place)
    finally:
        settings.CACHE_DIR = previous
