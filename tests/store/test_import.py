"""Imports against naive twins: what held at the start of each day, by looking at every row for every day."""

from __future__ import annotations

import datetime as dt
import os
import random
from pathlib import Path
from typing import Any

import pytest

from simfunnel.errors import InputError
from simfunnel.history import read_history
from simfunnel.record.exporting import export
from simfunnel.record.importing import import_history
from simfunnel.record.listing import check_store, list_store, show_day
from simfunnel.store import Store
from store.test_history import exports
from store.toy import START, keep_text

STAGES = ["Demo", "Offer", "Closed Won", "Closed Lost"]


def rows_on(store: Store, day: dt.date, **more: Any) -> set[tuple[str, ...]]:
    lines = export(store, day, **more)[0].decode().splitlines()
    return {tuple(line.split(",")) for line in lines[1:]}


def versions(seed: int, deals: int = 12) -> list[tuple[str, str, str, dt.datetime, dt.datetime | None]]:
    """Versions with times, some within a day, some with gaps, some that end."""
    chance, found = random.Random(seed), []
    for i in range(deals):
        at = dt.datetime(2027, 1, 1) + dt.timedelta(hours=chance.randrange(300))
        for _ in range(chance.randrange(1, 6)):
            end = at + dt.timedelta(hours=chance.choice([2, 5, 24, 30, 77]))
            last = chance.random() < 0.2
            found.append((f"D{i}", chance.choice(STAGES), str(chance.randrange(3)), at, None if last else end))
            if last:
                break
            at = end if chance.random() < 0.8 else end + dt.timedelta(hours=50)
    return found


def held(told: list[tuple[str, str, str, dt.datetime, dt.datetime | None]], day: dt.date) -> set[tuple[str, ...]]:
    """At the start of a day: of each deal the version that has begun last, unless it has ended."""
    at = dt.datetime.combine(day, dt.time())
    found = {}
    for name, stage, amount, begin, end in sorted(told, key=lambda row: row[3]):
        if begin <= at:
            found[name] = None if end is not None and end <= at else (name, stage, amount)
    return {row for row in found.values() if row is not None}


@pytest.mark.parametrize("form", ["dbt", "fivetran"])
@pytest.mark.parametrize("seed", [1, 2])
def test_versions_of_a_warehouse(form: str, seed: int, where: str, tmp_path: Path) -> None:
    told = versions(seed)
    names = {"dbt": "id,stage,amount,dbt_valid_from,dbt_valid_to,dbt_scd_id",
             "fivetran": "id,stage,amount,_fivetran_start,_fivetran_end,_fivetran_active"}[form]  # fmt: skip
    never = {"dbt": "", "fivetran": "9999-12-31 23:59:59"}[form]
    lines = [f"{n},{s},{a},{b},{never if e is None else e},{'x' if form == 'dbt' else str(e is None).upper()}"
             for n, s, a, b, e in told]  # fmt: skip
    path = tmp_path / "versions.csv"
    path.write_text("\n".join([names, *lines]) + "\n", encoding="utf-8")
    store = Store.open(where, make=True)
    done = import_history(store, path)
    assert done.first is not None and done.last is not None and done.snapshots == (done.last - done.first).days + 1
    days = [done.first + dt.timedelta(days=i) for i in range(done.snapshots)]
    for day in days:
        assert rows_on(store, day) == held(told, day), day
    assert check_store(store).faults == ()
    again = import_history(store, path)
    assert (again.snapshots, again.already) == (0, done.snapshots)
    last = days[-1] + dt.timedelta(days=1)
    keep_text(store, "id,stage,amount\nD0,Demo,7\n", last, "main", said=False)  # life goes on from there
    assert rows_on(store, last) == {("D0", "Demo", "7")} and rows_on(store, days[-1]) == held(told, days[-1])
    assert check_store(store).faults == ()


def test_days_of_versions_begin_in_their_time_zone(tmp_path: Path) -> None:
    path = tmp_path / "versions.csv"
    path.write_text(
        "id,stage,dbt_valid_from,dbt_valid_to\nD1,Demo,2027-01-04T23:30:00Z,2027-01-06T23:00:00Z\n"
        "D1,Offer,2027-01-06T23:00:00Z,\n", encoding="utf-8")  # fmt: skip
    for zone, first in (("UTC", "2027-01-05"), ("Europe/Berlin", "2027-01-06")):
        store = Store.open(tmp_path / f"{zone[:3]}.db", make=True)
        done = import_history(store, path, time_zone=zone)
        assert str(done.first) == first
    assert rows_on(store, dt.date(2027, 1, 7)) == {("D1", "Offer")}  # at midnight there


def test_a_column_with_the_day_of_the_snapshot(where: str, tmp_path: Path) -> None:
    days = exports(6)
    lines, header = [], ""
    for day, text in days.items():
        header, *rows = text.splitlines()
        lines += [f"{day},{row}" for row in rows]
    path = tmp_path / "all.csv"
    path.write_text("\n".join([f"Snapshot Date,{header}", *lines, ",,,,,"]) + "\n", encoding="utf-8")
    store = Store.open(where, make=True)
    done = import_history(store, path, book="weekly")
    assert (done.snapshots, done.versions) == (6, _versions(days))
    for day, text in days.items():
        assert rows_on(store, day) == {tuple(line.split(",")) for line in text.splitlines()[1:]}
    assert check_store(store).faults == ()
    assert len(read_history({"store": {"url": where, "book": "weekly"}}).moments) == 6


def _versions(days: dict[dt.date, str]) -> int:
    before: dict[str, str] = {}
    count = 0
    for text in days.values():
        now = {line.split(",")[0]: line for line in text.splitlines()[1:]}
        count += sum(before.get(name) != line for name, line in now.items()) + len(before.keys() - now.keys())
        before = now
    return count


def test_a_folder_of_exports_goes_on_where_it_was(where: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    days = exports(5)
    folder = tmp_path / "exports"
    folder.mkdir()
    for day, text in days.items():
        (folder / f"pipeline_{day:%d%m%Y}.csv").write_text(text, encoding="utf-8")
    (folder / "readme.txt").write_text("id\nx\n", encoding="utf-8")
    store = Store.open(where, make=True)
    seen: list[int] = []

    def stop(done: int, total: int) -> None:
        seen.append(done)
        if done == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        import_history(store, folder, file_date="%d%m%Y", progress=stop)
    assert len(list_store(store).snapshots) == 3
    done = import_history(store, folder, file_date="%d%m%Y")
    assert (done.snapshots, done.already, done.left_out) == (2, 3, 1)
    for day, text in days.items():
        assert export(store, day)[0].decode() == text
        assert export(store, day, raw=True)[0].decode() == text
    assert check_store(store).faults == ()
    first = next(iter(days))
    assert show_day(store, first).snapshot.reading["columns"]["id"] == "Opportunity ID"
    (folder / f"pipeline_{first:%d%m%Y}.csv").write_text(days[first] + "X,Demo,1,2027-02-02,Ann\n", encoding="utf-8")
    with pytest.raises(InputError, match="is kept already, with another file: --correct"):
        import_history(store, folder, file_date="%d%m%Y")
    assert import_history(store, folder, file_date="%d%m%Y", correct=True).snapshots == 1
    assert len(rows_on(store, first)) == len(days[first].splitlines())


def test_days_of_files_without_one_in_the_name(tmp_path: Path) -> None:
    text = next(iter(exports(1).values()))
    path = tmp_path / "exports" / "a.csv"
    path.parent.mkdir()
    path.write_text(text, encoding="utf-8")
    os.utime(path, (0, dt.datetime(2027, 3, 1, 12).timestamp()))
    store = Store.open(tmp_path / "kept.db", make=True)
    with pytest.raises(InputError, match="no day stands in the names"):
        import_history(store, path.parent)
    done = import_history(store, path.parent, dates_from="file", evening=True)
    assert done.first == dt.date(2027, 3, 2)


def test_a_log_of_fields(tmp_path: Path) -> None:
    """Salesforce writes what a field was and became."""
    path = tmp_path / "history.csv"
    path.write_text(
        "OpportunityId,Field,OldValue,NewValue,CreatedDate\n"
        "D1,StageName,Demo,Offer,2027-01-04T10:00:00Z\n"
        "D1,Amount,100,150,2027-01-06T10:00:00Z\n"
        "D2,StageName,Demo,Closed Lost,2027-01-05T10:00:00Z\n"
        "D1,StageName,Offer,Demo,2027-01-07T09:00:00Z\n"
        "D1,StageName,Demo,Closed Won,2027-01-07T11:00:00Z\n", encoding="utf-8")  # fmt: skip
    store = Store.open(tmp_path / "kept.db", make=True)
    import_history(store, path)
    assert export(store, dt.date(2027, 1, 5))[0].decode() == "OpportunityId,StageName,Amount\nD1,Offer,100\n"
    assert rows_on(store, dt.date(2027, 1, 7)) == {("D1", "Offer", "150"), ("D2", "Closed Lost", "")}
    assert rows_on(store, dt.date(2027, 1, 8)) == {("D1", "Closed Won", "150"), ("D2", "Closed Lost", "")}
    assert check_store(store).faults == ()


def test_before_its_first_change_a_field_was_what_that_replaced_blank_too(tmp_path: Path) -> None:
    path = tmp_path / "history.csv"
    path.write_text(
        "OpportunityId,Field,OldValue,NewValue,CreatedDate\n"
        "D1,StageName,Demo,Offer,2027-01-04T10:00:00Z\n"
        "D1,Owner,,Ann,2027-01-05T10:00:00Z\n"
        "D1,Owner,Ann,Bo,2027-01-06T10:00:00Z\n"
        "D2,Owner,Cy,Ann,2027-01-04T10:00:00Z\n", encoding="utf-8")  # fmt: skip
    store = Store.open(tmp_path / "kept.db", make=True)
    import_history(store, path)
    seen = [rows_on(store, dt.date(2027, 1, day)) for day in (5, 6, 7)]
    assert [next(row for row in rows if row[0] == "D1")[1:] for rows in seen] == [
        ("Offer", ""), ("Offer", "Ann"), ("Offer", "Bo"),
    ]  # fmt: skip
    assert all(("D2", "", "Ann") in rows for rows in seen)
    assert check_store(store).faults == ()


def test_properties_with_their_history(tmp_path: Path) -> None:
    """HubSpot writes the new value alone."""
    path = tmp_path / "history.csv"
    path.write_text(
        "Record ID,Property,Value,Timestamp\n"
        "1,dealstage,Demo,2027-01-04 10:00\n1,amount,100,2027-01-04 10:00\n1,dealstage,Offer,2027-01-06 10:00\n",
        encoding="utf-8")  # fmt: skip
    store = Store.open(tmp_path / "kept.db", make=True)
    import_history(store, {"file": str(path), "columns": {"field": "Property", "new": "Value", "time": "Timestamp"}})
    assert rows_on(store, dt.date(2027, 1, 6)) == {("1", "Demo", "100")}
    assert rows_on(store, dt.date(2027, 1, 7)) == {("1", "Offer", "100")}


def test_what_shows_no_day_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("case,stage,time\nA,Demo,2027-01-01\nA,Offer,2027-01-05\nB,Demo,2027-01-03\n", encoding="utf-8")
    store = Store.open(tmp_path / "kept.db", make=True)
    with pytest.raises(InputError, match="a history of the form 'events'"):
        import_history(store, path)
    keep_text(store, "id\nA\n", START, "main", said=False)
    path.write_text("Snapshot Date,id,stage\n2027-01-01,A,Demo\n2027-01-08,A,Demo\n", encoding="utf-8")
    with pytest.raises(InputError, match="holds snapshots already, from 2027-01-04 on"):
        import_history(store, path)
    assert len(list_store(store).snapshots) == 1


def test_the_queue_of_ten_workbooks(data: Path, tmp_path: Path) -> None:
    """Two of them here: three sheets, titles, the day in the name; who left is told by name."""
    for name in ("publicqueuereport-08112025.xlsx", "publicqueuereport-09082025.xlsx"):
        (tmp_path / name).symlink_to(data / "caiso_queue" / name)
    store = Store.open(tmp_path / "kept.db", make=True)
    done = import_history(store, {
        "file": str(tmp_path), "time_zone": "America/Los_Angeles",
        "columns": {"case": "Queue Position", "created": "Queue Date", "amount": "Net MWs to Grid",
                    "closed": "Withdrawn Date", "status": "Application Status"},
    }, file_date="%m%d%Y", book="queue")  # fmt: skip
    assert [one.rows for _, one in list_store(store).snapshots] == [2286, 2285] and done.unchanged > 2000
    assert check_store(store).faults == ()
    name = "publicqueuereport-08112025.xlsx"
    assert export(store, dt.date(2025, 8, 11), raw=True)[0] == (data / "caiso_queue" / name).read_bytes()
