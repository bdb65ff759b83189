"""What owners say will come: read loudly, kept as versions, erased with their owners, scored against what came."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from simfunnel.cli import cli
from simfunnel.errors import InputError
from simfunnel.record.exporting import export_submissions
from simfunnel.record.listing import check_store, forget_in_store, list_store, show_day
from simfunnel.record.submissions import keep_submissions
from simfunnel.record.submitted_file import read_submissions
from simfunnel.record.track import commit_biases, track_record
from simfunnel.scenario.periods import Periods
from simfunnel.shown import face_of
from simfunnel.store import Store
from simfunnel.store.submissions import submissions
from store.helpers_store import FIRST, MONDAY, SECOND, Desk, few

WEEK = dt.timedelta(days=7)
QUARTERS = Periods(unit="quarter", count=2)
SAID = "Rep,Date,Quarter,Commit,Best Case\nAnn,2027-01-04,2027-Q1,1000,1500\nBo,2027-01-04,2027-Q1,2k,\n"


def said(text: str, **more: Any) -> Any:
    Path("said.csv").write_text(text, encoding="utf-8")
    return read_submissions("said.csv", **{"currency": "USD", "periods": QUARTERS, **more})


def kept(where: str, text: str, **more: Any) -> Any:
    Path("said.csv").write_text(text, encoding="utf-8")
    return keep_submissions(Store.open(where), "said.csv", **more)


def listed(where: str) -> list[tuple[str, str, str, float]]:
    store = Store.open(where)
    with store.reading() as connection:
        return [(one.owner, str(one.made), one.kind, one.amount) for one in submissions(connection, 1)]


def test_they_are_kept_once_and_corrected_only_when_asked(desk: Desk, where: str) -> None:
    desk.keep(FIRST, store=where)
    done = kept(where, SAID)
    assert (done.told.new, done.told.unchanged, done.told.corrected) == (3, 0, 0)
    assert kept(where, SAID).told == type(done.told)(0, 3, 0)
    other = SAID.replace("1000", "1200")
    with pytest.raises(InputError, match=r"commit of 'Ann' for 2027-Q1 on 2027-01-04 is kept as 1,000, .* says 1,200"):
        kept(where, other)
    assert kept(where, other, correct=True).told.corrected == 1
    assert ("Ann", "2027-01-04", "commit", 1200.0) in listed(where)
    assert kept(where, SAID, correct=True).told.corrected == 1  # and back again
    assert check_store(Store.open(where)).ok
    at = Store.open(where)
    with at.reading() as connection:
        before = submissions(connection, 1, known_by=3)
    assert [one.amount for one in before] == [1500.0, 1000.0, 2000.0]


def test_keep_takes_them_with_the_pipeline_or_neither(desk: Desk) -> None:
    text = "owner,period,commit\nann ,2027-Q1,900\nZoe,2027-Q1,5\n"
    Path("said.csv").write_text(text, encoding="utf-8")
    done = desk.keep(FIRST, store="kept.db", submissions="said.csv")
    assert done.submissions is not None and done.submissions.strangers == (("Zoe", None),)
    assert listed("kept.db") == [("Ann", "2027-01-04", "commit", 900.0), ("Zoe", "2027-01-04", "commit", 5.0)]
    Path("said.csv").write_text(text.replace("2027-Q1", "2027-Q5"), encoding="utf-8")
    with pytest.raises(InputError, match="no period '2027-Q5'"):
        desk.keep(SECOND, MONDAY + WEEK, store="kept.db", submissions="said.csv")
    assert len(list_store(Store.open("kept.db")).snapshots) == 1
    Path("said.csv").write_text(text.replace("900", "901"), encoding="utf-8")
    with pytest.raises(InputError, match="--correct"):
        desk.keep(FIRST, store="kept.db", submissions="said.csv")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("owner,period,commit\n", "holds no row below its headers"),
        ("", "the file is empty"),
        ("owner,period,commit\nAnn,2027-Q1,\n", "no row has a commit or a best case"),
        ("who,period,commit\nAnn,2027-Q1,1\n", "no column of the owner: .* the columns are 'who', 'period', 'commit'"),
        ("owner,period,amount\nAnn,2027-Q1,1\n", "no column called commit or best case"),
        ("owner,rep,period,commit\nAnn,Bo,2027-Q1,1\n", "two columns say the owner: 'owner' and 'rep'"),
        ("owner,period,commit\nAnn,2027-Q1,much\n", "said.csv:2: commit: expected an amount .* found 'much'"),
        ("owner,period,commit\nAnn,2027-Q1,-3\n", "said.csv:2: commit: a commit cannot be below 0, found -3"),
        ("owner,period,commit\nAnn,2027-Q1,EUR 3\n", "expected an amount in USD, found one in EUR"),
        ("owner,period,commit\n,2027-Q1,3\n", "said.csv:2: no owner beside an amount"),
        ("owner,period,commit\nAnn,FY2027-Q1,3\n", "no period 'FY2027-Q1': expected a label such as 2027-Q1"),
        ("owner,period,day,commit\nAnn,2027-Q1,soon,3\n", "day: expected a day such as 2027-01-31, found 'soon'"),
        ("owner,period,commit\nAnn,2027-Q1,3\nann,2027-q1,4\n", "csv:3: a second commit of 'Ann' .* 4, before it 3"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_refused_with_its_row(
    text: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=message):
        said(text, day=MONDAY)


def test_every_calendar_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    fiscal = Periods(unit="month", count=1, fiscal_year_start=2)
    rows = "".join(f"Ann,{label},1\n" for label in ("FY2027-Q1", "FY2027", "2027-W05", "2027-02", "2027-01-04+30d"))
    assert len(said("owner,period,commit\n" + rows, day=MONDAY, periods=fiscal).said) == 5
    with pytest.raises(InputError, match="such as FY2027-Q1"):
        said("owner,period,commit\nAnn,2027-Q1,1\n", day=MONDAY, periods=fiscal)


def test_forgetting_an_owner_erases_them_and_refuses_them_from_then_on(desk: Desk) -> None:
    desk.keep(FIRST, store="kept.db")
    kept("kept.db", SAID.replace("Ann", "Zdenka Vrchlicka"))
    store = Store.open("kept.db")
    kept("kept.db", SAID.replace("Ann", "Zdenka Vrchlicka").replace("1000", "1100"), correct=True)
    done = forget_in_store(store, "zdenka  vrchlicka", "owner").forgotten  # she has no deal, and other blanks
    assert (done.deals, done.submissions) == (0, 3)
    assert b"Vrchlick" not in Path("kept.db").read_bytes() and check_store(store).ok
    forget_in_store(store, "Bo", "owner")
    assert listed("kept.db") == []
    with pytest.raises(InputError, match="holds 1 owner that this store was told to forget"):
        kept("kept.db", SAID)


def test_forgetting_a_name_leaves_longer_names_and_the_calendar(desk: Desk) -> None:
    people = {"1": "Demo,2026-12-20,1000,Ann,", "2027": "Offer,2026-12-22,2000,Bo,", "11": "Demo,2026-12-29,5,Cy,"}
    done = "targets=[{period: 2027-Q1, owner: Annabel, amount: 5}, {period: 2027-Q1, owner: Ann, amount: 5}]"
    desk.keep(people, store="kept.db", overrides=[done])
    store = Store.open("kept.db")
    for name, kind in (("1", "deal"), ("2027", "deal"), ("Ann", "owner")):
        if name != "Ann":
            forget_in_store(store, name, kind)  # type: ignore[arg-type]
    with store.reading() as connection:
        from simfunnel.store.forecasts import details_of

        scenario = details_of(connection, 1)["scenario"]
    assert scenario["as_of"] == "2027-01-04"
    assert [(t["period"], t["owner"]) for t in scenario["targets"]] == [("2027-Q1", "Annabel"), ("2027-Q1", "Ann")]
    assert track_record(store).of()[0].period == "2027-Q1"


def test_lists_exports_and_checks_know_them(desk: Desk) -> None:
    desk.keep(FIRST, store="kept.db")
    desk.keep(SECOND, MONDAY + WEEK, store="kept.db")
    kept("kept.db", SAID + "=cmd(),2027-01-12,2027-Q1,1234.5,2000\n")
    store = Store.open("kept.db")
    assert list(list_store(store).submissions.values()) == [3, 2]
    assert [one.amount for one in show_day(store, MONDAY).submissions] == [1500.0, 1000.0, 2000.0]
    data, count = export_submissions(store, MONDAY + 2 * WEEK)
    assert count == 5 and b"'=cmd(),2027-01-12,2027-Q1,1234.5,2000" in data
    assert kept("kept.db", data.decode()).told.unchanged == 5  # what is exported reads as what was kept
    import sqlite3

    with sqlite3.connect("kept.db") as db:
        db.execute("UPDATE submission SET amount = -1 WHERE owner = 'Bo'")
        db.execute("UPDATE submission SET made = '2027-13-01' WHERE kind = 'best_case' AND owner = 'Ann'")
    db.close()
    assert {fault.what for fault in check_store(store).faults} == {
        "a submission of 2027-01-04 with no amount", "a submission of 2027-13-01 that cannot be read",
    }  # fmt: skip


def year(desk: Desk) -> tuple[Store, dict[tuple[str, str], float], list[tuple[str, str, str, float]]]:
    """Eight months of two owners: what each won by month, and what each committed every half month."""
    rng = np.random.default_rng(4)
    rows: dict[str, str] = {"W0": "Won,2026-12-30,400,Ann,2026-12-30", "O": "Demo,2026-12-30,1000,Cy,"}
    came: dict[tuple[str, str], float] = {}
    told = []
    for month in range(1, 9):
        label = f"2027-{month:02d}"
        for owner, factor in (("Ann", 1.5), ("Bo", 1.0)):
            amount = round(float(rng.uniform(800, 1200)))
            rows[f"{owner}{month}"] = f"Won,{label}-11,{amount},{owner},{label}-20"
            came[owner, label] = amount
            told += [(owner, f"{label}-{day:02d}", label, round(factor * rng.uniform(900, 1100))) for day in (3, 17)]
    months = ["periods={unit: month, count: 2}", "targets=null"]
    desk.keep({k: v for k, v in rows.items() if k in ("W0", "O")}, MONDAY, store="kept.db", overrides=months)
    desk.keep(rows, "2027-09-13", store="kept.db", overrides=months, forecast=few)
    return Store.open("kept.db"), came, told


def test_people_are_scored_by_what_came(desk: Desk, tmp_path: Path) -> None:
    store, came, told = year(desk)
    told += [
        ("Ann", "2027-09-10", "2027-09", 900),
        ("Ann", "2027-02-03", "2027-01", 5),
        ("Ghost", "2027-02-03", "2027-02", 7),
    ]
    lines = [f"{owner},{day},{label},{amount}" for owner, day, label, amount in told]
    kept("kept.db", "owner,day,period,commit\n" + "\n".join(lines) + "\n")
    found = track_record(store)
    assert found.owners is not None
    untold = {(row.said.owner, row.said.period): row.why for row in found.owners.submissions if row.actual is None}
    assert untold == {
        ("Ann", "2027-09"): "no snapshot of 2027-10-08 or later: the period ends at 2027-10-01, 7 days to settle",
        ("Ann", "2027-01"): "said when the period was over",
        ("Ghost", "2027-02"): "no deal of an owner of that name was ever kept",
    }
    ann, bo = (next(one for one in found.owners.of("commit") if one.owner == name) for name in ("Ann", "Bo"))
    for one in (ann, bo):
        mine = [amount for owner, _, _, amount in told[:32] if owner == one.owner]
        sums = [value for (owner, _), value in came.items() if owner == one.owner]
        assert (one.n, one.periods) == (16, 8)
        assert one.said == pytest.approx(np.mean(mine)) and one.came == pytest.approx(np.mean(sums))
        assert one.bias == pytest.approx(np.mean(mine) / np.mean(sums) - 1)
    assert ann.verdict == "too optimistic" and bo.verdict == "not told apart"
    keys = face_of(found).keys()["submissions"]
    assert keys["owners"][0]["owner"] == "Ann" and keys["owners"][0]["p_high"] > 0.95
    assert "too optimistic: Ann (+" in keys["sentences"][0]
    found.save(tmp_path / "out", plots=True)
    assert {path.name for path in (tmp_path / "out").iterdir()} >= {"submissions.csv", "owners.csv", "owners.png"}
    early = commit_biases(store, until=dt.date(2027, 9, 1))
    assert early == {}  # on that day no snapshot told what had come
    desk.write("id,stage,stage_entered,amount,owner,closed\nD1,Demo,2027-09-01,10,ann,\nD2,Demo,2027-09-01,10,Zoe,\n")
    arguments = [
        "health",
        "scenario.yaml",
        "--set",
        "as_of=2027-09-13",
        "--set",
        "targets=null",
        "--trials",
        "200",
        "--json",
    ]
    done = CliRunner().invoke(cli, [*arguments, "--store", "kept.db", "--book", "test"])
    assert done.exit_code == 0, done.output
    owners = {row["owner"]: row["commit"] for row in json.loads(done.stdout)["owners"]}
    assert owners["ann"]["verdict"] == "too optimistic" and owners["Zoe"] is None
    without = CliRunner().invoke(cli, arguments)  # there is no simfunnel.db beside the scenario
    assert without.exit_code == 0 and json.loads(without.stdout)["owners"][0]["commit"] is None


def test_a_book_without_a_forecast_knows_no_calendar(desk: Desk) -> None:
    from store.toy import START, keep_text

    keep_text(Store.open("kept.db", make=True), "id,stage,owner\na,x,Ann\n", START, said=False)
    with pytest.raises(InputError, match="no forecast was kept, so nothing says by which calendar"):
        kept("kept.db", SAID)


def test_trials_whose_making_names_somebody_are_erased_with_them(desk: Desk) -> None:
    from simfunnel.store.forecasts import samples_of

    target = "targets=[{period: 2027-Q1, owner: Ann, amount: 5}]"
    desk.keep(FIRST, store="kept.db", overrides=[target], samples=True)
    desk.keep(SECOND, MONDAY + WEEK, store="kept.db", samples=True)
    forget_in_store(Store.open("kept.db"), "Ann", "owner")
    with Store.open("kept.db").reading() as connection:
        assert samples_of(connection, 1) is None and samples_of(connection, 2) is not None


def test_the_commands_keep_show_and_export_them(desk: Desk) -> None:
    desk.write(FIRST)
    Path("said.csv").write_text("owner,period,commit,best case,mood\nAnn,2027-Q1,1k,2k,good\nAn,2027-Q1,,,\n", "utf-8")
    runner = CliRunner()

    def run(*arguments: str) -> Any:
        return runner.invoke(cli, [*arguments])

    done = run("keep", "scenario.yaml", "--trials", "200", "--submissions", "said.csv", "--json", "-q")
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)["submissions"]
    assert (told["new"], told["left_out"], told["unread_columns"]) == (2, 1, ["mood"])
    page = run("store", "submissions", "said.csv", "--day", "2027-01-12", "--book", "test").stdout
    assert "Kept what 1 owner said: 2 new amounts, 0 known" in page and "Columns not read: mood" in page
    again = run("store", "export", "2027-01-31", "--submissions", "-o", "out.csv", "--book", "test")
    assert again.exit_code == 0 and "4 submissions written to out.csv" in again.stderr
    assert Path("out.csv").read_text("utf-8").splitlines()[1] == "Ann,2027-01-04,2027-Q1,1000,2000,file"
    assert "commit" in run("store", "show", "2027-01-31", "--book", "test").stdout
    listed = json.loads(run("store", "list", "--json").stdout)
    assert [row["submissions"] for row in listed] == [4]
    both = run("store", "export", "2027-01-31", "--submissions", "--raw", "-o", "no.csv")
    assert isinstance(both.exception, InputError) and "not both" in str(both.exception)
    none = run("store", "export", "2027-01-01", "--submissions", "-o", "no.csv", "--book", "test")
    assert isinstance(none.exception, InputError) and "no submission of 2027-01-01 or before" in str(none.exception)
