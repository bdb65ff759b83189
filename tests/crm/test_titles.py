"""Units and currencies that stand in a title above the table, or in a note below it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from .reading import Reader, cautions_of, warnings_of

TABLE = "id,stage,amount,created\n1,Proposal,500,2026-12-01\n2,Negotiation,7,2026-12-01\n"


@pytest.mark.parametrize(
    ("title", "currency", "factor"),
    [
        ("Values in $ thousands", "USD", 1e3), ("all values in EUR thousand", "EUR", 1e3),
        ("Angaben in Tsd. EUR", "EUR", 1e3),
        ("Montants en millions d'euros", "EUR", 1e6), ("Importes en miles", "USD", 1e3), ("单位：万元", "CNY", 1e4),
        ("Суммы в тыс. руб.", "RUB", 1e3), ("Amounts in k€", "EUR", 1e3), ("Currency:,EUR", "EUR", 1),
        ("All figures in US dollars", "USD", 1), ("(amounts in USD 000s)", "USD", 1e3),
        ("Importi in migliaia", "USD", 1e3),
    ],
)  # fmt: skip
def test_what_a_title_states_of_all_amounts_holds_for_the_column(
    read: Reader, title: str, currency: str, factor: float
) -> None:
    table = read(f"Zork report,,,\n{title}\n\n{TABLE}", currency=currency)
    assert table.open.amount.tolist() == [500 * factor, 7 * factor]
    assert any("holds for the amounts" in text for _, text in warnings_of(table))


def test_a_foreign_currency_in_a_title_needs_a_rate(message: Callable[..., str], read: Reader) -> None:
    text = "Values in EUR thousand\n" + TABLE
    assert "rates: {EUR: <value of 1 EUR in USD>}" in message(text)
    assert read(text, rates={"EUR": 2}).open.amount.tolist() == [1e6, 14e3]


def test_the_scenario_and_the_header_come_before_a_title(read: Reader) -> None:
    text = "Values in thousands\n" + TABLE
    assert read(text, amount_unit=1).open.amount.tolist() == [500, 7]
    table = read(text.replace("amount", "amount (in millions)"))
    assert table.open.amount.tolist() == [500e6, 7e6]
    assert "'Values in thousands'" in cautions_of(table)["title_unit_unread"]


@pytest.mark.parametrize(
    "title", ["Zork Q3 pipeline (in USD thousands)", "Zork - in $000s", "Zork; all values in thousands; Zark"]
)
def test_a_part_of_a_title_may_state_it(read: Reader, title: str) -> None:
    assert read(f"{title}\n{TABLE}").open.amount.tolist() == [500e3, 7e3]


@pytest.mark.parametrize("title", ["Zork GmbH EUR pipeline", "Everything Bo sold in USD thousands since May"])
def test_a_title_that_says_more_is_quoted_and_not_applied(read: Reader, title: str) -> None:
    table = read(f"{title}\n{TABLE}")
    assert table.open.amount.tolist() == [500, 7]
    assert title in cautions_of(table)["title_unit_unread"]


@pytest.mark.parametrize("title", ["ALL DEALS", "TOP 100", "Pipeline report Q1", "Zork M. and K. Zark", "2027-01-20"])
def test_titles_without_a_unit_say_nothing(read: Reader, title: str) -> None:
    table = read(f"{title}\n{TABLE}")
    assert table.open.amount.tolist() == [500, 7] and "title_unit_unread" not in cautions_of(table)


def test_a_note_below_the_table_is_quoted(read: Reader) -> None:
    assert "'Values in thousands'" in cautions_of(read(TABLE + "Values in thousands\n"))["title_unit_unread"]
