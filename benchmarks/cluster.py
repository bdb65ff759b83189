"""``python -m benchmarks.cluster [small] [minute] [parts] [model]``: workers of a cluster beside threads, all in turn.

`small` and `minute` time whole commands of the sample with 1 and 2 threads and with 1 and 2 worker processes of this
machine; `parts` measures what a run on many workers costs the asking process; `model` puts these into the formulas of
``docs/scaling.md``. Results are kept in ``benchmarks/cluster.json``; a section that is measured anew replaces its own.
"""

from __future__ import annotations

import json
import pickle
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.processes import ROOT, command
from benchmarks.report import load, machine
from simfunnel.forecast import counting
from simfunnel.forecast.counts import Counts
from simfunnel.forecast.inputs import prepare
from simfunnel.forecast.simulated import SimulatedRange
from simfunnel.forecast.simulation import _prepare_kernel
from simfunnel.forecast.standing import closed_wins, known_groups, targets_of
from simfunnel.funnel.groups import DIMENSIONS

SAMPLE = ROOT / "scenarios" / "b2b_software" / "scenario.yaml"
RESULTS = Path(__file__).with_name("cluster.json")
SMALL, MINUTE, MANY = 2_000, 800_000, 1_000_000_000
"""Trials of a small run, of some 40 s of two threads, and of what needs many machines."""
PAIRS = {"small": 3, "minute": 3}
NETWORK = 125e6
"""Bytes a second between machines: 1 Gbit/s."""
MACHINES = (1, 2, 5, 10, 20)
CORES = 2
"""Of such a machine as this one."""


def main() -> None:
    """Measure the sections that are asked for, or all, and say what they are."""
    results: dict[str, Any] = json.loads(RESULTS.read_text("utf-8")) if RESULTS.exists() else {}
    for name in sys.argv[1:] or ("small", "minute", "parts", "model"):
        before = load()
        if name == "model":
            results[name] = model(json.loads(json.dumps(results)))
        else:
            found = parts() if name == "parts" else pairs(name)
            results[name] = {**found, "machine": machine(), "load_average": [before, load()]}
        print(name, json.dumps(results[name], indent=1), flush=True)
        RESULTS.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")


def pairs(name: str) -> dict[str, Any]:
    """Seconds of one command on threads and on workers, in turn."""
    taken: dict[str, list[float]] = {}
    for _ in range(PAIRS[name]):
        for number in (1, 2):
            trials = SMALL if name == "small" else MINUTE * number // 2
            for how in (("--threads", str(number)), ("--cluster", f"local:{number}")):
                with tempfile.TemporaryDirectory() as folder:
                    asked = ["run", str(SAMPLE), "--trials", str(trials), "--no-samples", "--out", f"{folder}/out"]
                    taken.setdefault(" ".join(how), []).append(command([*asked, *how, "--json", "--quiet"]))
    told: dict[str, Any] = {"trials_of_two": SMALL if name == "small" else MINUTE, "seconds": taken}
    for number in (1, 2):
        both = list(zip(taken[f"--threads {number}"], taken[f"--cluster local:{number}"], strict=True))
        told[f"speed_of_{number}"] = [round(threads / workers, 3) for threads, workers in both]
        told[f"more_seconds_of_{number}"] = statistics.median(workers - threads for threads, workers in both)
    return told


def parts() -> dict[str, Any]:
    """What one piece of work of a long run is: bytes that travel, and seconds of the asking process."""
    ready = prepare(SAMPLE)
    compiled = ready.compiled((), known_groups(DIMENSIONS))
    run = _prepare_kernel(compiled.model, "auto", 1, ready.recent)
    simulate = SimulatedRange(run, *closed_wins(compiled.model), compiled.book.minor_units, threads=1)
    pilot = simulate(0, counting.MOST)
    told: dict[str, Any] = {}
    for trials in (MINUTE, MANY):
        counts = Counts(compiled.model, targets_of(ready, compiled.book), trials)
        counts.begin(pilot)
        rows, counted = [], 0
        for reading in (1, 2):
            if reading == 2:
                counts._trials = counted  # as if these were all: their ranks lie in buckets as those of all trials will
            columns = tuple(counts.undecided()) if reading == 2 else ()
            task = counting.CountTask(simulate, counts.emptied(), columns, counting.held_by_worker(compiled.model))
            size = counting.piece_of(counts, compiled.model, trials, CORES)
            counted = min(size, counting.PIECE)
            packed, pack = _timed(pickle.dumps, task)
            part, made = _timed(task, 0, counted)
            sent, _ = _timed(pickle.dumps, part)
            _, merged = _timed(_merged, counts, sent)
            rows.append({
                "task_bytes": len(packed), "task_seconds": pack, "part_bytes": len(sent), "merge_seconds": merged,
                "seconds_per_trial": made / counted,
                "pieces": {n: counting.piece_of(counts, compiled.model, trials, n * CORES) for n in MACHINES},
            })  # fmt: skip
        told[str(trials)] = rows
    return told


def _timed(make: Callable[..., Any], *given: Any) -> tuple[Any, float]:
    """What is made, and seconds of the processor: those of the wall tell of what else runs."""
    started = time.process_time()
    made = make(*given)
    return made, time.process_time() - started


def _merged(counts: Counts, sent: bytes) -> None:
    counts.merge(pickle.loads(sent))


def model(results: dict[str, Any]) -> list[dict[str, float]]:
    """Seconds of `MANY` trials on some machines, by the formulas of ``docs/scaling.md``."""
    start = statistics.median(results["small"]["seconds"]["--cluster local:2"])
    readings = results["parts"][str(MANY)]
    trial = statistics.mean(part["seconds_per_trial"] for part in readings)
    rows = []
    for machines in MACHINES:
        workers = machines * CORES
        piece = readings[0]["pieces"][str(machines)]
        work = 2 * MANY * trial / workers
        imbalance = 2 * piece * trial
        asking = sum(MANY / piece * (part["merge_seconds"] + part["part_bytes"] / NETWORK) for part in readings)
        tasks = sum(part["task_seconds"] + part["task_bytes"] * workers / NETWORK for part in readings)
        whole = start + tasks + max(work + imbalance, asking)
        rows.append({
            "machines": machines, "workers": workers, "piece": piece, "serial": start, "tasks": tasks, "work": work,
            "imbalance": imbalance, "asking": asking, "seconds": whole,
        })  # fmt: skip
    return [{**row, "speed_up": rows[0]["seconds"] / row["seconds"]} for row in rows]


if __name__ == "__main__":
    main()
