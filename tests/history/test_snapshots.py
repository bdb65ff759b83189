"""States seen again and again: folders of dated exports, a column of the day, versions of dbt and Fivetran."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from simfunnel.errors import InputError
from simfunnel.history import History, read_history
from simfunnel.history.file_days import days_of

from .conftest import Read
from .telling import ENDS, START, ends, facts, found, invented, seen_on, spells, table
from .telling import STAGES as THREE

STAGES = ["Proposal", "Negotiation"]
WEEKS = {
    "2024-01-01": "a,Proposal,100\nb,Proposal,50\n",
    "2024-01-08": "a,Proposal,100\nb,Negotiation,50\nc,Proposal,70\n",
    "2024-01-15": "a,Negotiation,120\nb,Negotiation,50\n",
    "2024-01-22": "a,Closed Won,120\nb,Negotiation,50\nc,Proposal,70\nd,Closed Lost,10\n",
}
SPELT = ["pipeline_%Y-%m-%d.csv", "%Y%m%d.csv", "Export %d.%m.%Y.csv", "report-%m%d%Y.csv", "%m-%d-%Y deals.csv",
         "deals_%Y_%m_%d_0600.csv"]  # fmt: skip


def folder(path: Path, spelt: str = SPELT[0], weeks: dict[str, str] = WEEKS) -> Path:
    path.mkdir(exist_ok=True, parents=True)
    for day, rows in weeks.items():
        name = dt.date.fromisoformat(day).strftime(spelt)
        (path / name).write_text("Deal ID,Stage,Amount\n" + rows, "utf-8")
    return path


def read_folder(path: Path, **settings: object) -> History:
    return read_history(path, **{"stages": STAGES, "time_zone": "UTC", **settings})  # type: ignore[arg-type]


@pytest.mark.parametrize("spelt", SPELT)
def test_changes_lie_between_two_exports(tmp_path: Path, spelt: str) -> None:
    history = read_folder(folder(tmp_path / "exports", spelt))
    assert history.form == "snapshots"
    first, second, third, fourth = WEEKS
    assert spells(history) == [
        ("a", "Proposal", f"2023-12-31T23:59:59..{first}", f"{second}..{third}", "Negotiation"),
        ("a", "Negotiation", f"{second}..{third}", f"{third}..{fourth}", "won"),
        ("b", "Proposal", f"2023-12-31T23:59:59..{first}", f"{first}..{second}", "Negotiation"),
        ("b", "Negotiation", f"{first}..{second}", None, "still"),
        ("c", "Proposal", f"{first}..{second}", f"{second}..{third}", "unseen"),
        ("c", "Proposal", f"{third}..{fourth}", None, "still"),
    ]
    assert ends(history) == [("a", "won", f"{third}..{fourth}"), ("d", "lost", f"{third}..{fourth}")]
    told = found(history)
    assert told["snapshots_read"] == {"count": 4, "first": first, "last": fourth, "changes": 3}
    assert told["born_and_ended"] == {"count": 1}
    assert told["back_in_sight"] == {"count": 1}
    assert told["in_first_snapshot"] == {"count": 2}
    assert facts(history, "amount")[1] == ("a", 120.0, f"{second}..{third}")


def test_a_vanished_deal_is_censored_at_its_last_sight(tmp_path: Path) -> None:
    weeks = {day: rows for day, rows in WEEKS.items() if day != "2024-01-22"}
    history = read_folder(folder(tmp_path / "exports", weeks=weeks))
    assert spells(history)[-1] == ("c", "Proposal", "2024-01-01..2024-01-08", "2024-01-08..2024-01-15", "unseen")
    assert found(history)["vanished_deals"] == {"count": 1}
    before = history.as_of(dt.date(2024, 1, 14))
    assert spells(before)[-1][-1] == "still"


def test_a_column_tells_the_day(read: Read, tmp_path: Path) -> None:
    by_folder = read_folder(folder(tmp_path / "exports"))
    rows = "".join(f"{day},{line}\n" for day, lines in WEEKS.items() for line in lines.splitlines())
    history = read("Snapshot Date,Deal ID,Stage,Amount\n" + rows, stages=STAGES)
    assert spells(history) == spells(by_folder)
    named = tmp_path / "named"
    named.mkdir()
    for i, (day, lines) in enumerate(WEEKS.items()):
        text = "As Of,Deal ID,Stage,Amount\n" + "".join(f"{day},{line}\n" for line in lines.splitlines())
        (named / f"part{i}.csv").write_text(text, "utf-8")
    assert spells(read_folder(named)) == spells(by_folder)


def test_an_unchanged_export_says_nothing_new(tmp_path: Path) -> None:
    weeks = {"2024-01-01": "a,Proposal,1\n", "2024-01-08": "a,Proposal,1\n", "2024-01-15": "a,Negotiation,1\n"}
    history = read_folder(folder(tmp_path / "exports", weeks=weeks))
    assert [row[3] for row in spells(history)] == ["2024-01-08..2024-01-15", None]
    assert len(facts(history, "amount")) == 1


def test_stated_days_narrow_what_snapshots_tell(read: Read) -> None:
    history = read(
        "Snapshot Date,Deal ID,Stage,Created Date,Closed Date\n"
        "2024-01-08,a,Proposal,2024-01-03,\n2024-01-15,a,Closed Won,2024-01-03,2024-01-12\n"
        "2024-01-15,b,Closed Lost,2024-01-09,2024-01-11\n2024-01-15,c,Proposal,2024-01-10,\n",
        stages=STAGES,
    )
    assert spells(history) == [
        ("a", "Proposal", "2024-01-03..2024-01-08", "2024-01-12..2024-01-15", "won"),
        ("c", "Proposal", "2024-01-10..2024-01-15", None, "still"),
    ]
    assert ends(history) == [("a", "won", "2024-01-12..2024-01-15"), ("b", "lost", "2024-01-11..2024-01-15")]
    assert len(history.as_of(dt.date(2024, 1, 7)).deals) == 0
    assert len(history.as_of(dt.date(2024, 1, 8)).deals) == 1


def test_what_happened_lies_within_what_snapshots_tell(tmp_path: Path) -> None:
    deals = invented(60, seed=9)
    path = tmp_path / "weekly"
    path.mkdir()
    for week in range(30):
        at = START + dt.timedelta(days=7 * week)
        headers = ["Deal ID", "Stage", "Amount", "Owner", "Region"]
        (path / f"deals {at:%Y-%m-%d}.csv").write_text(table(seen_on(deals, at), headers), "utf-8")
    history = read_history(path, stages=list(THREE), time_zone="UTC")
    truth = {(deal.id, ENDS.get(stage, stage)): at for deal in deals for at, stage in deal.steps}
    s, e = history.spells, history.ends
    entries = zip(s.deal.tolist(), [THREE[k] for k in s.stage.tolist()], s.entered, s.entered_before, strict=True)
    closings = zip(e.deal.tolist(), e.outcome.tolist(), e.closed, e.closed_before, strict=True)
    checked = 0
    for deal, what, start, before in (*entries, *closings):
        happened = int(np.datetime64(truth[history.deals.id[deal], what], "us").astype(np.int64))
        assert start <= happened < before or start == before - 1  # what was there in the first is older
        checked += 1
    assert checked > 60


def test_expected_close_dates_are_facts_as_they_move(read: Read) -> None:
    history = read(
        "Export Date,Opportunity ID,Stage,Close Date\n2024-01-01,1,Proposal,2024-02-01\n"
        "2024-01-08,1,Proposal,2024-03-01\n2024-01-15,1,Won,2024-01-12\n"
    )
    assert len(facts(history, "close_date")) == 3
    assert ends(history) == [("1", "won", "2024-01-12..2024-01-15")]


def test_a_constant_day_makes_no_snapshots(read: Read) -> None:
    history = read(
        "Export Date,id,created,closed date,outcome\n2024-05-01,1,2024-01-01,2024-02-01,Won\n"
        "2024-05-01,2,2024-01-05,,\n"
    )
    assert history.form == "two_dates"


def test_sheets_of_a_workbook_tell_the_outcome(tmp_path: Path) -> None:
    import openpyxl

    states = {"2024-01-01": [("a", "ACTIVE"), ("b", "ACTIVE"), ("c", "ACTIVE")],
              "2024-02-01": [("a", "ACTIVE"), ("b", "COMPLETED"), ("c", "WITHDRAWN")]}  # fmt: skip
    for day, rows in states.items():
        book = openpyxl.Workbook()
        book.active.title = "Notes"
        book.active.append(["All projects"])
        for state in ("ACTIVE", "COMPLETED", "WITHDRAWN"):
            sheet = book.create_sheet(f"{state.title()} projects")
            sheet.append(["The queue, as of today"])
            sheet.append(["Project ID", "Name", "Application Status", "Queue Date", "MW"])
            for name, own in rows:
                if own == state:
                    sheet.append([name, f"Project {name}", state, dt.datetime(2023, 5, 1), 10])
        book.save(tmp_path / f"queue-{day}.xlsx")
    history = read_history(
        tmp_path, time_zone="UTC",
        columns={"case": "Project ID", "status": "Application Status", "created": "Queue Date", "amount": "MW"},
    )  # fmt: skip
    assert [(row[0], row[-1]) for row in spells(history)] == [("a", "still"), ("b", "won"), ("c", "lost")]
    assert found(history)["closed_taken_for_won"] == {"word": "COMPLETED"}
    assert found(history)["sheets_read"]["sheets"][0] == "Active projects"
    assert found(history)["sheets_left_out"] == {"sheets": ("Notes",)}


DBT = """opportunity_id,stage_name,amount,dbt_scd_id,dbt_updated_at,dbt_valid_from,dbt_valid_to
a,Proposal,100,x,2024-01-01,2024-01-01 08:00:00,2024-01-05 09:00:00
a,Negotiation,100,x,2024-01-01,2024-01-05 09:00:00,2024-01-07 09:00:00
a,Negotiation,130,x,2024-01-01,2024-01-07 09:00:00,2024-01-09 09:00:00
a,Closed Won,130,x,2024-01-01,2024-01-09 09:00:00,
b,Proposal,50,x,2024-01-01,2024-01-02 08:00:00,2024-01-03 08:00:00
"""


def test_dbt_versions_have_exact_times(read: Read) -> None:
    history = read(DBT)
    assert history.form == "snapshots"
    assert spells(history) == [
        ("a", "Proposal", "2024-01-01T08:00:00", "2024-01-05T09:00:00", "Negotiation"),
        ("a", "Negotiation", "2024-01-05T09:00:00", "2024-01-09T09:00:00", "won"),
        ("b", "Proposal", "2024-01-02T08:00:00", "2024-01-03T08:00:00", "unseen"),
    ]
    assert [value for _, value, _ in facts(history, "amount")] == [100.0, 130.0, 50.0]


def test_fivetran_history(read: Read) -> None:
    history = read(
        "id,dealstage,is_deleted,_fivetran_start,_fivetran_end,_fivetran_active\n"
        "a,Proposal,false,2024-01-01T08:00:00.000Z,2024-01-05T08:59:59.999Z,false\n"
        "a,Negotiation,false,2024-01-05T09:00:00.000Z,9999-12-31T23:59:59.999Z,true\n"
        "b,Proposal,false,2024-01-01T08:00:00.000Z,2024-01-02T08:59:59.999Z,false\n"
        "b,Proposal,true,2024-01-02T09:00:00.000Z,9999-12-31T23:59:59.999Z,true\n"
    )
    assert spells(history) == [
        ("a", "Proposal", "2024-01-01T08:00:00", "2024-01-05T09:00:00", "Negotiation"),
        ("a", "Negotiation", "2024-01-05T09:00:00", None, "still"),
        ("b", "Proposal", "2024-01-01T08:00:00", "2024-01-02T09:00:00", "void"),
    ]
    assert ends(history) == [("b", "void", "2024-01-02T09:00:00")]


def test_days_in_names() -> None:
    assert days_of(["q-08112025.xlsx", "q-12222025.xlsx"])[1]["q-08112025.xlsx"] == dt.date(2025, 8, 11)
    assert days_of(["q-08112025.xlsx", "q-22122025.xlsx"])[1]["q-08112025.xlsx"] == dt.date(2025, 11, 8)
    assert days_of(["a 1.2.2024.csv"])[1] == {"a 1.2.2024.csv": dt.date(2024, 2, 1)}
    assert days_of(["id 20241301.csv", "x.csv"])[1] == {}
    assert days_of(["q-08112025.xlsx"], "%d%m%Y")[1] == {"q-08112025.xlsx": dt.date(2025, 11, 8)}
    assert days_of(["q-08112025.xlsx"], order="mdy")[1] == {"q-08112025.xlsx": dt.date(2025, 8, 11)}
    with pytest.raises(InputError, match="file_date"):
        days_of(["q-08112025.xlsx", "q-09112025.xlsx"])


def test_bad_input_is_said_in_a_sentence(tmp_path: Path, message: Callable[..., str]) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(InputError, match="holds no CSV, XLSX or Parquet file"):
        read_history(empty)
    (empty / "deals.csv").write_text("Deal ID,Stage\n1,Proposal\n", "utf-8")
    with pytest.raises(InputError, match="no day stands in the names of the files"):
        read_history(empty)
    (empty / "deals 2024-01-01.csv").write_text("Deal ID,Stage\n1,Proposal\n", "utf-8")
    assert found(read_history(empty))["files_left_out"] == {"files": ("deals.csv",)}
    assert [f.sentence for f in read_history(empty).findings if f.caution] == [
        "no day stands in the names of 1 file: left out, deals.csv"
    ]
    assert "nothing says of which day" in message("Deal ID,Stage\n1,Proposal\n", format="snapshots")
