"""How many deals come a day, also where only snapshots show that they have come."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

from simfunnel.calibration import calibrate
from simfunnel.estimation.arrivals import daily_counts, estimate_arrivals
from simfunnel.estimation.present import present_of
from simfunnel.estimation.weights import FixedHalfLife
from simfunnel.history.history import DAY

from .exports import exported, read_back
from .made import made_history


def test_a_deal_between_two_snapshots_is_shared_among_their_days() -> None:
    """By hand: one at noon of the first day, two within a week, one from the middle of a day on."""
    created, before = np.array([0.5, 1.0, 1.0, 7.5]), np.array([0.5, 8.0, 8.0, 9.5])
    daily = daily_counts(created, before, 0.0, 10.0)
    share = 2 / 7
    assert daily == pytest.approx([1, share, share, share, share, share, share, share + 0.25, 0.5, 0.25])
    assert daily.sum() == pytest.approx(4)


def test_known_days_are_counted_as_they_are() -> None:
    created = np.sort(np.random.default_rng(4).uniform(0, 100, 500))
    daily = daily_counts(created, created, 0.0, 100.0)
    assert daily.tolist() == np.histogram(created, np.arange(101))[0].tolist()
    found = estimate_arrivals(created, created, 0.0, 100.0, 30)
    assert found.per_day == pytest.approx(np.sum(created >= 72) / 28)
    assert found.n == np.sum(created >= 72)


@pytest.mark.parametrize("every", [1, 7, 14])
@pytest.mark.parametrize("later", [0, 4])
def test_snapshots_tell_the_inflow_of_their_days(every: int, later: int) -> None:
    """Against the same deals with known days: within three standard errors of the count of four weeks.

    The book that the first snapshot shows did not come on its day, and days after the last one tell nothing.
    """
    history = made_history(days=150, per_day=20)
    shown = read_back(exported(history, every, first=40), history)
    view = shown.as_of(shown.day(shown.last) + dt.timedelta(days=1 + later))
    found = present_of(view, FixedHalfLife(None), count=True).arrivals(30)
    assert view.moments is not None
    last = int(view.moments[-1])
    came = np.sum((history.deals.created >= last - 28 * DAY) & (history.deals.created < last)) / 28
    assert found.per_day == pytest.approx(came, abs=3 * np.sqrt(20 / 28))
    assert found.per_day == pytest.approx(came, rel=0.06)
    assert found.level_sd < 0.2


@pytest.mark.slow
def test_the_forecast_from_weekly_exports_expects_the_same_new_deals() -> None:
    history = made_history(days=200, per_day=8)
    rates = [
        sum(source["rate"]["mean"] for source in calibrate(h, unit="month", value="count", check=False).data()["leads"])
        for h in (history, read_back(exported(history), history))
    ]
    assert rates[1] == pytest.approx(rates[0], rel=0.1)
