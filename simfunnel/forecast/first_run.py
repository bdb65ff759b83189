"""The first run of a version: its kernels are compiled by two processes, for Numba compiles one at a time in each.

The kernel of open deals takes as long as all others together. So this process compiles that one, a second one the
others, on a small model; then this one finds them all in the cache. Where that cannot be had, it compiles for itself.
"""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

from simfunnel.engine.cache_folder import cache_root
from simfunnel.engine.jit import cache_folder, current_key
from simfunnel.engine.outcomes.run import OutcomeRun
from simfunnel.engine.run.executor import Threads, available_processors, executor_of
from simfunnel.machine.process import ours

if TYPE_CHECKING:
    from simfunnel.engine.paths.run import PathsRun

_LARGEST = "open_deals_block"
"""The kernel whose compilation is worth a process."""


def compile_in_two(run: PathsRun | OutcomeRun) -> None:
    """Compile what a run needs, if it walks open deals and nothing is kept yet: the rest in a second process."""
    if not (run.walks and _worth_it()):
        return
    other = _others_compiled("outcomes" if isinstance(run, OutcomeRun) else "paths")
    try:
        run.compile_walk()
        if other:
            other.wait()
    finally:
        if other:  # if this process is interrupted, so is that one
            other.kill()
            other.wait()


def _worth_it() -> bool:
    """Whether this process is ours, has two processors, and finds nothing in a cache that others see, too."""
    if not ours() or available_processors() < 2 or not isinstance(executor_of(None), Threads):
        return False
    folder = cache_folder()
    return folder == cache_root() / current_key() and not any(folder.glob(f"*/*{_LARGEST}*.nbi"))


def _others_compiled(kernel: str) -> subprocess.Popen[bytes] | None:
    """Start another process that compiles what `warm_others` runs; None where there can be none."""
    # -P: a file in the user's folder must not stand for a module of Python's
    command = [sys.executable, "-P", "-m", "simfunnel.forecast.warm", kernel]
    silent = subprocess.DEVNULL  # what it says, nobody should read: what it fails to do, this process does
    try:
        return subprocess.Popen(command, stdin=silent, stdout=silent, stderr=silent)
    except OSError:
        return None
