"""Fiscal periods, their labels and bounds; the operational clock."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pytest

from simfunnel.funnel.calendar import Period, fiscal_periods, period_of
from simfunnel.funnel.clock import OperationalClock
from simfunnel.scenario.schema import Clock, Periods


def periods(as_of: str, **spec: Any) -> list[tuple[str, str, str]]:
    found = fiscal_periods(Periods.model_validate({"count": 1, **spec}), dt.date.fromisoformat(as_of))
    assert all(isinstance(p, Period) for p in found)
    return [(p.label, p.start.isoformat(), p.end.isoformat()) for p in found]


@pytest.mark.parametrize(
    ("as_of", "spec", "expected"),
    [
        ("2027-01-04", {"unit": "quarter"}, ("2027-Q1", "2027-01-01", "2027-04-01")),
        ("2027-12-31", {"unit": "quarter"}, ("2027-Q4", "2027-10-01", "2028-01-01")),
        ("2027-01-04", {"unit": "month"}, ("2027-01", "2027-01-01", "2027-02-01")),
        ("2028-02-29", {"unit": "month"}, ("2028-02", "2028-02-01", "2028-03-01")),
        ("2027-06-01", {"unit": "year"}, ("2027", "2027-01-01", "2028-01-01")),
        (
            "2027-01-31",
            {"unit": "quarter", "fiscal_year_start": 2},
            ("FY2027-Q4", "2026-11-01", "2027-02-01"),
        ),
        (
            "2027-02-01",
            {"unit": "quarter", "fiscal_year_start": 2},
            ("FY2028-Q1", "2027-02-01", "2027-05-01"),
        ),
        (
            "2027-04-30",
            {"unit": "quarter", "fiscal_year_start": 4},
            ("FY2028-Q1", "2027-04-01", "2027-07-01"),
        ),
        (
            "2027-03-31",
            {"unit": "quarter", "fiscal_year_start": 4},
            ("FY2027-Q4", "2027-01-01", "2027-04-01"),
        ),
        (
            "2026-10-01",
            {"unit": "quarter", "fiscal_year_start": 10},
            ("FY2027-Q1", "2026-10-01", "2027-01-01"),
        ),
        (
            "2026-09-30",
            {"unit": "quarter", "fiscal_year_start": 10},
            ("FY2026-Q4", "2026-07-01", "2026-10-01"),
        ),
        ("2027-01-15", {"unit": "year", "fiscal_year_start": 10}, ("FY2027", "2026-10-01", "2027-10-01")),
        ("2027-01-15", {"unit": "year", "fiscal_year_start": 2}, ("FY2027", "2026-02-01", "2027-02-01")),
        ("2027-01-15", {"unit": "month", "fiscal_year_start": 4}, ("2027-01", "2027-01-01", "2027-02-01")),
        ("2027-01-04", {"unit": "days", "length": 30}, ("2027-01-04+30d", "2027-01-04", "2027-02-03")),
        ("2028-02-28", {"unit": "days", "length": 2}, ("2028-02-28+2d", "2028-02-28", "2028-03-01")),
        ("2027-02-03", {"unit": "week"}, ("2027-W05", "2027-02-01", "2027-02-08")),
        ("2026-12-31", {"unit": "week"}, ("2026-W53", "2026-12-28", "2027-01-04")),
        ("2027-01-03", {"unit": "week"}, ("2026-W53", "2026-12-28", "2027-01-04")),
        ("2024-12-30", {"unit": "week"}, ("2025-W01", "2024-12-30", "2025-01-06")),
    ],
)
def test_first_period_contains_as_of(as_of: str, spec: dict[str, Any], expected: tuple[str, str, str]) -> None:
    assert periods(as_of, **spec) == [expected]


@pytest.mark.parametrize("spec", [
    {"unit": "week"}, {"unit": "month"}, {"unit": "quarter"}, {"unit": "quarter", "fiscal_year_start": 2},
    {"unit": "year", "fiscal_year_start": 10}, {"unit": "days", "length": 13},
])  # fmt: skip
def test_periods_follow_one_another_without_a_gap(spec: dict[str, Any]) -> None:
    found = periods("2027-11-17", **{**spec, "count": 30})
    assert [end for _, _, end in found[:-1]] == [start for _, start, _ in found[1:]]
    assert len({label for label, _, _ in found}) == 30


def test_weeks_cross_the_year_by_the_iso_calendar() -> None:
    assert [label for label, _, _ in periods("2026-12-20", unit="week", count=4)] == [
        "2026-W51", "2026-W52", "2026-W53", "2027-W01"
    ]  # fmt: skip


def test_a_leap_day_makes_its_periods_longer() -> None:
    (_, start, end), *_ = periods("2028-02-01", unit="quarter")
    assert (dt.date.fromisoformat(end) - dt.date.fromisoformat(start)).days == 91


FRIDAY = dt.date(2027, 1, 1)


def test_clock_of_calendar_days_is_the_identity() -> None:
    clock = OperationalClock(None, FRIDAY, -10, 20)
    t = np.array([-25.5, -10.0, -0.25, 0.0, 3.75, 20.0, 31.0])
    np.testing.assert_allclose(clock(t), t)


def test_clock_counts_business_days_both_ways() -> None:
    clock = OperationalClock(Clock(weekdays=(1, 1, 1, 1, 1, 0, 0)), FRIDAY, -14, 14)
    np.testing.assert_allclose(
        clock([0, 1, 2, 3, 3.5, 4, 7, -1, -5, -4.5, -7]), [0, 1, 1, 1, 1.5, 2, 5, -1, -4, -4, -5]
    )


def test_clock_is_monotone_and_0_at_as_of() -> None:
    spec = Clock(weekdays=(1, 1.2, 0.7, 1, 1, 0, 0.1), month_of_quarter=(0.8, 0, 1.2))
    clock = OperationalClock(spec, FRIDAY, -200, 200, Periods(unit="quarter", count=1, fiscal_year_start=2))
    t = np.linspace(-260, 260, 5001)
    assert np.all(np.diff(clock(t)) >= 0)
    assert float(clock(0.0)) == 0


def test_clock_runs_at_its_mean_speed_outside_what_it_covers() -> None:
    clock = OperationalClock(Clock(weekdays=(1, 1, 1, 1, 1, 0, 0)), FRIDAY, -7, 7)
    assert float(clock(14.0)) == pytest.approx(10)
    assert float(clock(-21.0)) == pytest.approx(-15)


def test_clock_keeps_what_is_unknown() -> None:
    assert np.isnan(OperationalClock(None, FRIDAY, -1, 1)(np.nan))


def test_speeds_multiply() -> None:
    spec = Clock(weekdays=(1, 1, 1, 1, 0.5, 1, 1), month_of_quarter=(3, 1, 1))
    assert float(OperationalClock(spec, FRIDAY, -1, 5)(1.0)) == pytest.approx(1.5)


def test_a_holiday_replaces_the_speed_of_its_weekday() -> None:
    """Day by day, with the month's factor on all of them, the holidays included."""
    holidays = {dt.date(2027, 1, 4): 0.0, dt.date(2026, 12, 28): 0.25, dt.date(2027, 1, 2): 2.0}
    spec = Clock(weekdays=(1, 1, 1, 1, 1, 0, 0), month_of_quarter=(0.5, 1, 1.2), holidays=holidays)
    clock = OperationalClock(spec, FRIDAY, -7, 7)
    speeds = {day: 0.0 if day.weekday() > 4 else 1.0 for day in (FRIDAY + dt.timedelta(days=d) for d in range(-7, 7))}
    speeds |= holidays
    factor = {12: 1.2, 1: 0.5}
    for d in range(-6, 8):
        passed = float(clock(float(d))) - float(clock(float(d - 1)))
        day = FRIDAY + dt.timedelta(days=d - 1)
        assert passed == pytest.approx(speeds[day] * factor[day.month]), day


@pytest.mark.parametrize(
    "spec",
    [
        {"unit": "week"}, {"unit": "month"}, {"unit": "quarter"}, {"unit": "year"}, {"unit": "days", "length": 30},
        {"unit": "quarter", "fiscal_year_start": 2}, {"unit": "year", "fiscal_year_start": 10},
        {"unit": "month", "weeks": "4-4-5", "year_end": {"weekday": "saturday", "month": 1}},
        {"unit": "quarter", "weeks": "13", "year_end": {"weekday": "sunday", "month": 12, "rule": "nearest"}},
    ],
)  # fmt: skip
def test_a_label_is_found_in_the_calendar_that_wrote_it(spec: dict[str, Any]) -> None:
    own = Periods.model_validate({"count": 70, **spec})
    other = own.model_copy(update={"unit": "week", "length": None, "count": 1})  # labels of every unit are read
    for period in fiscal_periods(own, dt.date(2024, 12, 30)):
        assert period_of(period.label, own) == period
        assert period_of(period.label, other) == period


def test_labels_that_no_calendar_has() -> None:
    plain = Periods(unit="quarter", count=1)
    fiscal = Periods(unit="quarter", count=1, fiscal_year_start=4)
    for label in ("2027-W53", "2027-Q5", "FY2027-Q1", "2027-13", "total", "soon", "2027-02-30+5d", "0000", "9999-Q1"):
        assert period_of(label, plain) is None, label
    assert period_of("2027-Q1", fiscal) is None and period_of("2026-W53", plain) is not None
