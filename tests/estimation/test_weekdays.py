"""Speeds of weekdays: found again where they were put in, counted as by hand, chosen only where they gain."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import numpy as np
import pytest

from simfunnel.arrays import Floats
from simfunnel.calibration import calibrate
from simfunnel.estimation.incidence import CENSORED
from simfunnel.estimation.present import present_of
from simfunnel.estimation.risk import risk_of
from simfunnel.estimation.weekday_gain import weekday_gain
from simfunnel.estimation.weekdays import WeekdaySpeeds, weekday_speeds
from simfunnel.estimation.weights import FixedHalfLife
from simfunnel.estimation.windows import past_windows
from simfunnel.history.history import DAY, History

from .made import START, made_history, moved

ALL_ALIKE = FixedHalfLife(None)
REST = np.array([1.5, 1.5, 1.5, 1.0, 1.0, 0.5, 0.0])


def on_the_clock(history: History, speed: Floats) -> History:
    """The same deals under a clock: what took so many days takes so many operational ones. START is a Monday."""
    assert START.weekday() == 0
    return moved(history, np.tile(speed, 429))


def test_speeds_that_were_put_in_are_found_again() -> None:
    history = on_the_clock(made_history(days=364, per_day=12), REST)
    risk = risk_of(history)
    found = weekday_speeds(history, risk, np.ones(len(risk.age)))
    assert found is not None
    assert found.speed.mean() == pytest.approx(1)
    error = found.speed / np.sqrt(np.maximum(found.exits, 1))
    assert np.all(np.abs(found.speed - REST) <= 4 * error + 0.01)
    assert found.exits[6] == 0


def test_a_steady_process_has_no_weekdays() -> None:
    history = made_history(days=364, per_day=12)
    risk = risk_of(history)
    found = weekday_speeds(history, risk, np.ones(len(risk.age)))
    assert found is not None
    assert np.all(np.abs(found.speed - 1) < 4 / np.sqrt(found.exits))


def test_expected_exits_are_those_counted_day_by_day() -> None:
    """Spell by spell and day by day: the hazard of every age at which somebody left, on the weekday it falls on."""
    history = made_history(days=60, per_day=3)
    risk = risk_of(history)
    weight = np.random.default_rng(2).uniform(0.2, 1.0, len(risk.age))
    ratio, came = np.zeros(7), np.zeros(7)
    for k in range(risk.stages):
        mine = np.flatnonzero(risk.stage == k)
        gone = mine[risk.cause[mine] != CENSORED]
        for i in gone.tolist():
            weekday = (START + dt.timedelta(days=int((risk.left[i] * DAY - history.midnight(START)) // DAY))).weekday()
            came[weekday] += weight[i]
        ages = np.unique(risk.age[gone])
        for age in ages.tolist():
            at_risk = mine[risk.age[mine] >= age]
            hazard = weight[gone[risk.age[gone] == age]].sum() / weight[at_risk].sum()
            for i in at_risk.tolist():
                day = int(((risk.entered[i] + age) * DAY - history.midnight(START)) // DAY)
                ratio[(START + dt.timedelta(days=day)).weekday()] += weight[i] * hazard
    found = weekday_speeds(history, risk, weight)
    assert found is not None
    assert found.speed == pytest.approx((came / ratio) / (came / ratio).mean(), rel=1e-9)


def test_few_exits_and_times_between_snapshots_tell_nothing() -> None:
    history = made_history(days=20, per_day=3)
    risk = risk_of(history)
    assert weekday_speeds(history, risk, np.ones(len(risk.age))) is None
    long = made_history(days=200, per_day=6)
    risk = risk_of(long)
    assert weekday_speeds(replace(long, form="snapshots"), risk, np.ones(len(risk.age))) is None


def test_the_clock_passes_over_days_as_they_are() -> None:
    history = made_history(days=30, per_day=2)
    start = history.midnight(START) / DAY
    clock = WeekdaySpeeds(REST, np.zeros(7, dtype=np.int64)).clock(history, start, start + 14)
    passed = clock(start + np.array([0.5, 1.0, 3.5, 7.0, 14.0])) - clock(start)
    assert passed == pytest.approx([0.75, 1.5, 5.0, 7.0, 14.0])


def test_weekdays_that_matter_are_written_and_others_are_not() -> None:
    """Windows of ten days hold two, three or four days on which nothing happens."""
    resting = on_the_clock(made_history(days=364, per_day=25), np.array([1.75, 1.75, 1.75, 1.75, 0.0, 0.0, 0.0]))
    found = calibrate(resting, unit="month", horizon=10, value="count", half_life=None, check=False)
    assert found.weekdays is not None
    assert found.weekdays.proved
    speeds = found.data()["clock"]["weekdays"]
    assert speeds[4:] == [0.0, 0.0, 0.0]
    assert speeds == pytest.approx(found.weekdays.fitted.speed, abs=5e-4)
    assert sum(speeds) == pytest.approx(7, abs=0.004)
    assert list(found.prepared().scenario.clock.weekdays) == speeds  # type: ignore[union-attr]
    steady = calibrate(made_history(days=364, per_day=25), unit="month", horizon=10, value="count", half_life=None,
                       check=False)  # fmt: skip
    assert steady.weekdays is not None
    assert steady.weekdays.gain is not None
    assert not steady.weekdays.proved
    assert "clock" not in steady.data()


def test_nothing_is_chosen_from_fewer_than_three_windows() -> None:
    resting = on_the_clock(made_history(days=120, per_day=25), np.array([1.75, 1.75, 1.75, 1.75, 0.0, 0.0, 0.0]))
    present = present_of(resting.as_of(resting.day(resting.last)), ALL_ALIKE, count=True)
    windows = past_windows(present.view, 45, ALL_ALIKE, count=True)
    found = weekday_gain(present, windows, 45, ALL_ALIKE, 0.05)
    assert found is not None
    assert found.independent < 3
    assert not found.proved


@pytest.mark.parametrize("whole", [True, False], ids=["days", "instants"])
@pytest.mark.parametrize("zone", ["UTC", "Europe/Rome"])
def test_spells_of_one_time_of_the_week_may_be_counted_together(
    whole: bool, zone: str, monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    """As they are where days at risk are many: the same to the last digits where days are known and are all as long."""
    history = replace(on_the_clock(made_history(days=300, per_day=12), REST), time_zone=zone)
    if whole:
        history = in_days(history)
    view = history.as_of(history.day(history.last))
    risk = risk_of(view, -np.inf)
    weight = np.ones(len(risk.entered))
    one_by_one = weekday_speeds(view, risk, weight)
    monkeypatch.setattr("simfunnel.estimation.weekdays.MOST_DAYS", 0)
    together = weekday_speeds(view, risk, weight)
    assert one_by_one is not None and together is not None
    exact = whole and zone == "UTC"
    assert together.speed == pytest.approx(one_by_one.speed, rel=1e-9 if exact else 0.02, abs=1e-9 if exact else 0.015)


def in_days(history: History) -> History:
    """Every instant at the local midnight of its day."""

    def cut(instant: np.ndarray) -> np.ndarray:
        there = instant < np.iinfo(np.int64).max
        days = [history.midnight(history.day(int(x))) if ok else int(x) for x, ok in zip(instant, there, strict=True)]
        return np.array(days, dtype=np.int64)

    s, d, e = history.spells, history.deals, history.ends
    entered, left, closed = cut(s.entered), cut(s.left), cut(e.closed)
    return replace(
        history,
        deals=replace(d, created=cut(d.created), created_before=cut(d.created)),
        spells=replace(s, entered=entered, entered_before=entered, left=left, left_before=left),
        ends=replace(e, closed=closed, closed_before=closed),
    )
