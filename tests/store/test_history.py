"""Kept snapshots as a history: the same as the folder of the files that were kept."""

from __future__ import annotations

import datetime as dt
import random
from pathlib import Path

import numpy as np
import pytest

from simfunnel.errors import InputError
from simfunnel.history import History, read_history
from simfunnel.store import Store
from store.toy import START, keep_text

STAGES = ["Demo", "Offer", "Closed Won", "Closed Lost"]


def exports(weeks: int) -> dict[dt.date, str]:
    """Weekly exports in which deals come, go on, end, stay listed for a while and then vanish."""
    chance = random.Random(3)
    deals: dict[str, list[object]] = {}
    found = {}
    for week in range(weeks):
        day = START + dt.timedelta(days=7 * week)
        for name in list(deals):
            stage, amount, _ = deals[name]
            if stage in ("Closed Won", "Closed Lost"):
                if chance.random() < 0.3:
                    del deals[name]
            elif chance.random() < 0.4:
                deals[name] = [chance.choice(STAGES[1:]), amount, day - dt.timedelta(days=chance.randrange(1, 7))]
            elif chance.random() < 0.1:
                deals[name][1] = chance.randrange(100, 900)
        for i in range(4):
            deals[f"D{week}-{i}"] = ["Demo", chance.randrange(100, 900), day - dt.timedelta(days=2)]
        lines = ["Opportunity ID,Stage,Amount,Close Date,Owner"]
        lines += [f"{name},{s},{a},{d},{'Ann' if hash_of(name) % 2 else 'Bo'}" for name, (s, a, d) in deals.items()]
        found[day] = "\n".join(lines) + "\n"
    return found


def hash_of(name: str) -> int:
    return sum(map(ord, name))


def same(a: History, b: History) -> None:
    np.testing.assert_array_equal(a.deals.id, b.deals.id)
    np.testing.assert_array_equal(a.moments, b.moments)
    for part in ("spells", "ends"):
        for name in getattr(a, part).__slots__ if hasattr(getattr(a, part), "__slots__") else vars(getattr(a, part)):
            np.testing.assert_array_equal(getattr(getattr(a, part), name), getattr(getattr(b, part), name))
    assert a.facts.keys() == b.facts.keys()
    for name, fact in a.facts.items():
        np.testing.assert_array_equal(fact.value, b.facts[name].value)
        np.testing.assert_array_equal(fact.since, b.facts[name].since)


def test_a_store_is_the_history_of_its_files(where: str, tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    store = Store.open(where, make=True)
    for day, text in exports(9).items():
        (folder / f"pipeline_{day}.csv").write_text(text, encoding="utf-8")
        keep_text(store, text, day, said=False)
    read = read_history({"store": where})
    same(read_history(folder), read)
    assert read.form == "snapshots" and len(read.ends.deal) > 5


def test_a_history_as_it_was_known(tmp_path: Path) -> None:
    path = tmp_path / "kept.db"
    store = Store.open(path, make=True)
    days = exports(5)
    times = [keep_text(store, text, day, said=False) for day, text in days.items()]
    first = next(iter(days))
    keep_text(store, days[first].replace("Demo", "Offer"), first, said=False)
    (tmp_path / "h.yaml").write_text(
        f"history: {{store: {{url: kept.db, recorded_before: '{times[3]}'}}}}\n", encoding="utf-8"
    )
    read = read_history(tmp_path / "h.yaml")
    assert len(read.moments) == 3
    assert "Demo" in read.stages and set(read.stages) <= {"Demo", "Offer"}
    assert len(read_history(path).moments) == 5


def test_a_history_is_in_one_place(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="'file' and 'store' exclude each other"):
        read_history({"store": "x.db", "file": "x.csv"})
    with pytest.raises(InputError, match="there is no store"):
        read_history(str(tmp_path / "x.db"))
