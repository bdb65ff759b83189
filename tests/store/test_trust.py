"""What a person's only copy must stand: damage is found, writers do not mix, forms are upgraded or refused."""

from __future__ import annotations

import contextlib
import datetime as dt
import gzip
import multiprocessing
import random
import sqlite3
import threading
from pathlib import Path

import pytest
import sqlalchemy as sa

from simfunnel.errors import InputError, SurroundingsError
from simfunnel.record.exporting import export
from simfunnel.record.listing import check_store, forget_in_store, list_store
from simfunnel.store import Store, connection, schema
from simfunnel.store.address import address_of
from simfunnel.store.tables import METADATA
from store.helpers_store import FIRST, MONDAY, SECOND, Desk, csv_text
from store.toy import START, found, keep_text, text, write, write_many

FORM_1 = Path(__file__).parents[1] / "data" / "store_form_1" / "kept.db.gz"
WEEK = dt.timedelta(days=7)


def test_any_flipped_byte_of_a_file_is_found(tmp_path: Path) -> None:
    path = tmp_path / "kept.db"
    write(path, 1)
    with contextlib.closing(sqlite3.connect(path)) as db:
        (packed,) = db.execute("SELECT bytes FROM raw_file").fetchone()
        for at in range(0, len(packed), max(1, len(packed) // 25)):
            flipped = bytearray(packed)
            flipped[at] ^= 1 << at % 8
            db.execute("UPDATE raw_file SET bytes = ?", (bytes(flipped),))
            db.commit()
            faults = check_store(Store.open(path)).faults
            assert [fault.what for fault in faults] == ["the file is damaged: its bytes are not those that were kept"]
            with pytest.raises(InputError, match="damaged"):
                export(Store.open(path), START + WEEK, raw=True)


@pytest.mark.parametrize(
    ("damage", "what"),
    [
        ("UPDATE deal_version SET fields = replace(fields, '1010', '1011')", "are not those that were kept"),
        ("UPDATE deal SET name = 'D999' WHERE name = 'D7'", "are not those that were kept"),
        ("DELETE FROM deal_version WHERE deal = 3", "it has 39 rows, and had 40"),
        ("DELETE FROM deal WHERE id = 3", "a version of a deal that is missing"),
        ("UPDATE deal_version SET fields = '[' WHERE deal = 3", "a version that cannot be read"),
        ("DELETE FROM raw_file", "its file is missing"),
        ("DELETE FROM layout", "headers that are missing"),
        ("DELETE FROM forecast_quantiles", "the forecast cannot be read"),
        ("UPDATE forecast SET summary = X'00'", "the forecast cannot be read"),
    ],
)
def test_what_was_changed_behind_our_back_is_found(damage: str, what: str, tmp_path: Path) -> None:
    path = tmp_path / "kept.db"
    write(path, 1)
    with contextlib.closing(sqlite3.connect(path)) as db:
        db.execute(damage)
        db.commit()
    assert any(what in fault.what for fault in check_store(Store.open(path)).faults)


def test_a_bit_anywhere_in_the_file_is_a_fault_a_sentence_or_nothing_of_ours(tmp_path: Path) -> None:
    path = tmp_path / "kept.db"
    write(path, 1)
    whole, chance = path.read_bytes(), random.Random(5)
    for _ in range(25):
        at = chance.randrange(len(whole))
        flipped = bytearray(whole)
        flipped[at] ^= 1 << chance.randrange(8)
        path.write_bytes(flipped)
        with contextlib.suppress(InputError, SurroundingsError):
            check_store(Store.open(path))


def test_a_store_of_this_form_opens_for_ever(tmp_path: Path) -> None:
    path = tmp_path / "kept.db"
    path.write_bytes(gzip.decompress(FORM_1.read_bytes()))
    store = Store.open(path)
    assert check_store(store).ok
    listed = list_store(store)
    assert [(book, str(one.valid_day), one.rows) for book, one in listed.snapshots] == [
        ("test", "2027-01-04", 5), ("test", "2027-01-11", 5),
    ]  # fmt: skip
    assert listed.forecasts == {("test", MONDAY): 2, ("test", MONDAY + WEEK): 1}
    assert export(store, MONDAY + WEEK)[0].decode() == csv_text(SECOND)
    assert export(store, MONDAY)[0].decode() == csv_text({**FIRST, "D0": "Demo,2026-12-30,1.5,Ann,"})
    before = listed.snapshots[0][1].recorded_at
    assert export(store, MONDAY, recorded_before=before, raw=True)[0].decode() == csv_text(FIRST)


def test_a_newer_form_is_refused_in_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "kept.db"
    write(path, 1)
    with contextlib.closing(sqlite3.connect(path)) as db:
        db.execute("INSERT INTO schema_version VALUES (99, 'later')")
        db.commit()
    before = path.read_bytes()
    with pytest.raises(InputError, match=r"written by a newer simfunnel \(form 99; this one knows up to 1\)"):
        Store.open(path)
    assert path.read_bytes() == before


def _upgrades() -> dict[int, object]:
    def two(db: sa.Connection) -> None:
        db.exec_driver_sql("ALTER TABLE snapshot ADD COLUMN note TEXT")

    def three(db: sa.Connection) -> None:
        db.exec_driver_sql("UPDATE snapshot SET note = 'old'")

    return {2: two, 3: three}


def test_an_older_form_is_copied_and_upgraded_step_by_step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "kept.db"
    write(path, 1)
    before = path.read_bytes()
    monkeypatch.setattr(schema, "VERSION", 3)
    monkeypatch.setattr(schema, "UPGRADES", _upgrades())
    assert found(path) == "1"
    with contextlib.closing(sqlite3.connect(path)) as db:
        assert db.execute("SELECT note FROM snapshot").fetchall() == [("old",)]
        assert [row[0] for row in db.execute("SELECT version FROM schema_version ORDER BY 1")] == [1, 2, 3]
    copy = schema.backup_of(path, 1)
    monkeypatch.setattr(schema, "VERSION", 1)
    assert found(copy) == "1" and len(copy.read_bytes()) == len(before)


def test_an_upgrade_that_fails_has_changed_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "kept.db"
    write(path, 1)

    def broken(db: sa.Connection) -> None:
        raise RuntimeError("stop")

    monkeypatch.setattr(schema, "VERSION", 3)
    monkeypatch.setattr(schema, "UPGRADES", {**_upgrades(), 3: broken})
    with pytest.raises(RuntimeError):
        Store.open(path)
    monkeypatch.setattr(schema, "VERSION", 1)
    assert found(path) == "1"


def test_a_writer_waits_for_another_and_then_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "kept.db"
    write(path, 1)
    monkeypatch.setattr(connection, "PATIENCE", 0.2)
    other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    try:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(SurroundingsError, match=r"writing to this store for 0\.2 seconds"):
            write(path, 2)
        assert found(path) == "1"  # who reads does not wait
        monkeypatch.setattr(connection, "PATIENCE", 30)
        threading.Timer(0.3, other.rollback).start()
        write(path, 2)
    finally:
        other.close()
    assert found(path) == "2"


def test_writers_at_once_all_get_their_turn(where: str) -> None:
    Store.open(where, make=True)
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=write_many, args=(where, f"book {i}")) for i in range(3)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert [writer.exitcode for writer in writers] == [0, 0, 0]
    store = Store.open(where)
    listed = list_store(store)
    assert len(listed.snapshots) == 12 and sum(listed.forecasts.values()) == 12
    times = sorted((one.recorded, one.recorded_at) for _, one in listed.snapshots)
    assert [at for _, at in times] == sorted(at for _, at in times) and len({n for n, _ in times}) == 12
    assert check_store(store).ok
    for i in range(3):
        assert export(store, START + 3 * WEEK, book=f"book {i}")[0].decode() == text(3)


def test_a_lost_connection_changes_nothing(where: str) -> None:
    if "://" not in where:
        pytest.skip("a file has no connection")
    store = Store.open(where, make=True)
    keep_text(store, text(1), START)

    def cut(db: sa.Connection) -> None:
        db.exec_driver_sql("DELETE FROM snapshot")
        db.exec_driver_sql("SELECT pg_terminate_backend(pg_backend_pid())")

    with pytest.raises(SurroundingsError, match="cannot be reached, or was lost; nothing was changed"):
        store.writing(cut)
    assert len(list_store(store).snapshots) == 1 and check_store(store).ok


def test_no_password_is_ever_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_OF_TEST", "pa:ss@w/rd")
    for url in ("postgresql://me:pa%3Ass@127.0.0.1:1/x", "postgres://me:${SECRET_OF_TEST}@127.0.0.1:1/x"):
        with pytest.raises((InputError, SurroundingsError)) as stop:
            Store.open(url, make=True)
        assert "pa" not in str(stop.value).replace("password", "") and "SECRET" not in str(stop.value)
        assert "pa" not in address_of(url).shown
    with pytest.raises(InputError, match="the environment variable NOT_SET_AT_ALL is not set"):
        Store.open("postgresql://me:${NOT_SET_AT_ALL}@127.0.0.1/x")


def test_what_is_forgotten_is_gone_from_every_byte(desk: Desk) -> None:
    people = {name: row.replace("Bo", "Bohumil Hrabal") for name, row in SECOND.items()}
    desk.keep({**FIRST, "D2": "Offer,2026-12-22,2000,Bohumil Hrabal,"}, store="kept.db")
    desk.keep(people, MONDAY + WEEK, store="kept.db")
    store = Store.open("kept.db")
    done = forget_in_store(store, "Bohumil Hrabal", "owner").forgotten
    assert (done.deals, done.versions, done.files, done.forecasts) == (2, 3, 2, 2)
    assert check_store(store).ok
    left = csv_text({name: row for name, row in SECOND.items() if name not in ("D2", "D5")})
    assert export(store, MONDAY + WEEK)[0].decode() == left
    with pytest.raises(InputError, match="was erased"):
        export(store, MONDAY, raw=True)
    assert b"Hrabal" not in Path("kept.db").read_bytes()
    with pytest.raises(InputError, match="the file holds 1 owner that this store was told to forget") as stop:
        desk.keep({**people, "D7": "Demo,2027-01-09,1,Ann,"}, MONDAY + 2 * WEEK, store="kept.db")
    assert "Hrabal" not in str(stop.value)
    with pytest.raises(InputError, match="no deal of that name"):
        forget_in_store(store, "D2", "deal")


def test_the_schema_has_what_version_1_had() -> None:
    """A change of the tables needs a number of its own, an upgrade and a fixture."""
    listed = "; ".join(f"{t.name}({', '.join(c.name for c in t.columns)})" for t in METADATA.sorted_tables)
    assert hash_of(listed) == SCHEMA_1, listed


def hash_of(text: str) -> str:
    import hashlib

    return hashlib.sha256(text.encode()).hexdigest()[:16]


SCHEMA_1 = "a491ce8c1b4cf4b0"


def _make_fixture() -> None:
    """Make the fixture of a form: python -m store.test_trust, in an empty folder."""
    from store.helpers_store import SCENARIO

    Path("scenario.yaml").write_text(SCENARIO, encoding="utf-8")
    desk = Desk()
    desk.keep(FIRST, store="kept.db")
    desk.keep(SECOND, MONDAY + WEEK, store="kept.db")
    desk.keep({**FIRST, "D0": "Demo,2026-12-30,1.5,Ann,"}, store="kept.db", correct=True)
    FORM_1.parent.mkdir(exist_ok=True)
    FORM_1.write_bytes(gzip.compress(Path("kept.db").read_bytes(), mtime=0))
    Path("kept.db").unlink()


if __name__ == "__main__":
    _make_fixture()
