"""Batches: which jobs there are, what is run again, and what a kill leaves."""

from __future__ import annotations

import datetime as dt
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
from click.testing import CliRunner
from ruamel.yaml import YAML

from simfunnel import Forecast, keep, simulate
from simfunnel.batch.batch import HowToForecast, run_batch
from simfunnel.batch.jobs import jobs_of
from simfunnel.batch.kept_days import jobs_of_store
from simfunnel.cli import cli
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


QUARTER = {"name": "north", "periods": {"unit": "quarter", "count": 1},
           "targets": [{"period": "2027-Q1", "amount": 60}]}  # fmt: skip


def kept(days: dict[str, int], **how: Any) -> None:
    """Keep the deals of some days, each with its amount; and write a scenario of the last one."""
    for day, amount in days.items():
        deals_of = [f"{amount}-{i},A,{amount},2026-12-30" for i in range(6)]
        Path("export.csv").write_text("id,stage,amount,stage_entered\n" + "\n".join(deals_of) + "\n", encoding="utf-8")
        asked = {**scenario(), **QUARTER, "as_of": day, "targets": [], "pipeline": {"file": "export.csv"}}
        keep(asked, store="kept.db", overrides=["simulation.trials=10"], **how)
    Path("quarter.yaml").write_text(json.dumps({**asked, **QUARTER}), encoding="utf-8")


def test_one_scenario_is_forecast_on_every_day_that_a_store_keeps(folder: Path) -> None:
    days = {"2026-12-31": 10, "2027-01-02": 20, "2027-01-05": 30}
    kept(days)
    jobs = jobs_of_store(jobs_of(["quarter.yaml"], overrides=["currency=EUR"]), "kept.db")
    assert [job.name for job in jobs] == list(days)
    assert states(run_batch(jobs, "out", FEW)) == dict.fromkeys(days, "done")
    for day, amount in days.items():
        found = Forecast.load(f"out/{day}")
        assert (str(found.as_of), found.pipeline.open[0], found.currency) == (day, 6 * amount, "EUR")
        assert bool(found.targets) == (day > "2027")  # a day of the quarter before knows no target of this one
    p = found.provenance
    assert p.scenario_path == "quarter.yaml" and p.overrides[:2] == ("currency=EUR", "as_of=2027-01-05")
    # what it says makes it again
    own = simulate("quarter.yaml", trials=200, seed=3, overrides=["pipeline.file=null", *p.overrides])
    assert own.provenance.sha256 == p.sha256
    np.testing.assert_array_equal(own.samples.open, found.samples.open)


def test_days_of_a_store_are_run_again_where_what_is_kept_of_them_has_changed(folder: Path) -> None:
    kept({"2027-01-01": 10, "2027-01-02": 20})
    jobs = jobs_of(["quarter.yaml"])

    def run(**which: Any) -> dict[str, str]:
        return states(run_batch(jobs_of_store(jobs, "kept.db", "north", **which), "out", FEW))

    assert run(last=dt.date(2027, 1, 1)) == {"2027-01-01": "done"}
    assert run() == {"2027-01-01": "unchanged", "2027-01-02": "done"}
    assert run(first=dt.date(2027, 1, 2)) == {"2027-01-02": "unchanged"}
    before = Path("quarter.yaml").read_text("utf-8")
    kept({"2027-01-01": 50}, correct=True)
    kept({"2027-01-03": 30})
    Path("quarter.yaml").write_text(before, encoding="utf-8")
    assert run() == {"2027-01-01": "done", "2027-01-02": "unchanged", "2027-01-03": "done"}
    assert Forecast.load("out/2027-01-01").pipeline.open[0] == 6 * 50


def test_days_of_no_store_or_of_several_scenarios_are_refused(folder: Path) -> None:
    kept({"2027-01-01": 10, "2027-01-02": 20})
    jobs = jobs_of(["quarter.yaml"])
    with pytest.raises(InputError, match="those kept are of 2027-01-01 to 2027-01-02"):
        jobs_of_store(jobs, "kept.db", first=dt.date(2027, 1, 3))
    with pytest.raises(InputError, match="there is no book 'nord'"):
        jobs_of_store(jobs, "kept.db", "nord")
    with pytest.raises(InputError, match=r"nowhere\.db"):
        jobs_of_store(jobs, "nowhere.db")
    with pytest.raises(InputError, match="for one scenario; found 3 scenarios"):
        jobs_of_store(jobs_of(["teams"]), "kept.db")


def test_the_command_takes_days_of_the_store_of_the_scenario(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept({"2027-01-01": 10, "2027-01-02": 20})
    monkeypatch.setenv("SIMFUNNEL_STORE", "kept.db")
    asked = ["quarter.yaml", "--out", "out", "--trials", "200", "-q", "--json", "--to", "2027-01-01"]
    told = CliRunner().invoke(cli, ["batch", *asked])
    assert told.exit_code == 0, told.output
    assert [job["name"] for job in json.loads(told.stdout)["jobs"]] == ["2027-01-01"]
    told = CliRunner().invoke(cli, ["batch", *asked, "--table", "cases.csv"])
    assert "--table and the days of a store exclude each other" in str(told.exception)


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
