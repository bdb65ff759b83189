"""A second process that compiles some kernels while this one compiles the others: a first run takes half as long.

Threads cannot: Numba compiles under one lock. What the second process compiles it leaves in the cache on disk, where
this one then finds it. It is told the types of the arguments, so that it runs nothing, and ends with this process.
"""

from __future__ import annotations

import atexit
import gc
import importlib
import os
import pickle
import queue
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
    """A process that compiles what it is asked for, in that order."""

    def __init__(self) -> None:
        code = _START.format(path=[place for place in sys.path if place], module=__name__)
        self._process = subprocess.Popen(
            [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        self._asked: dict[int, threading.Event] = {}
        self._lock = threading.Lock()
        self._over = False
        self._listening = threading.Thread(target=self._listen, daemon=True)
        self._listening.start()
        atexit.register(self.end)

    def end(self) -> None:
        """End it, whatever it does."""
        self._process.kill()
        self._process.wait()
        self._listening.join()

    def ask(self, kernel: Any, arguments: tuple[Any, ...]) -> None:
        """Have it compile a kernel, unless it was asked for that or has gone."""
        function = kernel.py_func
        order = function.__module__, function.__qualname__, tuple(map(numba.typeof, arguments))
        assert self._process.stdin is not None
        with self._lock:
            if self._over or id(kernel) in self._asked:
                return
            with suppress(OSError):  # it has ended, and will be heard to
                pickle.dump(order, self._process.stdin)
                self._process.stdin.flush()
                self._asked[id(kernel)] = threading.Event()

    def wait(self, kernel: Any) -> None:
        """Wait until it has compiled that kernel, or has failed to."""
        compiled = self._asked.get(id(kernel))
        while compiled is not None and not compiled.wait(_LOOK):
            check()

    def _listen(self) -> None:
        """Hear of each kernel that is compiled, in order; let the process go when it has compiled all."""
        assert self._process.stdin is not None and self._process.stdout is not None
        done = 0
        while self._process.stdout.read(1):
            with self._lock:
                done += 1
                list(self._asked.values())[done - 1].set()
                if done == len(self._asked):
                    break
        with self._lock:
            self._over = True
            for compiled in self._asked.values():
                compiled.set()
            with suppress(OSError):
                self._process.stdin.close()
            self._process.stdout.close()


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
    """Compile what is asked for, in the second process."""
    gc.disable()  # it does not live long, and collecting takes a fifteenth of the time
    orders: queue.SimpleQueue[Any] = queue.SimpleQueue()
    threading.Thread(target=_hear, args=(orders,), daemon=True).start()
    importlib.import_module("simfunnel.engine.paths.run")  # while the first process reads its scenario
    while True:
        module, name, signature = orders.get()
        getattr(importlib.import_module(module), name).compile(signature)
        sys.stdout.buffer.write(b".")
        sys.stdout.buffer.flush()


def _hear(orders: queue.SimpleQueue[Any]) -> None:
    """Take orders; end with the first process, or when it closes the line."""
    while True:
        try:
            orders.put(pickle.load(sys.stdin.buffer))
        except EOFError:
            os._exit(0)
