"""Encodings, delimiters, workbooks, Parquet."""

from __future__ import annotations

import gzip
import subprocess
import sys
from datetime import date, datetime
from pathlib import Path

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from simfunnel.errors import InputError
from simfunnel.scenario.pipeline import Pipeline
from simfunnel.tabular.delimited import detect_delimiter
from simfunnel.tabular.reading import read_table

from .reading import Reader, read_spec, warnings_of

ACCENTED = "id,stage,owner\n1,Proposal,Jürgen Müßig\n2,Proposal,François Lefèvre\n"
CHINESE = "id,stage,owner\n1,Proposal,王伟\n2,Proposal,李娜\n"


@pytest.mark.parametrize(
    ("text", "codec", "name"),
    [
        (ACCENTED, "utf-8", "UTF-8"),
        (ACCENTED, "utf-8-sig", "UTF-8 with BOM"),
        (ACCENTED, "utf-16", "UTF-16"),
        (ACCENTED, "cp1252", "Windows-1252"),
        (CHINESE, "utf-8", "UTF-8"),
        (CHINESE, "utf-16", "UTF-16"),
        (CHINESE, "gb18030", "GB18030"),
    ],
)
def test_the_encoding_is_found(read: Reader, text: str, codec: str, name: str) -> None:
    table = read(text.encode(codec))
    assert table.quality.encoding == name
    assert table.open.owner == (("王伟", "李娜") if text is CHINESE else ("Jürgen Müßig", "François Lefèvre"))
    said = [message for _, message in warnings_of(table) if "not UTF-8" in message]
    assert bool(said) == (not name.startswith("UTF"))


@pytest.mark.parametrize("owner", ["Añá", "Añá Muñoz", "Joséè", "MUÑÁN"])
def test_two_accents_in_a_row_are_not_chinese(read: Reader, owner: str) -> None:
    text = f"id,stage,owner\n1,Proposal,{owner}\n2,Proposal,Bo\n"
    table = read(text.encode("cp1252"))
    assert (table.quality.encoding, table.open.owner[0]) == ("Windows-1252", owner)


def test_chinese_beside_letters_stays_chinese(read: Reader) -> None:
    text = "id,stage,owner\n1,Proposal,A轮\n2,Proposal,IT部 王伟\n3,Proposal,VIP客户\n4,Proposal,李\n"
    table = read(text.encode("gb18030"))
    assert (table.quality.encoding, table.open.owner[0]) == ("GB18030", "A轮")


def test_a_stated_encoding_is_used(read: Reader) -> None:
    table = read("id,stage,owner\n1,Proposal,王大明\n".encode("big5"), encoding="big5")
    assert table.open.owner == ("王大明",)
    assert read(CHINESE.encode("utf-16-le"), encoding="utf-16-le").open.owner == ("王伟", "李娜")


def test_cyrillic_is_told_from_western_accents(read: Reader) -> None:
    text = "id,stage,owner\n1,Proposal,Иван Петрович Сидоров\n2,Proposal,Мария Ивановна Кузнецова\n"
    assert read(text.encode("cp1251")).open.owner[0] == "Иван Петрович Сидоров"


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found(read: Reader, delimiter: str) -> None:
    rows = [["id", "stage", "amount", "owner"], ["1", "Proposal", '"1.234,50"', '"a;b|c,d\te"']]
    table = read("\r\n".join(delimiter.join(row) for row in rows))
    assert table.quality.delimiter == delimiter
    assert table.open.amount.tolist() == [1234.5]
    assert table.open.owner == ("a;b|c,d\te",)


def test_decimal_commas_do_not_look_like_delimiters() -> None:
    assert detect_delimiter("id;stage;amount\n1;Proposal;1,5\n2;Proposal;2,5\n") == ";"


def test_a_stated_delimiter_is_used(read: Reader) -> None:
    assert read("id^stage\n1^Proposal\n", delimiter="^").quality.used == 1
    assert read("id\tstage\n1\tProposal\n", delimiter="tab").quality.used == 1


def test_excels_sep_line_is_understood(read: Reader) -> None:
    table = read("sep=;\r\nid;stage\r\n1;Proposal\r\n")
    assert table.open.row == (2,) and table.quality.delimiter == ";"


def test_quoted_line_breaks_and_blank_lines_keep_the_row_numbers_of_a_sheet(read: Reader) -> None:
    table = read('id,stage,owner\n1,Proposal,"two\nlines"\n\n,,\n2,Proposal,x\n')
    assert table.open.row == (2, 5)


def test_a_gzip_file_is_read(read: Reader) -> None:
    assert read(gzip.compress(CHINESE.encode()), "deals.csv.gz").quality.used == 2


def write_workbook(path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Deals"
    sheet.append(["id", "stage", "stage_entered", "amount", "close_date", "probability", None])
    sheet.append([1, "Proposal", datetime(2027, 1, 10, 12), 1234.5, date(2027, 2, 1), 0.4])
    sheet.append([None] * 6)
    sheet.append(["x", "Won", 46397, "1,000", 46398, None])
    book.create_sheet("Notes").append(["nothing"])
    book.create_sheet("hiddenSheet").sheet_state = "hidden"
    book.save(path)


def test_a_workbook_keeps_numbers_and_dates(tmp_path: Path) -> None:
    path = tmp_path / "deals.xlsx"
    write_workbook(path)
    table = read_spec(Pipeline(file=str(path)))
    assert table.open.id == ("1",) and table.open.row == (2,)
    assert table.open.entered.tolist() == [-9.5]
    assert table.open.amount.tolist() == [1234.5]
    assert table.open.close_date.tolist() == [12]
    assert table.open.probability.tolist() == [0.4]
    assert table.won.row == (4,) and table.won.closed.tolist() == [46398 - 46407]
    assert table.quality.sheet == "Deals"
    assert warnings_of(table)[0] == (
        None,
        "only the first sheet, 'Deals', was read (not 'Notes'): set `pipeline.sheet` to choose",
    )
    assert read_spec(Pipeline(file=str(path), sheet="Deals")).quality.warnings == ()


def test_a_sheet_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "deals.xlsx"
    write_workbook(path)
    with pytest.raises(InputError) as caught:
        read_table(path, sheet="Deal")
    assert str(caught.value) == (
        f"{path}: there is no sheet 'Deal': did you mean 'Deals'? The workbook has 'Deals', 'Notes', 'hiddenSheet'"
    )


def test_a_parquet_file_keeps_numbers_and_dates(tmp_path: Path) -> None:
    path = tmp_path / "deals.parquet"
    entered = pa.array([datetime(2027, 1, 10, 12), None], pa.timestamp("ns"))
    columns = {"id": [1, 2], "stage": ["Proposal", "Won"], "stage_entered": entered, "amount": [1234.5,
    1000.0],
               "close_date": [date(2027, 2, 1), date(2027, 1, 11)]}  # fmt: skip
    pq.write_table(pa.table(columns), path)
    table = read_spec(Pipeline(file=str(path)))
    assert table.open.id == ("1",) and table.open.row == (2,)
    assert table.open.entered.tolist() == [-9.5]
    assert table.won.closed.tolist() == [-9]


@pytest.mark.parametrize(
    ("module", "name", "extra"), [("openpyxl", "a.xlsx", "excel"), ("pyarrow", "a.parquet", "parquet")]
)
def test_a_missing_extra_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, module: str, name: str, extra: str
) -> None:
    (tmp_path / name).write_bytes(b"x")
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(InputError, match=rf'pip install "simfunnel\[{extra}\]"'):
        read_table(tmp_path / name)


def test_reading_a_csv_imports_neither_pandas_nor_pyarrow(tmp_path: Path) -> None:
    path = tmp_path / "deals.csv"
    path.write_text("id,stage\n1,Proposal\n")
    code = (
        "import sys; from simfunnel.tabular.reading import read_table; import simfunnel.crm.pipeline;"
        f"read_table({str(path)!r}); print([m for m in ('pandas', 'pyarrow', 'openpyxl', "
        f"'charset_normalizer')"
        " if m in sys.modules])"
    )
    root = Path(__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=root)
    assert done.stdout.strip() == "[]"
