"""The result of a run: contract, sums, saving and loading."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from simfunnel import Forecast, InputError, simulate

SCENARIO: dict[str, Any] = {
    "version": 1,
    "name": "small",
    "as_of": "2027-01-18",
    "periods": {"unit": "quarter", "count": 2},
    "stages": [
        {"name": "Demo", "conversion": {"mean": 0.5, "n": 40}, "duration": {"exponential": 20}},
        {"name": "Offer", "conversion": 0.6, "duration": {"lognormal": {"median": 15, "p90": 40}}},
    ],
    "amount": {"lognormal": {"median": 1000, "p90": 3000}},
    "pipeline": {
        "opportunities": [
            {"id": i, "stage": ["Demo", "Offer"][i % 2], "age": 1 + i, "amount": 500 + 100 * i,
             "owner": ["Ann", "Bo"][i % 2] if i < 8 else None, "segment": "smb" if i % 3 else None,
             "close_date": "2027-02-15" if i % 2 else "2027-05-01"}
            for i in range(10)
        ]
    },
    "closed": [{"period": "2027-Q1", "amount": 700, "wins": 2, "owner": "Ann"}],
    "leads": [{"name": "web", "stage": "Demo", "rate": {"per": "week", "mean": 2}, "segment": "smb"}],
    "correlation": {"market": 0.1, "owner": 0.05},
    "teams": {"Ann": "East", "Bo": "East"},
    "targets": [
        {"period": "2027-Q1", "amount": 5000},
        {"period": "total", "amount": 20000},
        {"period": "2027-Q1", "owner": "Ann", "amount": 2000},
    ],
    "simulation": {"trials": 4000, "seed": 3},
}  # fmt: skip


@pytest.fixture(scope="module")
def forecast() -> Forecast:
    return simulate(SCENARIO)


def test_json_has_every_key_of_the_contract(forecast: Forecast) -> None:
    d = forecast.to_dict()
    assert set(d) >= {
        "schema_version", "simfunnel", "scenario", "as_of", "currency", "method", "kernel", "trials", "seed",
        "implied_win_correlation", "data_quality", "periods", "total", "groups",
    }  # fmt: skip
    assert set(d["scenario"]) >= {"name", "path", "sha256"}
    assert set(d["implied_win_correlation"]) == {"market", "same_segment", "same_owner", "same_both"}
    assert set(d["data_quality"]) >= {"rows", "used", "won", "won_earlier", "lost", "excluded", "warnings"}
    period = d["periods"][0]
    assert set(period) == {
        "label", "start", "end", "bookings", "wins", "by_origin", "target", "attainment", "open_pipeline",
        "weighted_pipeline", "weighted_pipeline_by_close_date", "coverage",
    }  # fmt: skip
    assert set(period["bookings"]) == {"mean", "stderr", "sd", "quantiles", "quantile_intervals"}
    assert list(period["bookings"]["quantiles"]) == ["0.05", "0.1", "0.25", "0.5", "0.75", "0.9", "0.95"]
    assert set(period["by_origin"]) == {"closed", "open", "new"}
    assert set(period["attainment"]) == {
        "probability", "stderr", "interval", "mean_shortfall", "mean_shortfall_stderr", "mean_ratio",
        "mean_ratio_stderr",
    }  # fmt: skip
    assert set(d["groups"]) == {"owner", "team", "segment", "source"}
    assert set(d["groups"]["owner"]) == {"Ann", "Bo", "(none)"}
    assert d["periods"][1]["attainment"] is None and d["periods"][1]["coverage"] is None
    json.dumps(d, allow_nan=False)


def test_one_trial_has_no_standard_error_but_valid_json() -> None:
    d = simulate(SCENARIO, trials=1).to_dict()
    assert d["periods"][0]["bookings"]["stderr"] is None
    json.dumps(d, allow_nan=False)


def test_cash_is_there_exactly_with_payment_terms() -> None:
    terms = [{"share": 0.5, "delay": 0}, {"share": 0.5, "delay": 400}]
    d = simulate({**SCENARIO, "payment_terms": terms}, trials=500).to_dict()
    assert d["kernel"] == "paths"
    # half is paid at once, the other half after the horizon; cents of odd amounts round up at first
    assert d["total"]["cash"]["mean"] == pytest.approx(d["total"]["bookings"]["mean"] / 2, abs=0.5)
    assert "cash" in d["groups"]["owner"]["Ann"]["total"]


def test_parts_add_up_to_the_whole_in_every_trial(forecast: Forecast) -> None:
    for period in ("2027-Q1", "2027-Q2", "total"):
        whole = forecast.bookings(period)
        for dimension in ("owner", "segment", "source"):
            labels = [label for d, label in forecast.groups if d == dimension]
            parts = sum(forecast.bookings(period, group=(dimension, label)) for label in labels)
            np.testing.assert_allclose(parts, whole, atol=1e-6)
    cents = [np.rint(100 * forecast.bookings(period)) for period in ("total", "2027-Q1", "2027-Q2")]
    np.testing.assert_array_equal(cents[0], cents[1] + cents[2])


def test_coverage_is_open_pipeline_over_what_is_still_to_win(forecast: Forecast) -> None:
    first = forecast.summary.overall.periods[0]
    assert first.open_pipeline == sum(500 + 100 * i for i in range(10))
    assert first.coverage == pytest.approx(first.open_pipeline / (5000 - 700))
    assert first.by_origin["closed"].mean == 700


def test_weighted_pipeline_uses_the_win_rate_of_the_stage_whatever_the_age(forecast: Forecast) -> None:
    rate = {0: 0.5 * 0.6, 1: 0.6}
    every = {i: (500 + 100 * i) * rate[i % 2] for i in range(10)}
    first, second = forecast.summary.overall.periods
    assert first.weighted_pipeline == pytest.approx(sum(every.values()))
    assert first.weighted_pipeline_by_close_date == pytest.approx(sum(v for i, v in every.items() if i % 2))
    assert second.weighted_pipeline_by_close_date == pytest.approx(sum(v for i, v in every.items() if i % 2 == 0))


def test_probability_falls_as_the_target_rises(forecast: Forecast) -> None:
    chances = [forecast.p_attain(x).probability for x in (100, 1000, 5000, 20_000, 1e6)]
    assert chances == sorted(chances, reverse=True)
    assert chances[0] == 1.0 and chances[-1] == 0.0


def test_saving_and_loading_gives_the_same_forecast(forecast: Forecast, tmp_path: Path) -> None:
    forecast.save(tmp_path / "out")
    loaded = Forecast.load(tmp_path / "out")
    assert loaded.to_dict() == forecast.to_dict()
    np.testing.assert_array_equal(loaded.bookings(), forecast.bookings())
    assert loaded.provenance == forecast.provenance
    written = {path.name for path in (tmp_path / "out").iterdir()}
    assert written == {"forecast.json", "summary.csv", "samples.npz", "samples.parquet", "manifest.json"}
    line = forecast.provenance.line()
    assert "seed 3; trials 4000" in line and forecast.provenance.sha256 in line
    assert set(pd.read_csv(tmp_path / "out" / "summary.csv")["provenance"]) == {line}
    assert str(np.load(tmp_path / "out" / "samples.npz")["provenance"]) == line
    assert pq.read_schema(tmp_path / "out" / "samples.parquet").metadata[b"simfunnel"].decode() == line
    samples = pd.read_parquet(tmp_path / "out" / "samples.parquet")
    first = samples[samples["period"] == "2027-Q1"]
    np.testing.assert_allclose(first["bookings"], forecast.bookings())
    np.testing.assert_allclose(first["closed"] + first["open"] + first["new"], first["bookings"])


def test_loading_something_else_says_what_was_expected(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"forecast\.json is missing"):
        Forecast.load(tmp_path)
    (tmp_path / "forecast.json").write_text("{}")
    (tmp_path / "samples.npz").write_bytes(b"no archive")
    with pytest.raises(InputError, match="expected a saved forecast"):
        Forecast.load(tmp_path)


def test_frame_has_one_row_per_group_and_period(forecast: Forecast) -> None:
    frame = forecast.frame()
    assert len(frame) == 3 * len(forecast.groups)
    row = frame[(frame["dimension"] == "") & (frame["period"] == "2027-Q1")].iloc[0]
    assert row["mean"] == forecast.mean("2027-Q1")
    assert row["p50"] == forecast.quantile(0.5, "2027-Q1")


def test_the_hash_changes_with_the_scenario_and_the_shifts_only() -> None:
    first = simulate(SCENARIO, trials=10).provenance.sha256
    assert simulate(SCENARIO, trials=20, seed=9).provenance.sha256 == first
    assert simulate(SCENARIO, trials=10, overrides=["stages.Offer.conversion=0.7"]).provenance.sha256 != first


def test_a_data_frame_takes_the_place_of_the_pipeline_file() -> None:
    frame = pd.DataFrame(
        {"id": ["a", "b"], "stage": ["Demo", "Offer"], "amount": [1000.0, 2000.0], "stage_entered": ["2027-01-10"] * 2}
    )
    bare = {key: value for key, value in SCENARIO.items() if key not in ("pipeline", "closed", "targets", "leads")}
    result = simulate(bare, trials=100, pipeline=frame)
    assert result.quality.used == 2
    assert result.summary.overall.total.open_pipeline == 3000


def test_auto_trials_stop_at_the_precision_and_not_before() -> None:
    result = simulate(SCENARIO, precision=0.006)
    halves = [
        0.5 * (a.interval[1] - a.interval[0])
        for p in (*result.summary.overall.periods, result.summary.overall.total)
        if (a := p.attainment)
    ]
    assert max(halves) <= 0.006
    assert result.trials in {10_000 * 2**i for i in range(12)}
    half = simulate(SCENARIO, trials=result.trials // 2)
    worst = max(0.5 * (a.interval[1] - a.interval[0]) for a in (half.p_attain(), half.p_attain(period="total")))
    assert worst > 0.006
    again = simulate(SCENARIO, precision=0.006, threads=1)
    np.testing.assert_array_equal(again.bookings("total"), result.bookings("total"))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"trials": 0}, "trials: expected at least 1, found 0"),
        ({"trials": "many"}, "trials: expected a whole number or auto, found 'many'"),
        (
            {"trials": 50, "precision": 0.01},
            "give a number of trials or a precision, not both: a precision doubles the trials until it is met",
        ),
        ({"precision": 2.0}, "precision: expected a half-width between 0 and 1, such as 0.005, found 2"),
        ({"precision": 0}, "precision: expected a half-width between 0 and 1, such as 0.005, found 0"),
        ({"kernel": "fast"}, "unknown kernel 'fast'; expected one of auto, paths, outcomes"),
        ({"groups": ["ower"]}, "unknown group ower; expected some of owner, team, segment, source"),
        ({"variant": "bad"}, "no variant 'bad' in the scenario (known here: none)"),
    ],
)
def test_wrong_options_are_refused_in_words(options: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError) as caught:
        simulate(SCENARIO, **options)
    assert str(caught.value) == message


def test_unknown_period_group_and_quantile_are_refused(forecast: Forecast) -> None:
    with pytest.raises(InputError, match="no period '2028-Q1' in this forecast; known: 2027-Q1, 2027-Q2, total"):
        forecast.bookings("2028-Q1")
    with pytest.raises(InputError, match="no owner 'Cy' in this forecast; known: Ann, Bo"):
        forecast.bookings(group=("owner", "Cy"))
    with pytest.raises(InputError, match="a quantile lies between 0 and 1, found 1"):
        forecast.quantile(1.0)
    with pytest.raises(InputError, match="a target must be above 0"):
        forecast.p_attain(-5.0)
    with pytest.raises(InputError, match="the scenario has no target for 2027-Q2"):
        forecast.p_attain(period="2027-Q2")


def test_as_of_inside_a_period_without_wins_is_said() -> None:
    quiet = {key: value for key, value in SCENARIO.items() if key != "closed"}
    assert simulate(quiet, trials=10).closed_missing
    assert not simulate(SCENARIO, trials=10).closed_missing


def test_both_kernels_agree_on_the_probability() -> None:
    # two independent runs of 40,000: 4.5 standard errors, false alarm 7e-6
    paths = simulate(SCENARIO, trials=40_000, kernel="paths", seed=1)
    outcomes = simulate(SCENARIO, trials=40_000, kernel="outcomes", seed=2)
    assert (paths.provenance.kernel, outcomes.provenance.kernel) == ("paths", "outcomes")
    for period in ("2027-Q1", "2027-Q2", "total"):
        target = float(np.median(paths.bookings(period)))
        a, b = paths.p_attain(target, period), outcomes.p_attain(target, period)
        assert abs(a.probability - b.probability) < 4.5 * math.hypot(a.stderr, b.stderr)
