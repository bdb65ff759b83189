"""A second process compiles a kernel beside the first: what it leaves is found, what it fails at is not missed."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals")

BEGIN = """
import os, signal, sys, threading
import numpy as np
from simfunnel.engine.run import beside
from simfunnel.engine.run.cancel import CancelledError, cancellable
from simfunnel.engine.summary.column_kernels import squares, sums
beside.available_processors = lambda: int(sys.argv[1])
beside.begin()
"""
ASK = (
    BEGIN
    + """
beside.ask(sums, np.arange(3))
beside.ask(squares, np.arange(3), 1.0)
beside.ask(sums, np.arange(3))
"""
)
THEN = """
beside.wait(squares)
beside.wait(sums)
found = list(map(int, sums(np.arange(5)))), squares(np.arange(5), 2.0)
print(*found, *(sum(kernel.stats.cache_hits.values()) for kernel in (sums, squares)))
"""


def _run(code: str, cache: Path, *, processors: int = 2, jit: bool = True) -> subprocess.CompletedProcess[str]:
    own = {"SIMFUNNEL_CACHE_DIR": str(cache), "NUMBA_DISABLE_JIT": "0" if jit else "1"}
    return subprocess.run(
        [sys.executable, "-c", code, str(processors)],
        capture_output=True, text=True, env={**os.environ, **own}, timeout=60, check=False,
    )  # fmt: skip


def test_what_it_compiled_is_found(tmp_path: Path) -> None:
    done = _run(ASK + THEN, tmp_path)
    assert (done.stdout.strip(), done.stderr) == ("[10, 0, 0, 4] 10.0 1 1", "")


def test_without_it_the_first_compiles_all(tmp_path: Path) -> None:
    killed = "beside._second._process.kill()\n"
    cases = ((BEGIN + killed + ASK.removeprefix(BEGIN), 2), (ASK + killed, 2), (ASK, 1))
    for i, (code, processors) in enumerate(cases):
        done = _run(code + THEN, tmp_path / str(i), processors=processors)
        assert (done.stdout.strip(), done.stderr) == ("[10, 0, 0, 4] 10.0 0 0", "")


def test_none_is_started_where_nothing_is_compiled(tmp_path: Path) -> None:
    done = _run(ASK + "print(beside._second)", tmp_path, jit=False)
    assert (done.stdout.strip(), done.stderr) == ("None", "")


def test_waiting_is_left_off_when_the_answer_is_not_wanted(tmp_path: Path) -> None:
    code = (
        ASK
        + """
os.kill(beside._second._process.pid, signal.SIGSTOP)
event = threading.Event()
threading.Timer(0.2, event.set).start()
with cancellable(event):
    try:
        beside.wait(sums)
    except CancelledError:
        print("left off")
os.kill(beside._second._process.pid, signal.SIGKILL)
"""
    )
    done = _run(code, tmp_path)
    assert (done.stdout.strip(), done.stderr) == ("left off", "")


@pytest.mark.parametrize("asked", [True, False])
def test_it_ends_with_the_first(tmp_path: Path, asked: bool) -> None:
    code = (ASK if asked else BEGIN) + "print(beside._second._process.pid, flush=True)\nos.kill(os.getpid(), 9)"
    pid = int(_run(code, tmp_path).stdout)
    end = time.monotonic() + 30
    while time.monotonic() < end and _running(pid):
        time.sleep(0.05)
    assert not _running(pid)


def _running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    state = Path(f"/proc/{pid}/stat")  # one whose parent has gone may wait for somebody to take note of its end
    return not state.exists() or state.read_text("utf-8").rpartition(")")[2].split()[0] != "Z"
