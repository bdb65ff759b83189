"""Fiscal years of whole weeks, against calendars that companies and associations publish."""

from __future__ import annotations

import datetime as dt
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simfunnel import InputError, parse_scenario, simulate
from simfunnel.funnel.calendar import fiscal_periods, month_of_quarter
from simfunnel.scenario.schema import Periods

# years that end on the Saturday nearest 31 January (the 4-5-4 calendar of the retail trade), the last Saturday of
# September, and the Sunday nearest 31 December
RETAIL = {"weekday": "saturday", "month": 1, "rule": "nearest"}
SEPTEMBER = {"weekday": "Saturday", "month": 9, "rule": "last"}
DECEMBER = {"weekday": "sunday", "month": 12, "rule": "nearest"}


def periods(
    unit: str, weeks: str | int, year_end: dict[str, object], as_of: dt.date, count: int = 4
) -> list[tuple[str, dt.date, dt.date]]:
    spec = Periods.model_validate({"unit": unit, "count": count, "weeks": weeks, "year_end": year_end})
    return [(p.label, p.start, p.end) for p in fiscal_periods(spec, as_of)]


@pytest.mark.parametrize(
    ("year_end", "name", "first", "last"),
    [
        (RETAIL, "FY2024", dt.date(2023, 1, 29), dt.date(2024, 2, 3)),  # 53 weeks
        (RETAIL, "FY2025", dt.date(2024, 2, 4), dt.date(2025, 2, 1)),
        (RETAIL, "FY2026", dt.date(2025, 2, 2), dt.date(2026, 1, 31)),
        (SEPTEMBER, "FY2022", dt.date(2021, 9, 26), dt.date(2022, 9, 24)),
        (SEPTEMBER, "FY2023", dt.date(2022, 9, 25), dt.date(2023, 9, 30)),  # 53 weeks
        (SEPTEMBER, "FY2024", dt.date(2023, 10, 1), dt.date(2024, 9, 28)),
        (DECEMBER, "FY2020", dt.date(2019, 12, 30), dt.date(2021, 1, 3)),  # 53 weeks
    ],
)
def test_years_are_those_that_are_published(
    year_end: dict[str, object], name: str, first: dt.date, last: dt.date
) -> None:
    for day in (first, last, first + dt.timedelta(days=100)):
        ((label, start, end),) = periods("year", "4-4-5", year_end, day, 1)
        assert (label, start, end) == (name, first, last + dt.timedelta(days=1))


def test_the_53rd_week_belongs_to_the_last_period() -> None:
    found = periods("month", "4-5-4", RETAIL, dt.date(2023, 1, 29), 13)
    assert [label for label, _, _ in found[:3] + found[11:]] == [
        "FY2024-P01",
        "FY2024-P02",
        "FY2024-P03",
        "FY2024-P12",
        "FY2025-P01",
    ]
    assert [(end - start).days // 7 for _, start, end in found] == [4, 5, 4] * 3 + [4, 5, 5, 4]
    quarters = periods("quarter", "4-4-5", RETAIL, dt.date(2023, 1, 29), 5)
    assert [(label, (end - start).days // 7) for label, start, end in quarters] == [
        ("FY2024-Q1", 13), ("FY2024-Q2", 13), ("FY2024-Q3", 13), ("FY2024-Q4", 14), ("FY2025-Q1", 13)
    ]  # fmt: skip
    thirteen = periods("month", 13, RETAIL, dt.date(2023, 1, 29), 14)
    assert [(end - start).days // 7 for _, start, end in thirteen] == [4] * 12 + [5, 4]
    assert thirteen[12][0] == "FY2024-P13" and thirteen[13][0] == "FY2025-P01"


@given(
    day=st.dates(dt.date(1990, 1, 1), dt.date(2080, 1, 1)),
    weekday=st.sampled_from(["monday", "wednesday", "friday", "saturday", "sunday"]),
    month=st.integers(1, 12), rule=st.sampled_from(["last", "nearest"]),
    unit=st.sampled_from(["month", "quarter", "year"]),
    weeks=st.sampled_from(["4-4-5", "4-5-4", "5-4-4", "13"]),
)  # fmt: skip
def test_periods_follow_one_another_and_the_first_holds_the_day(
    day: dt.date, weekday: str, month: int, rule: str, unit: str, weeks: str
) -> None:
    found = periods(unit, weeks, {"weekday": weekday, "month": month, "rule": rule}, day, 30)
    assert found[0][1] <= day < found[0][2]
    assert all(a[2] == b[1] for a, b in pairwise(found))
    assert len({label for label, _, _ in found}) == 30
    names = {"month": set(range(28, 43, 7)), "quarter": {91, 98}, "year": {364, 371}}
    assert {(end - start).days for _, start, end in found} <= names[unit]
    for label, _, end in found:
        if unit == "year":  # the year is named by the month in or near whose end it ends
            last = end - dt.timedelta(days=1)
            anchor = dt.date(int(label[2:]) + month // 12, month % 12 + 1, 1) - dt.timedelta(days=1)
            assert abs((last - anchor).days) <= (3 if rule == "nearest" else 6)


def test_the_clock_follows_the_months_of_the_pattern() -> None:
    spec = Periods.model_validate({"unit": "quarter", "count": 1, "weeks": "4-4-5", "year_end": SEPTEMBER})
    start = dt.date(2023, 10, 1)
    weeks = [month_of_quarter(start + dt.timedelta(days=7 * w), spec) for w in range(26)]
    assert weeks == ([0] * 4 + [1] * 4 + [2] * 5) * 2


SCENARIO = {
    "version": 1, "as_of": "2027-01-11",
    "periods": {"unit": "quarter", "count": 2, "weeks": "4-4-5", "year_end": RETAIL},
    "stages": [{"name": "A", "conversion": 0.5, "duration": 10}], "targets": [{"period": "FY2028-Q1", "amount": 5}],
    "leads": [{"name": "web", "stage": "A", "rate": {"per": "week", "mean": 3}, "amount": 2}],
}  # fmt: skip


def test_a_forecast_has_the_labels_of_its_calendar() -> None:
    forecast = simulate(SCENARIO, trials=100)
    assert [p.label for p in forecast.periods] == ["FY2027-Q4", "FY2028-Q1"]
    assert forecast.p_attain(period="FY2028-Q1").probability > 0


@pytest.mark.parametrize(
    ("periods", "said"),
    [
        ({"unit": "quarter", "count": 1, "weeks": "4-4-5"}, "'year_end' is missing"),
        ({"unit": "quarter", "count": 1, "year_end": RETAIL}, "'weeks' is missing"),
        ({"unit": "week", "count": 1, "weeks": "4-4-5", "year_end": RETAIL}, "units month, quarter and year"),
        ({"unit": "quarter", "count": 1, "weeks": "4-4-6", "year_end": RETAIL}, "expected '4-4-5', '4-5-4', '5-4-4'"),
        ({"unit": "year", "count": 1, "weeks": "13", "year_end": RETAIL, "fiscal_year_start": 2}, "remove 'fiscal_ye"),
        ({"unit": "year", "count": 1, "weeks": "13", "year_end": {**RETAIL, "weekday": "saterday"}}, "mean 'saturday'"),
        ({"unit": "year", "count": 1, "weeks": "13", "year_end": {**RETAIL, "month": 13}}, "must be at most 12"),
    ],
)  # fmt: skip
def test_a_calendar_that_says_too_little_or_too_much_is_refused(periods: dict[str, object], said: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_scenario({**SCENARIO, "periods": periods, "targets": []})
    assert said in str(caught.value)
