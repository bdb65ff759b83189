"""``calibrate --prior`` and ``run --history --prior``: a new team with a few deals and rates that it believes."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pytest

from .conftest import Run

pytestmark = pytest.mark.usefixtures("windows_once")

PRIOR = """\
version: 1
as_of: 2026-01-01
currency: EUR
periods: {unit: month, count: 2}
stages:
  - {name: Demo, conversion: {mean: 0.5, n: 40}, duration: {lognormal: {median: 7, p90: 21}}}
  - {name: Offer, conversion: 30%, duration: 25}
amount: {lognormal: {mean: 9k, sd: 3k}}
correlation: {market: 0.02}
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """16 deals: every second goes on after a week or so, of those every fourth is won, of the rest half are lost."""
    monkeypatch.chdir(tmp_path)
    Path("prior.yaml").write_text(PRIOR, "utf-8")
    first, rows = dt.datetime(2026, 1, 5, 9), []
    for i in range(16):
        at = first + dt.timedelta(days=2 * i)
        rows.append((at, i, "Demo"))
        if i % 2 == 0:
            rows.append((at + dt.timedelta(days=5 + i % 3), i, "Offer"))
        if i % 8 == 0:
            rows.append((at + dt.timedelta(days=20), i, "Closed Won"))
        elif i % 4 == 1:
            rows.append((at + dt.timedelta(days=9), i, "Closed Lost"))
    lines = [f"D{i},{stage},{at:%Y-%m-%dT%H:%M:%SZ}" for at, i, stage in sorted(rows)]
    Path("events.csv").write_text("\n".join(["Opportunity ID,Stage,Date", *lines]) + "\n", "utf-8")
    return tmp_path


LINE = ("calibrate", "events.csv", "--unit", "month")


def test_a_thin_history_is_refused_with_the_way_out_and_then_learned(folder: Path, run: Run) -> None:
    refused = run(*LINE)
    assert refused.code == 2
    assert "too little to learn from: 6 of 16 deals are decided, 2 won and 4 lost" in refused.err
    assert "--prior SCENARIO" in refused.err
    done = run(*LINE, "--prior", "prior.yaml", "-o", "scenario.yaml")
    assert done.code == 0, done.err
    assert "the prior prior.yaml weighs" in done.out
    text = Path("scenario.yaml").read_text("utf-8")
    assert "# Pooled with the prior prior.yaml, which weighs" in text
    assert "currency: EUR" in text
    assert json.loads(run("validate", "scenario.yaml", "--json").out)["valid"]
    forecast = run("run", "scenario.yaml", "--trials", "500", "--json")
    assert forecast.code == 0, forecast.err
    assert ",9000," in Path("pipeline.csv").read_text("utf-8")  # a win of this month whose amount nobody wrote down


def test_the_json_says_what_the_prior_weighs(folder: Path, run: Run) -> None:
    found = json.loads(run(*LINE, "--prior", "prior.yaml", "--half-life", "none", "--json").out)
    assert found["prior"]["file"] == "prior.yaml"
    demo, offer = found["prior"]["stages"]
    assert (demo["name"], demo["n"], offer["name"], offer["n"]) == ("Demo", 40, "Offer", 20)
    worth = found["stages"][0]["transitions"][0]["n_effective"]
    assert demo["weight"] == pytest.approx(40 / worth)
    assert found["cautions"][0]["code"] == "prior_used"


def test_one_command_gives_the_same_forecast(folder: Path, run: Run) -> None:
    run(*LINE, "--prior", "prior.yaml", "-o", "scenario.yaml", "--quiet")
    lines = (
        ["run", "scenario.yaml"],
        ["run", "--history", "events.csv", "--unit", "month", "--count", "2", "--prior", "prior.yaml"],
    )
    two, one = (json.loads(run(*line, "--trials", "500", "--json").out) for line in lines)
    assert one["periods"] == two["periods"]
    assert "prior_used" in [caution["code"] for caution in one["cautions"]]


def test_a_prior_with_other_stages_and_one_without_a_history_are_refused(folder: Path, run: Run) -> None:
    Path("other.yaml").write_text(PRIOR.replace("Offer", "Quote"), "utf-8")
    result = run(*LINE, "--prior", "other.yaml")
    assert result.code == 2
    assert "the prior has the stages Demo, Quote, the history Demo, Offer" in result.err
    assert run(*LINE, "--prior", "nowhere.yaml").code == 2
    alone = run("run", "prior.yaml", "--prior", "prior.yaml")
    assert alone.code == 2
    assert "--prior: for --history only" in alone.err


def test_an_update_with_a_prior_settles(folder: Path, run: Run) -> None:
    Path("own.yaml").write_text(PRIOR + "# as the board knows it\nname: Ours\n", "utf-8")
    line = (*LINE, "--prior", "prior.yaml", "--update", "own.yaml", "--quiet")
    assert run(*line).code == 0
    once = Path("own.yaml").read_text("utf-8")
    assert "# as the board knows it" in once
    assert once.count("deals of the prior") == 2
    assert run(*line).code == 0
    assert Path("own.yaml").read_text("utf-8") == once
