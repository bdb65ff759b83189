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


def timed(folder: Path, *arguments: str) -> tuple[float, float]:
    """Seconds and peak MiB of a command."""
    probe = (
        "import resource, subprocess, sys; code = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL).returncode; "
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss); sys.exit(code)"
    )
    began = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", probe, sys.executable, "-m", "simfunnel", *arguments], cwd=folder, check=True,
        env={**environment(), "PYTHONPATH": str(ROOT)}, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    return time.perf_counter() - began, int(done.stdout) / 1024


def large_import(folder: Path, count: int, store: str | None) -> dict[str, Any]:
    """Import the versions of a warehouse."""
    path = folder / "versions.csv"
    made = write(path, versions(Book(count // 10), count), (*HEADER, "dbt_valid_from", "dbt_valid_to"))
    where = store or str(folder / "large.db")
    seconds, memory = timed(folder, "store", "import", str(path), "--store", where, "--book", "large", "-q")
    size = None if store else Path(where).stat().st_size / path.stat().st_size
    return {"versions": made, "seconds": seconds, "peak_mib": memory, "file_mib": path.stat().st_size / 2**20,
            "store_of_file": size}  # fmt: skip


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
        keeps.append(timed(folder, "keep", "scenario.yaml", "--store", where, "--valid", str(day), "-q")[0])
        book.week(day)
    last = f"as_of={days[-1]}"
    run = ("run", "scenario.yaml", "--json", "--set", last)
    place = f"pipeline={json.dumps({**SCENARIO['pipeline'], 'file': None, 'store': where})}"
    from_file = min(timed(folder, *run)[0] for _ in range(3))
    from_store = min(timed(folder, *run, "--set", place)[0] for _ in range(3))
    track, memory = timed(folder, "track", "--store", where, "--json")
    return {
        "weeks": weeks, "deals": deals, "keep_median": float(np.median(keeps)), "keep_max": max(keeps),
        "run_from_file": from_file, "run_from_store": from_store, "track": track, "track_mib": memory,
        "gzip_mib": packed / 2**20,
        "store_of_gzip": None if store else Path(where).stat().st_size / packed,
    }  # fmt: skip


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
