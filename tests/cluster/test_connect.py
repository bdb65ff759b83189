"""What stands in the way of a cluster, as a sentence: addresses, versions, a scheduler that is lost."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from simfunnel.cluster import connect
from simfunnel.cluster.connect import on_cluster
from simfunnel.engine.run.executor import Threads, executor_of
from simfunnel.errors import InputError, SurroundingsError


@pytest.mark.parametrize("address", ["local", "local:0", "local:1000", "here:8786", "tcp://host", "http://host:1", ""])
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(InputError, match="--cluster: expected"), on_cluster(address):
        pass


def test_none_changes_nothing() -> None:
    with on_cluster(None):
        assert isinstance(executor_of(2), Threads)


def test_dask_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(InputError, match=r"pip install 'simfunnel\[cluster\]'"), on_cluster("local:2"):
        pass


def test_nobody_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("distributed", reason='distributed is not installed: pip install "simfunnel[cluster]"')
    monkeypatch.setattr(connect, "PATIENCE", 0.3)
    with (
        pytest.raises(SurroundingsError, match=r"no scheduler answers at tcp://127\.0\.0\.1:9"),
        on_cluster("tcp://127.0.0.1:9"),
    ):
        pass


def test_workers_with_other_versions_are_refused(cluster: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    own = connect.versions()
    monkeypatch.setattr(connect, "versions", _Lying(own))
    expected = f"would give other numbers: it has kernels {own['kernels']}, here 0123456789abcdef"
    with pytest.raises(SurroundingsError, match=re.escape(expected)), on_cluster(cluster.scheduler_address):
        pass


class _Lying:
    """Versions of the asking process that are not those of the workers, which have a module of their own."""

    def __init__(self, own: dict[str, Any]) -> None:
        self.own = own

    def __call__(self) -> dict[str, Any]:
        return {**self.own, "kernels": "0123456789abcdef"}

    def __reduce__(self) -> tuple[Any, ...]:
        return _theirs, ()


def _theirs() -> Any:
    return connect.versions


SCHEDULER = """
import sys, time
from distributed import LocalCluster
if __name__ == "__main__":
    with LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address="127.0.0.1:0", silence_logs=50) as cluster:
        print(cluster.scheduler_address, flush=True)
        time.sleep(600)
"""


class Endless:
    def __call__(self, first: int, count: int) -> Any:
        time.sleep(0.2)
        return first


def test_a_scheduler_that_is_lost_is_a_sentence_and_what_is_done_is_kept(tmp_path: Path) -> None:
    pytest.importorskip("distributed", reason='distributed is not installed: pip install "simfunnel[cluster]"')
    from simfunnel.engine.run.executor import ranges_of

    script = tmp_path / "scheduler.py"
    script.write_text(SCHEDULER, encoding="utf-8")
    paths = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}  # its worker knows the tests
    with (
        subprocess.Popen([sys.executable, str(script)], stdout=subprocess.PIPE, text=True, env=paths) as process,
        ExitStack() as at_last,
    ):
        at_last.callback(process.kill)
        assert process.stdout is not None
        address = process.stdout.readline().strip()
        done: list[int] = []

        def merge(first: int, part: int) -> None:
            done.append(part)
            if len(done) == 2:
                threading.Thread(target=process.kill).start()

        with (
            pytest.raises(SurroundingsError, match=re.escape(f"the scheduler of the cluster {address} was lost")),
            on_cluster(address),
        ):
            executor_of(None).map(Endless(), ranges_of(0, 500, 1), merge)
        assert 2 <= len(done) < 500


def test_a_command_runs_on_processes_of_this_machine(tmp_path: Path) -> None:
    pytest.importorskip("distributed", reason='distributed is not installed: pip install "simfunnel[cluster]"')

    def told(*asked: str) -> str:
        return subprocess.run(
            [sys.executable, "-m", "simfunnel", *asked], check=True, capture_output=True, text=True, cwd=tmp_path
        ).stdout

    told("init", "starter")
    asked = ["run", "starter/scenario.yaml", "--trials", "2000", "--json", "-q"]
    assert told(*asked, "--cluster", "local:1") == told(*asked)


@pytest.mark.skipif(os.name != "posix", reason="signals to a group of processes")
def test_an_interrupted_command_ends_its_processes_without_a_word_of_theirs(tmp_path: Path) -> None:
    pytest.importorskip("distributed", reason='distributed is not installed: pip install "simfunnel[cluster]"')
    subprocess.run(
        [sys.executable, "-m", "simfunnel", "init", "starter"], check=True, cwd=tmp_path, capture_output=True
    )
    asked = ["run", "starter/scenario.yaml", "--trials", "20M", "--cluster", "local:1", "-q"]
    with subprocess.Popen(
        [sys.executable, "-m", "simfunnel", *asked], cwd=tmp_path, text=True, start_new_session=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        # a shell may start us deaf to it
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler) and None,  # noqa: PLW1509
    ) as process, ExitStack() as at_last:  # fmt: skip
        at_last.callback(process.kill)
        time.sleep(8)
        os.killpg(process.pid, signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert process.returncode == 130 and out == ""
    assert "Traceback" not in err and err.rstrip().endswith("interrupted; nothing was written"), err
    until = time.monotonic() + 15
    while _there(process.pid) and time.monotonic() < until:  # the last of them is ending
        time.sleep(0.1)
    assert not _there(process.pid)


def _there(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True
