"""``simfunnel report``: where it writes, what it takes, what it refuses."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest

from .conftest import Run


@pytest.fixture
def quick(folder: Path) -> Path:
    """Sections that need the forecast alone."""
    return folder


ANSWER = ("--sections", "answer,provenance")


def test_a_report_is_written_whole_and_again(run: Run, quick: Path) -> None:
    done = run("report", "scenario.yaml", *ANSWER)
    assert (done.code, done.out) == (0, "")
    assert "written to report.html" in done.err
    first = Path("report.html").read_text("utf-8")
    assert first.startswith("<!doctype html>")
    assert "simfunnel run scenario.yaml" in first
    assert run("report", "scenario.yaml", *ANSWER, "-q").err == ""
    assert Path("report.html").read_text("utf-8") == first
    assert sorted(path.name for path in Path().iterdir()) == ["deals.csv", "report.html", "scenario.yaml"]


def test_what_is_not_ours_is_not_replaced(run: Run, quick: Path) -> None:
    Path("page.html").write_text("<p>mine</p>")
    done = run("report", "scenario.yaml", *ANSWER, "-o", "page.html")
    assert done.code == 2
    assert "page.html: is there already, and is no report of simfunnel" in done.err
    assert Path("page.html").read_text() == "<p>mine</p>"
    assert run("report", "scenario.yaml", *ANSWER, "-o", "page.html", "--force").code == 0
    assert "mine" not in Path("page.html").read_text("utf-8")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("-o", "report.pdf"), "expected a name that ends in .html"),
        (("-o", "sub.html"), "expected a file to write the report to, found a folder"),
        (("--sections", "trusts"), "unknown section 'trusts'; did you mean 'trust'?"),
        (("--owner", "Nobody", *ANSWER), "--owner: unknown owner 'Nobody'"),
        (("--from", "nowhere"), "nowhere"),
        (("--from", "."), "expected a folder that simfunnel wrote with --out"),
        (("--variant", "none"), "none"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_written(
    run: Run, quick: Path, arguments: tuple[str, ...], told: str
) -> None:
    Path("sub.html").mkdir()
    done = run("report", "scenario.yaml", *arguments)
    assert done.code == 2, done.err
    assert told in done.err
    assert "Traceback" not in done.err
    assert not Path("report.html").exists()


def test_results_are_taken_from_folders(run: Run, quick: Path) -> None:
    for command in ("run", "levers"):
        assert run(command, "scenario.yaml", "--out", command, "-q").code == 0
    done = run(
        "report", "scenario.yaml", "--from", "run", "--from", "levers", "--sections", "answer,provenance,actions"
    )
    assert done.code == 0, done.err
    page = Path("report.html").read_text("utf-8")
    assert json.loads(Path("levers/levers.json").read_text("utf-8"))["sentence"] in page
    assert "simfunnel levers scenario.yaml --out levers -q" in page


def test_a_folder_of_another_day_is_refused(run: Run, quick: Path) -> None:
    assert run("run", "scenario.yaml", "--set", "as_of=2027-01-11", "--out", "old", "-q").code == 0
    done = run("report", "scenario.yaml", "--from", "old", *ANSWER)
    assert done.code == 2
    assert "old: is of 2027-01-11, and the scenario of 2027-01-04; make it again, or leave it out" in done.err


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="the owner of every file may write everywhere")
def test_a_folder_that_may_not_be_written_is_told(run: Run, quick: Path) -> None:
    Path("locked").mkdir()
    Path("locked").chmod(stat.S_IRUSR | stat.S_IXUSR)
    done = run("report", "scenario.yaml", *ANSWER, "-o", "locked/report.html")
    assert done.code == 1
    assert "locked/report.html: could not be written" in done.err


def test_a_place_that_cannot_be_written_is_told_in_a_sentence(run: Run, quick: Path) -> None:
    Path("a").write_text("a file")
    done = run("report", "scenario.yaml", *ANSWER, "-o", "a/report.html")
    assert done.code in (1, 2)
    assert "a/report.html" in done.err
    assert "internal error" not in done.err


def test_a_workbook_is_written_beside_it(run: Run, quick: Path) -> None:
    pytest.importorskip("openpyxl")
    done = run("report", "scenario.yaml", *ANSWER, "--xlsx", "report.xlsx")
    assert done.code == 0, done.err
    assert "written to report.xlsx" in done.err
    assert run("run", "scenario.yaml", "--xlsx", "run.xlsx", "--json", "-q").code == 0
    assert Path("run.xlsx").stat().st_size > 10_000
    refused = run("run", "scenario.yaml", "--xlsx", "run.csv")
    assert refused.code == 2
    assert "--xlsx: expected a name that ends in .xlsx" in refused.err


def test_names_are_hidden_and_the_key_stays_beside_the_scenario(run: Run, quick: Path) -> None:
    done = run("report", "scenario.yaml", "--sections", "answer,people,provenance", "--anonymize")
    assert done.code == 0, done.err
    page = Path("report.html").read_text("utf-8")
    assert "Ann" not in page
    assert "scenario.yaml" not in page
    assert "Owner " in page
    assert stat.S_IMODE(Path("simfunnel.key").stat().st_mode) == 0o600
    first = page
    assert run("report", "scenario.yaml", "--sections", "answer,people,provenance", "--anonymize").code == 0
    assert Path("report.html").read_text("utf-8") == first


@pytest.mark.parametrize("fault", [KeyError("bookings"), RuntimeError("坏了 {name} [bold]"), UnicodeError("\udc80")])
def test_a_fault_of_ours_inside_a_chinese_report_is_told_like_others(
    run: Run, quick: Path, monkeypatch: pytest.MonkeyPatch, fault: Exception
) -> None:
    from simfunnel.report.html.report import SECTIONS
    from simfunnel.wording.language import spoken

    def broken(_: object) -> None:
        assert spoken() == "zh"
        raise fault

    monkeypatch.setitem(SECTIONS, "provenance", broken)
    done = run("report", "scenario.yaml", *ANSWER, "--language", "zh")
    assert done.code == 1
    assert f"internal error: {type(fault).__name__}: " in done.err
    assert "This is a fault of simfunnel, not of your files; SIMFUNNEL_DEBUG=1 shows where it happened." in done.err
    assert "Traceback" not in done.err
    assert spoken() == "en"
    assert sorted(path.name for path in Path().iterdir()) == ["deals.csv", "scenario.yaml"]
