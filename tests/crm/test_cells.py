"""Cells: null marks, dates, numbers and scales are decided for a column as a whole."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import numpy as np
import pandas as pd
import pytest

from simfunnel.crm.date_columns import DateRules, read_dates
from simfunnel.crm.money import read_amounts
from simfunnel.scenario.pipeline import Pipeline
from simfunnel.values.cells import clean

from .reading import Reader, read_spec, reasons_of, warnings_of

AS_OF = date(2027, 1, 4)
NULLS = [
    "\\N",
    "NULL",
    "NaN",
    "NaT",
    "N/A",
    "<NA>",
    "-",
    "0000-00-00",
    "0000-00-00 00:00:00",
    "1/0/1900",
    "(No value)",
    "none",
]


@pytest.mark.parametrize("null", NULLS)
def test_one_list_of_null_marks_holds_for_every_field(read: Reader, null: str) -> None:
    table = read(
        "id,stage,amount,stage_entered,owner,win_rate,currency,status\n1,Proposal,5,2027-01-10,Bo,50%,USD,Open\n"
        + f"2,Proposal,{null},{null},{null},{null},{null},{null}\n"
    )
    assert (table.open.owner, table.quality.used, reasons_of(table)) == (("Bo", None), 2, [])
    np.testing.assert_equal(table.open.amount, [5, np.nan])
    np.testing.assert_equal(table.open.entered, [-10, np.nan])
    assert not any("cannot be read" in said for _, said in warnings_of(table))


def test_na_is_a_missing_number_and_may_be_a_name(read: Reader) -> None:
    table = read("id,stage,amount,team\n1,Proposal,NA,NA\n2,Proposal,5,EU\n")
    assert table.open.team == ("NA", "EU") and np.isnan(table.open.amount[0])


@pytest.mark.parametrize(
    "text",
    ["16. Jän. 2027", "16. Januar 2027", "16 janv. 2027", "16 de enero de 2027", "16 ene 2027", "16 de janeiro de 2027",
     "16 gennaio 2027", "16 января 2027 г.", "16 янв 2027", "Sat, 16 Jan 2027", "Samstag, 16. Januar 2027",
     "16 Gen 2027",
     "1800057600", "1800057600000", "1800057600000000", 1800057600],
)  # fmt: skip
def test_months_of_nine_languages_and_epochs_are_dates(text: object) -> None:
    found = read_dates({"D": [text]}, DateRules(AS_OF))["D"]  # type: ignore[list-item]
    assert (found.days.tolist(), found.unreadable) == ([12], {})


@pytest.mark.parametrize("impossible", ["00/00/2026", "04/00/2026", "31/31/2027", "00/12/2026"])
def test_an_impossible_date_before_ambiguous_ones_is_no_error_of_the_program(
    message: Callable[..., str], impossible: str
) -> None:
    text = f"id,stage,created\n1,Proposal,{impossible}\n2,Proposal,02/03/2026\n"
    assert "'02/03/2026' can be 2026-03-02 or 2026-02-03" in message(text)


def test_a_column_that_is_not_read_may_show_which_part_is_the_day(read: Reader) -> None:
    table = read("id,stage,amount,created,Grumpf\n1,Proposal,5,03/02/2026,25/12/2025\n")
    assert table.open.created.tolist() == [(date(2026, 2, 3) - date(2027, 1, 20)).days]


@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Shanghai", "Pacific/Auckland"])
@pytest.mark.parametrize("stamp", ["{}T00:00:00.000Z", "{} 00:00:00+00:00", "{}T03:00:00+03:00", "{}T00:00:00-05:00"])
def test_a_column_of_midnights_holds_days(zone: str, stamp: str) -> None:
    cells = [stamp.format("2027-01-05"), "", stamp.format("2027-02-05")]
    found = read_dates({"D": cells}, DateRules(AS_OF, time_zone=zone))["D"]
    np.testing.assert_equal(found.days, [1, np.nan, 32])


def test_one_time_of_day_makes_a_column_hold_moments() -> None:
    cells = ["2027-01-05T00:00:00Z", "2027-01-06T12:00:00Z"]
    found = read_dates({"D": cells}, DateRules(AS_OF, time_zone="America/New_York"))["D"]
    assert found.days.tolist() == pytest.approx([1 - 5 / 24, 2 + 7 / 24])


@pytest.mark.parametrize(
    ("text", "value"),
    [("12k", 12e3), ("850 tsd", 850e3), ("1.2 million", 1.2e6), ("30 K€", 30e3), ("T€ 5", 5e3), ("3 Mrd", 3e9),
     ("2,5 Mio. €", 2.5e6), ("12 тыс", 12e3), ("3.5万元", 35e3), ("2亿", 2e8), ("5千円", 5e3), ("1.5 mn", 1.5e6),
     ("7 pcs", None), ("R$ 10", 10), ("USD 3m", 3e6)],
)  # fmt: skip
def test_scales_are_read_as_people_write_them(text: str, value: float | None) -> None:
    column = read_amounts([text])
    assert np.isnan(column.values[0]) if value is None else column.values[0] == pytest.approx(value)
    assert (column.unreadable == {}) == (value is not None)


def test_two_readings_of_a_number_are_asked_about(read: Reader, message: Callable[..., str]) -> None:
    text = "id;stage;amount\n1;Proposal;12.000\n2;Proposal;1500\n"
    assert "'12.000' can be 12000 or 12.000" in message(text)
    assert read(text, decimal=",").open.amount.tolist() == [12000, 1500]
    both = 'id,stage,amount\n1,Proposal,"1.234,56"\n2,Proposal,"1,234.56"\n'
    assert "writes decimals both ways ('1,234.56' and '1.234,56')" in message(both)


def test_win_rates_in_two_scales_are_asked_about(read: Reader, message: Callable[..., str]) -> None:
    said = message("id,stage,amount,win_rate\n1,Proposal,5,90\n2,Proposal,6,50%\n3,Proposal,7,0.8\n")
    assert "column 'win_rate' mixes percentages ('90') and shares ('0.8')" in said
    table = read("id,stage,amount,Probability\n1,Proposal,5,90\n2,Proposal,6,0.8\n")
    assert np.isnan(table.open.probability).all()
    assert any("the forecast does not depend on it" in said for _, said in warnings_of(table))


def test_half_a_character_is_replaced_by_a_sign_that_can_be_written() -> None:
    frame = pd.DataFrame({"id": [1], "stage": ["Proposal"], "amount": [5], "owner": ["a\ud800b"]}, dtype=object)
    assert read_spec(Pipeline(), table=frame).open.owner == ("a\ufffdb",)


@pytest.mark.parametrize("mark", ["k. A.", "K.A.", "n.a.", "s. o.", "n/d", "н/д", "- €", "€ -", "-€", "– $", "$ -",
                                  "¥ —", "-"])  # fmt: skip
def test_a_dash_with_the_sign_of_a_currency_and_short_words_for_nothing_are_blank_in_every_field(mark: str) -> None:
    assert clean(mark) == ""


@pytest.mark.parametrize("text", ["-5 €", "€", "a-", "-ABC", "$ 5", "+-", "- zork", "A."])
def test_what_holds_more_than_a_dash_and_a_sign_is_no_blank(text: str) -> None:
    assert clean(text) == text


@pytest.mark.parametrize("mark", ["- EUR", "USD -", "-kr", "– Kč", "$ –"])
def test_a_dash_with_the_code_of_a_currency_is_no_amount(read: Reader, mark: str) -> None:
    table = read(f"id,stage,amount\n1,Proposal,{mark}\n2,Proposal,7\n")
    assert np.isnan(table.open.amount[0]) and table.quality.used == 2 and not table.quality.excluded
