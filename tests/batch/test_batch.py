"""Batches: which jobs there are, what is run again, and what a kill leaves."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ruamel.yaml import YAML

from simfunnel import Forecast, simulate
from simfunnel.batch.batch import HowToForecast, run_batch
from simfunnel.batch.jobs import jobs_of
from simfunnel.errors import InputError
from simfunnel.shown import face_of
from tests.helpers import JIT, deals, funnel, stage

FEW = HowToForecast(trials=200, seed=3)


def scenario(amount: int = 10) -> dict[str, Any]:
    return funnel([stage("A", 0.4, {"exponential": 8})], deals(6, amount=amount),
                  targets=[{"period": "2027-01-01+30d", "amount": 20}])  # fmt: skip


def write(path: Path, **fields: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8") as stream:
        YAML(typ="safe").dump(scenario(**fields), stream)
    return path


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name, amount in (("north", 10), ("south", 12), ("west", 14)):
        write(tmp_path / "teams" / f"{name}.yaml", amount=amount)
    return tmp_path


def states(result: Any) -> dict[str, str]:
    return {job.name: job.state for job in result.jobs}


def test_a_folder_a_list_and_names_of_folders_are_jobs(folder: Path) -> None:
    write(folder / "teams" / "east" / "scenario.yaml")
    assert [job.name for job in jobs_of(["teams"])] == ["north", "south", "west", "east"]
    Path("teams/some.txt").write_text("# of the week\nnorth.yaml\n\neast\n", encoding="utf-8")
    Path("teams/none").mkdir()
    with pytest.raises(InputError, match="no scenario file is in this folder"):
        jobs_of(["teams/none"])
    assert [job.name for job in jobs_of(["teams/some.txt"])] == ["north", "east"]


@pytest.mark.parametrize(("asked", "message"), [
    ([], "there is no job"),
    (["teams/north.yaml", "teams/NORTH/scenario.yaml"], "two jobs are called NORTH"),
    (["teams/.hidden.yaml"], "cannot be the name of a folder"),
    (["nothing.txt"], "there is no such file"),
    (["empty.txt"], "the list is empty"),
])  # fmt: skip
def test_what_is_no_batch_is_refused(folder: Path, asked: list[str], message: str) -> None:
    write(folder / "teams" / "NORTH" / "scenario.yaml")
    Path("empty.txt").write_text("# nothing\n", encoding="utf-8")
    with pytest.raises(InputError, match=message):
        jobs_of(asked)


def test_rows_of_a_table_change_one_scenario(folder: Path) -> None:
    Path("cases.csv").write_text(
        'name,stages.A.conversion,targets\nplain,,\nweak,0.2,\nlow,,"[{period: 2027-01-01+30d, amount: 5}]"\n',
        encoding="utf-8",
    )
    result = run_batch(jobs_of(["teams/north.yaml"], "cases.csv", ["currency=EUR"]), "out", FEW)
    assert states(result) == {"plain": "done", "weak": "done", "low": "done"}
    means = {name: Forecast.load(f"out/{name}").mean() for name in ("plain", "weak", "low")}
    own = simulate("teams/north.yaml", trials=200, seed=3, overrides=["stages.A.conversion=0.2"])
    assert means["weak"] == own.mean() < means["plain"] == means["low"]
    assert Forecast.load("out/low").p_attain().probability > Forecast.load("out/plain").p_attain().probability
    assert Forecast.load("out/plain").currency == "EUR"


@pytest.mark.parametrize(("text", "message"), [
    ("stages.A.conversion\n0.2\n", "expected a column `name`"),
    ("name,a,a\nx,1,2\n", "two columns have one name"),
    ("name,a\nx\n", "cases.csv:2: expected 2 cells, found 1"),
    ("name,a\n,1\n", "cases.csv:2: the row has no name"),
    ("name,a\nx,1\nX,2\n", "two jobs are called X"),
    ("name,a\n", "there is no job"),
])  # fmt: skip
def test_a_table_that_cannot_be_used_is_refused(folder: Path, text: str, message: str) -> None:
    Path("cases.csv").write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=message):
        jobs_of(["teams/north.yaml"], "cases.csv")
    with pytest.raises(InputError, match="--table changes one scenario; found 3 scenarios"):
        jobs_of(["teams"], "cases.csv")


def test_only_what_is_missing_is_run_again(folder: Path) -> None:
    jobs = jobs_of(["teams"])
    assert set(states(run_batch(jobs, "out", FEW)).values()) == {"done"}
    assert set(states(run_batch(jobs, "out", FEW)).values()) == {"unchanged"}
    write(folder / "teams" / "south.yaml", amount=13)  # other content under the same name
    (folder / "out" / "west" / "forecast.json").write_text("{}", encoding="utf-8")  # not what was written
    assert states(run_batch(jobs, "out", FEW)) == {"north": "unchanged", "south": "done", "west": "done"}
    assert Forecast.load("out/south").pipeline.open[0] == 6 * 13
    assert set(states(run_batch(jobs, "out", HowToForecast(trials=300, seed=3))).values()) == {"done"}
    Path("few").mkdir()
    assert states(run_batch(jobs, "few", FEW, samples=False))["north"] == "done"
    assert states(run_batch(jobs, "few", FEW, samples=False))["north"] == "unchanged"
    assert states(run_batch(jobs, "few", FEW))["north"] == "done"  # with the samples that were left out


def test_one_bad_job_harms_none(folder: Path) -> None:
    Path("teams/bad.yaml").write_text("version: 1\nstages: nonsense\n", encoding="utf-8")
    result = run_batch(jobs_of(["teams", "missing.yaml"]), "out", FEW)
    keys = face_of(result).keys()
    assert (keys["done"], keys["failed"]) == (3, 2)
    told = {job["name"]: job for job in keys["jobs"]}
    assert told["bad"]["bundle"] is None and "stages" in told["bad"]["error"]
    assert told["missing"]["state"] == "failed" and told["north"]["bundle"] == str(Path("out/north"))
    assert keys["sentence"] == "3 of 5 jobs done; 2 failed."


@pytest.fixture
def run(folder: Path) -> Callable[..., subprocess.Popen[str]]:
    if not JIT:
        pytest.skip("a process of its own would interpret its kernels")

    def start(*more: str) -> subprocess.Popen[str]:
        asked = ["-m", "simfunnel", "batch", "teams", "--out", "out", "--trials", "3000", "--seed", "3", *more]
        return subprocess.Popen([sys.executable, *asked], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    return start


def test_the_command_says_what_failed_with_exit_code_one(run: Callable[..., subprocess.Popen[str]]) -> None:
    with run("--json") as process:
        assert process.wait(120) == 0
        assert process.stdout is not None
        assert json.loads(process.stdout.read())["done"] == 3
    Path("teams/bad.yaml").write_text("version: 1\n", encoding="utf-8")
    with run() as process:
        out, _ = process.communicate(timeout=120)
    assert process.returncode == 1
    assert out.startswith("3 of 4 jobs done, 3 of them before; 1 failed.\n") and "! bad: teams/bad.yaml" in out
    assert json.loads(Path("out/batch.json").read_text("utf-8"))["failed"] == 1


@pytest.mark.skipif(os.name != "posix", reason="SIGKILL")
@pytest.mark.parametrize("kills", [3, pytest.param(50, marks=pytest.mark.slow)])
def test_a_batch_that_is_killed_goes_on_to_the_same_results(
    folder: Path, run: Callable[..., subprocess.Popen[str]], kills: int
) -> None:
    for name in "abcdef":
        write(folder / "teams" / f"{name}.yaml", amount=ord(name))
    with run("-q") as process:
        started = time.monotonic()
        process.communicate(timeout=240)
        whole = time.monotonic() - started
    want = {path.name: Forecast.load(path).samples.open for path in Path("out").iterdir() if path.is_dir()}
    assert len(want) == 9
    Path("out").rename("undisturbed")
    moments = random.Random(kills)
    for _ in range(kills):
        with run("-q") as process:
            time.sleep(moments.uniform(0.2, 1.0) * whole)
            process.send_signal(signal.SIGKILL)
    with run("-q") as process:
        process.communicate(timeout=240)
    assert process.returncode == 0
    for name, samples in want.items():
        np.testing.assert_array_equal(Forecast.load(Path("out") / name).samples.open, samples)
