"""Layout first: titles, sheets, groups, totals, second tables, and files that are none."""

from __future__ import annotations

import gzip
import io
import os
import zipfile
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from simfunnel.errors import InputError
from simfunnel.scenario.pipeline import Pipeline
from simfunnel.tabular import files

from .reading import Reader, read_spec, reasons_of, warnings_of


@pytest.fixture
def workbook(tmp_path: Path) -> Callable[..., Any]:
    """Write sheets (name -> rows) to a workbook and read it."""

    def write(options: dict[str, Any] | None = None, **sheets: list[list[Any]]) -> Any:
        book = openpyxl.Workbook()
        book.remove(book.active)
        for name, rows in sheets.items():
            sheet = book.create_sheet(name)
            for row in rows:
                sheet.append(row)
        book.save(tmp_path / "deals.xlsx")
        return read_spec(Pipeline(file=str(tmp_path / "deals.xlsx"), **(options or {})))

    return write


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_titles_above_the_header_are_passed_over_and_said(read: Reader, delimiter: str) -> None:
    rows = ["Glorps of the month", "as of today", "", "ID,Phase,Betrag,Besitzer", "1,Proposal,5,A", "2,Negotiation,7,B"]
    table = read("\n".join(rows).replace(",", delimiter))
    assert (table.open.row, table.open.amount.tolist()) == ((5, 6), [5, 7])
    assert (None, "the headers were found in row 4, below 2 rows taken for titles") in warnings_of(table)


def test_a_stated_header_row_is_used(read: Reader, message: Callable[..., str]) -> None:
    text = "id,stage,amount\nNr,Stage,Betrag\n1,Proposal,5\n"
    assert read(text, header_row=2).open.row == (3,)
    assert "row 9 is blank, or not among the first rows" in message(text, header_row=9)


@pytest.mark.parametrize("row", ["1001,Proposal,12000,2027-01-04", "1001,Krumpf,12000,2027-01-04", "7;Angebot;5,5"])
def test_a_file_without_headers_is_refused(message: Callable[..., str], row: str) -> None:
    told = message(f"{row}\n{row}\n")
    assert "the file has no header row: its first row is a row of values" in told
    assert "say under `pipeline` in which row they are" in told


def test_a_cover_sheet_is_passed_over(workbook: Callable[..., Any]) -> None:
    table = workbook(Cover=[["Flumsel report"], ["made by Bo"]], Liste=[["id", "Phase", "Betrag"], [1, "Proposal", 5]])
    assert (table.quality.sheet, table.open.amount.tolist()) == ("Liste", [5])
    assert (None, "the sheet 'Liste' was read, for its headers (not 'Cover'): set `pipeline.sheet` to choose") in (
        warnings_of(table)
    )


def test_a_report_grouped_by_stage_gives_the_stage_to_the_rows_below(workbook: Callable[..., Any]) -> None:
    table = workbook(
        Report=[["Phase", "Name", "Betrag"], ["Proposal", "A", 1], [None, "B", 2], [None, "C", 3],
                [None, "Zwischensumme", 6], ["Negotiation", "D", 4], [None, "E", 5], ["Gesamt", None, 15]]
    )  # fmt: skip
    assert table.open.stage == ("Proposal",) * 3 + ("Negotiation",) * 2
    assert table.open.amount.tolist() == [1, 2, 3, 4, 5]
    said = "the file is grouped by stage (2 groups): 3 rows without a stage got that of the group"
    assert (None, said) in warnings_of(table)


def test_a_single_row_without_a_stage_is_no_group(read: Reader) -> None:
    table = read("id,stage,amount\n1,Proposal,5\n2,Negotiation,6\n3,,7\n")
    assert reasons_of(table) == [(4, "no stage")]


@pytest.mark.parametrize(
    "label", ["Total", "Grand Totals (3 records)", "Summe:", "Total général", "合计", "Итого", "Média"]
)
@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_labelled_total_is_no_deal_wherever_its_label_stands(read: Reader, label: str, place: int) -> None:
    cells = ["", "", "", "60", ""]
    cells[place] = label
    table = read("id,name,stage,amount,close_date\n1,A,Proposal,10,2027-03-01\n2,B,Proposal,20,2027-03-01\n"
                 f"3,C,First,30,2027-03-01\n{','.join(cells)}\n", stage_map={"*": "Qualification"})  # fmt: skip
    assert table.open.amount.tolist() == [10, 20, 30]
    assert len(reasons_of(table)) == 1 and "no stage" not in reasons_of(table)[0][1]


def test_a_total_without_a_label_is_told_by_its_sums(read: Reader) -> None:
    table = read("id,stage,amount,other,close_date\n1,Proposal,10,1,2027-03-01\n2,Proposal,20,2,2027-03-01\n,,30,3,\n",
                 stage_map={"*": "Proposal"})  # fmt: skip
    assert reasons_of(table) == [(4, "its amount 30 is the sum of the rows above: a total, not a deal")]


def test_a_deal_that_is_the_sum_of_others_by_chance_is_a_deal(read: Reader) -> None:
    assert read("id,name,stage,amount\n1,a,Proposal,10\n2,b,Proposal,20\n3,c,Proposal,30\n").quality.used == 3


def test_an_account_called_total_is_a_customer(read: Reader) -> None:
    table = read(
        "id,account,stage,amount\n1,Total,Proposal,10\n2,Total Energies,Proposal,20\n3,Summe GmbH,Proposal,40\n"
    )
    assert table.quality.used == 3


def test_a_header_on_every_page_and_a_second_table_are_no_deals(read: Reader) -> None:
    table = read("id,stage,amount\n1,First,5\nid,stage,amount\n2,Proposal,6\n\n"
                 "owner,amount,close date\nBo,11,2027-01-02\n",
                 stage_map={"*": "Qualification"})  # fmt: skip
    assert table.open.id == ("1", "2")
    assert [reason for _, reason in reasons_of(table)] == [
        "the header again, not a deal", "below another header in row 6: a second table",
        "below another header in row 6: a second table",
    ]  # fmt: skip
    assert (None, "another table begins in row 6: 1 row of it was not read") in warnings_of(table)


def test_quotes_escaped_by_a_backslash_are_read(read: Reader) -> None:
    table = read('id,name,stage\n1,"The \\"old\\" depot",Proposal\n2,"C:\\\\",Proposal\n3,"a, b",Negotiation\n')
    assert table.open.name == ('The "old" depot', "C:\\", "a, b")


@pytest.mark.parametrize("codec", ["utf-16-le", "utf-16-be"])
def test_utf16_without_a_mark_is_read(read: Reader, codec: str) -> None:
    table = read("id,stage,owner\n1,Proposal,王伟\n2,Negotiation,Jörg\n".encode(codec))
    assert table.open.owner == ("王伟", "Jörg")


def test_formulas_that_were_never_computed_are_said(workbook: Callable[..., Any]) -> None:
    table = workbook(Deals=[["id", "stage", "amount"], [1, "Proposal", "=1+1"], [2, "Proposal", 7]])
    assert any("the values of 1 formula were never stored" in said for _, said in warnings_of(table))


# --- files that are no exports ---


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes on this system")
def test_a_pipe_or_a_device_is_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "deals.csv")
    for path in (tmp_path / "deals.csv", Path("/dev/zero")):
        with pytest.raises(InputError, match="this is a device or a pipe, not a file"):
            read_spec(Pipeline(file=str(path)))


def test_what_unpacks_to_too_much_is_refused_before_it_fills_the_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "LARGEST", 1 << 20)
    monkeypatch.setattr(files, "LARGEST_WORKBOOK", 1 << 20)
    with gzip.open(tmp_path / "deals.csv.gz", "wb") as stream:
        stream.write(b"id,stage\n" + b"1,Proposal\n" * 200_000)
    (tmp_path / "deals.csv").write_bytes(b"id,stage\n" + b"1,Proposal\n" * 200_000)
    with zipfile.ZipFile(tmp_path / "deals.xlsx", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b" " * (2 << 20))
    for name in ("deals.csv.gz", "deals.csv", "deals.xlsx"):
        with pytest.raises(InputError, match=r"(unpacks to|is) more than \d+ GiB"):
            read_spec(Pipeline(file=str(tmp_path / name)))


def damaged_workbooks() -> dict[str, bytes]:
    book = openpyxl.Workbook()
    book.active.append(["id", "stage"])
    book.active.append([1, "Proposal"])
    whole = io.BytesIO()
    book.save(whole)

    def with_part(name: str, content: bytes) -> bytes:
        out = io.BytesIO()
        with zipfile.ZipFile(whole) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
            for entry in old.namelist():
                new.writestr(entry, content if entry == name else old.read(entry))
        return out.getvalue()

    sheet = "xl/worksheets/sheet1.xml"
    bomb = b'<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]><worksheet><sheetData>&b;</sheetData></worksheet>'
    outside = (
        b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/hostname">]><worksheet><sheetData>&a;</sheetData></worksheet>'
    )
    data = whole.getvalue()
    return {
        "broken XML": with_part(sheet, b"<worksheet><sheetData><row>"),
        "entities": with_part(sheet, bomb),
        "outside entities": with_part(sheet, outside),
        "a cut stream": data[: len(data) // 2],
        "an empty part": with_part(sheet, b""),
        "flipped bytes": data[:200] + bytes(byte ^ 0x5A for byte in data[200:400]) + data[400:],
    }


@pytest.mark.parametrize("damage", damaged_workbooks())
def test_a_damaged_or_hostile_workbook_is_one_sentence(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "deals.xlsx"
    path.write_bytes(damaged_workbooks()[damage])
    with pytest.raises(InputError) as caught:
        read_spec(Pipeline(file=str(path)))
    assert "this is not an Excel workbook, or it is damaged" in str(caught.value) or "is empty" in str(caught.value)


def test_a_sheet_that_claims_to_be_huge_is_not_believed(tmp_path: Path) -> None:
    path = tmp_path / "deals.xlsx"
    book = openpyxl.Workbook()
    book.active.append(["id", "stage", "stage_entered"])
    book.active.append([1, "Proposal", datetime(2027, 1, 10)])
    book.save(path)
    out = io.BytesIO()
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(out, "w") as new:
        for entry in old.namelist():
            new.writestr(entry, old.read(entry).replace(b'ref="A1:C2"', b'ref="A1:XFD1048576"'))
    path.write_bytes(out.getvalue())
    assert read_spec(Pipeline(file=str(path))).open.entered.tolist() == [-10]
