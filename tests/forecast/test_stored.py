"""Folders of saved forecasts: those of version 0.1, and those that somebody has changed."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from simfunnel import Forecast, bundle, simulate
from simfunnel.errors import InputError
from simfunnel.forecast.inputs import prepare
from simfunnel.record.said import SaidForecast
from simfunnel.report.console.layout import page_text
from simfunnel.shown import face_of
from tests.helpers import funnel, stage

FIRST_VERSION = Path(__file__).parents[1] / "data" / "version_0_1"
"""Written by `Forecast.save` of version 0.1, without a manifest; its Parquet file, which is not read, is left out."""


def test_a_folder_of_version_one_loads() -> None:
    forecast = Forecast.load(FIRST_VERSION)
    assert (forecast.trials, forecast.provenance.seed, forecast.provenance.kernel) == (60, 7, "paths")
    assert forecast.groups == (
        ("", ""),
        ("owner", "Ana"),
        ("owner", "(none)"),
        ("source", "inbound"),
        ("source", "(none)"),
    )
    assert forecast.samples.cash is not None and forecast.samples.cash.shape == (5, 2, 60)
    assert forecast.bookings("2027-Q1").sum() == pytest.approx(16753115.47)
    first = forecast.summary.overall.periods[0]
    assert first.cash is not None and first.cash.mean == pytest.approx(215358.96666666667)
    assert first.attainment is not None and first.attainment.probability == pytest.approx(0.7666666666666667)


def test_a_folder_of_version_one_saved_again_is_the_same_forecast_with_a_manifest(tmp_path: Path) -> None:
    shutil.copytree(FIRST_VERSION, tmp_path / "out")
    before = Forecast.load(tmp_path / "out")
    before.save(tmp_path / "out")
    manifest = bundle.read(tmp_path / "out")
    assert manifest is not None and {"forecast.json", "samples.npz", "summary.csv"} <= set(manifest.files)
    assert {file.face for file in manifest.files.values()} == {"forecast"}
    after = Forecast.load(tmp_path / "out")
    assert after.to_dict() == before.to_dict()
    np.testing.assert_array_equal(after.bookings(), before.bookings())


@pytest.mark.parametrize("name", ["forecast.json", "samples.npz", "summary.csv"])
def test_a_saved_forecast_of_which_a_file_was_changed_is_not_loaded(name: str, tmp_path: Path) -> None:
    Forecast.load(FIRST_VERSION).save(tmp_path / "out")
    other = (tmp_path / "out" / name).read_bytes()[:-1] + b" "
    (tmp_path / "out" / name).write_bytes(other)
    with pytest.raises(InputError, match=f"{name} is not what was written"):
        Forecast.load(tmp_path / "out")


def test_a_forecast_does_not_replace_what_somebody_else_wrote(tmp_path: Path) -> None:
    (tmp_path / "summary.csv").write_text("my,own\n1,2\n")
    forecast = Forecast.load(FIRST_VERSION)
    with pytest.raises(InputError, match=r"summary\.csv: this file is not one that simfunnel wrote"):
        forecast.save(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"summary.csv"}
    forecast.save(tmp_path, force=True)
    assert Forecast.load(tmp_path).to_dict() == forecast.to_dict()


def test_close_dates_beyond_the_periods_are_known_and_due_in_none(tmp_path: Path) -> None:
    late = [{"id": "a", "stage": "A", "age": 1, "amount": 100, "close_date": "2030-01-01"}]
    none = [{"id": "a", "stage": "A", "age": 1, "amount": 100}]
    one = stage("A", 0.5, {"exponential": 8})
    found = simulate(funnel([one], late), trials=100)
    page = page_text(face_of(found).page(200))
    assert "no close date of an open deal falls in these periods" in page and "no close dates are known" not in page
    assert SaidForecast.of(prepare(funnel([one], late)), found, samples=False).parts[0]["weighted"] == 0
    bare = simulate(funnel([one], none), trials=100)
    assert "no close dates are known" in page_text(face_of(bare).page(200))
    assert SaidForecast.of(prepare(funnel([one], none)), bare, samples=False).parts[0]["weighted"] == 50
    found.save(tmp_path / "out")
    assert Forecast.load(tmp_path / "out").pipeline.close_dates.tolist() == found.pipeline.close_dates.tolist()
