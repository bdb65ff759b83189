"""All engines on one funnel: first their answers, then their speed and memory."""

from __future__ import annotations

from typing import Any

from benchmarks.agreement import Answers, differences
from benchmarks.engines import ENGINES
from benchmarks.processes import job

CHECKED_DEALS = 200
DEALS = 2_000
SEED = 20270101


def check() -> tuple[dict[str, Answers], list[str], float]:
    """Answers of all engines, the differences between them that are errors, and the largest in standard errors."""
    found: dict[str, Answers] = {}
    for i, (name, engine) in enumerate(ENGINES.items()):
        if name.endswith("_1"):  # the same kernel and the same bits
            continue
        result = job("check", engine=name, trials=engine.check_trials, size={"deals": CHECKED_DEALS}, seed=SEED + i)
        found[name] = result["answers"]
    problems, largest = differences(found)
    return found, problems, largest


def measure(*, quick: bool) -> dict[str, Any]:
    """Speed and memory of every engine: {engine: {...}}."""
    result: dict[str, Any] = {}
    for name, engine in ENGINES.items():
        trials = engine.quick if quick else engine.full
        found = job("slope", engine=name, trials=trials, repeats=3 if quick else 5, sizes=[{"deals": DEALS}])
        row = found["rows"][0]
        result[name] = {
            "title": engine.title, "threads": engine.threads, "trials": row["trials"], "seconds": row["seconds"],
            "ns": row["ns"], "per_second": 1e9 / row["ns"], "peak_mib": found["peak_mib"],
            "core_ns": None if name == "numpy_2" else row["core_ns"],  # the work is in other processes
        }  # fmt: skip
    for row in result.values():
        for other in ("numpy", "numpy_2", "numpy_straight", "simpy"):
            row[f"times_{other}"] = result[other]["ns"] / row["ns"]
        own = row["core_ns"]
        row["core_times_numpy"] = None if own is None else result["numpy"]["core_ns"] / own
    return result
