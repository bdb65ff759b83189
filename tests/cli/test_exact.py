"""``--method exact`` on the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from simfunnel import Forecast, exact_forecast

from .conftest import Run

MARKET = ("--set", "correlation.market=0.1")


def test_json_says_how_and_how_well(folder: Path, run: Run) -> None:
    done = run("run", "scenario.yaml", "--method", "exact", "--json", *MARKET)
    assert (done.code, done.err) == (0, "")
    found = json.loads(done.out)
    assert (found["method"], found["kernel"], found["trials"]) == ("exact", None, None)
    bookings = found["periods"][0]["bookings"]
    assert bookings["stderr"] == 0
    assert bookings["grid_error"] == 0
    assert bookings["integration_error"] < 1e-6
    assert "trapezoid rule" in bookings["how"]
    assert found["periods"][0]["attainment"]["stderr"] == 0


def test_options_without_meaning_are_named(folder: Path, run: Run) -> None:
    done = run("run", "scenario.yaml", "--method", "exact", "--trials", "1000", "--kernel", "paths", *MARKET)
    assert done.code == 0
    assert "note: --trials, --kernel have no meaning for --method exact" in done.err
    assert "computed exactly" in done.out
    assert "Computed without trials: sum of the factors by the trapezoid rule" in done.out


def test_trajectories_are_refused_with_a_sentence(folder: Path, run: Run) -> None:
    done = run("plot", "scenario.yaml", "--method", "exact", "--kind", "occupancy", "--out", "plots")
    assert done.code == 2
    assert "walks trajectories, and an exact forecast has none; use --method simulate" in done.err
    assert not Path("plots").exists()


def test_it_is_saved_with_its_distributions_and_loads_to_the_same_numbers(folder: Path, run: Run) -> None:
    done = run("run", "scenario.yaml", "--method", "exact", "--out", "results", "--quiet")
    assert done.code == 0
    names = {path.name for path in Path("results").iterdir()}
    assert {"forecast.json", "summary.csv", "distribution.png", "distributions.npz"} <= names
    assert "samples.npz" not in names
    loaded, data = Forecast.load("results"), json.loads(Path("results/forecast.json").read_text("utf-8"))
    assert loaded.to_dict() == {key: value for key, value in data.items() if key != "storage"}
    assert loaded.trials == 0
    assert loaded.p_attain(900) == exact_forecast("scenario.yaml").p_attain(900)
    assert run("plot", "results", "--out", "plots").code == 0


def test_an_answer_that_fails_its_own_check_says_so_first(
    folder: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    sound = run("run", "scenario.yaml", "--method", "exact", *MARKET)
    assert "Do not rely" not in sound.out
    # no distribution is computed to the last bit, so a check without tolerance must fail
    monkeypatch.setattr("simfunnel.forecast.doubts.SELF_CHECK", -1.0)
    done = run("run", "scenario.yaml", "--method", "exact", *MARKET)
    assert done.out.startswith("Do not rely on this, simulate instead: ")
    data = json.loads(run("run", "scenario.yaml", "--method", "exact", "--json", *MARKET).out)
    assert any("do not rely on it" in warning for warning in data["warnings"])
