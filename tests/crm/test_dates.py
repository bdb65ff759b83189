from __future__ import annotations

from datetime import date, datetime, timedelta, timezone

import numpy as np
import pytest

from simfunnel.crm.date_columns import DateRules, read_dates
from simfunnel.errors import InputError

AS_OF = date(2027, 1, 4)


def days(*cells: object, **rules: str) -> list[float]:
    found = read_dates({"Date": cells}, DateRules(AS_OF, **rules))["Date"]  # type: ignore[dict-item, arg-type]
    assert not found.unreadable
    return found.days.tolist()


@pytest.mark.parametrize(
    "text",
    [
        "2027-01-16", "2027/1/16", "2027.01.16", "2027年1月16日", "20270116", "01/16/2027", "1/16/27",
        "16/01/2027",
        "16.01.2027", "16.1.27", "16-01-2027", "16 Jan 2027", "16-Jan-2027", "16-Jan-27", "Jan 16, 2027",
        "January 16, 2027", "16th January 2027", "2027-01-16T00:00:00", "2027-01-16 00:00",
        "01/16/27 12:00 AM",
        "46403", "1800057600000", 46403, 46403.0, 1800057600000, date(2027, 1, 16), datetime(2027, 1, 16),
    ],
)  # fmt: skip
def test_dates_are_read_as_people_write_them(text: object) -> None:
    assert days(text) == [12]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("02/23/26 08:55 PM", (datetime(2026, 2, 23, 20, 55) - datetime(2027, 1, 4)) / timedelta(days=1)),
        ("2027-01-03T12:00:00", -0.5),
        ("2027-01-03 18:00:00.000", -0.25),
        ("46389.5", -1.5),
        (46389.5, -1.5),
        ("1/13/2027 12:30 pm", 9 + 12.5 / 24),
    ],
)
def test_times_of_day_are_fractions(text: object, value: float) -> None:
    assert days(text)[0] == pytest.approx(value, abs=1e-9)


def test_an_offset_is_converted_to_the_stated_time_zone_and_else_kept_local() -> None:
    assert days("2027-01-03T23:30:00Z") == pytest.approx([-0.5 / 24])
    assert days("2027-01-03T23:30:00Z", time_zone="Europe/Berlin") == pytest.approx([0.5 / 24])
    assert days("2027-01-03T23:30:00+0800", time_zone="UTC") == pytest.approx([-8.5 / 24])
    aware = datetime(2027, 1, 3, 23, 30, tzinfo=timezone(timedelta(hours=8)))
    assert days(aware, time_zone="UTC") == pytest.approx([-8.5 / 24])
    assert days("1798675200000", time_zone="Asia/Shanghai") == pytest.approx([-4 + 8 / 24])


@pytest.mark.parametrize(
    "text", ["soon", "2027-02-30", "31/31/2027", "13.13.2027", "2027-13-01", "12", "99999", "1 Foo 2027",
             "25:00", "2027-01-04T10:00:00+99:99",
             "2027-01-04 25:00", "1/2/3", "1/13/2027 13:00 PM", True],
)  # fmt: skip
def test_what_is_no_date_is_listed_and_not_guessed(text: object) -> None:
    found = read_dates({"Date": [text, "2027-01-05"]}, DateRules(AS_OF))["Date"]  # type: ignore[list-item]
    assert list(found.unreadable) == [0]
    assert np.isnan(found.days[0]) and found.days[1] == 1


def test_one_day_above_twelve_decides_for_the_column() -> None:
    assert days("02/03/2027", "02/23/2027") == [30, 50]
    assert days("02/03/2027", "23/02/2027") == [57, 50]


def test_a_column_borrows_the_order_of_the_other_columns() -> None:
    found = read_dates({"A": ["02/03/2027"], "B": ["02/23/2027"]}, DateRules(AS_OF))
    assert found["A"].days.tolist() == [30]


def test_the_same_day_and_month_is_not_ambiguous() -> None:
    assert days("05/05/2027") == [121]


def test_an_ambiguous_column_is_an_error_that_asks() -> None:
    with pytest.raises(InputError) as caught:
        read_dates({"Close Date": ["02/03/2027", "01/02/2027"]}, DateRules(AS_OF, file="deals.csv"))
    assert str(caught.value) == (
        "deals.csv: column 'Close Date': '02/03/2027' can be 2027-03-02 or 2027-02-03, and no date in the "
        "file tells "
        'which: add `date_format: "%m/%d/%Y"` (month first) or `date_format: "%d/%m/%Y"` (day first) '
        "under `pipeline`"
    )


def test_other_columns_that_contradict_each_other_are_no_help() -> None:
    columns = {"A": ["02/03/2027"], "B": ["02/23/2027"], "C": ["23/02/2027"]}
    with pytest.raises(InputError, match="column 'A': '02/03/2027' can be"):
        read_dates(columns, DateRules(AS_OF))


def test_a_column_that_contradicts_itself_is_an_error() -> None:
    with pytest.raises(InputError) as caught:
        read_dates({"Close": ["02/23/2027", "23/02/2027"]}, DateRules(AS_OF))
    assert str(caught.value) == (
        "column 'Close' mixes dates with the day first ('23/02/2027') and the month first ('02/23/2027'): "
        "export it "
        "again in one format, best as YYYY-MM-DD"
    )


def test_a_stated_format_decides_and_other_dates_are_unreadable() -> None:
    assert days("02/03/2027", "05/01/2027", date_format="%d/%m/%Y") == [57, 1]
    assert days("02/03/27 12:00", date_format="%m/%d/%y") == [30.5]
    cells: list[str | datetime] = ["02/03/2027", "2027-01-05", "02/23/2027", datetime(2027, 1, 6), "soon"]
    found = read_dates({"D": cells}, DateRules(AS_OF, date_format="%d/%m/%Y"))["D"]
    assert found.unreadable == {1: "2027-01-05", 2: "02/23/2027", 4: "soon"}
    assert found.days[3] == 2
    assert list(read_dates({"D": ["soon"]}, DateRules(AS_OF, date_format="%d/%m/%Y"))["D"].unreadable) == [0]


def test_a_stated_format_no_date_has_is_an_error() -> None:
    with pytest.raises(InputError) as caught:
        read_dates({"Created": ["2027-01-04", "soon"]}, DateRules(AS_OF, date_format="%d.%m.%Y", file="deals.csv"))
    assert str(caught.value) == (
        "deals.csv: column 'Created': date_format was %d.%m.%Y but found '2027-01-04': correct `date_format` under "
        "`pipeline`, or leave it out to detect the format"
    )


def test_a_time_zone_beyond_the_calendar_is_no_date() -> None:
    found = read_dates({"D": ["9999-12-31T23:59:59-12:00"]}, DateRules(AS_OF, time_zone="Asia/Shanghai"))["D"]
    assert list(found.unreadable) == [0]
