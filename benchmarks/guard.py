"""``python -m benchmarks.guard``: has a kernel become slower, measured against the NumPy twin of the same moment?

The ratio of two processor times on one machine forgives a slow machine, and a busy one; slopes over the trials
leave fixed costs out. It fails below half of the ratio recorded.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path

from benchmarks.engines import runner
from benchmarks.funnel import Size, problem

RECORD = Path(__file__).with_name("guard.json")
TRIALS = {"paths_1": (2_000, 32_000), "outcomes_1": (10_000, 310_000), "numpy": (1_000, 26_000)}
DEALS = 1_000
REPEATS = 5
ALLOWED = 0.5
"""A ratio below this share of the recorded one fails."""


def ratios() -> dict[str, float]:
    """How many times faster than the NumPy twin each kernel is; one thread each, best of some runs in turn."""
    p = problem(Size(deals=DEALS))
    best = {(name, n): float("inf") for name, pair in TRIALS.items() for n in pair}
    runs = {}
    for name in TRIALS:
        with runner(name, p) as run:
            runs[name] = run
            run(512, 1)
    for repeat in range(REPEATS):
        for (name, n), least in best.items():
            started = time.process_time()
            runs[name](n, repeat + 1)
            best[name, n] = min(least, time.process_time() - started)
    cost = {name: (best[name, high] - best[name, low]) / (high - low) for name, (low, high) in TRIALS.items()}
    return {name: cost["numpy"] / cost[name] for name in TRIALS if name != "numpy"}


def too_slow(found: dict[str, float], recorded: dict[str, float]) -> list[str]:
    """List the kernels that have fallen below the allowed share of their recorded ratio."""
    return [name for name, ratio in recorded.items() if found[name] < ALLOWED * ratio]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.guard", description=__doc__)
    parser.add_argument("--record", action="store_true", help="write the ratios of now as those to keep")
    options = parser.parse_args()
    found = ratios()
    if options.record:
        RECORD.write_text(json.dumps({k: round(v, 2) for k, v in found.items()}, indent=1) + "\n", encoding="utf-8")
    recorded = json.loads(RECORD.read_text(encoding="utf-8"))
    slow = too_slow(found, recorded)
    for name, ratio in found.items():
        verdict = "TOO SLOW" if name in slow else "ok"
        print(f"{name}: {ratio:.2f} x NumPy, recorded {recorded[name]:.2f}: {verdict}")
    return 1 if slow else 0


if __name__ == "__main__":
    sys.exit(main())
