from __future__ import annotations

import numpy as np
import pytest

from simfunnel.crm.money import read_amounts, read_shares
from simfunnel.errors import InputError


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1234.5", 1234.5),
        ("1,234.50", 1234.5),
        ("$1,234", 1234),
        ("1.234,50", 1234.5),
        ("1 234,50", 1234.5),
        ("1\u00a0234,50 €", 1234.5),
        ("1\u202f234,5", 1234.5),
        ("1'234.50", 1234.5),
        ("1’234.50", 1234.5),
        ("(1,234)", -1234),
        ("-1,234", -1234),
        ("−5", -5),
        ("$-5", -5),
        ("5-", -5),
        ("USD 1,234", 1234),
        ("1,234 EUR", 1234),
        ("1,234", 1234),
        ("1,234,567", 1234567),
        ("1.234.567", 1234567),
        ("12,34,567.50", 1234567.5),
        ("0,5", 0.5),
        (".5", 0.5),
        ("¥3.5万", 35000),
        ("3.5亿元", 350_000_000),
        ("１２３", 123),
        ("¥1，234", 1234),
        ("250k", 250_000),
        ("$3.2M", 3_200_000),
        ("1.5e6", 1_500_000),
        ("R$ 10,00", 10),
        ("0", 0),
        ("+7", 7),
    ],
)
def test_money_is_read_as_people_write_it(text: str, value: float) -> None:
    column = read_amounts([text])
    assert not column.unreadable
    assert column.values[0] == pytest.approx(value, rel=1e-15)


@pytest.mark.parametrize("text", ["abc", "1,2345.6", "12/03/2027", "1.2.3,4,5", "ten", "5 apples", "1,23,4", "50%"])
def test_what_is_no_money_is_listed_and_not_guessed(text: str) -> None:
    column = read_amounts([text, "1.5", "2,000.5"])
    assert column.unreadable == {0: text}
    assert np.isnan(column.values[0])


@pytest.mark.parametrize("text", ["", "  ", "(No value)", "None", "null", "N/A", "-", None, float("nan")])
def test_a_blank_amount_is_missing(text: object) -> None:
    column = read_amounts([text])  # type: ignore[list-item]
    assert np.isnan(column.values[0]) and not column.unreadable


def test_one_cell_with_a_decimal_mark_decides_for_the_column() -> None:
    assert read_amounts(["1.234", "1.234,50"]).values.tolist() == [1234, 1234.5]
    assert read_amounts(["1.234", "1,234.50"]).values.tolist() == [1.234, 1234.5]
    assert read_amounts(["1,234", "12,5"]).values.tolist() == [1.234, 12.5]


@pytest.mark.parametrize("plain", ["1500", "950", "15000"])
def test_a_number_without_marks_beside_one_with_a_point_decides_nothing(plain: str) -> None:
    with pytest.raises(InputError, match=r"'12\.000' can be 12000 or 12\.000 with three decimals"):
        read_amounts(["12.000", plain])


def test_a_column_of_points_before_three_digits_is_an_error_that_asks() -> None:
    with pytest.raises(InputError) as caught:
        read_amounts(["1.234", "500", "12.000"], header="Betrag", file="deals.csv")
    assert str(caught.value) == (
        "deals.csv: column 'Betrag': '1.234' can be 1234 or 1.234 with three decimals, and no amount in "
        "the column "
        'tells which: add `decimal: ","` (it is 1234) or `decimal: "."` under `pipeline`'
    )
    assert read_amounts(["1.234", "500"], decimal=",").values.tolist() == [1234, 500]
    assert read_amounts(["1.234", "500"], decimal=".").values.tolist() == [1.234, 500]


def test_decimals_both_ways_are_an_error() -> None:
    with pytest.raises(InputError, match="writes decimals both ways"):
        read_amounts(["1.5", "1,5"])


def test_a_stated_decimal_mark_makes_the_other_way_unreadable() -> None:
    column = read_amounts(["1.5", "1,5"], decimal=",")
    assert column.values[1] == 1.5 and column.unreadable == {0: "1.5"}


def test_amounts_beyond_all_sense_are_too_large() -> None:
    column = read_amounts(["1e999", float("inf"), 10**400, "-1e300", 1e15, 5])
    assert column.too_large == {0: "1e999", 1: "inf", 2: str(10**400), 3: "-1e300"}
    assert column.unreadable == {}
    assert np.isnan(column.values[:4]).all() and column.values[4] == 1e15


def test_the_currency_in_a_cell_is_kept() -> None:
    found = read_amounts(["EUR 5", "5 €", "5 usd", "US$5", "$5", "5k€"]).currencies
    assert found == {0: "EUR", 1: "EUR", 2: "USD", 3: "USD", 4: "$", 5: "EUR"}


def test_numbers_are_taken_as_they_are() -> None:
    assert read_amounts([5, 2.5, "1,000"]).values.tolist() == [5, 2.5, 1000]


@pytest.mark.parametrize(
    ("cells", "values"),
    [
        (["20", "5", "100"], [0.2, 0.05, 1]),
        (["0.2", "1"], [0.2, 1]),
        (["1"], [1]),
        (["20%", "5 %", "12,5%"], [0.2, 0.05, 0.125]),
        (["20%", "0.3"], [0.2, 0.3]),
        ([10, 90.0], [0.1, 0.9]),
        (["1", "50"], [0.01, 0.5]),
    ],
)
def test_a_column_of_shares_decides_its_scale_together(cells: list[object], values: list[float]) -> None:
    found, unreadable = read_shares(cells)  # type: ignore[arg-type]
    assert found.tolist() == pytest.approx(values) and not unreadable


def test_shares_out_of_range_cannot_be_read() -> None:
    found, unreadable = read_shares(["120", "50", "high", "-3", ""])
    assert found[1] == 0.5 and np.isnan(found[[0, 2, 3, 4]]).all()
    assert unreadable == {0: "120", 2: "high", 3: "-3"}


def test_a_tiny_share_is_read() -> None:
    values, unreadable = read_shares([1e-6, "2e-3", 0.5])
    assert values.tolist() == [1e-6, 2e-3, 0.5]
    assert not unreadable
