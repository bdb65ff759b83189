"""`keep`, `store`, `track` and `compare --store` as a person uses them: four weekly exports, what changed, how good."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from .conftest import Result

Run = Callable[..., Result]
WEEKS = {
    "2027-01-04": ["1,Demo,2026-12-20,1000,Ann,", "2,Offer,2026-12-22,2000,Bo,", "3,Won,,700,Bo,2027-01-02"],
    "2027-01-11": ["1,Offer,2027-01-08,1000,Ann,", "2,Offer,2026-12-22,2000,Bo,", "3,Won,,700,Bo,2027-01-02"],
    "2027-01-18": ["1,Offer,2027-01-08,1200,Ann,", "2,Won,,2000,Bo,2027-01-15", "3,Won,,700,Bo,2027-01-02"],
    "2027-01-25": ["1,Offer,2027-01-08,1200,Ann,", "2,Won,,2000,Bo,2027-01-15", "4,Demo,2027-01-20,300,Ann,"],
}

HEADER = "id,stage,stage_entered,amount,owner,closed"


@pytest.fixture
def weeks(run: Run, folder: Path) -> list[Result]:
    done = []
    for day, rows in WEEKS.items():
        Path("deals.csv").write_text("\n".join([HEADER, *rows]) + "\n", encoding="utf-8")
        done.append(run("keep", "scenario.yaml", "--valid", day, "--trials", "500", "--store", "k.db"))
    return done


def test_four_weeks_are_kept_and_told(run: Run, weeks: list[Result]) -> None:
    assert [one.code for one in weeks] == [0] * 4, weeks
    assert weeks[1].out.startswith("Kept 2027-01-11: 3 rows, 1 new version, 2 unchanged (k.db, book test).")
    listed = json.loads(run("store", "list", "--store", "k.db", "--json").out)
    assert [row["valid_day"] for row in listed] == list(WEEKS)
    assert set(listed[0]) >= {"book", "valid_day", "recorded_at", "rows", "source_hash"}
    shown = run("store", "show", "2027-01-20", "--store", "k.db").out
    assert "2 changed since 2027-01-11: 1, 2" in shown
    assert json.loads(run("store", "check", "--store", "k.db", "--json").out) == {"ok": True, "faults": []}
    moved = json.loads(
        run("compare", "--store", "k.db", "--from", "2027-01-04", "--to", "2027-01-25", "--trials", "500", "--json").out
    )
    causes = {step["cause"]: step for step in moved["others"][0]["waterfall"]}
    assert [deal["id"] for deal in causes["moved forward"]["named"]] == ["1"]
    assert [deal["id"] for deal in causes["won"]["named"]] == ["2"]
    track = run("track", "--store", "k.db", "--json")
    assert json.loads(track.out)["summary"] == {"n": 0}  # the quarter is not over
    assert "no snapshot of 2027-04-08 or later" in run("track", "--store", "k.db").out


def test_export_writes_and_does_not_overwrite(run: Run, weeks: list[Result]) -> None:
    assert run("store", "export", "2027-01-11", "-o", "back.csv", "--store", "k.db").code == 0
    assert Path("back.csv").read_text(encoding="utf-8").splitlines()[1:] == WEEKS["2027-01-11"]
    Path("mine.csv").write_text("mine", encoding="utf-8")
    stop = run("store", "export", "2027-01-11", "-o", "mine.csv", "--store", "k.db")
    assert stop.code == 2 and "--force" in stop.err and Path("mine.csv").read_text(encoding="utf-8") == "mine"
    assert run("store", "export", "2027-01-11", "-o", "mine.csv", "--store", "k.db", "--raw", "--force").code == 0


def test_what_cannot_be_is_exit_2_in_a_sentence(run: Run, weeks: list[Result]) -> None:
    with Path("deals.csv").open("a", encoding="utf-8") as file:
        file.write("5,Demo,2027-01-19,10,Ann,\n")
    for arguments, message in (
        (("keep", "scenario.yaml", "--valid", "2027-01-25", "--store", "k.db"), "is kept already in the book 'test'"),
        (("keep", "scenario.yaml", "--valid", "2027-01-23", "--store", "k.db"), "lies before the newest snapshot"),
        (("keep", "scenario.yaml", "--valid", "2027-01-20", "--store", "k.db"), "--valid 2027-01-21"),
        (("store", "show", "2026-01-01", "--store", "k.db"), "no snapshot of 2026-01-01 or before"),
        (("store", "show", "yesterday", "--store", "k.db"), "DATE"),
        (("store", "list"), "no store: name it with --store"),
        (("store", "list", "--store", "absent.db"), "there is no store"),
        (("compare", "--store", "k.db", "--from", "2027-01-04"), "give both --from and --to"),
        (("store", "list", "--store", "k.db", "--recorded-before", "soon"), "--recorded-before: expected a time"),
    ):
        stop = run(*arguments)
        assert stop.code == 2 and message in stop.err and not stop.out, (arguments, stop)


def test_a_fault_is_exit_2_and_listed(run: Run, weeks: list[Result]) -> None:
    import sqlite3

    db = sqlite3.connect("k.db")
    db.execute("UPDATE deal_version SET fields = replace(fields, '2000', '2001')")
    db.commit()
    db.close()
    stop = run("store", "check", "--store", "k.db", "--json")
    assert stop.code == 2 and json.loads(stop.out)["ok"] is False


def test_forget_asks_before(run: Run, weeks: list[Result]) -> None:
    assert run("store", "forget", "2", "--store", "k.db", "--yes", "--json").code == 0
    shown = json.loads(run("store", "show", "2027-01-18", "--store", "k.db", "--json").out)
    assert shown["changes"] == {"new": [], "left": [], "changed": ["1"]} and shown["rows"] == 2
    asked = run("store", "forget", "1", "--store", "k.db")
    assert (
        asked.code != 0 and json.loads(run("store", "show", "2027-01-18", "--store", "k.db", "--json").out)["rows"] == 2
    )


def test_import_makes_a_store(run: Run, folder: Path) -> None:
    exports = folder / "exports"
    exports.mkdir()
    for day, rows in WEEKS.items():
        (exports / f"deals {day}.csv").write_text("\n".join([HEADER, *rows]) + "\n", encoding="utf-8")
    done = json.loads(run("store", "import", "exports", "--store", "new.db", "--json").out)
    assert (done["snapshots"], done["first"], done["last"]) == (4, "2027-01-04", "2027-01-25")
