"""Starting the processes that are measured. Imports nothing large: see `benchmarks.worker`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).parents[1]


def environment(**changes: str) -> dict[str, str]:
    """Environment of a measured process: byte code is kept, as in any installation."""
    kept = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    return {**kept, **changes}


def job(name: str, **arguments: Any) -> dict[str, Any]:
    """Run a job of `benchmarks.worker` in a fresh process."""
    text = json.dumps({"job": name, **arguments})
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.worker", text], cwd=ROOT, env=environment(),
        stdout=subprocess.PIPE, check=True,
    )  # fmt: skip
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def command(arguments: Sequence[str], changes: Mapping[str, str] | None = None) -> float:
    """Wall time of a `simfunnel` command, seconds, from before the interpreter starts to after it has gone."""
    started = time.perf_counter()
    subprocess.run(
        [sys.executable, "-m", "simfunnel", *arguments], cwd=ROOT, env=environment(**(changes or {})),
        stdout=subprocess.DEVNULL, check=True,
    )  # fmt: skip
    return time.perf_counter() - started


class Taken(NamedTuple):
    """What a process took."""

    seconds: float
    """As they passed."""
    of_processors: float
    """Seconds of processors."""
    mib: float
    """Largest resident memory."""


def measured(words: Sequence[str]) -> Taken:
    """Run a program of Python; where it fails, this program ends with its code."""
    started = time.perf_counter()
    process = subprocess.Popen([sys.executable, *words], cwd=ROOT, env=environment(), stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(process.returncode)
    return Taken(time.perf_counter() - started, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def commands(arguments: Sequence[str], repeats: int, changes: Mapping[str, str] | None = None) -> dict[str, float]:
    """Least and median wall time of a command."""
    found = sorted(command(arguments, changes) for _ in range(repeats))
    return {"min": found[0], "median": found[len(found) // 2], "repeats": repeats}
