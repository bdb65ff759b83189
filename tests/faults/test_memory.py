"""What will not fit into memory is said before work begins, by whatever limits it."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from cli.conftest import SCENARIO, Run

from simfunnel.engine.run import memory
from simfunnel.engine.run.memory import refuse_beyond, refuse_too_many_deals
from simfunnel.errors import InputError
from simfunnel.machine import posix

from .conftest import Process

LIMITED = """
import resource, sys
import simfunnel.forecast.simulation  # what the kernels take is taken before the limit
resource.setrlimit(resource.RLIMIT_AS, (6 << 30, 6 << 30))
from simfunnel.errors import InputError
from simfunnel.forecast import simulate
try:
    simulate(sys.argv[1], trials=int(sys.argv[2]))
    print("computed")
except InputError as error:
    print(error)
"""


def limit(monkeypatch: pytest.MonkeyPatch, **limits: int) -> None:
    monkeypatch.setattr(
        memory, "memory_limits", lambda: {name.replace("_", " "): size for name, size in limits.items()}
    )


def test_the_least_of_all_limits_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    limit(monkeypatch, this_machine=64 << 30, the_control_group=2 << 30, ulimit=8 << 30)
    refuse_beyond(1 << 30, "a run", "ask for less")
    with pytest.raises(InputError, match="a run needs 4 GiB of memory, the control group leaves 2; ask for less"):
        refuse_beyond(4 << 30, "a run", "ask for less")


def test_where_nothing_is_known_nothing_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    limit(monkeypatch)
    refuse_beyond(1 << 60, "a run", "ask for less")


@pytest.mark.skipif(sys.platform != "linux", reason="limits are read from /proc and /sys")
def test_this_machine_says_how_much_there_is() -> None:
    found = posix.memory_limits()
    assert 0 < found["this machine"] < 1 << 50


@pytest.mark.parametrize(
    ("groups", "files", "left"),
    [
        ("0::/a/b", {"a/b/memory.max": "max", "a/memory.max": "1000", "a/memory.current": "300"}, 700),
        ("0::/elsewhere", {"memory.max": "5000", "memory.current": "100"}, 4900),
        (
            "0::/a",
            {"a/memory.max": "1000", "a/memory.current": "900", "a/memory.stat": "anon 1\ninactive_file 600"},
            700,
        ),
        (
            "4:cpu:/x\n7:memory:/m",
            {"memory/m/memory.limit_in_bytes": "800", "memory/m/memory.usage_in_bytes": "1"},
            799,
        ),
        ("0::/", {}, None),
        ("", {}, None),
        ("0::/a", {"a/memory.max": "max"}, None),
    ],
)
def test_control_groups_of_both_versions_are_read(
    groups: str, files: dict[str, str], left: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = {"/proc/self/cgroup": groups, **{f"/sys/fs/cgroup/{name}": text for name, text in files.items()}}
    monkeypatch.setattr(posix, "_text", lambda path: found.get(str(path), ""))
    assert posix._control_group() == left


@pytest.mark.skipif(sys.platform != "linux", reason="macOS does not hold a process to its address space")
def test_under_a_limit_what_does_not_fit_is_refused_at_once_and_what_fits_is_computed(
    folder: Path, python: Process
) -> None:
    done = python(LIMITED, "scenario.yaml", "60000000")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("a run of 60,000,000 trials")
    assert "address space" in done.stdout
    done = python(LIMITED, "scenario.yaml", "2000")
    assert done.stdout == "computed\n", done.stderr


@pytest.mark.parametrize("command", [("plan",), ("levers",), ("stress", "--no-grid"), ("compare", "scenario.yaml")])
def test_planning_refuses_at_once_what_does_not_fit(folder: Path, run: Run, command: tuple[str, ...]) -> None:
    Path("scenario.yaml").write_text(SCENARIO, encoding="utf-8")
    result = run(command[0], "scenario.yaml", *command[1:], "--trials", "1000000M", "--quiet")
    assert result.code == 2, result.err
    assert "GiB of memory" in result.err


def test_an_exact_law_that_does_not_fit_is_refused(folder: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    leads = "leads: [{name: in, stage: Demo, rate: {per: week, mean: 2, level_sd: 5}, amount: 900}]\n"
    Path("scenario.yaml").write_text(SCENARIO + leads, encoding="utf-8")
    limit(monkeypatch, this_machine=16 << 30)
    result = run("run", "scenario.yaml", "--method", "exact", "--quiet")
    assert result.code == 2
    assert "the exact law of so many leads needs" in result.err and "simulate it instead" in result.err


def test_exact_distributions_of_many_deals_are_refused_before_work_begins(monkeypatch: pytest.MonkeyPatch) -> None:
    limit(monkeypatch, ulimit=4 << 30)
    refuse_too_many_deals(1_000, 2)
    with pytest.raises(
        InputError,
        match=r"1,000,000 open deals needs 22\.9 GiB of memory, ulimit leaves 4; use --method simulate",
    ):
        refuse_too_many_deals(1_000_000, 2)
