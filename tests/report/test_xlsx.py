"""Workbooks: numbers are numbers, days are days, and nothing in them runs."""

from __future__ import annotations

import datetime as dt
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from simfunnel import simulate
from simfunnel.errors import InputError
from simfunnel.report.html.report import report_workbook
from simfunnel.report.xlsx.sheets import Sheet, format_of, plain
from simfunnel.report.xlsx.workbook import Contents, check_workbook, write_workbook
from simfunnel.shown import face_of

from .html_scenario import material, scenario

openpyxl = pytest.importorskip("openpyxl")


def read(path: Path) -> Any:
    return openpyxl.load_workbook(path)


def rows_of(page: Any) -> list[list[Any]]:
    return [list(row) for row in page.iter_rows(values_only=True)]


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("xlsx") / "forecast.xlsx"
    face_of(simulate(scenario())).workbook(path)
    return path


def test_a_workbook_holds_the_frames_of_its_result(file: Path) -> None:
    book, forecast = read(file), simulate(scenario())
    assert book.sheetnames == ["About", "summary", "Pictures"]
    frame = forecast.frame()
    head, *rows = rows_of(book["summary"])
    assert head == list(frame.columns)
    assert len(rows) == len(frame)
    for name in ("mean", "p50", "p_attain", "target", "open_pipeline"):
        values = frame[name].astype(object).where(frame[name].notna(), None).tolist()
        wanted = [None if value is None else pytest.approx(value) for value in values]
        assert [row[head.index(name)] for row in rows] == wanted
    start = head.index("start")
    assert rows[0][start] == dt.datetime(2027, 1, 1)
    page = book["summary"]
    assert page.cell(2, start + 1).number_format == "yyyy-mm-dd"
    assert page.cell(2, head.index("p_attain") + 1).number_format == "0.0%"
    assert page.cell(2, head.index("mean") + 1).number_format == "#,##0"
    assert page.freeze_panes == "B2"
    assert page.auto_filter.ref == page.dimensions
    assert len(book["Pictures"]._images) >= 3


def test_the_first_sheet_says_what_it_is_and_rests_on(file: Path) -> None:
    about = dict(row[:2] for row in rows_of(read(file)["About"]) if row[0])
    assert "chance of reaching 20.0k in 2027-Q1" in about["Answer"]
    assert about["Money"] == "in USD"
    assert "simfunnel" in about["Made by"]


def test_there_is_no_formula_no_macro_and_no_link(file: Path) -> None:
    with zipfile.ZipFile(file) as archive:
        names = archive.namelist()
        sheets = b"".join(archive.read(name) for name in names if name.startswith("xl/worksheets/sheet"))
    assert not [name for name in names if "vba" in name.lower() or "externalLink" in name]
    assert b"<f>" not in sheets
    assert b"<hyperlink" not in sheets


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", '=HYPERLINK("http://x")', "a\x00b\x1b\u202e", "#REF!"]
)
def test_text_that_would_run_is_text(tmp_path: Path, text: str) -> None:
    contents = Contents(text, [(text, text)], [Sheet(text, [text, "n"], [[text, 1.5]], ["text", "number"])])
    write_workbook(contents, tmp_path / "x.xlsx")
    book = read(tmp_path / "x.xlsx")
    page = book.worksheets[1]
    for cell in (page["A1"], page["A2"], book["About"]["A1"], book["About"]["B3"]):
        assert cell.data_type == "s"
        assert not set(str(cell.value)) & set("\x00\x1b\u202e")
    assert page["B2"].value == 1.5
    with zipfile.ZipFile(tmp_path / "x.xlsx") as archive:
        assert b"<f>" not in b"".join(archive.read(name) for name in archive.namelist() if "worksheets" in name)


def test_names_of_sheets_are_what_a_spreadsheet_allows(tmp_path: Path) -> None:
    long = "What is lost with each deal in the first quarter [2027-Q1]: a/b\\c?*"
    sheets = [Sheet(name, ["a"], [["x"]], ["text"]) for name in (long, long, "ABOUT", "'quoted'", "")]
    write_workbook(Contents("t", [], sheets), tmp_path / "x.xlsx")
    names = read(tmp_path / "x.xlsx").sheetnames
    assert len({name.casefold() for name in names}) == 6
    assert all(0 < len(name) <= 31 and not set(name) & set("[]:*?/\\") for name in names)
    assert names[1:3] == ["What is lost with each deal in…", "What is lost with each deal… 2"]


def test_values_and_formats() -> None:
    values = [None, float("nan"), float("inf"), True, 3, "x"]
    assert [plain(value) for value in values] == [None, None, "inf", True, 3, "x"]
    assert plain("2027-01-04", day=True) == dt.date(2027, 1, 4)
    assert plain("2027-Q1", day=True) == "2027-Q1"
    assert plain(dt.datetime(2027, 1, 4)) == dt.date(2027, 1, 4)
    assert format_of("p_attain", [0.5, None]) == "share"
    assert format_of("p_attain", [0.5, 7.0]) == "number"
    assert format_of("p50", [0.5, 3000.0]) == "money"
    assert format_of("deals", [1, 2]) == "count"
    assert format_of("mixed", [1, "x"]) == "text"
    assert format_of("nothing", [None, ""]) == "text"


def test_a_report_has_its_tables_with_their_numbers(tmp_path: Path) -> None:
    wanted = ["answer", "enough", "people"]
    made = material(scenario(), wanted=wanted)
    write_workbook(report_workbook(made, wanted), tmp_path / "report.xlsx")
    book = read(tmp_path / "report.xlsx")
    page = book["Bookings by period, USD"]
    head, *rows = rows_of(page)
    periods = [*made.run["periods"], made.run["total"]]
    means = [pytest.approx(period["bookings"]["mean"], rel=1e-9) for period in periods]
    assert [row[head.index("Mean")] for row in rows] == means
    chance = head.index("P(attain)")
    assert rows[0][chance] == pytest.approx(periods[0]["attainment"]["probability"], rel=1e-9)
    assert page.cell(2, chance + 1).number_format == "0.0%"
    assert any(made.run["sentence"] in str(row[1]) for row in rows_of(book["About"]))


def test_what_cannot_be_written_is_refused_first(tmp_path: Path) -> None:
    other = tmp_path / "mine.xlsx"
    openpyxl.Workbook().save(other)
    with pytest.raises(InputError, match="is no workbook of simfunnel"):
        check_workbook(other, force=False)
    check_workbook(other, force=True)
    write_workbook(Contents("t", [], []), tmp_path / "ours.xlsx")
    check_workbook(tmp_path / "ours.xlsx", force=False)
    with pytest.raises(InputError, match=r"ends in \.xlsx"):
        check_workbook(tmp_path / "x.csv", force=False)
    (tmp_path / "folder.xlsx").mkdir()
    with pytest.raises(InputError, match="found a folder"):
        check_workbook(tmp_path / "folder.xlsx", force=False)


def test_without_the_library_a_sentence_says_which(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    with pytest.raises(InputError, match=r"pip install 'simfunnel\[excel\]'"):
        check_workbook(tmp_path / "x.xlsx", force=False)


@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed")
def test_another_spreadsheet_opens_it(file: Path, tmp_path: Path) -> None:
    command = ["soffice", "--headless", "--convert-to", "csv", "--outdir", str(tmp_path), str(file)]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    assert "Answer" in (tmp_path / "forecast.csv").read_text("utf-8")
