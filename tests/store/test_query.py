"""Deals out of a database: the same as out of a file, read only, and nothing secret shown."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import os
import sqlite3
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sqlalchemy as sa

from simfunnel.errors import InputError, SurroundingsError
from simfunnel.forecast.inputs import prepare
from simfunnel.forecast.simulation import simulate
from simfunnel.history import read_history
from simfunnel.record.exporting import export
from simfunnel.record.keep import keep
from simfunnel.shown import face_of
from simfunnel.store import Store
from simfunnel.store.query import query
from store.conftest import NEEDED, SERVER
from store.helpers_store import FIRST, Desk, few

SQL = "select id, stage, stage_entered, amount, owner, closed from deals where day <= :as_of order by id"


def filled(url: str, schema: str = "") -> None:
    """A table of deals with typed columns, as a warehouse has it."""
    engine = sa.create_engine(url)
    table = sa.Table(
        "deals", sa.MetaData(schema=schema or None), sa.Column("id", sa.String(9)), sa.Column("stage", sa.String(20)),
        sa.Column("stage_entered", sa.Date), sa.Column("amount", sa.Numeric(12, 2, asdecimal=False)),
        sa.Column("owner", sa.String(20)), sa.Column("closed", sa.Date), sa.Column("day", sa.Date),
    )  # fmt: skip
    rows = []
    for day, deals in ((dt.date(2027, 1, 4), FIRST), (dt.date(2027, 2, 1), {"D9": "Demo,2027-01-20,50,Ann,"})):
        for name, row in deals.items():
            stage, entered, amount, owner, _ = row.split(",")
            rows.append({"id": name, "stage": stage, "stage_entered": dt.date.fromisoformat(entered),
                         "amount": float(amount), "owner": owner, "closed": None, "day": day})  # fmt: skip
    with engine.begin() as connection:
        table.create(connection)
        connection.execute(table.insert(), rows)
    engine.dispose()


@pytest.fixture(params=["sqlite", "duckdb", "postgres"])
def warehouse(request: pytest.FixtureRequest, desk: Desk) -> str:
    if request.param == "sqlite":
        filled("sqlite:///crm.db")
        return "sqlite:///crm.db"
    if request.param == "duckdb":
        pytest.importorskip("duckdb_engine", reason="no dialect for DuckDB: pip install duckdb-engine")
        filled("duckdb:///crm.duckdb")
        return "duckdb:///crm.duckdb"
    if not os.environ.get(SERVER):
        assert not os.environ.get(NEEDED)
        pytest.skip(f"no PostgreSQL server: set {SERVER}")
    where: str = request.getfixturevalue("postgres_schema")
    filled(where.replace("postgresql://", "postgresql+psycopg://"))
    return where


def scenario(url: str, sql: str = SQL) -> dict[str, Any]:
    Path("none.csv").write_text("id,stage\nD1,Demo\n", encoding="utf-8")
    data = prepare("scenario.yaml", overrides=["pipeline.file=none.csv"]).loaded.data
    return {**data, "pipeline": {"url": url, "sql": sql}}


def test_a_query_is_a_file(warehouse: str, desk: Desk) -> None:
    desk.write(FIRST)
    file, asked = simulate("scenario.yaml", trials=200), simulate(scenario(warehouse), trials=200)
    np.testing.assert_array_equal(file.bookings(0), asked.bookings(0))
    later = prepare(scenario(warehouse), overrides=["as_of=2027-02-01"]).table.open
    assert len(later) == 5


def test_a_query_can_be_kept(warehouse: str, desk: Desk) -> None:
    kept = keep(scenario(warehouse), store="kept.db", forecast=few)
    assert (kept.rows, kept.new_versions) == (4, 4)
    assert keep(scenario(warehouse), store="kept.db", forecast=few).same
    back = simulate({**scenario(warehouse), "pipeline": {"store": "kept.db"}}, trials=200)
    np.testing.assert_array_equal(back.bookings(0), simulate(scenario(warehouse), trials=200).bookings(0))
    assert export(Store.open("kept.db"), dt.date(2027, 1, 4))[0].startswith(
        b"id,stage,stage_entered,amount,owner,closed"
    )


def test_a_query_only_reads(warehouse: str, desk: Desk) -> None:
    for sql in ("delete from deals", "select 1; delete from deals", "update deals set id = 1", "drop table deals"):
        with pytest.raises(InputError, match="expected one query that reads"):
            query(warehouse, sql, None)
    if "sqlite" not in warehouse:
        with pytest.raises((InputError, SurroundingsError)):  # the database itself refuses
            query(warehouse, "with x as (delete from deals returning id) select * from x", None)
    assert len(query(warehouse, "select * from deals", None)) == 5
    assert len(query(warehouse, "select id from deals where owner = 'a;b' or owner = 'Ann';", None)) == 3


def test_what_a_query_cannot_be(desk: Desk) -> None:
    filled("sqlite:///crm.db")
    with pytest.raises(InputError, match="asks for :day; the one parameter there is is :as_of"):
        query("sqlite:///crm.db", "select * from deals where day = :day", dt.date(2027, 1, 4))
    with pytest.raises(InputError, match="the database refuses the query: no such table: absent"):
        query("sqlite:///crm.db", "select * from absent", None)
    with pytest.raises(SurroundingsError, match="cannot be reached"):
        query("sqlite:///absent.db", "select 1", None)
    assert not Path("absent.db").exists()
    with pytest.raises(InputError, match="expected a URL"):
        query("crm.db", "select 1", None)
    with pytest.raises(InputError, match="needs a package more"):
        query("cobol://x/y", "select 1", None)
    with pytest.raises(InputError, match="expected 'sql' beside it"):
        prepare({**scenario("x://y"), "pipeline": {"url": "sqlite:///crm.db"}})
    with pytest.raises(InputError, match="'file' and 'url' exclude each other"):
        prepare({**scenario("x://y"), "pipeline": {"file": "none.csv", "url": "sqlite:///crm.db", "sql": "select 1"}})


def test_credentials_stay_where_they_are(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    filled("sqlite:///geheim.db")
    monkeypatch.setenv("CRM_PLACE", "geheim.db")
    data = scenario("sqlite:///${CRM_PLACE}")
    said = simulate(data, trials=200)
    said.save("out")
    keep(data, store="kept.db", forecast=few)
    shown = json.dumps(face_of(said).keys()) + said.provenance.line() + Path("out/forecast.json").read_text("utf-8")
    assert "geheim" not in shown and "geheim" not in str(prepare(data).table.quality.file)
    with contextlib.closing(sqlite3.connect("kept.db")) as db:
        assert "geheim" not in "\n".join(db.iterdump())
    override = "pipeline={url: 'postgresql://me:hunter2@127.0.0.1:1/x', sql: 'select 1'}"
    with pytest.raises(SurroundingsError) as stop:
        prepare(data, overrides=[override])
    assert "hunter2" not in str(stop.value)
    from simfunnel.scenario import parse_scenario

    assert "hunter2" not in "".join(parse_scenario(data, [override]).overrides)
    monkeypatch.delenv("CRM_PLACE")
    with pytest.raises(InputError, match="the environment variable CRM_PLACE is not set"):
        prepare(data)


def test_a_history_out_of_a_database(desk: Desk) -> None:
    engine = sa.create_engine("sqlite:///crm.db")
    lines = [
        ("A", "Demo", "2027-01-01"),
        ("A", "Won", "2027-01-09"),
        ("B", "Demo", "2027-01-03"),
        ("B", "Lost", "2027-01-05"),
    ]
    with engine.begin() as connection:
        connection.exec_driver_sql("create table events (case_id text, stage text, time text)")
        connection.exec_driver_sql("insert into events values (?, ?, ?)", lines)
    engine.dispose()
    Path("events.csv").write_text("case_id,stage,time\n" + "\n".join(map(",".join, lines)) + "\n", encoding="utf-8")
    asked = read_history({"url": "sqlite:///crm.db", "sql": "select * from events"})
    file = read_history("events.csv")
    np.testing.assert_array_equal(asked.spells.entered, file.spells.entered)
    np.testing.assert_array_equal(asked.ends.closed, file.ends.closed)
    with pytest.raises(InputError, match="which only a scenario has"):
        read_history({"url": "sqlite:///crm.db", "sql": "select * from events where time < :as_of"})
