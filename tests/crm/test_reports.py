"""Reports with groups and sums: headings and totals are no deals."""

from __future__ import annotations

import pytest

from .reading import Reader, cautions_of, reasons_of, warnings_of

GROUPED = "stage,Deal Name,amount,owner\nProposal{0},,,\n,Acme,500,Bo\n,Borea,700,Cy\nNegotiation{1},,,\n,Ceto,900,Bo\n"


@pytest.mark.parametrize("counts", [("", ""), (" (2)", " (1)"), ("（2）", "（1）"), (" (2 zorks)", " (1 zork)")])
def test_a_row_with_its_stage_alone_heads_the_group_below(read: Reader, counts: tuple[str, str]) -> None:
    table = read(GROUPED.format(*counts))
    assert (table.open.name, table.open.stage) == (
        ("Acme", "Borea", "Ceto"), ("Proposal", "Proposal", "Negotiation")
    )  # fmt: skip
    assert len(reasons_of(table)) == 2 and "the heading of a group" in reasons_of(table)[0][1]
    assert any("grouped by stage (2 groups)" in text for _, text in warnings_of(table))


def test_a_single_group_and_rows_cut_short(read: Reader) -> None:
    table = read("stage,Deal Name,amount\nProposal\n,Acme,500\n,Borea,700\n")
    assert table.open.stage == ("Proposal", "Proposal")


def test_headings_may_carry_the_sums_of_their_groups(read: Reader) -> None:
    table = read("stage,Deal Name,amount,age\nProposal (2),,1200,\n,Acme,500,3\n,Borea,700,4\nNegotiation (1),,900,\n"
                 ",Ceto,900,2\nTotal,,2100,\n")  # fmt: skip
    assert (table.open.name, table.open.amount.tolist()) == (("Acme", "Borea", "Ceto"), [500, 700, 900])


def test_headings_over_rows_that_state_their_stage_again(read: Reader) -> None:
    table = read("stage,Deal Name,amount\nProposal,,\nProposal,Acme,500\nProposal,Borea,700\nNegotiation,,\n"
                 "Negotiation,Ceto,900\n")  # fmt: skip
    assert table.open.name == ("Acme", "Borea", "Ceto")


def test_a_deal_of_which_only_the_stage_is_known_stays_where_nothing_is_grouped(read: Reader) -> None:
    assert read("stage,Deal Name,amount\nProposal,Acme,500\nNegotiation,,\nProposal,Borea,700\n").quality.used == 3


@pytest.mark.parametrize(
    "label", ["Bo subtotal", "Subtotal for Zork", "Grand total (3)", "Zwischensumme Bo", "Sous-total Bo", "Итого Бо",
              "小计", "Subtotale Bo", "Suma zork"]
)  # fmt: skip
@pytest.mark.parametrize("header", ["Deal Name", "Account", "Owner"])
def test_a_total_that_is_labelled_where_a_name_stands_and_has_no_id_is_no_deal(
    read: Reader, label: str, header: str
) -> None:
    table = read(f"id,{header},stage,amount\n1,Acme,Proposal,500\n2,Borea,Proposal,700\n,{label},Proposal,1200\n"
                 "3,Ceto,Proposal,900\n")  # fmt: skip
    assert table.open.id == ("1", "2", "3")
    assert reasons_of(table) == [(4, f"a total ({label!r}), not a deal")]


@pytest.mark.parametrize("name", ["Total Energies", "Subtotal Software", "Summe AG"])
def test_a_company_called_like_a_total_keeps_its_deals(read: Reader, name: str) -> None:
    rows = f"{name},Proposal,500\nBorea,Proposal,700\nCeto,Negotiation,20\n"
    assert read("id,Deal Name,stage,amount\n" + "".join(f"{i},{r}\n" for i, r in enumerate(rows.split("\n")[:-1])))\
        .quality.used == 3  # fmt: skip
    table = read("Deal Name,stage,amount\n" + rows)
    assert table.quality.used == 3 and not cautions_of(table).keys() & {"mostly_excluded"}


def test_without_any_id_a_label_that_says_nothing_but_total_is_one(read: Reader) -> None:
    table = read(
        "Deal Name,stage,amount,age\nAcme,Proposal,500,3\nBorea,Proposal,700,4\nGrand total (2),Proposal,1300,\n"
    )
    assert table.quality.used == 2


def test_without_any_id_the_sum_of_the_rows_above_is_one_if_it_is_called_so(read: Reader) -> None:
    table = read("Deal Name,stage,amount,created\nAcme,Proposal,500,2026-12-01\nBorea,Proposal,700,2026-12-01\n"
                 "Bo subtotal,Proposal,1200,\nCeto,Proposal,90,2026-12-01\n")  # fmt: skip
    assert table.open.name == ("Acme", "Borea", "Ceto")


@pytest.mark.parametrize("name", ["Total", "Max", "Count"])
def test_without_any_id_a_full_row_is_a_deal_whatever_its_names(read: Reader, name: str) -> None:
    table = read(f"Deal Name,Account,Owner,stage,amount\nAcme,A,Bo,Proposal,5\n{name},{name},{name},Proposal,9\n"
                 "Borea,B,Max,Proposal,7\n")  # fmt: skip
    assert table.quality.used == 3


@pytest.mark.parametrize("owner", ["Max", "Media Zork", "Count Zork"])
def test_a_row_without_an_id_whose_names_say_no_sum_is_a_deal(read: Reader, owner: str) -> None:
    table = read(f"id,Owner,stage,amount\n1,Bo,Proposal,500\n2,Bo,Proposal,700\n,{owner},Proposal,1300\n")
    assert table.quality.used == 3


def test_a_group_without_deals_has_a_heading_all_the_same(read: Reader) -> None:
    table = read("stage,Deal Name,amount\nProposal,,\nNegotiation,,\n,Acme,500\n,Borea,700\nQualification,,\n")
    assert table.open.stage == ("Negotiation", "Negotiation")


def test_totals_that_are_labelled_by_the_stage_they_sum(read: Reader) -> None:
    table = read("id,stage,Deal Name,amount\n1,Proposal,Acme,5\n2,Proposal,Borea,6\n,Proposal Total,,11\n"
                 "3,Negotiation,Ceto,7\n,Negotiation Total,,7\n,Grand Total,,18\n")  # fmt: skip
    assert table.open.id == ("1", "2", "3")
    assert all("a total" in text for _, text in reasons_of(table))
