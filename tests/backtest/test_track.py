"""Saved forecasts scored by a history."""

from __future__ import annotations

import dataclasses
import datetime as dt
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from estimation.made import START, made_history

from simfunnel import exact_forecast, simulate
from simfunnel.backtesting import track
from simfunnel.errors import InputError
from simfunnel.history.history import WON, History
from simfunnel.shown import face_of

AS_OF = dt.date(2025, 6, 1)


@pytest.fixture(scope="module")
def history() -> History:
    return made_history(days=300, per_day=5)


def scenario(as_of: dt.date = AS_OF, count: int = 2, **more: Any) -> dict[str, Any]:
    return {
        "version": 1, "as_of": as_of, "periods": {"unit": "month", "count": count}, "amount": 1_200,
        "stages": [{"name": "Demo", "conversion": 0.2, "duration": 20}],
        "leads": [{"name": "all", "stage": "Demo", "rate": {"per": "week", "mean": 35}}],
        "closed": [{"period": f"{as_of:%Y-%m}", "amount": 0}],
        "targets": [{"period": f"{as_of:%Y-%m}", "amount": 30_000}], **more,
    }  # fmt: skip


def test_actuals_of_periods_that_are_over(history: History, tmp_path: Path) -> None:
    simulate(scenario(), trials=2_000).save(tmp_path / "a")
    exact_forecast(scenario()).save(tmp_path / "b")
    late = dt.date(2025, 10, 15)
    simulate(scenario(late, 2), trials=500).save(tmp_path / "deep" / "c")
    found = track(history, tmp_path)
    assert len(found.forecasts) == 6
    first = history.midnight(AS_OF), history.midnight(dt.date(2025, 7, 1))
    won = (history.ends.outcome == WON) & (history.ends.closed >= first[0]) & (history.ends.closed < first[1])
    amount = float(history.facts["amount"].value[history.ends.deal[won]].sum())
    june = [x for x in found.forecasts if x.period == "2025-06"]
    assert [x.actual for x in june] == [pytest.approx(amount)] * 2
    assert june[0].crps == pytest.approx(june[1].crps, rel=0.05)  # simulated and exact
    assert june[0].inside_80 == (june[0].quantiles[0.1] <= amount <= june[0].quantiles[0.9])
    rate = june[0].rivals["run_rate"].mean
    before = history.midnight(AS_OF - dt.timedelta(days=30)), first[0]
    won = (history.ends.outcome == WON) & (history.ends.closed >= before[0]) & (history.ends.closed < before[1])
    assert rate == pytest.approx(float(history.facts["amount"].value[history.ends.deal[won]].sum()), rel=0.02)
    november = next(x for x in found.forecasts if x.period == "2025-11")
    ends = START + dt.timedelta(days=300)
    assert november.actual is None
    assert november.why == f"the history ends at {ends}, the period at 2025-12-01"
    keys = face_of(found).keys()
    assert keys["summary"]["n"] == len(found.scored)
    assert keys["forecasts"][-1]["crps"] is None
    assert np.isfinite(keys["summary"]["relative_crps"])


def test_what_cannot_be_scored_is_refused(history: History, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="found none"):
        track(history, tmp_path / "nothing")
    with pytest.raises(InputError, match="`run --out` saves a forecast"):
        track(history, tmp_path)
    simulate(scenario(currency="EUR"), trials=200).save(tmp_path / "a")
    with pytest.raises(InputError, match="in EUR, the history in USD"):
        track(history, tmp_path)


def counted(as_of: dt.date = AS_OF) -> dict[str, Any]:
    return {**scenario(as_of), "amount": 1, "targets": []}


def test_forecasts_of_wins_are_scored_by_wins(history: History, tmp_path: Path) -> None:
    simulate(counted(), trials=500).save(tmp_path / "a")
    first, last = history.midnight(AS_OF), history.midnight(dt.date(2025, 7, 1))
    wins = int(((history.ends.outcome == WON) & (history.ends.closed >= first) & (history.ends.closed < last)).sum())
    without = dataclasses.replace(history, facts={})
    for told in (history, without):
        found = track(told, tmp_path)
        assert found.value == "count"
        assert found.forecasts[0].actual == wins
    simulate(scenario(), trials=500).save(tmp_path / "b")
    with pytest.raises(InputError, match="score them apart"):
        track(history, tmp_path)
    with pytest.raises(InputError, match="have no amount"):
        track(without, tmp_path / "b")


def test_forecasts_in_two_currencies_are_not_added_up(history: History, tmp_path: Path) -> None:
    simulate(scenario(currency="EUR"), trials=200).save(tmp_path / "a")
    simulate(scenario(currency="GBP"), trials=200).save(tmp_path / "b")
    with pytest.raises(InputError, match=r"is in GBP, that of .*a in EUR"):
        track(dataclasses.replace(history, currency=None), tmp_path)


def test_a_period_before_the_history_is_not_scored(history: History, tmp_path: Path) -> None:
    simulate(scenario(), trials=200).save(tmp_path / "a")
    since = dt.date(2025, 6, 10)
    found = track(dataclasses.replace(history, since=history.midnight(since)), tmp_path)
    assert [x.actual is None for x in found.forecasts] == [True, False]
    assert found.forecasts[0].why == "the history begins at 2025-06-10, the period at 2025-06-01"


def test_the_run_rate_of_a_short_past_is_scaled_up(history: History, tmp_path: Path) -> None:
    """Twelve days were seen of the thirty before."""
    simulate(scenario(), trials=200).save(tmp_path / "a")
    since = AS_OF - dt.timedelta(days=12)
    told = dataclasses.replace(history, since=history.midnight(since))
    june = track(told, tmp_path).forecasts[0]
    first, last = history.midnight(AS_OF - dt.timedelta(days=30)), history.midnight(AS_OF)
    won = (history.ends.outcome == WON) & (history.ends.closed >= first) & (history.ends.closed < last)
    amount = float(history.facts["amount"].value[history.ends.deal[won]].sum())
    assert june.rivals["run_rate"].mean == pytest.approx(amount * 30 / 12, rel=0.05)
