"""Stages with numbers before them, and amounts that stand in two currencies: what is meant is taken, and said."""

from __future__ import annotations

import pytest

from .reading import Reader, reasons_of, warnings_of


@pytest.mark.parametrize(
    "pattern", ["01 - {}", "2. {}", "(3) {}", "4) {}", "5_{}", "6: {}", "[7] {}", "1.2 - {}", "3、{}"]
)
def test_a_number_with_a_mark_before_a_known_stage_is_that_stage_and_said_once(read: Reader, pattern: str) -> None:
    first, second, third = pattern.format("Proposal"), pattern.format("Zork"), pattern.format("Closed Lost")
    table = read(
        f"id,stage,amount\n1,{first},5\n2,{first},6\n3,{second},7\n4,{third},8\n", stage_map={"Zork": "Negotiation"}
    )
    assert (table.open.stage, table.quality.lost) == (("Proposal", "Proposal", "Negotiation"), 1)
    said = [text for _, text in warnings_of(table) if "numbers before the names of stages" in text]
    assert len(said) == 1 and f"{first!r} (2 rows)" in said[0]


def test_a_number_before_a_name_nobody_knows_stays_unknown(read: Reader) -> None:
    table = read("id,stage\n1,Proposal\n2,2. Zork\n3,3 Proposals\n")
    assert reasons_of(table)[0][1].startswith("unknown stage '2. Zork'") and table.quality.used == 1


def test_names_of_the_scenario_that_have_numbers_come_first(read: Reader) -> None:
    table = read("id,stage\n1,1. Proposal\n2,2. Proposal\n", stages=["1. Proposal", "2. Proposal", "Proposal"])
    assert table.open.stage == ("1. Proposal", "2. Proposal")


@pytest.mark.parametrize("order", [("Amount (EUR)", "Amount (USD)"), ("Amount (USD)", "Amount (EUR)"),
                                   ("Betrag EUR", "Betrag $")])  # fmt: skip
def test_of_amounts_in_two_currencies_those_of_the_scenario_are_taken_and_said(
    read: Reader, order: tuple[str, str]
) -> None:
    table = read(f"id,stage,{order[0]},{order[1]}\n1,Proposal,5,6\n")
    own = next(header for header in order if "EUR" not in header)
    assert table.quality.columns["amount"] == own
    assert table.open.amount.tolist() == [6.0 if order[1] == own else 5.0]
    euros = read(f"id,stage,{order[0]},{order[1]}\n1,Proposal,5,6\n", currency="EUR")
    assert "EUR" in euros.quality.columns["amount"]
