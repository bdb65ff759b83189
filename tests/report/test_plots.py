"""Plots: that they are drawn from the numbers of the forecast, in both formats and any language."""

from __future__ import annotations

import dataclasses
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from simfunnel import InputError, simulate
from simfunnel.engine.paths.occupancy import stage_occupancy
from simfunnel.forecast.inputs import prepare
from simfunnel.report.faces.forecast import KINDS, ForecastFace
from simfunnel.report.plots import style
from simfunnel.report.plots.style import plot_style

SCENARIO: dict[str, Any] = {
    "version": 1,
    "name": "plots",
    "as_of": "2027-01-04",
    "periods": {"unit": "month", "count": 3},
    "stages": [
        {"name": "Demo", "conversion": 0.5, "duration": {"exponential": 10}},
        {"name": "Offer", "conversion": 0.6, "duration": {"exponential": 15}},
    ],
    "pipeline": {
        "opportunities": [{"id": i, "stage": ["Demo", "Offer"][i % 2], "age": 3, "amount": 1000} for i in range(40)]
    },
    "targets": [{"period": "2027-01", "amount": 3000}],
}


def test_every_kind_is_written_as_png_and_svg(tmp_path: Path) -> None:
    ready = prepare(SCENARIO)
    files = ForecastFace(simulate(ready, trials=2000)).save_plots(tmp_path)
    assert {f.name for f in files} == {f"{kind}.{suffix}" for kind in KINDS for suffix in ("png", "svg")}
    for file in files:
        if file.suffix == ".svg":
            assert ET.parse(file).getroot().tag.endswith("svg")
        else:
            assert file.read_bytes().startswith(b"\x89PNG")
    text = (tmp_path / "distribution.svg").read_text(encoding="utf-8")
    assert "P50" in text and "target 3.0k" in text and "seed 1; trials 2000" in text
    assert b"seed 1; trials 2000" in (tmp_path / "fan.png").read_bytes()


def test_the_same_forecast_gives_the_same_svg(tmp_path: Path) -> None:
    forecast = simulate(SCENARIO, trials=500)
    for name in ("a", "b"):
        ForecastFace(forecast).save_plots(tmp_path / name, ("exceedance",), ("svg",))
    assert (tmp_path / "a/exceedance.svg").read_bytes() == (tmp_path / "b/exceedance.svg").read_bytes()


def test_exceedance_curve_is_the_share_of_trials_that_reach_the_amount() -> None:
    forecast = simulate(SCENARIO, trials=5000)
    with plot_style([]):
        figure = ForecastFace(forecast).draw("exceedance")
    x, p = figure.axes[0].lines[0].get_data()
    values = forecast.bookings()
    for i in (100, 500, 900):
        below, above = np.mean(values > float(x[i])), np.mean(values >= float(x[i]))
        assert below - 0.002 <= p[i] <= above + 0.002


def test_deals_only_plots_need_the_scenario() -> None:
    loaded = dataclasses.replace(simulate(SCENARIO, trials=10), compiled=None)
    with pytest.raises(InputError, match="funnel: needs the scenario"):
        ForecastFace(loaded).draw("funnel")
    with pytest.raises(InputError, match="occupancy needs the scenario"):
        loaded.occupancy()


def test_occupancy_starts_with_the_open_deals_and_empties_without_leads() -> None:
    model = prepare(SCENARIO).model()
    result = stage_occupancy(model, np.array([0.0, 30.0, 80.0]), 400, 1)
    np.testing.assert_array_equal(result.count[:, 0, :], 20)
    total = result.count.sum(axis=0)
    assert np.all(np.diff(total, axis=0) <= 0)
    # a deal in Offer stays longer than 30 days with probability exp(-30 / 15), won or lost alike; one in Demo has two
    # exponentials to go through if it advances. 4.5 standard errors of the mean of 400 trials
    demo = np.exp(-30 / 10)
    advanced = 0.5 * 10 / (15 - 10) * (np.exp(-30 / 15) - np.exp(-30 / 10)) * 15 / 10
    both = 20 * np.exp(-30 / 15) + 20 * (demo + advanced)
    assert abs(total[1].mean() - both) < 4.5 * total[1].std() / np.sqrt(400)


def test_steady_arrivals_hold_rate_times_mean_time_deals() -> None:
    # Little's law: 3 leads a day x 10 days
    leads = [{"name": "web", "stage": "Demo", "rate": {"per": "day", "mean": 3}, "amount": 1}]
    model = prepare({**SCENARIO, "leads": leads, "pipeline": {}}).model()
    count = stage_occupancy(model, np.array([85.0]), 2000, 1).count[:, 0, :]
    demo, offer = count
    assert abs(demo.mean() - 30) < 4.5 * demo.std() / np.sqrt(2000) + 30 * np.exp(-8.5)
    assert abs(offer.mean() - 0.5 * 3 * 15) < 4.5 * offer.std() / np.sqrt(2000) + 0.2  # not quite steady after 85 days


def test_a_missing_chinese_font_is_one_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(style.font_manager.fontManager, "ttflist", [])
    monkeypatch.setattr(style.font_manager, "findSystemFonts", list)
    style.cjk_font.cache_clear()
    with pytest.warns(UserWarning, match="no font with Chinese, Japanese or Korean characters is installed"):
        assert style.cjk_font() is None
    assert style.cjk_font() is None  # no second warning: the test would fail on it
    style.cjk_font.cache_clear()


def test_an_installed_chinese_font_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    class Font:
        name = "WenQuanYi Micro Hei"

    monkeypatch.setattr(style.font_manager.fontManager, "ttflist", [Font()])
    style.cjk_font.cache_clear()
    assert style.cjk_font() == "WenQuanYi Micro Hei"
    style.cjk_font.cache_clear()
    assert style.needs_cjk(["商务谈判"]) and not style.needs_cjk(["Négociation"])
