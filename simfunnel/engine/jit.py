"""The one place that knows Numba's options, each with its reason.

Kernels are compiled lazily (explicit signatures would compile at import), release the GIL so that plain threads
run them in parallel, and are cached on disk in a folder named by a hash of all kernel sources: Numba looks only at
the file a function stands in, so without it an edit of a callee would leave a stale cache behind.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import numba

F = TypeVar("F", bound=Callable[..., Any])

CACHE_VARIABLE = "SIMFUNNEL_CACHE_DIR"


ABOVE = ("forecast", "planning", "report", "cli")
"""Rooms that the engine imports nothing from. A kernel may hold a function or a constant of every other one."""


@cache
def cache_folder() -> Path:
    """Folder of the compiled kernels of exactly these sources and this Numba."""
    return cache_root() / sources_key(Path(__file__).parents[1])


def sources_key(package: Path) -> str:
    """Hash of Numba's version and of every module that a kernel can import, and so hold something of."""
    digest = hashlib.sha256(numba.__version__.encode())
    found = sorted(path.relative_to(package) for path in package.rglob("*.py"))
    for path in found:
        if path.parts[0] not in (*ABOVE, "__main__.py", "__init__.py"):
            digest.update((package / path).read_bytes())
    return digest.hexdigest()[:16]


def cache_root() -> Path:
    """Folder that holds the kernel caches of all versions: `SIMFUNNEL_CACHE_DIR`, else the user's cache folder."""
    if named := os.environ.get(CACHE_VARIABLE):
        return Path(named)
    from platformdirs import user_cache_path

    return user_cache_path("simfunnel", appauthor=False) / "kernels"


def kernel(function: F) -> F:
    """Compile `function` on first call, without the GIL, and keep the machine code on disk.

    A kernel fills arrays that its caller has made and allocates nothing.
    """
    return _cached(function, _nrt=False)


def allocating_kernel(function: F) -> F:
    """Compile like `kernel`, for functions off the hot path that make arrays of their own."""
    return _cached(function)


def _cached(function: F, **options: Any) -> F:
    # error_model="numpy": a division by zero gives inf or nan, as in the plain-Python twin under NumPy scalars, and
    # loops stay branch-free. fastmath stays off: it breaks isnan, which marks what is unknown.
    settings: Any = numba.config
    previous = settings.CACHE_DIR
    settings.CACHE_DIR = str(cache_folder())
    try:
        return _njit(function, cache=True, **options)
    finally:
        settings.CACHE_DIR = previous


def inline(function: F) -> F:
    """Compile a small scalar function for use inside kernels only; LLVM inlines it there."""
    return _njit(function, _nrt=False, forceinline=True)


def _njit(function: F, **options: Any) -> F:
    # _nrt=False: without Numba's reference counting, which costs 15 times the work of a kernel that hands tuples of
    # arrays to its helpers; forceinline: their arguments then never reach the stack. Neither is in Numba's type hints.
    decorate: Any = numba.njit
    compiled: F = decorate(nogil=True, error_model="numpy", **options)(function)
    return compiled
