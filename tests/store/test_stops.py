"""A stop at any file operation: what was reported kept is there, nothing is half there, and the next command works."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from bundle.test_stops import COMPILER, library, work  # noqa: F401 (fixtures)

HERE = Path(__file__).parent
pytestmark = [
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="preloads a library and reads /proc"),
    pytest.mark.skipif(COMPILER is None, reason="no C compiler: install gcc and libc6-dev"),
]
IN_CI = 20


def stops(library: Path, how: str, work: Path, wanted: int = IN_CI) -> list[dict[str, Any]]:  # noqa: F811
    done = subprocess.run(
        [sys.executable, str(HERE / "stopping.py"), str(library), how, str(work), str(wanted)],
        env={**os.environ, "LD_PRELOAD": str(library)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    result = [json.loads(line) for line in done.stdout.splitlines()]
    if not result:
        pytest.skip("this Python has SQLite built in: its file operations cannot be counted")
    assert {stop["beginning"] for stop in result} == {"nothing", "1"}
    for stop in result:
        old, new = stop["beginning"], stop["new"]
        assert stop["found"] in {old, new}, stop
        assert stop["end"] != "done" or stop["found"] == new, stop
        assert stop["mended"] == "done" and stop["after"] == str(int(new) + 1), stop
        assert stop["left"] == ["kept.db"], stop
    return result


def check_kills(found: list[dict[str, Any]]) -> None:
    assert {stop["end"] for stop in found} == {"killed"}
    for beginning in ("nothing", "1"):  # in time: what was there, then what is new, and never back
        order = [stop["found"] == stop["new"] for stop in found if stop["beginning"] == beginning]
        assert order == sorted(order)


def test_after_a_kill_there_is_the_old_or_the_new_and_the_next_command_works(library: Path, work: Path) -> None:  # noqa: F811
    found = stops(library, "kill", work)
    assert len(found) >= IN_CI
    check_kills(found)


@pytest.mark.slow
def test_kills_before_every_operation(library: Path, work: Path) -> None:  # noqa: F811
    found = stops(library, "kill", work, 0)
    check_kills(found)
    assert {stop["kind"] for stop in found} >= {"write", "half a write", "fsync", "unlink"}
    assert {stop["found"] for stop in found} == {"nothing", "1", "2"}
    print(len(found))


@pytest.mark.parametrize("how", ["full", "readonly", "fail"])
def test_a_disk_that_fails_is_one_sentence_and_changes_nothing(how: str, library: Path, work: Path) -> None:  # noqa: F811
    found = stops(library, how, work, 6)
    assert {stop["end"] for stop in found} <= {"clean error", "done"}
    assert sum(stop["end"] == "clean error" for stop in found) >= 2
    for stop in found:
        assert stop["end"] == "done" or stop["found"] == stop["beginning"] or how == "fail", stop
