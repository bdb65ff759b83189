"""Days of the year: found again where nothing happens on them in two years, not from one, nor where there are none."""

from __future__ import annotations

import datetime as dt
import io
from functools import cache

import numpy as np
import pytest
from rich.console import Console

from simfunnel.calibration import Calibration, calibrate
from simfunnel.calibration.update import updated
from simfunnel.estimation.holiday_gain import HolidayGain, holiday_gain
from simfunnel.estimation.holidays import Holiday, dates_of, with_holidays
from simfunnel.estimation.present import present_of
from simfunnel.estimation.risk import risk_of
from simfunnel.estimation.weekdays import WeekdaySpeeds, weekday_speeds
from simfunnel.estimation.weights import FixedHalfLife
from simfunnel.forecast import simulate
from simfunnel.forecast.inputs import prepare
from simfunnel.history.history import History
from simfunnel.report.console.calibration import calibration_page

from .made import START, made_history, moved

SUMMER, SPRING, AUTUMN = ({(month, day) for day in days} for month, days in (
    (8, range(8, 22)), (4, range(3, 8)), (10, range(1, 8)),
))  # fmt: skip
IDLE = SUMMER | SPRING | AUTUMN | {(12, day) for day in range(21, 32)} | {(1, day) for day in range(1, 4)}


def with_idle_days(history: History, idle: set[tuple[int, int]]) -> History:
    """The same deals, whose time stands still on some days of the year."""
    dates = [START + dt.timedelta(days=i) for i in range(1500)]
    return moved(history, np.array([1e-9 if (d.month, d.day) in idle else 1.0 for d in dates]))


EASTER = dt.date(2027, 4, 3)
"""Days of rest begin then that were seen in two years."""


@cache
def history(days: int, *, idle: bool = True) -> History:
    return with_idle_days(made_history(days=days, per_day=14, seed=3), IDLE if idle else set())


@cache
def learned(days: int, as_of: dt.date | None = None, *, idle: bool = True) -> Calibration:
    return calibrate(history(days, idle=idle), as_of=as_of, unit="month", horizon=14, value="count", half_life=None,
                     check=False)  # fmt: skip


def test_days_of_two_years_are_found_and_written() -> None:
    found = learned(740, EASTER)
    assert found.holidays is not None
    assert {holiday.date for holiday in found.holidays.found} == IDLE
    assert found.holidays.proved
    clock = found.data()["clock"]
    assert set(clock["holidays"].values()) == {0.0}
    written = found.prepared().scenario.clock
    assert written is not None
    ahead = {day for day in written.holidays if day >= EASTER}
    assert ahead == {EASTER + dt.timedelta(days=i) for i in range(5)}
    busy = 1 - len(IDLE) / 365.25  # the other days are so much faster than the mean day
    assert np.mean(clock["weekdays"]) == pytest.approx(1 / busy, abs=0.001)


def test_a_forecast_knows_them() -> None:
    """Five days of rest: nothing is won within them."""
    found = learned(740, EASTER)
    data = found.data() | {"periods": {"unit": "days", "length": 5, "count": 1}}
    with_them, without = (
        simulate(prepare(d, pipeline=found.deals_frame()), trials=2_000, groups=()).mean(0)
        for d in (data, {key: value for key, value in data.items() if key != "clock"})
    )
    assert without > 3
    assert with_them == 0


def looked_for(days: int, *, idle: bool = True) -> HolidayGain:
    told = history(days, idle=idle)
    view = told.as_of(told.day(told.last))
    found = holiday_gain(present_of(view, FixedHalfLife(None), count=True), 14, FixedHalfLife(None), 0.05,
                         weekdays=False)  # fmt: skip
    assert found is not None
    return found


def test_what_was_seen_once_is_told_and_not_written() -> None:
    found = looked_for(400)
    assert not found.found and not found.proved
    assert {holiday.date for holiday in found.once} >= SUMMER | SPRING | AUTUMN


def test_a_steady_process_has_none() -> None:
    found = looked_for(740, idle=False)
    assert found.found == () and found.once == ()


def test_below_a_year_nothing_is_looked_for_and_a_page_says_what_was_seen_once() -> None:
    assert calibrate(history(200), unit="month", horizon=14, value="count", check=False).holidays is None
    found = learned(400)
    assert "holidays" not in found.data().get("clock", {})
    assert found.to_dict()["holidays"]["written"] is False
    console = Console(width=90, file=io.StringIO(), record=True)
    console.print(calibration_page(found, 90))
    assert "each was seen once: not taken for holidays" in " ".join(console.export_text().split())


def test_dates_add_up_to_weekdays() -> None:
    """Counted date by date, exits and those expected are those by which the speeds of weekdays are told."""
    steady = made_history(days=400, per_day=4)
    risk = risk_of(steady)
    dates, speeds = dates_of(steady, risk), weekday_speeds(steady, risk, np.ones(len(risk.age)))
    assert dates is not None and speeds is not None
    came, expected = (np.bincount(dates.days.weekday, x, minlength=7) for x in (dates.came, dates.expected))
    assert came == pytest.approx(expected)  # a date is compared with its weekday
    assert came.sum() == speeds.exits.sum()
    assert came / came.sum() == pytest.approx(speeds.exits / speeds.exits.sum())


def test_a_year_of_days_runs_at_a_speed_of_1() -> None:
    plain = WeekdaySpeeds(np.ones(7), np.zeros(7, dtype=np.int64))
    speeds = with_holidays(plain, [Holiday((12, day), 1.0, 8.0, 3) for day in range(20, 31)])
    days = [dt.date(2025, 3, 1) + dt.timedelta(days=i) for i in range(1461)]
    assert np.mean([speeds.on(day) for day in days]) == pytest.approx(1, abs=1e-9)


def test_an_update_keeps_the_days_that_somebody_wrote(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("update")
    found = learned(740, EASTER)
    own = found.scenario.replace("# Learned by", "# Kept; once learned by").split("clock:")
    rest = own[1][own[1].index("\nstages:") :]
    (folder / "scenario.yaml").write_text(own[0] + "clock: {holidays: {2026-12-07: 0.3}}" + rest, "utf-8")
    (folder / "pipeline.csv").write_text(found.pipeline_text, "utf-8")
    _, after = updated(found, folder / "scenario.yaml")
    (folder / "scenario.yaml").write_text(after, "utf-8")
    clock = prepare(folder / "scenario.yaml").scenario.clock
    assert clock is not None
    assert clock.holidays[dt.date(2026, 12, 7)] == 0.3
    assert set(found.data()["clock"]["holidays"].values()) == {0.0}
    assert len(clock.holidays) == 1 + len(found.data()["clock"]["holidays"])
