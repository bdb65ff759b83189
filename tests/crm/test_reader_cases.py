"""Small exports with the right answer beside them, kept outside the project."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

LEAST_BEST = 64
"""Cases of which the best of several right readings is given, not only a refusal."""


@pytest.fixture(scope="module")
def folder() -> Path:
    beside = Path(__file__).resolve().parents[3] / "shared" / "reader_cases"
    found = Path(os.environ.get("SIMFUNNEL_READER_CASES", beside))
    if not (found / "check").is_file():
        pytest.skip("no reader cases: set SIMFUNNEL_READER_CASES to their folder")
    return found


def checked(folder: Path, *options: str) -> tuple[int, int, str]:
    """Run the check; give the cases that pass, the cases, and what it said."""
    command = Path(sys.executable).parent / "simfunnel"
    if not command.exists():
        pytest.skip("the command simfunnel is not installed beside this Python")
    arguments = [sys.executable, str(folder / "check"), "--simfunnel", str(command), "--trials", "500", *options]
    done = subprocess.run([*arguments, str(folder)], capture_output=True, text=True, check=False, timeout=1200)
    passed, of, *_ = done.stdout.strip().splitlines()[-1].replace(" of ", " ").split()
    return int(passed), int(of), done.stdout


@pytest.mark.slow
def test_every_reader_case_is_read_right_or_refused(folder: Path) -> None:
    passed, cases, said = checked(folder)
    assert passed == cases, said


@pytest.mark.slow
def test_most_reader_cases_are_read_in_the_best_way(folder: Path) -> None:
    passed, _, said = checked(folder, "--best")
    assert passed >= LEAST_BEST, said
