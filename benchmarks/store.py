"""The store: a large import, and a year of weekly exports; what they take of time, memory and disk.

``python -m benchmarks.store`` (some minutes; ``--quick`` a tenth of the sizes; ``--store URL`` on PostgreSQL, where the
size on disk is not measured). Times are those of whole commands, each a process of its own.
"""

from __future__ import annotations

import argparse
import csv
import datetime as dt
import gzip
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.processes import ROOT, environment

START = dt.date(2026, 1, 5)
STAGES = ("Qualification", "Demo", "Proposal", "Negotiation")
OWNERS = [f"Owner {i:02d}" for i in range(25)]
HEADER = (
    "Opportunity ID", "Opportunity Name", "Account Name", "Owner", "Segment", "Stage", "Last Stage Change Date",
    "Amount", "Created Date", "Close Date", "Closed Date", "Next Step",
)  # fmt: skip
SCENARIO: dict[str, Any] = {
    "version": 1, "name": "bench", "as_of": START.isoformat(), "periods": {"unit": "quarter", "count": 2},
    "stages": [{"name": name, "conversion": 0.6, "duration": {"gamma": {"mean": 30, "sd": 20}}} for name in STAGES],
    "amount": 20_000, "segments": {"smb": {}, "enterprise": {}},
    "pipeline": {"file": "today.csv", "columns": {
        "id": "Opportunity ID", "stage": "Stage", "stage_entered": "Last Stage Change Date", "amount": "Amount",
        "owner": "Owner", "segment": "Segment", "created": "Created Date", "close_date": "Close Date",
        "closed": "Closed Date"}},
}  # fmt: skip


class Book:
    """A pipeline of so many rows, of which one in twenty changes in a week."""

    def __init__(self, deals: int, seed: int = 7) -> None:
        self._rng = np.random.default_rng(seed)
        self._made = 0
        self.rows = [self._deal(START - dt.timedelta(days=int(self._rng.integers(1, 200)))) for _ in range(deals)]

    def _deal(self, day: dt.date) -> list[str]:
        number, rng = self._made, self._rng
        self._made += 1
        words = rng.integers(0, 10_000, 2)
        return [
            f"006{number:015d}", f"Deal {words[0]} of {number}", f"Account {words[1]}", OWNERS[int(rng.integers(25))],
            ("smb", "enterprise")[int(rng.integers(2))], STAGES[int(rng.integers(4))], day.isoformat(),
            str(int(rng.lognormal(9.5, 0.8))), day.isoformat(),
            (day + dt.timedelta(days=int(rng.integers(60, 300)))).isoformat(), "", f"call {int(rng.integers(400))}",
        ]  # fmt: skip

    def week(self, day: dt.date) -> None:
        """Change a twentieth: of ten 5 in amount or close date, 3 in stage; one is won, one leaves for a new one."""
        rng = self._rng
        some = [int(i) for i in rng.choice(len(self.rows), len(self.rows) // 20, replace=False)]
        for place, i in enumerate(some):
            kind, row = place % 10, list(self.rows[i])
            at = (day + dt.timedelta(days=int(rng.integers(0, 6)))).isoformat()
            if row[5] == "Won" or kind == 9:
                row = self._deal(dt.date.fromisoformat(at))
            elif kind < 3:
                row[7] = str(int(rng.lognormal(9.5, 0.8)))
            elif kind < 5:
                row[9] = (dt.date.fromisoformat(row[9]) + dt.timedelta(days=30)).isoformat()
            elif kind < 8:
                row[5], row[6] = STAGES[min(STAGES.index(row[5]) + 1, 3)], at
            else:
                row[5], row[6], row[10] = "Won", at, at
            self.rows[i] = row


def versions(book: Book, count: int) -> Iterator[list[str]]:
    """Rows of a dbt snapshot: each version of each deal with the days between which it held."""
    day, made = START, 0
    since = {row[0]: (START, row) for row in book.rows}
    while made + len(since) < count:
        book.week(day)
        day += dt.timedelta(days=7)
        now = {row[0]: row for row in book.rows}
        for name, (begun, row) in list(since.items()):
            if now.get(name) != row:
                yield [*row, begun.isoformat(), day.isoformat()]
                made += 1
                del since[name]
        since |= {name: (day, row) for name, row in now.items() if name not in since}
    for begun, row in since.values():
        yield [*row, begun.isoformat(), ""]


def write(path: Path, rows: Sequence[Sequence[str]] | Iterator[Sequence[str]], header: Sequence[str] = HEADER) -> int:
    """Write a CSV file; how many rows."""
    count = 0
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        for row in rows:
            writer.writerow(row)
            count += 1
    return count


@dataclass(frozen=True, slots=True)
class Spent:
    """What a command took."""

    seconds: float
    processor: float
    """Seconds of processors, all threads together: hardly touched by the load of others."""
    mib: float
    """Peak."""


PROBE = (
    "import resource, subprocess, sys; code = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL).returncode; "
    "u = resource.getrusage(resource.RUSAGE_CHILDREN); print(u.ru_utime + u.ru_stime, u.ru_maxrss); sys.exit(code)"
)


def timed(folder: Path, *arguments: str) -> Spent:
    """Run a command."""
    began = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", PROBE, sys.executable, "-m", "simfunnel", *arguments], cwd=folder, check=True,
        env={**environment(), "PYTHONPATH": str(ROOT)}, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    seconds = time.perf_counter() - began
    processor, kib = done.stdout.split()
    return Spent(seconds, float(processor), int(kib) / 1024)


def large_import(folder: Path, count: int, store: str | None) -> dict[str, Any]:
    """Import the versions of a warehouse."""
    path = folder / "versions.csv"
    made = write(path, versions(Book(count // 10), count), (*HEADER, "dbt_valid_from", "dbt_valid_to"))
    where = store or str(folder / "large.db")
    spent = timed(folder, "store", "import", str(path), "--store", where, "--book", "large", "-q")
    size = None if store else Path(where).stat().st_size / path.stat().st_size
    return {"versions": made, "import": asdict(spent), "file_mib": path.stat().st_size / 2**20, "store_of_file": size}


def year_of_weeks(folder: Path, deals: int, weeks: int, store: str | None) -> dict[str, Any]:
    """Keep an export a week; then forecast from the store, and score."""
    book, packed, keeps = Book(deals), 0, []
    where = store or str(folder / "kept.db")
    (folder / "scenario.yaml").write_text(json.dumps(SCENARIO), encoding="utf-8")
    days = [START + dt.timedelta(days=7 * week) for week in range(weeks)]
    write(folder / "today.csv", book.rows)
    timed(folder, "run", "scenario.yaml", "--trials", "1000", "--json")  # kernels are compiled once
    for day in days:
        write(folder / "today.csv", book.rows)
        packed += len(gzip.compress((folder / "today.csv").read_bytes(), 9))
        keeps.append(timed(folder, "keep", "scenario.yaml", "--store", where, "--valid", str(day), "-q"))
        book.week(day)
    run = ("run", "scenario.yaml", "--json", "--set", f"as_of={days[-1]}")
    place = f"pipeline={json.dumps({**SCENARIO['pipeline'], 'file': None, 'store': where})}"
    both = [(timed(folder, *run), timed(folder, *run, "--set", place)) for _ in range(3)]
    return {
        "weeks": weeks, "deals": deals, "keep": _median(keeps), "keep_slowest": max(one.seconds for one in keeps),
        "run_from_file": _median([file for file, _ in both]), "run_from_store": _median([kept for _, kept in both]),
        "track": asdict(timed(folder, "track", "--store", where, "--book", "bench", "--json")),
        "gzip_mib": packed / 2**20,
        "store_of_gzip": None if store else Path(where).stat().st_size / packed,
    }  # fmt: skip


def _median(spent: Sequence[Spent]) -> dict[str, float]:
    return {name: float(np.median([getattr(one, name) for one in spent])) for name in ("seconds", "processor", "mib")}


def main() -> None:
    """Measure, and print one JSON document."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of the sizes")
    parser.add_argument("--store", help="URL of a PostgreSQL schema without tables, in place of files of SQLite")
    parser.add_argument("--only", choices=["import", "weeks"])
    asked = parser.parse_args()
    part = 10 if asked.quick else 1
    found: dict[str, Any] = {"store": "PostgreSQL" if asked.store else "SQLite", "cpus": os.cpu_count()}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if asked.only != "weeks":
            found["import"] = large_import(folder, 1_000_000 // part, asked.store)
        if asked.only != "import":
            found["weeks"] = year_of_weeks(folder, 10_000 // part, 52 // (4 if asked.quick else 1), asked.store)
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
