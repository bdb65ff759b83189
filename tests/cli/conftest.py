from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

SCENARIO = """\
version: 1
name: test
as_of: 2027-01-04
periods: {unit: quarter, count: 1}
stages:
  - {name: Demo, conversion: 0.5, duration: 20}
  - {name: Offer, conversion: 0.6, duration: {exponential: 20}}
pipeline: {file: deals.csv}
targets: [{period: 2027-Q1, amount: 1500}]
variants:
  weak: [{path: win_rate, scale: 0.5}]
simulation: {trials: 2000}
"""

DEALS = """\
id,stage,stage_entered,amount,owner
1,Demo,2026-12-20,1000,Ann
2,Offer,2026-12-22,2000,Bo
3,Offer,2026-12-28,500,Ann
4,Nowhere,2026-12-28,500,Ann
"""


@dataclass(frozen=True)
class Result:
    code: int
    out: str
    err: str


Run = Callable[..., Result]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A fresh working directory with a scenario and its pipeline."""
    monkeypatch.chdir(tmp_path)
    Path("scenario.yaml").write_text(SCENARIO, encoding="utf-8")
    Path("deals.csv").write_text(DEALS, encoding="utf-8")
    return tmp_path


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command line in this process."""
    from simfunnel.bundle import writer
    from simfunnel.cli import main

    def call(*arguments: str) -> Result:
        monkeypatch.setattr(sys, "argv", ["simfunnel", *arguments])
        monkeypatch.setattr(writer, "_COMPLETED", {})  # as in a process of its own
        with pytest.raises(SystemExit) as exit_:
            main()
        captured = capsys.readouterr()
        return Result(int(exit_.value.code or 0), captured.out, captured.err)

    return call


@pytest.fixture(scope="session")
def kept_windows() -> Any:
    from simfunnel.estimation.hindcast import Hindcasts

    return Hindcasts()


@pytest.fixture
def windows_once(kept_windows: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Forecast the past windows of a history once for all tests that learn from it: they are kept by its content."""
    from simfunnel.calibration import recipe

    monkeypatch.setattr(recipe, "Hindcasts", lambda: kept_windows)
