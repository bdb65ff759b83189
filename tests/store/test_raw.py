"""Files told by one another come back byte by byte, whatever goes."""

from __future__ import annotations

import contextlib
import datetime as dt
import hashlib
import sqlite3
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simfunnel.errors import InputError
from simfunnel.record.exporting import export
from simfunnel.record.listing import check_store, forget_in_store
from simfunnel.store import Store
from simfunnel.store.delta import base_of, delta_of, from_delta
from store.helpers_store import MONDAY, Desk, csv_text

LINES = st.lists(st.sampled_from([b"a\n", b"b\n", b"c\r\n", b"d\r", b"\n", b"e", b"\r", b"\0\n"]), max_size=12).map(
    b"".join
)


@given(LINES, LINES)
def test_a_difference_gives_the_file_again_or_is_not_used(base: bytes, data: bytes) -> None:
    digest = hashlib.sha256(base).hexdigest()
    delta = delta_of(base, digest, data)
    assert base_of(delta) == digest
    if b"\r" not in data:  # a lone return before a line that begins with a line feed: then `put_raw` keeps it whole
        assert from_delta(base, delta) == data


def weeks(count: int) -> dict[dt.date, dict[str, str]]:
    """A thousand deals of which some change each week."""
    rows = {f"D{i}": f"Demo,2026-12-{1 + i % 28:02d},{hashlib.sha256(str(i).encode()).hexdigest()[:4]}1,Ann,"
            for i in range(400)}  # fmt: skip
    rows = {
        name: row.replace(row.split(",")[2], str(1000 + int(row.split(",")[2][:3], 16))) for name, row in rows.items()
    }
    found = {}
    for week in range(count):
        for i in range(30 * week, 30 * week + 20):
            rows[f"D{i}"] = rows[f"D{i}"].replace("Demo", "Offer")
        found[MONDAY + dt.timedelta(days=7 * week)] = dict(rows)
    return found


@pytest.fixture
def kept(desk: Desk) -> dict[dt.date, dict[str, str]]:
    told = weeks(5)
    for day, rows in told.items():
        desk.keep(rows, day, store="kept.db", overrides=["simulation.trials=100"])
    return told


def codecs() -> list[str]:
    with contextlib.closing(sqlite3.connect("kept.db")) as db:
        return [row[0] for row in db.execute("SELECT codec FROM raw_file ORDER BY rowid")]


def test_weeks_are_told_by_the_first(kept: dict[dt.date, dict[str, str]]) -> None:
    assert codecs()[0] == "bz2" and codecs().count("delta") >= 2
    for day, rows in kept.items():
        assert export(Store.open("kept.db"), day, raw=True)[0].decode() == csv_text(rows)
    assert check_store(Store.open("kept.db")).ok


def test_damage_of_either_is_found(kept: dict[dt.date, dict[str, str]]) -> None:
    path = Path("kept.db")
    whole = path.read_bytes()
    for codec in ("delta", "bz2"):
        with contextlib.closing(sqlite3.connect(path)) as db:
            digest, packed = db.execute("SELECT hash, bytes FROM raw_file WHERE codec = ?", (codec,)).fetchone()
            for at in range(0, len(packed), max(1, len(packed) // 10)):
                flipped = bytearray(packed)
                flipped[at] ^= 4
                db.execute("UPDATE raw_file SET bytes = ? WHERE hash = ?", (bytes(flipped), digest))
                db.commit()
                faults = check_store(Store.open(path)).faults
                assert any(digest[:12] in fault.where for fault in faults), (codec, at)
        path.write_bytes(whole)
    assert check_store(Store.open(path)).ok


def test_what_is_erased_takes_no_other_file_along(kept: dict[dt.date, dict[str, str]], desk: Desk) -> None:
    last = list(kept)[-1] + dt.timedelta(days=7)
    rows = {name: row for name, row in kept[list(kept)[-1]].items() if name != "D399"}
    desk.keep(rows, last, store="kept.db", overrides=["simulation.trials=100"])
    store = Store.open("kept.db")
    done = forget_in_store(store, "D399", "deal").forgotten
    assert done.files == 5
    assert export(store, last, raw=True)[0].decode() == csv_text(rows)
    with pytest.raises(InputError, match="was erased"):
        export(store, MONDAY, raw=True)
    assert check_store(store).ok
