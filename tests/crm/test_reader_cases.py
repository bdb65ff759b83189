"""Small exports with the right answer beside them, kept outside the project: read here in one process."""

from __future__ import annotations

import contextlib
import importlib.util
import io
import os
import subprocess
import sys
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from simfunnel.cli import main

LEAST_BEST = 64
"""Cases of which the best of several right answers is given, not only a refusal."""


@pytest.fixture(scope="module")
def folder() -> Path:
    beside = Path(__file__).resolve().parents[3] / "shared" / "reader_cases"
    found = Path(os.environ.get("SIMFUNNEL_READER_CASES", beside))
    if not (found / "check").is_file():
        pytest.skip("no reader cases: set SIMFUNNEL_READER_CASES to their folder")
    return found


@pytest.fixture(scope="module")
def check(folder: Path) -> ModuleType:
    """Load the script that compares, without leaving anything beside it."""
    loader = SourceFileLoader("reader_check", str(folder / "check"))
    spec = importlib.util.spec_from_loader("reader_check", loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    written, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    try:
        loader.exec_module(module)
    finally:
        sys.dont_write_bytecode = written
    return module


def command(arguments: list[str], cwd: Path, **_: Any) -> subprocess.CompletedProcess[str]:
    """Run the command line in this process."""
    out, err = io.StringIO(), io.StringIO()
    before, argv = Path.cwd(), sys.argv
    os.chdir(cwd)
    sys.argv = ["simfunnel", *arguments[1:]]
    code = 0
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            try:
                main()
            except SystemExit as done:
                code = int(done.code or 0)
    finally:
        sys.argv = argv
        os.chdir(before)
    return subprocess.CompletedProcess(arguments, code, out.getvalue(), err.getvalue())


def test_every_case_is_read_right_or_refused_and_most_in_the_best_way(
    folder: Path, check: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: dict[Path, subprocess.CompletedProcess[str]] = {}

    def once(arguments: list[str], cwd: Path, **options: Any) -> subprocess.CompletedProcess[str]:
        if cwd not in done:
            done[cwd] = command(arguments, cwd, **options)
        return done[cwd]

    monkeypatch.setattr(check.subprocess, "run", once)
    cases = sorted(path.parent for path in folder.glob("*/expect.json"))
    faults = {case.name: said for case in cases if (said := check.judge(case, "simfunnel", 2000, False))}
    best = [case.name for case in cases if not check.judge(case, "simfunnel", 2000, True)]
    assert cases and not faults
    assert len(best) >= LEAST_BEST
