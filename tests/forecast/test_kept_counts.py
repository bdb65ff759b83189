"""A long run that is stopped goes on to the same bytes; what is damaged or of another run is never taken."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import pickle
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from helpers import JIT

from simfunnel import InputError
from simfunnel.engine.run.executor import Inline, running_on
from simfunnel.forecast import counting, kept_counts, simulate
from simfunnel.forecast.kept_counts import NAME
from simfunnel.report.faces.base import as_json
from simfunnel.shown import face_of

SCENARIO = {
    "version": 1, "as_of": "2027-01-04", "periods": {"unit": "quarter", "count": 2},
    "stages": [{"name": "Offer", "conversion": 0.6, "duration": {"exponential": 40}}],
    "pipeline": {"opportunities": [
        {"id": f"D{i}", "stage": "Offer", "stage_entered": "2027-01-01", "amount": 10 ** (1 + i), "owner": "AB"[i % 2]}
        for i in range(6)
    ]},
    "leads": [{"name": "web", "stage": "Offer", "rate": {"per": "week", "mean": 1}, "amount": {"exponential": 100}}],
    "targets": [{"period": "2027-Q1", "amount": 2000}, {"period": "total", "amount": 1e15}],
    "payment_terms": [{"share": 1.0, "delay": 30}],
}  # fmt: skip
TRIALS, CHUNK = 5_003, 700


@pytest.fixture(autouse=True)
def _kept_after_every_chunk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counting, "FEWEST", CHUNK)
    monkeypatch.setattr(counting, "MOST", CHUNK)
    monkeypatch.setattr(kept_counts, "EVERY", 0.0)
    monkeypatch.setattr(kept_counts, "SHARE", 0.0)


class StopError(Exception):
    pass


def run(folder: Path | None, *, stop_at: float | None = None, scenario: Any = SCENARIO, **more: Any) -> str:
    """JSON of the run; stopped after so many trials of the two readings, as progress counts them."""

    def progress(done: int, _of: int) -> None:
        seen.append(done)
        if stop_at is not None and done >= stop_at:
            raise StopError

    seen: list[int] = []
    asked = {"trials": TRIALS, "seed": 3, "samples": False, "progress": progress, **more}
    try:
        return as_json(face_of(simulate(scenario, resume=folder, **asked)).keys())
    finally:
        run.first = seen[0] if seen else TRIALS  # type: ignore[attr-defined]


@pytest.fixture(scope="module")
def undisturbed() -> str:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(counting, "FEWEST", CHUNK)
        patched.setattr(counting, "MOST", CHUNK)
        return run(None)


def stopped(folder: Path, at: float) -> None:
    with pytest.raises(StopError):
        run(folder, stop_at=at)


def test_stopped_again_and_again_it_goes_on_to_the_same_bytes(undisturbed: str, tmp_path: Path) -> None:
    begun = []
    for at in (900, 1_500, 2_499, 2_500, 3_000, 4_800):  # the second reading begins at one half
        stopped(tmp_path, at)
        begun.append(run.first)  # type: ignore[attr-defined]
    assert run(tmp_path) == undisturbed
    assert begun == sorted(begun) and begun[-1] > TRIALS / 2 and run.first > 4_000  # type: ignore[attr-defined]


def test_workers_elsewhere_and_threads_go_on_with_what_the_other_has_begun(undisturbed: str, tmp_path: Path) -> None:
    assert run_elsewhere(None) == undisturbed
    for elsewhere in (True, False, True, False):
        begin, other = (run_elsewhere, run) if elsewhere else (run, run_elsewhere)
        for at in (1_600, 3_900):
            with pytest.raises(StopError):
                begin(tmp_path, stop_at=at)
        assert other(tmp_path) == undisturbed
        assert run.first > 3_000  # type: ignore[attr-defined]
        kept_counts.clear(tmp_path)


class Backwards(Inline):
    """In line, the last range first: its parts are counts, as those of a cluster are."""

    def map(self, task: Any, ranges: Any, merge: Any, progress: Any = None) -> None:
        super().map(task, reversed(list(ranges)), merge, progress)


def run_elsewhere(folder: Path | None, **more: Any) -> str:
    with running_on(Backwards()):
        return run(folder, **more)


def test_after_the_last_trial_nothing_is_simulated_again(undisturbed: str, tmp_path: Path) -> None:
    run(tmp_path)
    assert run(tmp_path) == undisturbed
    assert run.first == TRIALS  # type: ignore[attr-defined]
    kept_counts.clear(tmp_path)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(("change", "named"), [
    ({"seed": 4}, "seed: 3 there, 4 now"),
    ({"trials": TRIALS + 1}, "trials: 5003 there, 5004 now"),
    ({"overrides": ["stages.Offer.conversion=0.5"]}, "scenario: "),
    ({"kernel": "paths"}, "kernel: "),
])  # fmt: skip
def test_counts_of_another_run_are_refused_unless_forced(tmp_path: Path, change: dict[str, Any], named: str) -> None:
    scenario = {key: value for key, value in SCENARIO.items() if key != "payment_terms"}  # which outcomes can serve
    with pytest.raises(StopError):
        run(tmp_path, stop_at=1_500, scenario=scenario)
    before = (tmp_path / NAME).read_bytes()
    with pytest.raises(InputError) as refused:
        run(tmp_path, scenario=scenario, **change)
    assert named in str(refused.value) and "choose another --out, or --force" in str(refused.value)
    assert (tmp_path / NAME).read_bytes() == before
    assert run(tmp_path, scenario=scenario, force=True, **change) == run(None, scenario=scenario, **change)


def resealed(content: bytes, change: Callable[[dict[str, Any]], None]) -> bytes:
    """A file whose JSON was changed by somebody who knows how it is sealed."""
    form, _, rest = content.split(b"\n", 2)
    head, _, body = rest.partition(b"\n")
    told = json.loads(head)
    change(told)
    rest = json.dumps(told).encode() + b"\n" + body
    return form + b"\n" + hashlib.sha256(rest).hexdigest().encode() + b"\n" + rest


def harm(content: bytes) -> dict[str, bytes]:
    flipped = bytearray(content)
    flipped[-9] ^= 1
    return {
        "empty": b"", "cut in its first line": content[:10], "cut in the seal": content[:60],
        "cut in the JSON": content[:400], "cut at its end": content[:-1], "one bit another": bytes(flipped),
        "longer": content + b"\0" * 8, "a pickle": pickle.dumps(Trap()), "text": b"mine\n",
        "fewer trials": resealed(content, lambda told: told["ranges"].append([told["ranges"].pop()[1] - CHUNK, CHUNK])),
        "overlapping trials": resealed(
            content, lambda told: told.update(ranges=[[0, told["ranges"][0][1] - CHUNK], [CHUNK, CHUNK]])
        ),
        "trials beyond the last": resealed(content, lambda told: told["ranges"][0].__setitem__(0, TRIALS)),
        "another reading": resealed(content, lambda told: told.update(reading=2)),
        "no columns": resealed(content, lambda told: told.pop("columns")),
        "fewer columns": resealed(content, lambda told: told["columns"].pop()),
        "other lengths": resealed(content, lambda told: told["lengths"].reverse()),
        "negative lengths": resealed(content, lambda told: told.update(lengths=[-1, *told["lengths"][1:]])),
        "another target": resealed(content, lambda told: told["goals"][0].__setitem__(2, 1.0)),
        "JSON of something else": resealed(content, lambda told: told.update(columns=5)),
    }  # fmt: skip


class Trap:
    def __reduce__(self) -> tuple[Any, ...]:
        return pytest.fail, ("it was unpickled",)


def test_what_is_damaged_is_told_and_not_taken(undisturbed: str, tmp_path: Path) -> None:
    stopped(tmp_path, 1_500)
    for name, content in harm((tmp_path / NAME).read_bytes()).items():
        (tmp_path / NAME).write_bytes(content)
        with pytest.warns(UserWarning, match="is damaged and is not used") as told:
            stopped(tmp_path, 1)
        assert len(told) == 1, name
        assert run.first <= CHUNK, name  # type: ignore[attr-defined]
    with pytest.warns(UserWarning, match="the trials begin anew"):
        assert run(tmp_path) == undisturbed


@pytest.mark.parametrize("step", ["open", "fsync", "replace"])
def test_a_full_disk_costs_the_resuming_only(
    undisturbed: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    where = os if step == "fsync" else Path
    real = getattr(where, step)

    def full(*asked: Any, **more: Any) -> Any:
        if asked[1:2] == ("rb",):
            return real(*asked, **more)
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(where, step, full)
    with pytest.warns(UserWarning, match="what is done cannot be kept") as told:
        assert run(tmp_path) == undisturbed
    assert len(told) == 1 and "No space left" in str(told[0].message)
    assert not list(tmp_path.iterdir())


COMMAND = f"""
import sys
from simfunnel.forecast import counting, kept_counts, simulation
kept_counts.EVERY = kept_counts.SHARE = 0.0
counting.FEWEST = counting.MOST = {4 * CHUNK}
simulation.KEPT_UNASKED = 0
from simfunnel.cli import program
sys.argv[0] = "simfunnel"
program()
"""


@pytest.mark.skipif(os.name != "posix", reason="SIGKILL")
@pytest.mark.skipif(not JIT, reason="a process of its own would interpret its kernels")
@pytest.mark.parametrize("kills", [3, pytest.param(30, marks=pytest.mark.slow)])
def test_a_command_that_is_killed_goes_on_to_the_same_bytes(tmp_path: Path, kills: int) -> None:
    (tmp_path / "scenario.json").write_text(json.dumps(SCENARIO), encoding="utf-8")

    def begin(out: str) -> subprocess.Popen[str]:
        asked = ["run", "scenario.json", "--trials", str(kills * 20_000), "--seed", "3", "--no-samples", "--out", out]
        return subprocess.Popen(
            [sys.executable, "-c", COMMAND, *asked, "-q"], cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            text=True,
        )  # fmt: skip

    with begin("undisturbed") as process:
        out, err = process.communicate(timeout=240)
    assert process.returncode == 0, err
    assert {path.name for path in (tmp_path / "undisturbed").iterdir()} >= {"forecast.json", "summary.csv"}
    assert not (tmp_path / "undisturbed" / NAME).exists()
    moments, kept = random.Random(kills), tmp_path / "out" / NAME
    for _ in range(kills):
        before = kept.stat().st_mtime_ns if kept.exists() else 0
        with begin("out") as process:
            until = time.monotonic() + 60
            while process.poll() is None and time.monotonic() < until:  # until it has gone on by a chunk at least
                if kept.exists() and kept.stat().st_mtime_ns > before:
                    time.sleep(moments.uniform(0.0, 0.1))
                    break
                time.sleep(0.005)
            process.send_signal(signal.SIGKILL)
    with begin("out") as process:
        told, err = process.communicate(timeout=240)
    assert process.returncode == 0, err
    assert told == out and not kept.exists()
    for name in ("forecast.json", "summary.csv"):
        assert (tmp_path / "out" / name).read_bytes() == (tmp_path / "undisturbed" / name).read_bytes()
