"""A stop at every file operation, below Python: a reader never gets a mixture, and the next writer mends."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
COMPILER = shutil.which("cc") or shutil.which("gcc")
pytestmark = [
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="preloads a library and reads /proc"),
    pytest.mark.skipif(COMPILER is None, reason="no C compiler: install gcc and libc6-dev"),
]
KINDS = {"open", "write", "half a write", "fsync", "rename", "unlink", "mkdir", "rmdir"}
"""Of the operations before which a writer is stopped, counted by the library itself."""


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("library") / "interpose.so"
    command = [
        str(COMPILER),
        "-shared",
        "-fPIC",
        "-O1",
        "-Wall",
        "-Werror",
        "-o",
        str(path),
        str(HERE / "interpose.c"),
        "-ldl",
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return path


@pytest.fixture
def work(tmp_path: Path) -> Iterator[Path]:
    """A folder in memory where there is one: a thousand writers wait for the disk several times each."""
    memory = Path("/dev/shm")
    if not os.access(memory, os.W_OK):
        yield tmp_path
        return
    with tempfile.TemporaryDirectory(dir=memory) as name:
        yield Path(name)


def stops(library: Path, how: str, work: Path, again: str = "once") -> list[dict[str, Any]]:
    done = subprocess.run(
        [sys.executable, str(HERE / "stopping.py"), str(library), how, str(work), again],
        env={**os.environ, "LD_PRELOAD": str(library)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    result = [json.loads(line) for line in done.stdout.splitlines()]
    assert {stop["beginning"] for stop in result} == {"nothing", "generation 1"}, "no operation was counted"
    return result


def old(stop: dict[str, Any]) -> str:
    return "nothing" if stop["beginning"] == "nothing" else "1"


def test_after_a_kill_a_reader_has_the_old_or_the_new_or_a_refusal_and_the_next_writer_mends(
    library: Path, work: Path
) -> None:
    found = stops(library, "kill", work, "again")
    for stop in found:
        assert stop["end"] == "killed" and stop["mended"], stop
        assert stop["found"] in {old(stop), "2"} or stop["found"].startswith("refused"), stop
        for second in stop.get("again", ()):
            assert second["end"] == "killed" and second["mended"], second
            assert second["found"] in {"2", "3"} or second["found"].startswith("refused"), second
    assert {stop["kind"] for stop in found} >= KINDS
    assert any("again" in stop for stop in found)
    for beginning in ("nothing", "generation 1"):
        order = [stop["found"] for stop in found if stop["beginning"] == beginning]
        refused = [i for i, what in enumerate(order) if what.startswith("refused")]
        assert len(refused) >= 5 and order[-1] == "2"
        # in time: the old files, then refusals without a gap, then the new files
        assert refused == list(range(refused[0], refused[-1] + 1))
        assert set(order[: refused[0]]) == {"nothing" if beginning == "nothing" else "1"}
        assert set(order[refused[-1] + 1 :]) == {"2"}


def test_after_ctrl_c_what_is_said_is_true(library: Path, work: Path) -> None:
    found = stops(library, "interrupt", work)
    for stop in found:
        assert stop["mended"], stop
        if stop["end"] == "interrupted, said: nothing written":
            assert stop["found"] == old(stop), stop
            assert not [name for name in stop["left"] if name.startswith(".")], stop
        else:
            assert stop["end"] in {"interrupted, said: written", "done"} and stop["found"] == "2", stop
    assert {"interrupted, said: nothing written", "interrupted, said: written"} <= {stop["end"] for stop in found}


@pytest.mark.parametrize("how", ["full", "readonly"])
def test_a_disk_without_room_is_a_clean_error_that_leaves_the_old_files(how: str, library: Path, work: Path) -> None:
    found = stops(library, how, work)
    for stop in found:
        assert stop["mended"], stop
        assert (stop["end"], stop["found"]) in {("clean error", old(stop)), ("done", "2")}, stop
        assert not [name for name in stop["left"] if name.startswith(".")], stop
    assert sum(stop["end"] == "clean error" for stop in found) > 10


def test_a_failing_disk_is_a_clean_error_and_never_a_mixture(library: Path, work: Path) -> None:
    for stop in stops(library, "fail", work):
        assert stop["end"] in {"clean error", "done"} and stop["mended"], stop
        assert stop["found"] in {old(stop), "2"} or stop["found"].startswith("refused"), stop
        assert stop["end"] == "clean error" or stop["found"] == "2", stop
