"""Alternatives are taken only where past windows prove a gain."""

from __future__ import annotations

import dataclasses
import datetime as dt

import numpy as np
import pytest
from estimation.made import START, made_history
from estimation.test_weekdays import on_the_clock

from simfunnel.backtesting import backtest
from simfunnel.backtesting.choice import DEFAULT, Choice, _proved, choose
from simfunnel.backtesting.origin import Origin
from simfunnel.backtesting.past import Past
from simfunnel.estimation.hindcast import Hindcasts
from simfunnel.estimation.long_run import MeanWithError
from simfunnel.estimation.weekday_gain import WeekdayGain, weekday_gain
from simfunnel.estimation.windows import Windows


def windows(independent: float, n: int = 30) -> Windows:
    ones = np.ones(n)
    return Windows(np.arange(n) * 1.0, 100 * ones, 100 * ones, ones, 100 * ones, 20 * ones, independent)


def test_a_gain_must_be_steady_and_seen_in_five_windows() -> None:
    rng = np.random.default_rng(2)
    base = 10 + rng.standard_normal(30)
    assert _proved(base, base - 3, windows(10.0)) == (pytest.approx(0.03), True)
    assert _proved(base, base - 3, windows(2.0))[1] is False
    assert _proved(base, base + 3, windows(10.0))[1] is False
    assert _proved(base, base - 0.01 + rng.standard_normal(30), windows(10.0))[1] is False


def test_a_steady_process_keeps_the_recipe() -> None:
    past = Past(made_history(days=240, per_day=5), count=True)
    found = choose(Origin(past, START + dt.timedelta(days=220), 30), Hindcasts())
    assert found.form == DEFAULT
    assert {"half_life none", "form two_dates", "anchor off"} <= set(found.gains)


def test_what_was_chosen_and_what_it_gained_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    from simfunnel.backtesting import forecasters

    monkeypatch.setattr(forecasters, "choose", lambda *_: Choice(half_life="none", form="two_dates"))
    first = START + dt.timedelta(days=150)
    result = backtest(
        made_history(days=260, per_day=5), horizon=30, every=40, first=first, trials=400, choose=True, threads=1
    )
    assert result.choices["half_life"]["chosen"] == {"none": 3}
    assert result.choices["form"]["chosen"] == {"two_dates": 3}
    assert result.choices["anchor"] == {"chosen": {DEFAULT: 3}, "gain": 0.0}
    gains = [score.gains["half_life"] for score in result.whole]
    assert result.choices["half_life"]["gain"] == pytest.approx(np.mean(gains) / result.summary.mean_actual)
    recipe = result.summary.rivals["recipe"]
    assert recipe.difference is not None
    assert recipe.crps - result.summary.crps == pytest.approx(-recipe.difference.mean)


def test_what_speeds_of_weekdays_gain_is_reported_beside_the_choices(monkeypatch: pytest.MonkeyPatch) -> None:
    """The recipe writes them where they are proved; it is compared with the recipe without."""
    from simfunnel.calibration import recipe

    def always(*given: object, **options: object) -> WeekdayGain | None:
        found = weekday_gain(*given, **options)  # type: ignore[arg-type]
        gain = MeanWithError(0.1, 0.02, 0.05, 0.15)
        return None if found is None else dataclasses.replace(found, gain=gain, independent=9.0)

    monkeypatch.setattr(recipe, "weekday_gain", always)
    monkeypatch.setattr("simfunnel.backtesting.forecasters.choose", lambda *_: Choice())
    first = START + dt.timedelta(days=150)
    history = on_the_clock(made_history(days=200, per_day=5), np.array([1.5, 1.5, 1.5, 1.0, 1.0, 0.5, 0.0]))
    result = backtest(history, horizon=20, every=12, first=first, trials=400, choose=True, threads=1)
    assert result.choices["weekdays"]["chosen"] == {"fitted": len(result.whole)}
    gains = [score.gains["weekdays"] for score in result.whole]
    assert result.choices["weekdays"]["gain"] == pytest.approx(np.mean(gains) / result.summary.mean_actual)
    assert any(gain != 0 for gain in gains)
