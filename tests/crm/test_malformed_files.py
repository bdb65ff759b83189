"""Files that stop the run: each message word for word."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from simfunnel.errors import InputError
from simfunnel.scenario.pipeline import Pipeline
from simfunnel.tabular.reading import read_table

from .reading import read_spec, warnings_of

GOOD = "id,stage\n1,Proposal\n"

CASES: dict[str, tuple[str | bytes, str, dict[str, Any], str]] = {
    "empty": ("", "deals.csv", {}, "deals.csv: the file is empty: expected a header row and one row per "
    "deal"),
    "only blank lines": (
        "\n  \n\n", "deals.csv", {},
        "deals.csv: the file is empty: expected a header row and one row per deal"),
    "only delimiters": (
        ",,\n,,\n", "deals.csv", {},
        "deals.csv: the file is empty: expected a header row and one row per deal"),
    "binary": (
        bytes(range(256)), "deals.csv", {},
        "deals.csv: this is not text (it holds control characters): export the deals as CSV, or, if it is "
        "UTF-16 "
        "without a byte-order mark, add `encoding: utf-16-le` under `pipeline`"),
    "a workbook named csv": (
        b"PK\x03\x04rest", "deals.csv", {},
        "deals.csv: this is an Excel workbook (or another zip file), not delimited text: name it .xlsx, "
        "or save the "
        "sheet as CSV"),
    "an old workbook named csv": (
        b"\xd0\xcf\x11\xe0rest", "deals.csv", {},
        "deals.csv: this is an Excel workbook of the old .xls format, not delimited text: save it as "
        ".xlsx or as CSV"),
    "a PDF": (
        b"%PDF-1.7", "deals.csv", {},
        "deals.csv: this is a PDF document, not delimited text: export the list of deals as CSV"),
    "an unsupported type": (
        GOOD, "deals.json", {},
        "deals.json: files of type '.json' are not supported: expected .csv, .tsv, .txt (also .gz), .xlsx or "
        ".parquet"),
    "no workbook": (
        GOOD, "deals.xlsx", {}, "deals.xlsx: this is not an Excel workbook, or it is damaged: save it again"),
    "no Parquet": (
        GOOD, "deals.parquet", {},
        "deals.parquet: this is not a Parquet file, or it is damaged: write it again"),
    "a damaged gzip": (
        b"\x1f\x8b\x08rest", "deals.csv.gz", {},
        "deals.csv.gz: this gzip file is damaged: copy or export it again"),
    "an unclosed quote": (
        'id,stage,owner\n1,Proposal,x\n2,Proposal,"Wang\n3,Proposal,y\n', "deals.csv", {},
        'deals.csv:3: a quoted cell that begins in this row is never closed: add the missing ", or write '
        '"" inside '
        "it"),
    "text after a quote": (
        'id,stage\n1,"Prop"osal\n', "deals.csv", {},
        'deals.csv:2: text follows a closing quote in this row: inside a quoted cell, write a quote as ""'),
    "a wrong encoding": (
        GOOD + "2,\xff".encode("latin-1").decode("latin-1"), "deals.csv", {"encoding": "ascii"},
        "deals.csv:3: this file is not ascii: leave `pipeline.encoding` out to detect it, or correct it"),
    "an unknown encoding": (
        GOOD, "deals.csv", {"encoding": "utf-88"},
        "pipeline.encoding: unknown encoding 'utf-88': expected a name such as utf-8, utf-16, cp1252 or "
        "gb18030"),
    "a long delimiter": (
        GOOD, "deals.csv", {"delimiter": "::"},
        "pipeline.delimiter: expected one character, or 'tab', found '::'"),
    "no stage column": (
        "id,step,amount\n1,Proposal,5\n", "deals.csv", {},
        "deals.csv:1: no column holds the stage of the deals. The headers are: 'id', 'step', 'amount'. "
        "Say which one "
        'it is under `pipeline`, for example\n  columns: {stage: "step"}'),
    "a wrong delimiter": (
        GOOD, "deals.csv", {"delimiter": ";"},
        "deals.csv:1: no column holds the stage of the deals (is ';' the right delimiter?). The headers are: "
        "'id,stage'. Say which one it is under `pipeline`, for example\n  columns: {stage: \"<your column>\"}"),
    "no stage column and no stages": (
        "id,step,amount\n1,Angebot,5\n", "deals.csv", {},
        "deals.csv:1: no column holds the stage of the deals. The headers are: 'id', 'step', 'amount'. "
        'Say which one it is under `pipeline`, for example\n  columns: {stage: "<your column>"}'),
    "a column of mostly stages": (
        "id,Stadium,Kanal\n1,proposal,neu\n2,Closed Won,alt\n3,Angebot,neu\n", "deals.csv", {},
        "deals.csv:1: no column holds the stage of the deals. The headers are: 'id', 'Stadium', 'Kanal'. "
        'Say which one it is under `pipeline`, for example\n  columns: {stage: "Stadium"}'),
    "a web page named csv": (
        "\n<!DOCTYPE html>\n<table><tr><td>id</td></tr></table>", "deals.csv", {},
        "deals.csv: this is a web page, as some CRMs save .xls; export as CSV"),
    "a web page named xls": (
        "<table border=1><tr><td>id</td></tr></table>".encode("utf-16"), "deals.xls", {},
        "deals.xls: this is a web page, as some CRMs save .xls; export as CSV"),
    "an old workbook": (
        b"\xd0\xcf\x11\xe0rest", "deals.xls", {},
        "deals.xls: files of type '.xls' are not supported: expected .csv, .tsv, .txt (also .gz), .xlsx or "
        ".parquet; save it as .xlsx or CSV"),
    "a missing column": (
        "id,stage,Close date\n1,Proposal,x\n", "deals.csv", {"columns": {"close_date": "Close Dates"}},
        "deals.csv:1: pipeline.columns: there is no column 'Close Dates' (stated for 'close_date'): did "
        "you mean "
        "'Close date'?"),
    "a missing column like no other": (
        GOOD, "deals.csv", {"columns": {"amount": "Betrag"}},
        "deals.csv:1: pipeline.columns: there is no column 'Betrag' (stated for 'amount'). The headers "
        "are: 'id', "
        "'stage'"),
    "a doubled header": (
        "id,Stage,Stage,note,note\n1,Proposal,Won,,\n", "deals.csv", {},
        "deals.csv:1: the header 'Stage' (read for 'stage') stands over columns 2 and 3: rename one of them"),
    "a stage map to nowhere": (
        GOOD, "deals.csv", {"stage_map": {"Angebot": "Propose"}},
        "pipeline.stage_map['Angebot']: 'Propose' is no stage of the scenario: expected one of "
        "Qualification, "
        "Proposal, Negotiation, Won, Lost"),
    "stages nobody knows": (
        "id,stage\n1,Angebot\n2,Proposals\n3,Angebot\n", "deals.csv", {},
        "deals.csv: no row is in a stage of the scenario (Qualification, Proposal, Negotiation). Say "
        "which stage is "
        "which under `pipeline` (Won, Lost, or null to drop the rows, are possible too), for example\n"
        '  stage_map:\n    "Angebot": Qualification\n    "Proposals": Proposal'),
    "ambiguous dates": (
        "id,stage,created\n1,Proposal,02/03/26\n", "deals.csv", {},
        "deals.csv: column 'created': '02/03/26' can be 2026-03-02 or 2026-02-03, and no date in the file "
        "tells "
        'which: add `date_format: "%m/%d/%y"` (month first) or `date_format: "%d/%m/%y"` (day first) under '
        "`pipeline`"),
    "contradictory dates": (
        "id,stage,created\n1,Proposal,02/23/26\n2,Proposal,23/02/26\n", "deals.csv", {},
        "deals.csv: column 'created' mixes dates with the day first ('23/02/26') and the month first "
        "('02/23/26'): "
        "export it again in one format, best as YYYY-MM-DD"),
    "ambiguous amounts": (
        "id,stage,amount\n1,Proposal,1.234\n", "deals.csv", {},
        "deals.csv: column 'amount': '1.234' can be 1234 or 1.234 with three decimals, and no amount in "
        "the column "
        'tells which: add `decimal: ","` (it is 1234) or `decimal: "."` under `pipeline`'),
    "amounts both ways": (
        'id,stage,amount\n1,Proposal,1.5\n2,Proposal,"2,5"\n', "deals.csv", {},
        "deals.csv: column 'amount' writes decimals both ways ('1.5' and '2,5'): state the decimal mark "
        "under "
        '`pipeline`, for example `decimal: "."`'),
    "several currencies": (
        "id,stage,amount,currency\n1,Proposal,5,EUR\n2,Proposal,5,GBP\n3,Proposal,5,USD\n", "deals.csv", {},
        "deals.csv: amounts are in EUR, GBP, but the scenario is in USD: state the value of one unit in "
        "USD under "
        "`pipeline`, for example\n  rates: {EUR: <value of 1 EUR in USD>, GBP: <value of 1 GBP in USD>}"),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_the_message_says_what_where_and_what_to_do(case: str, message: Callable[..., str]) -> None:
    content, name, options, expected = CASES[case]
    assert message(content, name, **options) == expected


def test_a_missing_file_suggests_its_neighbour(tmp_path: Path) -> None:
    (tmp_path / "pipeline.csv").write_text(GOOD)
    with pytest.raises(InputError) as caught:
        read_spec(Pipeline(file=str(tmp_path / "pipelin.csv")))
    assert str(caught.value) == f"{tmp_path / 'pipelin.csv'}: no such file: did you mean 'pipeline.csv'?"


def test_a_missing_folder_is_said(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        read_table(tmp_path / "x" / "deals.csv")
    folder = str(tmp_path / "x")
    assert str(caught.value).endswith(f"no such file: the folder {folder!r} does not exist")


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        read_table(tmp_path)
    assert str(caught.value) == f"{tmp_path}: this is a folder: expected a CSV, XLSX or Parquet file"


def test_a_header_alone_is_an_empty_pipeline(tmp_path: Path) -> None:
    path = tmp_path / "deals.csv"
    path.write_text("id,stage,created\n")
    table = read_spec(Pipeline(file=str(path)))
    assert (table.quality.rows, warnings_of(table)) == (0, [(None, "the file has headers but no rows")])
    assert table.quality.unused == ()
