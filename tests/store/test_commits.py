"""Commits read from the forecast categories of an export: summed as a CRM does, loudly, never in place of people."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import re
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from simfunnel.cli import cli
from simfunnel.crm.categories import CategoryWords
from simfunnel.errors import InputError
from simfunnel.record.exporting import export_submissions
from simfunnel.record.keep import KeptCommits, KeptPipeline
from simfunnel.record.listing import check_store, forget_in_store, show_day
from simfunnel.record.submissions import keep_submissions
from simfunnel.record.track import track_record
from simfunnel.store import Store
from simfunnel.store.snapshots import snapshots
from simfunnel.store.submissions import submissions
from store.helpers_store import MONDAY, SCENARIO, Desk

WEEK = dt.timedelta(days=7)
DAY = MONDAY + WEEK
HEADER = "id,stage,stage_entered,amount,owner,created,close_date,closed,Forecast Category"
DEALS = {
    "D1": "Demo,2027-01-08,1000,Ann,2027-01-05,2027-02-01,,Commit",
    "D2": "Offer,2027-01-08,2000,Ann,2027-01-05,2027-03-31,,best case",
    "D3": "Offer,2027-01-08,400,Ann,2027-01-05,2027-03-31,,Most Likely",
    "D4": "Offer,2027-01-08,8000,Ann,2027-01-05,2027-04-01,,COMMIT",
    "D5": "Demo,2027-01-08,700,Bo,2027-01-05,2027-02-01,,Pipeline",
    "D6": "Demo,2027-01-08,600,bo,2027-01-05,2027-02-01,,BestCase",
    "D7": "Demo,2027-01-08,90,Cy,2027-01-05,2027-02-01,,Omitted",
    "D8": "Won,2027-01-07,50,Bo,2027-01-05,,2027-01-07,Closed",
}
"""Of Ann in the first quarter: 1000 in Commit, 400 and 2000 above it; of Bo 50 won, and 600 in Best Case."""
TOLD = {("Ann", "commit"): 1000.0, ("Ann", "best_case"): 3400.0, ("Bo", "commit"): 50.0, ("Bo", "best_case"): 650.0}
KEEP = ["keep", "scenario.yaml", "--store", "pages.db", "--valid", str(DAY), "--trials", "200"]


def text_of(deals: dict[str, str], header: str = HEADER) -> str:
    return "\n".join([header, *(f"{name},{rest}" for name, rest in deals.items())]) + "\n"


def keep(desk: Desk, deals: dict[str, str] = DEALS, day: dt.date = DAY, **more: Any) -> KeptPipeline:
    return desk.keep(text_of(deals), day, **{"store": "kept.db", **more})


def read(done: KeptPipeline) -> KeptCommits:
    assert done.commits is not None
    return done.commits


def listed(where: str = "kept.db", **more: Any) -> dict[tuple[str, str], tuple[float, str]]:
    with Store.open(where).reading() as connection:
        return {(one.owner, one.kind): (one.amount, one.source) for one in submissions(connection, 1, **more)}


def test_a_commit_is_what_is_won_and_in_commit_and_a_best_case_holds_it(desk: Desk, where: str) -> None:
    done = keep(desk, store=where)
    assert listed(where) == {key: (amount, "export") for key, amount in TOLD.items()}
    assert read(done).told.new == 4
    again = keep(desk, store=where)
    assert again.same and read(again).told == type(read(again).told)(0, 4, 0)
    assert check_store(Store.open(where)).ok


def test_every_period_with_a_target_is_summed(desk: Desk) -> None:
    targets = "targets: [{period: 2027-Q1, amount: 5000}, {period: 2027-Q2, amount: 5000}]"
    Path("scenario.yaml").write_text(SCENARIO.replace("targets: [{period: 2027-Q1, amount: 5000}]", targets), "utf-8")
    later = [(one.owner, one.kind, one.amount) for one in read(keep(desk)).found.said if one.period == "2027-Q2"]
    assert later == [("Ann", "best_case", 8000.0), ("Ann", "commit", 8000.0)]


def test_what_people_say_in_the_same_week_counts_before_it_whichever_comes_first(desk: Desk) -> None:
    keep(desk)
    Path("said.csv").write_text("owner,period,day,commit\nann,2027-Q1,2027-01-13,1200\n", encoding="utf-8")
    assert keep_submissions(Store.open("kept.db"), "said.csv").told.corrected == 0  # nobody had said anything
    others = {key: (amount, "export") for key, amount in TOLD.items() if key != ("Ann", "commit")}
    assert listed() == {**others, ("Ann", "commit"): (1200.0, "file")}
    assert read(keep(desk)).overruled == 1
    assert listed(until=DAY)[("Ann", "commit")] == (1000.0, "export")  # as it was known before they spoke
    keep(desk, day=DAY + WEEK)
    with Store.open("kept.db").reading() as connection:
        next_week = [one for one in submissions(connection, 1) if one.made == DAY + WEEK]
    assert len(next_week) == 4 and {one.source for one in next_week} == {"export"}


def test_a_file_kept_with_the_export_counts_before_it(desk: Desk) -> None:
    Path("said.csv").write_text("owner,period,commit\nAnn,2027-Q1,900\n", encoding="utf-8")
    done = keep(desk, submissions="said.csv")
    assert listed()[("Ann", "commit")] == (900.0, "file") and listed()[("Ann", "best_case")] == (3400.0, "export")
    assert (read(done).told.new, read(done).overruled) == (3, 1)
    Path("said.csv").write_text("owner,period,day,commit\nBo,2027-Q1,2027-01-11,50\n", encoding="utf-8")
    assert keep_submissions(Store.open("kept.db"), "said.csv").told.new == 1  # the same amount, now said by people
    assert listed()[("Bo", "commit")] == (50.0, "file")
    assert check_store(Store.open("kept.db")).ok


def test_a_corrected_export_corrects_its_commits_and_what_was_known_stays(desk: Desk) -> None:
    keep(desk)
    others = {name: row for name, row in DEALS.items() if name != "D8"}
    others["D6"] = others["D6"].replace("bo", "Bo")
    others["D9"] = "Won,2027-01-07,70,Cy,2027-01-05,,2027-01-07,Closed"
    done = keep(desk, others, correct=True)
    assert (read(done).told.new, read(done).told.corrected) == (2, 1)
    assert {owner for owner, kind in listed() if kind == "commit"} == {"Ann", "Cy"}
    assert listed()[("Bo", "best_case")] == (600.0, "export")
    assert listed(known_by=2) == {key: (amount, "export") for key, amount in TOLD.items()}
    bare = "\n".join(line.rpartition(",")[0] for line in text_of(others).splitlines())
    assert desk.keep(bare, DAY, store="kept.db", correct=True).commits is None and listed() == {}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"D1": DEALS["D1"].replace("Commit", "Upside"), "D2": DEALS["D2"].replace("best case", "Upside")},
         r"nobody knows the categories 'Upside' \(2 open deals, 3.0k\).*category_map: {'Upside': best_case}"),
        ({"D8": DEALS["D5"]}, "the file holds no deal that was won, and what is won in 2027-Q1 already"),
        ({name: DEALS[name].rpartition(",")[0] + ",Pipeline" for name in ("D1", "D2", "D3", "D4", "D6")},
         "no open deal is in Commit, Most Likely or Best Case"),
        ({"D1": DEALS["D1"].replace("Commit", "承诺")}, "nobody knows the categories '承诺'"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_no_submission_and_is_said(desk: Desk, change: dict[str, str], message: str) -> None:
    done = keep(desk, {**DEALS, **change})
    assert listed() == {} and done.rows == 8 and not read(done).found.said
    why = read(done).found.why
    assert why is not None and re.search(message, why.sentence)
    page = CliRunner().invoke(cli, [*KEEP, "-q"]).output
    assert "was not read as what owners commit" in " ".join(page.split())


def test_a_map_says_what_words_mean_and_null_takes_no_column(desk: Desk) -> None:
    deals = {**DEALS, "D1": DEALS["D1"].replace("Commit", "Zusage"), "D5": DEALS["D5"].replace("Pipeline", "?!")}
    assert not read(keep(desk, deals)).found.said
    done = keep(desk, deals, overrides=["pipeline.category_map={ZUSAGE: commit, '?!': null}"])
    assert done.same and {key: amount for key, (amount, _) in listed().items()} == TOLD
    assert keep(desk, day=DAY + WEEK, overrides=["pipeline.columns.forecast_category=null"]).commits is None


def test_deals_that_are_in_no_sum_are_told_with_their_reason(desk: Desk) -> None:
    more = {
        "E1": "Demo,2027-01-08,1,,2027-01-05,2027-02-01,,Commit",
        "E2": "Demo,2027-01-08,2,Ann,2027-01-05,,,Commit",
        "E3": "Demo,2027-01-08,,Ann,2027-01-05,2027-02-01,,Commit",
        "E4": "Demo,2027-01-08,4,Ann,2027-01-05,2027-02-01,,Closed",
        "E5": "Demo,2027-01-08,8,,2027-01-05,2027-02-01,,Pipeline",
        "E6": "Demo,2027-01-08,16,Ann,2027-01-05,2027-02-01,,",
        "E7": "Won,2027-01-07,32,,2027-01-05,,2027-01-07,Closed",
    }
    done = keep(desk, {**DEALS, **more})
    assert {key: amount for key, (amount, _) in listed().items()} == TOLD
    assert read(done).found.left_out == {
        "without owner": (1, 1.0), "without close date": (1, 2.0), "without amount": (1, 0.0),
        "open, and in Closed": (1, 4.0), "without category": (1, 16.0), "won, without owner": (1, 32.0),
    }  # fmt: skip


def test_amounts_are_in_the_currency_of_the_scenario(desk: Desk) -> None:
    deals = {name: f"{rest},{'EUR' if name == 'D1' else 'USD'}" for name, rest in DEALS.items()}
    desk.keep(text_of(deals, HEADER + ",currency"), DAY, store="kept.db", overrides=["pipeline.rates.EUR=2"])
    assert listed()[("Ann", "commit")] == (2000.0, "export")


def test_wins_stated_in_the_scenario_are_part_of_a_commit(desk: Desk) -> None:
    deals = {name: rest for name, rest in DEALS.items() if name != "D8"}
    keep(desk, deals, overrides=["closed=[{period: 2027-Q1, amount: 30, wins: 1, owner: Ann}]"])
    assert listed()[("Ann", "commit")] == (1030.0, "export") and ("bo", "commit") not in listed()


def test_on_the_first_day_of_a_period_nothing_can_be_won_yet(desk: Desk) -> None:
    deals = {name: rest.replace("2027-01-08", "2026-12-20").replace("2027-01-05", "2026-12-01")
             for name, rest in DEALS.items() if name != "D8"}  # fmt: skip
    keep(desk, deals, dt.date(2027, 1, 1))
    assert listed()[("Ann", "commit")] == (1000.0, "export")


def test_pages_and_keys_say_what_was_read_and_from_where(desk: Desk) -> None:
    keep(desk)
    line = " ".join(CliRunner().invoke(cli, KEEP).output.split())
    assert "Read from the column Forecast Category as what 2 owners commit, what is won included" in line
    assert "2027-Q1 commits 1.05k, best cases 4.05k" in line
    found = json.loads(CliRunner().invoke(cli, [*KEEP, "--json"]).stdout)["commits"]
    assert found["unchanged"] == 4 and found["why"] is None and found["words"]["COMMIT"] == "commit"
    store = Store.open("kept.db")
    assert {one["source"] for one in show_day(store, DAY).to_dict()["submissions"]} == {"export"}
    data, count = export_submissions(store, DAY)
    assert count == 4 and data.splitlines()[:2] == [
        b"owner,day,period,commit,best_case,source", b"Ann,2027-01-11,2027-Q1,1000,3400,export",
    ]  # fmt: skip
    Path("said.csv").write_bytes(data + b"Cy,2027-01-11,2027-Q1,5,,file\n")
    again = keep_submissions(store, "said.csv")
    assert (again.told.new, again.derived) == (1, 2)  # what an export said is not what people say


def test_track_scores_them_as_it_scores_those_of_a_file(desk: Desk) -> None:
    for number in (0, 4, 8):
        keep(desk, day=DAY + number * WEEK, late=True)
    won = {**DEALS, "D1": "Won,2027-01-08,1100,Ann,2027-01-05,,2027-03-01,Closed"}
    targets = ["targets=[{period: 2027-Q2, amount: 5000}]"]
    desk.keep(text_of(won), dt.date(2027, 4, 12), store="kept.db", overrides=targets)
    found = track_record(Store.open("kept.db"))
    assert found.owners is not None
    own = {one.owner: (one.said, one.came) for one in found.owners.of("commit")}
    assert own["Ann"] == (1000, 1100) and own["Bo"] == (50, 50)
    assert {row["source"] for row in found.to_dict()["submissions"]["submissions"]} == {"export"}


def test_a_kind_whose_categories_no_deal_has_is_not_told(desk: Desk) -> None:
    keep(
        desk, {name: rest.replace("Commit", "").replace("COMMIT", "") for name, rest in DEALS.items()}, store="pages.db"
    )
    assert listed("pages.db") == {("Ann", "best_case"): (2400.0, "export"), ("Bo", "best_case"): (650.0, "export")}
    line = " ".join(CliRunner().invoke(cli, KEEP).output.split())
    assert "no open deal is in Commit; counted in neither: 2 deals without category (9.0k)" in line


def test_what_is_damaged_is_said_and_nothing_is_kept(desk: Desk) -> None:
    keep(desk)
    with contextlib.closing(sqlite3.connect("kept.db")) as db:
        db.execute("UPDATE submission SET made = '2027-13-01' WHERE owner = 'Ann'")
        db.commit()
    with pytest.raises(InputError, match="a submission in the store is damaged; `simfunnel store check` lists"):
        keep(desk, day=DAY + WEEK)
    assert len(list_days("kept.db")) == 1


def list_days(where: str) -> list[dt.date]:
    with Store.open(where).reading() as connection:
        return [one.valid_day for one in snapshots(connection, 1)]


def test_forgetting_an_owner_takes_them_too(desk: Desk) -> None:
    keep(desk, {name: rest.replace("Ann", "Zdenka") for name, rest in DEALS.items()})
    forget_in_store(Store.open("kept.db"), "Zdenka", "owner")
    assert {owner for owner, _ in listed()} == {"Bo"}
    assert b"Zdenka" not in Path("kept.db").read_bytes()


@pytest.mark.parametrize(
    ("word", "preset", "meaning"),
    [
        ("Forecast", "salesforce", "commit"), ("MostLikely", "salesforce", "most_likely"),
        ("BEST_CASE", "hubspot", "best_case"), ("OMIT", "hubspot", "omitted"), ("CLOSED", "hubspot", "closed"),
        ("Committed", "dynamics", "commit"), ("100000002", "dynamics", "best_case"), ("Won", "dynamics", "closed"),
        ("  best-case ", "generic", "best_case"),
    ],
)  # fmt: skip
def test_words_of_crms_are_known(word: str, preset: str, meaning: str) -> None:
    words = CategoryWords({}, preset)
    assert words.knows(word) and words[word] == meaning


def test_forecast_means_commit_in_salesforce_alone() -> None:
    assert not CategoryWords({}, "hubspot").knows("Forecast")
    assert CategoryWords({"Forecast": "pipeline"}, "salesforce")["forecast"] == "pipeline"


CRMS = {
    "salesforce": (
        "Id,Name,StageName,Amount,CloseDate,CreatedDate,LastStageChangeDate,IsClosed,IsWon,OwnerId,ForecastCategory",
        ["006A,a,Demo,1000,2027-02-01,2027-01-05,2027-01-08,false,false,005A,Forecast",
         "006B,b,Offer,200,2027-02-01,2027-01-05,2027-01-08,false,false,005A,BestCase",
         "006C,c,Closed Won,30,2027-01-07,2027-01-05,2027-01-07,true,true,005A,Closed"],
    ),
    "hubspot": (
        "hs_object_id,dealname,dealstage,amount,closedate,createdate,hs_v2_date_entered_current_stage,hs_is_closed_won,"
        "hubspot_owner_id,hs_manual_forecast_category",
        ["1,a,Demo,1000,2027-02-01,2027-01-05,2027-01-08,false,005A,COMMIT",
         "2,b,Offer,200,2027-02-01,2027-01-05,2027-01-08,false,005A,BEST_CASE",
         "3,c,closedwon,30,2027-01-07,2027-01-05,2027-01-07,true,005A,CLOSED"],
    ),
    "dynamics": (
        "opportunityid,name,stepname,estimatedvalue,estimatedclosedate,createdon,Stage Entered,statecode,"
        "actualclosedate,ownerid,msdyn_forecastcategory",
        ["1,a,Demo,1000,2027-02-01,2027-01-05,2027-01-08,Open,,005A,100000003",
         "2,b,Offer,200,2027-02-01,2027-01-05,2027-01-08,Open,,005A,100000002",
         "3,c,Offer,30,2027-01-07,2027-01-05,2027-01-07,Won,2027-01-07,005A,100000005"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("preset", CRMS)
def test_the_columns_of_crms_are_found(desk: Desk, preset: str) -> None:
    header, rows = CRMS[preset]
    done = desk.keep("\n".join([header, *rows]) + "\n", DAY, store="kept.db")
    assert done.forecast is not None and read(done).found.why is None
    assert {key: amount for key, (amount, _) in listed().items()} == {
        ("005A", "commit"): 1030.0, ("005A", "best_case"): 1230.0,
    }  # fmt: skip
