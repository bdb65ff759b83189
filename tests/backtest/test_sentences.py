"""What the page of a backtest says in words: of the best baseline, of what is counted, of little power."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pytest

from simfunnel.backtesting.results import Backtest, OriginScore, RivalSummary, Summary
from simfunnel.report.plots.backtest import scores
from simfunnel.report.words.backtest import best_baseline, first_sentence, of_pits, of_windows
from simfunnel.wording.findings import Finding


def summary(missed: dict[str, float], *, crps: dict[str, float] | None = None, **more: Any) -> Summary:
    rivals = {name: RivalSummary(9, (crps or {}).get(name, 1.0), (crps or {}).get(name, 1.0), 0.0, None, None)
              for name in missed}  # fmt: skip
    fields: dict[str, Any] = {
        "n": 22, "independent_windows": 10.8, "mean_actual": 10.0, "crps": 1.0, "relative_crps": 0.1,
        "crps_error": None, "bias": 0.0, "bias_error": None, "coverage": {}, "coverage_region": {},
        "pit_p_value": None, "pinball": {}, "reliability": (), "missed_by": 0.08, "side_by_side": 14,
        "inside_80": 12, "rivals": rivals, "rival_missed_by": missed, "parts": {}, "bands": (), "budget": None, **more,
    }  # fmt: skip
    return Summary(**fields)


def result(s: Summary) -> Backtest:
    day = dt.date(2026, 1, 1)
    one = OriginScore(day, 30, None, 1.0, 1.0, {0.5: 1.0}, 0.5, 1.0, {}, {})
    return Backtest(file=None, first=day, last=day, every=7, days=30, value="amount", currency="USD", trials=100,
                    origins=(one,), skipped=(), summary=s)  # fmt: skip


@pytest.mark.parametrize(
    ("missed", "says"),
    [
        ({"run_rate": 0.14}, "on average, a run-rate by 14 %; 12 of 14"),
        ({"run_rate": 0.14, "weighted": 0.5}, "a run-rate (the best of 2 baselines) by 14 %; 12"),
        ({"run_rate": 0.14, "run_rate_spread": 0.13}, "a run-rate with spread (the best of 2 baselines) by 13 %; 12"),
        (
            {"run_rate": 0.14, "same_point": 0.1, "weighted": 0.5},
            "same point before (the best of 3 baselines) by 10 %, a run-rate by 14 %; 12",
        ),
        ({"seasonal": 0.3}, "on average, a year before by 30 %; 12"),
        ({"independent": 0.01, "recipe": 0.01}, "on average; 12"),  # ours, and nothing to compare with
    ],
)
def test_the_first_sentence_names_the_best_baseline(missed: dict[str, float], says: str) -> None:
    told = first_sentence(result(summary(missed)))
    assert says in told
    assert told.startswith("Over 14 past months the forecast missed by 8.0 % on average")


def test_of_equal_baselines_the_one_of_the_smaller_crps_and_then_the_first_is_best() -> None:
    equal = {"run_rate": 0.2, "weighted": 0.2, "same_point": 0.2}
    assert best_baseline(summary(equal)) == "run_rate"
    assert best_baseline(summary(equal, crps={"same_point": 0.5})) == "same_point"
    assert best_baseline(summary({})) is None


def test_a_baseline_without_a_forecast_of_every_window_side_by_side_is_not_the_best() -> None:
    s = summary({"run_rate": 0.2, "seasonal": 0.1})
    few = summary({"run_rate": 0.2}, rivals=s.rivals)
    assert best_baseline(few) == "run_rate"


@pytest.mark.parametrize(
    ("p", "windows", "says", "little"),
    [
        (0.05, 20.0, "not told apart from those of a right forecast (p = 0.050)", False),
        (0.7, 4.9, "not told apart from those of a right forecast (p = 0.70)", True),
        (0.0474, 4.9, "not those of a right forecast (p = 0.047)", False),
        (0.048, 20.0, "not those of a right forecast (p = 0.048)", False),
        (0.00025, 20.0, "not those of a right forecast (p below 0.01)", False),
    ],
)
def test_places_of_actuals_are_not_called_right(p: float, windows: float, says: str, little: bool) -> None:
    told = of_pits(summary({}, pit_p_value=p, independent_windows=windows))
    assert says in told
    assert ("only a forecast that is far off" in told) is little


def test_every_count_of_windows_says_what_it_counts() -> None:
    told = of_windows(summary({}))
    assert "22 origins: days from which" in told
    assert "worth 10.8 independent ones" in told
    assert "14 lie side by side" in told
    apart = of_windows(summary({}, n=14, independent_windows=14.0))
    assert apart == "14 origins: days from which a window was forecast; no window overlaps another."
    few = Finding("few_windows", {"windows": 4.2, "origins": 22, "days": 30}).sentence
    assert "22 origins, worth only 4.2 independent windows of 30 days" in few
    off = Finding("coverage_off", {"share": 0.4, "low": 0.64, "high": 0.95}).sentence
    assert "from 40 % of the origins what came was inside the 80 % range" in off
    assert "too narrow" in off


def test_the_label_of_a_cut_bar_stays_within_the_axes() -> None:
    rivals = dict.fromkeys(["run_rate", "same_point", "two_dates"], 0.5) | {"weighted": 3.139}
    figure = scores(result(summary(rivals, crps=rivals, relative_crps=0.4)))
    figure.canvas.draw()
    axes = figure.axes[0]
    room = axes.get_window_extent()
    labels = [text for text in axes.texts if "%" in text.get_text()]
    assert [text.get_text() for text in labels if "cut" in text.get_text()] == ["313.9 % (bar cut)"]
    for text in labels:
        box = text.get_window_extent()
        assert np.all([room.x0 <= box.x0, box.x1 <= room.x1])
