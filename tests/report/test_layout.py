"""Pages where nobody looks are not broken into lines; those of a terminal are."""

from __future__ import annotations

import io
import re

import pytest
from rich.cells import cell_len
from rich.console import Group
from rich.text import Text

from simfunnel.report.console.breaking import broken
from simfunnel.report.console.layout import NO_TERMINAL, page_text, table

SENTENCE = "to count them as open, add under `pipeline` " * 12


class _Terminal(io.StringIO):
    encoding = "utf-8"  # type: ignore[assignment]

    def isatty(self) -> bool:
        return True


def test_no_sentence_is_broken_in_a_pipe(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    monkeypatch.setattr("sys.stdout", io.StringIO())
    assert page_text(Text(SENTENCE.strip())) == SENTENCE.strip() + "\n"


def test_lines_of_a_terminal_fit_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr("sys.stdout", _Terminal())
    lines = page_text(Text(SENTENCE.strip())).splitlines()
    assert len(lines) > 5
    assert max(map(len, lines)) <= 60


def test_columns_that_do_not_fit_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdout", io.StringIO())
    rows = [{"Period": "2027-Q1", "Mean": "2.43M", "Weighted": "1.55M", "P50": "2.35M"}]
    assert "No room for" not in page_text(table(rows, ("Weighted", "Mean"), 80))
    narrow = page_text(table(rows * 13, ("Weighted", "Mean"), 20))
    assert narrow.splitlines()[0].split() == ["Period", "P50"]
    assert " ".join(narrow.split()).endswith("No room for: Weighted, Mean")


def test_columns_of_a_short_table_that_do_not_fit_stand_below_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdout", io.StringIO())
    rows = [{"Period": "2027-Q1", "Mean": "2.43M", "Weighted": "1.55M", "P50": "2.35M"}]
    laid = table(rows, ("Weighted", "Mean"), 20)
    assert laid.columns == {"Period", "Mean", "Weighted", "P50"}
    lines = page_text(laid).splitlines()
    assert [line.split() for line in lines] == [
        ["Period", "P50"], ["2027-Q1", "2.35M"], [],
        ["Period", "Mean"], ["2027-Q1", "2.43M"], [],
        ["Period", "Weighted"], ["2027-Q1", "1.55M"],
    ]  # fmt: skip
    assert max(map(len, lines)) <= 20


def test_a_column_too_wide_for_the_terminal_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdout", io.StringIO())
    rows = [{"Period": "2027-Q1 and more", "Mean": "a very long remark", "P50": "another long remark"}]
    assert "No room for: Mean, P50" in page_text(table(rows, ("Mean", "P50"), 10))


def test_in_a_pipe_every_column_is_there() -> None:
    rows = [{"Period": "2027-Q1", **{f"column {i}": f"{i:030}" for i in range(30)}}] * 20
    assert len(table(rows, (), NO_TERMINAL).columns) == 31


def test_a_long_name_is_cut_before_a_number_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdout", io.StringIO())
    rows = [{"Owner": "Bartholomew Maximilian von und zu Hohenstaufen-Sigmaringen", "Mean": "2.43M", "P50": "2.35M"}]
    wide = page_text(table(rows, (), 54)).splitlines()
    assert wide[1].split()[-2:] == ["2.43M", "2.35M"] and "…" in wide[1] and max(map(len, wide)) <= 54
    narrow = page_text(table(rows, (), 40)).splitlines()
    assert narrow[1].split()[-2:] == ["2.43M", "2.35M"] and narrow[1].startswith("Bartholomew Maximilian…")


@pytest.mark.parametrize("width", [24, 31, 40, 60])
def test_chinese_lines_are_broken_where_people_break_them(width: int) -> None:
    told = "! 没有商机带有最近跟进日期：无法判断（`last_activity`），达成概率降低1.4个百分点，"
    told += "“Demo”阶段为95.2万）。\n\n第二行"
    made = broken(Group(Text(told, style="yellow"), Text("plain " * 30)), width)
    assert isinstance(made, Group)
    first, second = made.renderables
    assert isinstance(first, Text) and isinstance(second, Text) and second.plain == "plain " * 30
    lines = first.plain.split("\n")
    assert max(cell_len(line) for line in lines) <= width and min(map(cell_len, lines[:-3])) > width - 17
    assert not [line for line in lines if line[:1] in tuple("，。：）”%万") or line[-1:] in tuple("（“")]
    assert re.sub(r"\s", "", first.plain) == re.sub(r"\s", "", told)
    assert all(span.style == "yellow" for span in first.spans)
