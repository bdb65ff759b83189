from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta, timezone

import numpy as np
import pytest

from simfunnel.crm.date_columns import DateRules, read_dates
from simfunnel.errors import InputError

from .reading import Reader

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


@pytest.mark.parametrize("mark", ["/", "-", "."])
def test_a_short_year_stands_where_it_puts_the_dates_near_as_of(read: Reader, mark: str) -> None:
    rows = "".join(f"{i},Proposal,{one.replace('/', mark)}\n" for i, one in enumerate(("27/01/05", "26/12/31")))
    assert read("id,stage,created\n" + rows).open.created.tolist() == [-15, -20]
    last = "".join(f"{i},Proposal,{one.replace('/', mark)}\n" for i, one in enumerate(("05/01/27", "31/12/26")))
    assert read("id,stage,created\n" + last).open.created.tolist() == [-15, -20]


def test_a_short_year_that_can_stand_at_both_ends_is_asked_about(message: Callable[..., str], read: Reader) -> None:
    text = "id,stage,created\n1,Proposal,25/12/26\n2,Proposal,26/11/26\n"
    said = message(text)
    assert '`date_format: "%y/%m/%d"`' in said and '`date_format: "%d/%m/%y"`' in said
    assert read(text, date_format="%d/%m/%y").open.created.tolist() == [-26, -55]


def test_one_odd_old_date_does_not_turn_the_others(read: Reader) -> None:
    rows = "".join(f"{i},Proposal,{day:02}/01/27\n" for i, day in enumerate(range(1, 20)))
    assert read("id,stage,created\n" + rows + "x,Proposal,26/12/25\n").open.created.tolist()[:2] == [-19, -18]


def test_a_column_of_short_years_borrows_the_answer_and_same_days_need_none(read: Reader) -> None:
    text = "id,stage,created,close_date\n1,Proposal,25/12/26,05/03/27\n2,Proposal,26/11/26,17/04/27\n"
    assert read(text).open.created.tolist() == [-26, -55]
    assert read("id,stage,close_date\n1,Proposal,27/03/27\n").open.close_date.tolist() == [66]
