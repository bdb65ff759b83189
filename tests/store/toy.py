"""Toy snapshots in generations, kept without a scenario, and what a reader of the store finds."""

from __future__ import annotations

import datetime as dt
import hashlib
from pathlib import Path

import numpy as np

from simfunnel.errors import InputError
from simfunnel.record.exporting import export
from simfunnel.record.listing import check_store, list_store
from simfunnel.store import Store
from simfunnel.store.books import book_to_write
from simfunnel.store.forecasts import put_forecast
from simfunnel.store.raw import put_raw
from simfunnel.store.rows import rows_of
from simfunnel.store.snapshots import gaps_of, keep_snapshot, tell
from simfunnel.tabular.reading import Settings, parse_delimited

START = dt.date(2027, 1, 4)


def text(generation: int) -> str:
    """Forty deals, of which a tenth are new or changed in each generation."""
    rows = [f"D{i},stage {min(generation, i % 5)},{1000 + i}\n" for i in range(3 * generation, 40 + 3 * generation)]
    return "id,stage,amount\n" + "".join(rows)


def keep_text(store: Store, data: str, day: dt.date, book: str = "toy", *, said: bool = True) -> str:
    """Keep a CSV text, its file, and a forecast with it; the time at which it was recorded."""
    table = parse_delimited(data.encode(), Settings())
    rows = rows_of(table, 0)

    def work(connection: object) -> str:
        number = book_to_write(connection, book)  # type: ignore[arg-type]
        told = tell(connection, number, "keep")  # type: ignore[arg-type]
        digest = put_raw(connection, data.encode(), "toy.csv")  # type: ignore[arg-type]
        reading = {"file": "toy.csv", "columns": {"id": "id", "owner": "owner"},
                   "gaps": gaps_of(table.numbers.tolist(), 1)}  # fmt: skip
        keep_snapshot(connection, number, day, told[0], rows, source_hash=digest, reading=reading)  # type: ignore[arg-type]
        if said:
            part = {"dimension": "", "label": "", "period": "2027-Q1", "first": "2027-01-01", "last": "2027-04-01",
                    "mean": 1.0, "weighted": 2.0, "target": None, "p_attain": None,
                    "quantiles": np.arange(999.0)}  # fmt: skip
            identity = hashlib.sha256(f"{day} {data}".encode()).hexdigest()
            put_forecast(
                connection, number, told[0], identity=identity, as_of=day.isoformat(), currency="USD",  # type: ignore[arg-type]
                scenario={"name": book}, summary={"of": data[:40]}, samples=None, parts=[part],
            )  # fmt: skip
        return told[1]

    return store.writing(work)


def write(path: Path, generation: int) -> None:
    """Keep one generation; the store is made where it is missing."""
    day = START + dt.timedelta(days=7 * generation)
    keep_text(Store.open(path, make=True), text(generation), day)


def found(path: Path) -> str:
    """What a reader gets: the number of the newest generation, all of them whole; or nothing."""
    try:
        store = Store.open(path)
    except InputError as error:
        assert "there is no store" in str(error), error
        return "nothing"
    faults = check_store(store).faults
    assert not faults, faults
    listed = list_store(store)
    days = [one.valid_day for _, one in listed.snapshots]
    if not days:
        return "nothing"
    generation = (days[-1] - START).days // 7
    for day in days:
        number = (day - START).days // 7
        assert export(store, day)[0].decode() == text(number)
        assert export(store, day, raw=True)[0].decode() == text(number)
    assert sum(listed.forecasts.values()) == len(days)
    return str(generation)


def write_many(where: str, book: str) -> None:
    """Keep four generations, one after the other."""
    for generation in range(4):
        keep_text(Store.open(where), text(generation), START + dt.timedelta(days=7 * generation), book)
