"""``python -m benchmarks.guard``: has a kernel become slower, measured against the NumPy twin of the same moment?

Rows are the plain funnel by both kernels, and what the bundled sample has besides by the default one. Kernel and twin
run in turn, one thread each; a pair gives one ratio of processor times for a trial, as slopes over the trials, which
leave fixed costs out. The median of the pairs forgives a moment in which the machine was busy; a row below its bound is
measured once more. It fails below 85 % of the ratio recorded; on another processor, where both have other costs, below
half.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from benchmarks.engines import Run, runner
from benchmarks.funnel import FEATURES, Size, problem
from benchmarks.report import load, processor

RECORD = Path(__file__).with_name("guard.json")
DEALS = 1_000
PAIRS = 11
ALLOWED, ELSEWHERE = 0.85, 0.5
"""Share of the recorded ratio below which a row fails, on the processor that it was recorded on and on others."""


@dataclass(frozen=True)
class Row:
    """A kernel and its twin on one funnel."""

    kernel: str
    features: tuple[str, ...]
    trials: tuple[int, int]
    """Of the kernel, between which the slope is taken."""
    twin: tuple[int, int]
    """The same of the twin."""


ROWS = {
    "paths": Row("paths_1", (), (2_000, 27_000), (1_000, 13_000)),
    "outcomes": Row("outcomes_1", (), (10_000, 210_000), (1_000, 13_000)),
} | {name: Row("outcomes_1", (name,), (2_000, 32_000), (500, 8_500)) for name in FEATURES}


def ratios(rows: dict[str, Row], pairs: int = PAIRS) -> dict[str, list[float]]:
    """How many times faster than the NumPy twin each row is, in each pair."""
    found: dict[str, list[float]] = {name: [] for name in rows}
    with ExitStack() as stack:
        runs: dict[str, tuple[Run, Run]] = {}
        for name, row in rows.items():
            p = problem(Size(deals=DEALS, features=row.features))
            kernel, twin = (stack.enter_context(runner(engine, p)) for engine in (row.kernel, "numpy"))
            runs[name] = kernel, twin
            kernel(row.trials[0], 1)
            twin(row.twin[0], 1)
        for pair in range(pairs):  # the pairs of a row lie apart: what lasts for seconds disturbs few of them
            for name, (kernel, twin) in runs.items():
                fast = cost(kernel, rows[name].trials, pair + 1)
                found[name].append(cost(twin, rows[name].twin, pair + 1) / fast)
    return found


def cost(run: Run, trials: tuple[int, int], seed: int) -> float:
    """Processor time of a trial, seconds: slope between two numbers of trials."""
    spent = []
    for n in trials:
        started = time.process_time()
        run(n, seed)
        spent.append(time.process_time() - started)
    return (spent[1] - spent[0]) / (trials[1] - trials[0])


def too_slow(found: dict[str, float], recorded: dict[str, float], allowed: float = ALLOWED) -> list[str]:
    """List the rows that have fallen below the allowed share of their recorded ratio."""
    return [name for name, ratio in recorded.items() if found[name] < allowed * ratio]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.guard", description=__doc__)
    parser.add_argument("--record", action="store_true", help="write the ratios of now as those to keep")
    options = parser.parse_args()
    before = load()
    pairs = ratios(ROWS)
    found = {name: median(values) for name, values in pairs.items()}
    if options.record:
        content = {"processor": processor(), "ratios": {name: round(ratio, 2) for name, ratio in found.items()}}
        RECORD.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    record = json.loads(RECORD.read_text(encoding="utf-8"))
    here = processor() == record["processor"]
    recorded, allowed = record["ratios"], ALLOWED if here else ELSEWHERE
    slow = too_slow(found, recorded, allowed)
    if slow:  # once more: a kernel that has become slower is slower a minute later too, a busy machine may not be
        again = ratios({name: ROWS[name] for name in slow})
        pairs |= again
        found |= {name: median(values) for name, values in again.items()}
        slow = too_slow(found, recorded, allowed)
    for name, ratio in found.items():
        low, high = min(pairs[name]), max(pairs[name])
        verdict = "TOO SLOW" if name in slow else "ok"
        print(f"{name}: {ratio:.2f} x NumPy ({low:.2f} to {high:.2f}), recorded {recorded[name]:.2f}: {verdict}")
    where = "" if here else f"; recorded on {record['processor']}, this is {processor()}"
    print(f"median of {PAIRS} pairs, load {before} to {load()}; fails below {allowed:g} of the recorded{where}")
    return 1 if slow else 0


if __name__ == "__main__":
    sys.exit(main())
