"""The one place that knows Numba's options, each with its reason.

Kernels are compiled lazily (explicit signatures would compile at import), release the GIL so that plain threads
run them in parallel, and are cached on disk in a folder named by a hash of all kernel sources: Numba looks only at
the file a function stands in, so without it an edit of a callee would leave a stale cache behind.
"""

from __future__ import annotations

import hashlib
import importlib
import os
import sys
from collections.abc import Callable, MutableMapping
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import numba

from simfunnel.engine.apart import Apart
from simfunnel.engine.cache_folder import usable_folder
from simfunnel.engine.call_wrapper import leave_entries_plain
from simfunnel.engine.kernel_cache import SharedPlace, keep
from simfunnel.machine.process import ours

F = TypeVar("F", bound=Callable[..., Any])

leave_entries_plain()


ABOVE = (
    "bundle", "store", "history", "estimation", "forecast", "planning", "calibration", "diagnosis", "backtesting",
    "record", "batch", "report", "assistant", "cluster",
    "cli", "_scenarios",
)  # fmt: skip
"""Rooms that the engine imports nothing from, and the samples that a wheel holds; a kernel may hold a function or a
constant of every other one."""

_PACKAGE = Path(__file__).parents[1]
_NOT_FROM_C = {"no_cfunc_wrapper": True}
"""Only functions that are handed over as values are called so: a tenth of the time to compile a kernel."""
_NOT_FROM_PYTHON = {"no_cpython_wrapper": True, **_NOT_FROM_C}


@cache
def current_key() -> str:
    """Key of exactly these sources and this Numba: the name of the folder of their kernels."""
    return sources_key(_PACKAGE)


def cache_folder() -> Path | None:
    """Folder of the compiled kernels of exactly these sources and this Numba; None if none can be kept."""
    return usable_folder(current_key())


def sources_key(package: Path) -> str:
    """Hash of Numba's version and of every module that a kernel can import, and so hold something of."""
    digest = hashlib.sha256(numba.__version__.encode())
    for folder, rooms, files in os.walk(package):
        outside = (*ABOVE, "__main__.py", "__init__.py") if Path(folder) == package else ()
        rooms[:] = sorted(set(rooms).difference(outside))
        for name in sorted(set(files).difference(outside)):
            if name.endswith(".py"):
                digest.update(Path(folder, name).read_bytes())
    return digest.hexdigest()[:16]


def load_numba(modules: MutableMapping[str, Any] = sys.modules) -> None:
    """Load what Numba compiles with, before there are threads; in a process of ours without SciPy.

    Kernels that are kept need none of it. Numba looks whether SciPy's linear algebra is there, to compile products of
    matrices, which no kernel has. Loading it takes a fifth of a small run, so it is not found there.
    """
    if not ours() or "numba.np.arraymath" in modules or "scipy.linalg" in modules or _kept():
        return
    modules["scipy.linalg"] = None  # how Python marks a module that is not to be found
    try:
        importlib.import_module("numba.np.arraymath")
    finally:
        del modules["scipy.linalg"]


def _kept() -> bool:
    """Whether kernels of these sources are kept already."""
    folder = cache_folder()
    return folder is not None and any(folder.glob("*/*.nbi"))


def kernel(function: F) -> F:
    """Compile `function` on first call, without the GIL, and keep the machine code on disk.

    A kernel fills arrays that its caller has made and allocates nothing.
    """
    return _cached(function, _nrt=False, **_NOT_FROM_C)


def _cached(function: F, **options: Any) -> F:
    # error_model="numpy": a division by zero gives inf or nan, as in the plain-Python twin under NumPy scalars, and
    # loops stay branch-free. fastmath stays off but for fused operations: it breaks isnan, which marks what is unknown.
    compiled = _njit(function, **options)
    folder = cache_folder()
    if folder is not None and compiled is not function:  # with NUMBA_DISABLE_JIT nothing is compiled
        keep(compiled, function, folder, _place(function, folder))
    return compiled


def _place(function: Callable[..., Any], folder: Path) -> SharedPlace | None:
    """Place of a function of ours, whose sources the key tells all of; None, as Numba does it, of what others wrote."""
    file = Path(function.__code__.co_filename)
    if not file.is_relative_to(_PACKAGE):
        return None
    return SharedPlace(function, folder / ".".join(file.relative_to(_PACKAGE).parent.parts), current_key())


def inline(function: F) -> F:
    """Compile a small scalar function that only kernels call; LLVM inlines it there."""
    return _njit(function, _nrt=False, forceinline=True, **_NOT_FROM_PYTHON)


def called(function: F) -> F:
    """Compile a part of a kernel that only kernels call: Python cannot, and LLVM need not inline it.

    Half the time that a kernel of many tables takes to compile goes into taking them apart for Python, at each of its
    parts again.
    """
    return _njit(function, _nrt=False, **_NOT_FROM_PYTHON)


def apart(function: F) -> F:
    """Compile like `called`, for a loop over arrays of which no two share memory: it is several times as fast.

    LLVM believes it. Where a store could change what a table holds, it reads the table element by element.
    """
    return _njit(function, _nrt=False, pipeline_class=Apart, **_NOT_FROM_PYTHON)


def fused_kernel(function: F) -> F:
    """Compile like `kernel`, for loops of polynomials: a product and a sum are rounded once, as one operation.

    That is twice as fast, and the last bit may be another than on a processor without such operations: for what is
    compared with a random number, not for what is added up.
    """
    return _cached(function, _nrt=False, fastmath={"contract"}, **_NOT_FROM_C)


def fused_called(function: F) -> F:
    """Compile like `called`, with fused operations."""
    return _njit(function, _nrt=False, fastmath={"contract"}, **_NOT_FROM_PYTHON)


def fused_inline(function: F) -> F:
    """Compile like `inline`, for use inside a `fused_kernel`."""
    return _njit(function, _nrt=False, forceinline=True, fastmath={"contract"}, **_NOT_FROM_PYTHON)


def _njit(function: F, **options: Any) -> F:
    # _nrt=False: without Numba's reference counting, which costs 15 times the work of a kernel that hands tuples of
    # arrays to its helpers; forceinline: their arguments then never reach the stack. Neither is in Numba's type hints.
    decorate: Any = numba.njit
    compiled: F = decorate(nogil=True, error_model="numpy", **options)(function)
    return compiled
