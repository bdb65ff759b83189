"""A second process that compiles one kernel while this one compiles the others: a first run takes half as long.

Threads cannot: Numba compiles under one lock. What the second process compiles it leaves in the cache on disk, where
this one then finds it. It is told the types of the arguments, so that it runs nothing, and ends with this process.
"""

from __future__ import annotations

import importlib
import os
import pickle
import subprocess
import sys
import threading
from contextlib import suppress
from typing import Any

import numba

from simfunnel.engine.cache_folder import cache_root
from simfunnel.engine.jit import cache_folder
from simfunnel.engine.run.cancel import check
from simfunnel.engine.run.executor import available_processors

_START = "import sys; sys.path[:] = {path}; from {module} import _work; _work()"
_LOOK = 0.05
"""Seconds after which a thread that waits looks whether its answer is still wanted."""


class SecondProcess:
    """A process that compiles what it is asked for first."""

    def __init__(self) -> None:
        self._asked: Any = None
        self._lock = threading.Lock()
        code = _START.format(path=[place for place in sys.path if place], module=__name__)
        self._process = subprocess.Popen(
            [sys.executable, "-c", code],
            stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip

    def ask(self, kernel: Any, arguments: tuple[Any, ...]) -> None:
        """Have it compile a kernel, the first that is asked for."""
        with self._lock:
            if self._asked is not None:
                return
            self._asked = kernel
            function = kernel.py_func
            order = function.__module__, function.__qualname__, tuple(map(numba.typeof, arguments))
            assert self._process.stdin is not None
            with suppress(OSError):  # it has ended: this process then compiles all
                pickle.dump(order, self._process.stdin)
                self._process.stdin.flush()

    def wait(self, kernel: Any) -> None:
        """Wait until it has compiled that kernel, or has failed to."""
        while kernel is self._asked and self._process.poll() is None:
            check()
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(_LOOK)


_second: SecondProcess | None = None


def begin() -> None:
    """Start the second process, where there are two processors and a cache to meet in."""
    global _second  # noqa: PLW0603 - one for this process, however many runs it begins
    folder = cache_folder()
    if _second is not None or folder is None or folder.parent != cache_root() or available_processors() == 1:
        return
    if not numba.config.DISABLE_JIT:  # type: ignore[attr-defined]
        with suppress(OSError):  # no more processes are allowed here
            _second = SecondProcess()


def ask(kernel: Any, *arguments: Any) -> None:
    """Have a kernel compiled for arguments like these, if there is a second process."""
    if _second is not None:
        _second.ask(kernel, arguments)


def wait(kernel: Any) -> None:
    """Wait for a kernel that was asked for; at once over where none was."""
    if _second is not None:
        _second.wait(kernel)


def _work() -> None:
    """Compile one kernel, in the second process."""
    importlib.import_module("simfunnel.engine.paths.run")  # while the first process reads its scenario
    try:
        module, name, signature = pickle.load(sys.stdin.buffer)
    except EOFError:  # the first process had nothing to compile
        return
    threading.Thread(target=_end_with_the_first, daemon=True).start()
    getattr(importlib.import_module(module), name).compile(signature)
    os._exit(0)


def _end_with_the_first() -> None:
    sys.stdin.buffer.read()
    os._exit(1)
