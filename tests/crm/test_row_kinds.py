"""What a row is: a deal, one of its snapshots or states, one of its lines; and which rows are read at all."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from .reading import Reader, cautions_of, reasons_of, warnings_of

SNAPSHOTS = """\
{header},Vorgang Nr,stage,amount
2027-01-04,1,Qualification,10
2027-01-04,2,Proposal,20
2027-01-11,1,Proposal,15
2027-01-11,2,Proposal,26
2027-01-18,1,Negotiation,16
2027-01-18,3,Qualification,4
2027-01-25,1,Won,16
2027-01-25,3,Proposal,5
"""


@pytest.mark.parametrize("header", ["Snapshot Date", "exported_at", "As of", "Stichtag", "快照日期", "Fecha de corte"])
def test_of_snapshots_the_newest_by_as_of_counts_and_deals_that_vanished_are_counted(read: Reader, header: str) -> None:
    table = read(SNAPSHOTS.format(header=header), columns={"id": "Vorgang Nr"})
    assert list(zip(table.open.id, table.open.stage, table.open.amount.tolist(), strict=True)) == [
        ("1", "Negotiation", 16), ("3", "Qualification", 4),
    ]  # fmt: skip
    said = [text for _, text in warnings_of(table)]
    assert (
        f"3 deals have several rows, 8 in all: the newest of each by {header!r} was read; 2 rows from as_of on were "
        "not (the other way: `pipeline.rows: sum`)"
    ) in said
    assert f"1 deal no longer stands in the newest snapshot by {header!r} and is not counted" in said


@pytest.mark.parametrize(
    "header", ["Last Modified Date", "updated_at", "Geändert am", "更新时间", "Date de modification"]
)
def test_of_a_history_the_newest_row_of_each_deal_counts(read: Reader, header: str) -> None:
    table = read(
        f"id,stage,amount,{header},close_date\na,Qualification,10,2026-12-01,\na,Negotiation,12,2027-01-10,\n"
        "b,Closed Lost,20,2027-01-15,2027-01-15\nb,Proposal,20,2027-01-06,\nc,Proposal,3,2027-01-01,\n"
    )
    assert (table.open.id, table.open.amount.tolist(), table.quality.lost) == (("a", "c"), [12, 3], 1)


def test_of_stages_entered_and_left_the_last_one_entered_counts(read: Reader) -> None:
    table = read("id,stage,entered_at,left_at\n1,Qualification,2026-11-01,2026-12-01\n1,Proposal,2026-12-01,\n"
                 "2,Qualification,2026-12-05,2027-01-05\n2,Closed Lost,2027-01-05,\n")  # fmt: skip
    assert (table.open.stage, table.open.entered.tolist(), table.quality.lost) == (("Proposal",), [-50], 1)


def test_versions_with_a_beginning_and_an_end_are_no_snapshots(read: Reader) -> None:
    table = read("id,stage,amount,dbt_valid_from,dbt_valid_to\n1,Qualification,10,2026-12-01,2027-01-02\n"
                 "1,Proposal,12,2027-01-02,\n2,Proposal,5,2026-11-01,\n")  # fmt: skip
    assert (table.open.id, table.open.amount.tolist()) == (("1", "2"), [12, 5])


@pytest.mark.parametrize("header", ["Product", "Line item", "Produkt", "产品", "Artículo", "Grumblix"])
def test_line_items_are_summed_and_said(read: Reader, header: str) -> None:
    table = read(f"id,{header},stage,amount\n1,Pump,Proposal,10\n1,Pipe,Proposal,4\n2,Pump,Negotiation,9\n")
    assert (table.open.id, table.open.amount.tolist()) == (("1", "2"), [14, 9])
    assert any(
        "which differ as line items do: their amounts were summed, 14 together" in s for _, s in warnings_of(table)
    )
    assert table.quality.rows == 2


def test_the_amount_of_the_deal_on_each_line_is_taken_once(read: Reader) -> None:
    text = "id,Grumblix,stage,amount\n1,Pump,Proposal,100\n1,Pipe,Proposal,100\n2,Pump,Negotiation,9\n"
    table = read(text)
    assert table.open.amount.tolist() == [100, 9]
    assert any("each with the amount of the deal: it was taken once" in said for _, said in warnings_of(table))
    assert read(text, rows="sum").open.amount.tolist() == [200, 9]


def test_lines_in_several_currencies_are_summed_at_their_rates_or_not_at_all(
    read: Reader, message: Callable[..., str]
) -> None:
    text = "id,Product,stage,amount,currency\n1,A,Proposal,10,USD\n1,B,Proposal,10,EUR\n2,A,Proposal,5,USD\n"
    assert read(text, rates={"EUR": 1.5}).open.amount.tolist() == [25, 5]
    assert "amounts are in EUR, but the scenario is in USD" in message(text)


def test_rows_that_could_be_either_are_asked_about_with_the_column_and_the_keys(
    read: Reader, message: Callable[..., str]
) -> None:
    text = (
        "id,owner,stage,amount,Flumday\n"
        "1,A,Proposal,10,2027-01-03\n1,B,Proposal,12,2027-01-05\n2,A,Proposal,5,2027-01-04\n"
    )
    said = message(text)
    assert "1 deal has several rows: rows 2 and 3 have '1' in 'id' and differ in 'owner', 'amount', 'Flumday'" in said
    assert '`columns: {modified: "Flumday"}` with `rows: newest`' in said and "`rows: sum`" in said
    table = read(text, columns={"modified": "Flumday"}, rows="newest")
    assert table.open.owner == ("B", "A")
    assert "no column tells which of them is the newest" in message(text, rows="newest")


def test_the_same_row_twice_is_never_summed(read: Reader) -> None:
    table = read("id,stage,amount\n1,Proposal,10\n2,Proposal,60\n2,Proposal,60\n")
    assert table.open.amount.tolist() == [10, 60]
    assert reasons_of(table) == [(4, "duplicate: row 4 is the same as row 3")]


def test_a_few_ids_repeated_by_accident_are_named(read: Reader) -> None:
    rows = "".join(f"{i},Proposal,5\n" for i in range(300))
    table = read("id,stage,amount\n" + rows + "7,Proposal,6\n")
    assert reasons_of(table) == [(302, "duplicate id: rows 9 and 302 have the id '7', row 9 was kept")]


def test_an_id_that_nobody_recognised_and_that_repeats_is_said(read: Reader) -> None:
    table = read("stage,amount,lead_id\nProposal,5,L1\nProposal,6,L1\nProposal,7,L2\n")
    assert (
        "column 'lead_id' looks like an id, and 1 of its values stand in several rows"
        in cautions_of(table)["id_repeats"]
    )
    other = read("Id,OpportunityId,stage,amount\nh1,A,Proposal,5\nh2,A,Proposal,6\nh3,B,Proposal,7\n")
    assert "while 'Id' is read as the id" in cautions_of(other)["id_repeats"]


def test_several_pipelines_are_named_with_the_key_that_reads_one(read: Reader) -> None:
    text = "id,Sales process,stage,amount\n1,Neu,Proposal,5\n2,Renewals,Proposal,7\n3,Neu,Negotiation,9\n"
    said = cautions_of(read(text))["mixed_pipelines"]
    assert "holds 2 pipelines" in said and "`where: {Sales process: Neu}`" in said
    one = read(text, where={"sales process": "neu"})
    assert one.open.id == ("1", "3") and "mixed_pipelines" not in cautions_of(one)
    assert (None, "`pipeline.where` keeps 2 of 3 rows: sales process is neu") in warnings_of(one)
    assert one.quality.rows == 2
    assert read(text, where={"Sales process": ("Neu", "Renewals")}).quality.used == 3


def test_where_names_what_is_not_there(message: Callable[..., str]) -> None:
    text = "id,Pipeline,stage\n1,Neu,Proposal\n"
    assert "'Pipelin' is no column of the file: did you mean 'Pipeline'?" in message(text, where={"Pipelin": "Neu"})
    assert "no row has 'Old' in 'Pipeline'; found 'Neu'" in message(text, where={"Pipeline": "Old"})


NAMELESS = """\
{header},{names},stage,amount
2027-01-04,{a},Qualification,10
2027-01-04,{b},Proposal,20
2027-01-18,{a},Negotiation,16
2027-01-18,{c},Qualification,4
2027-01-25,{a},Won,16
2027-01-25,{d},Proposal,5
"""


@pytest.mark.parametrize(
    ("names", "cells"),
    [
        ("Deal Name", ("Zork", "Zark", "Zurk", "Zirk")),
        ("Deal Name,Account", ("Renewal,Zork", "Renewal,Zark", "Renewal,Zurk", "Upsell,Zirk")),
        ("Bezeichnung,Kunde", ("Plan,A", "Plan,B", "Plan,C", "Idee,A")),
    ],
)
def test_snapshots_without_an_id_are_told_by_name_and_account(
    read: Reader, names: str, cells: tuple[str, str, str, str]
) -> None:
    filled = dict(zip("abcd", cells, strict=True))
    table = read(NAMELESS.format(header="Snapshot Date", names=names, **filled))
    assert list(zip(table.open.stage, table.open.amount.tolist(), strict=True)) == [
        ("Negotiation", 16), ("Qualification", 4),
    ]  # fmt: skip
    said = " ".join(text for _, text in warnings_of(table))
    assert f"were told by {names.replace(',', ' + ')}" in said and "2 rows from as_of on were not" in said


def test_snapshots_whose_deals_nothing_tells_apart_ask_for_the_id(message: Callable[..., str]) -> None:
    text = NAMELESS.format(header="Snapshot Date", names="Deal Name", a="Plan", b="Plan", c="Plan", d="Plan")
    assert "`columns: {id: <header>}`" in message(text)
    nobody = "Snapshot Date,stage,amount\n2027-01-04,Proposal,5\n2027-01-11,Proposal,5\n"
    assert "holds the days of several snapshots" in message(nobody)


def test_one_snapshot_without_ids_needs_none(read: Reader) -> None:
    assert read("Snapshot Date,stage,amount\n2027-01-18,Proposal,5\n2027-01-18,Proposal,6\n").quality.used == 2


def test_rows_that_are_the_same_cell_by_cell_are_said_where_no_id_tells_them_apart(read: Reader) -> None:
    text = "Deal Name,stage,amount,owner\nZork,Proposal,30000,Bo\nZork,Proposal,30000,Bo\nZark,Proposal,500,Bo\n"
    table = read(text)
    assert table.quality.used == 3
    said = cautions_of(table)["same_rows"]
    assert said.startswith("1 row worth 30.0k is the same, cell by cell, as another one")
    assert '`columns: {id: "Deal Name"}`' in said
    assert read(text, columns={"id": "Deal Name"}).quality.used == 2
    small = read("stage,amount\nProposal,5\nProposal,5\n")
    assert "same_rows" not in cautions_of(small)
