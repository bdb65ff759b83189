"""The first run of a version: which process compiles what."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from simfunnel.engine.outcomes.run import OutcomeRun
from simfunnel.engine.paths.run import PathsRun
from simfunnel.engine.run.executor import Inline, running_on
from simfunnel.forecast import first_run
from simfunnel.forecast.inputs import prepare
from simfunnel.forecast.warm import warm_others

SCENARIO: dict[str, Any] = {
    "version": 1,
    "as_of": "2027-01-15",
    "periods": {"unit": "month", "count": 2},
    "stages": [{"name": "Proposal", "conversion": {"mean": 0.5, "n": 20}, "duration": {"gamma": {"mean": 9, "sd": 4}}}],
    "pipeline": {"opportunities": [{"id": 1, "stage": "Proposal", "amount": 100}]},
    "leads": [{"name": "web", "stage": "Proposal", "rate": {"per": "week", "mean": 1}, "amount": 5}],
    "pace": {"sd": 0.1},
    "closed": [{"period": "2027-01", "amount": 1}],
}
TERMS = [{"share": 1, "delay": 5}]


class _Other:
    """Stands for the second process."""

    def __init__(self, log: list[str]) -> None:
        self.log = log

    def wait(self) -> None:
        self.log.append("waited")

    def kill(self) -> None:
        self.log.append("killed")


@pytest.fixture
def log() -> list[str]:
    return []


@pytest.fixture
def cold(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, log: list[str]) -> list[str]:
    """A process of ours with two processors and an empty cache, which starts no real one; what it does."""

    def start(command: list[str], **_: object) -> _Other:
        log.append(" ".join(command[1:]))
        return _Other(log)

    monkeypatch.setattr(first_run, "ours", lambda: True)
    monkeypatch.setattr(first_run, "available_processors", lambda: 2)
    monkeypatch.setattr(first_run, "executor_of", lambda _: first_run.Threads(2))
    monkeypatch.setattr(first_run, "cache_root", lambda: tmp_path)
    monkeypatch.setattr(first_run, "current_key", lambda: "key")
    monkeypatch.setattr(first_run, "cache_folder", lambda: tmp_path / "key")
    monkeypatch.setattr(subprocess, "Popen", start)
    return log


def _watched(monkeypatch: pytest.MonkeyPatch, kind: type[Any], log: list[str]) -> None:
    monkeypatch.setattr(kind, "compile_walk", lambda _: log.append("compiled"))


def test_a_second_process_compiles_the_rest_meanwhile(monkeypatch: pytest.MonkeyPatch, cold: list[str]) -> None:
    _watched(monkeypatch, PathsRun, cold)
    first_run.compile_in_two(PathsRun.prepare(prepare({**SCENARIO, "payment_terms": TERMS}).model(), 1))
    assert cold == ["-P -m simfunnel.forecast.warm paths", "compiled", "waited", "killed", "waited"]


def test_it_is_told_by_which_kernel_deals_are_counted(monkeypatch: pytest.MonkeyPatch, cold: list[str]) -> None:
    _watched(monkeypatch, OutcomeRun, cold)
    first_run.compile_in_two(OutcomeRun.prepare(prepare(SCENARIO).model(), 1))
    assert cold[0].endswith("outcomes")


def test_an_interrupt_stops_it(monkeypatch: pytest.MonkeyPatch, cold: list[str]) -> None:
    def interrupted(_: PathsRun) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(PathsRun, "compile_walk", interrupted)
    with pytest.raises(KeyboardInterrupt):
        first_run.compile_in_two(PathsRun.prepare(prepare(SCENARIO).model(), 1))
    assert cold[1:] == ["killed", "waited"]


def test_where_no_process_can_be_started_this_one_compiles(monkeypatch: pytest.MonkeyPatch, cold: list[str]) -> None:
    def refused(*_: object, **__: object) -> None:
        raise BlockingIOError("no more processes")

    monkeypatch.setattr(subprocess, "Popen", refused)
    _watched(monkeypatch, PathsRun, cold)
    first_run.compile_in_two(PathsRun.prepare(prepare(SCENARIO).model(), 1))
    assert cold == ["compiled"]


def test_what_goes_wrong_while_compiling_is_not_hidden(monkeypatch: pytest.MonkeyPatch, cold: list[str]) -> None:
    def failed(_: PathsRun) -> None:
        raise OSError("disk")

    monkeypatch.setattr(PathsRun, "compile_walk", failed)
    with pytest.raises(OSError, match="disk"):
        first_run.compile_in_two(PathsRun.prepare(prepare(SCENARIO).model(), 1))


@pytest.mark.parametrize(
    "why", ["a library", "one processor", "kept", "a private cache", "no cache", "elsewhere", "plain"]
)
def test_else_none_is_started(why: str, monkeypatch: pytest.MonkeyPatch, cold: list[str], tmp_path: Path) -> None:
    scenario = SCENARIO
    match why:
        case "a library":
            monkeypatch.setattr(first_run, "ours", lambda: False)
        case "one processor":
            monkeypatch.setattr(first_run, "available_processors", lambda: 1)
        case "kept":
            kept = tmp_path / "key" / "paths_1"
            kept.mkdir(parents=True)
            (kept / "open_deals.open_deals_block-55.py311.nbi").write_bytes(b"")
        case "a private cache":
            monkeypatch.setattr(first_run, "cache_folder", lambda: tmp_path / "other")
        case "no cache":
            monkeypatch.setattr(first_run, "cache_folder", lambda: None)
        case "elsewhere":
            monkeypatch.setattr(first_run, "executor_of", lambda _: Inline())
        case "plain":
            stage = {"name": "Proposal", "conversion": 0.5, "duration": {"exponential": 10}}
            scenario = {**SCENARIO, "stages": [stage], "pace": {"sd": 0}}
    first_run.compile_in_two(OutcomeRun.prepare(prepare(scenario).model(), 1))
    assert cold == []


def test_an_executor_elsewhere_is_seen() -> None:
    with running_on(Inline()):
        assert not isinstance(first_run.executor_of(None), first_run.Threads)


@pytest.mark.parametrize("kernel", ["paths", "outcomes"])
def test_what_the_other_process_runs_can_be_run(kernel: str) -> None:
    warm_others(kernel)


@pytest.mark.slow
@pytest.mark.parametrize("terms", [TERMS, []], ids=["paths", "outcomes"])
def test_both_together_compile_all_that_a_run_needs(terms: list[Any], tmp_path: Path) -> None:
    """Of a run of the same kind nothing is left to compile but what adds up its results."""
    kernel = "paths" if terms else "outcomes"
    code = f"""
import os, sys
from pathlib import Path
os.environ["SIMFUNNEL_CACHE_DIR"] = {str(tmp_path)!r}
from simfunnel.forecast.inputs import prepare
from simfunnel.forecast.warm import warm_others
from simfunnel.engine.outcomes.run import OutcomeRun
from simfunnel.engine.paths.run import PathsRun
from simfunnel.engine.run.blocks import run_blocks
kept = lambda: sorted(path.name for path in Path({str(tmp_path)!r}).rglob("*.nbi"))
warm_others({kernel!r})
assert not [name for name in kept() if "open_deals_block" in name], kept()
kind = {"PathsRun" if terms else "OutcomeRun"}
run = kind.prepare(prepare({ {**SCENARIO, "payment_terms": terms}!r}).model(), 1)
run.compile_walk()
before = kept()
assert [name for name in before if "open_deals_block" in name], before
run_blocks(run, 0, 700, threads=2)
assert kept() == before, set(kept()) - set(before)
"""
    subprocess.run([sys.executable, "-c", code], check=True)
