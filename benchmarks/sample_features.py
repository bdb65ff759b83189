"""What the bundled sample has and the plain funnel has not: cost of a deal-trajectory by both kernels and the twin."""

from __future__ import annotations

from typing import Any

from benchmarks.funnel import FEATURES
from benchmarks.processes import job
from benchmarks.report import number

ENGINES = {
    "paths_1": ((2_000, 22_000), (10_000, 60_000)),
    "outcomes_1": ((5_000, 55_000), (20_000, 220_000)),
    "numpy": ((1_000, 11_000), (2_000, 32_000)),
}
"""One thread each; trials between which the slope is taken, quick and full."""
HEADERS = ("1,000 deals, core ns a deal-trajectory", "paths", "outcomes", "NumPy, expert", "x NumPy, outcomes")


def measure(*, quick: bool) -> dict[str, Any]:
    """Processor time of a deal-trajectory, ns: {feature: {engine: ns}}; `plain` has none."""
    result: dict[str, Any] = {}
    for name in ("plain", *FEATURES):
        size = {"deals": 1_000, "features": [name] if name in FEATURES else []}
        result[name] = {
            engine: job("slope", engine=engine, trials=trials[not quick], repeats=3, sizes=[size])["rows"][0]["core_ns"]
            for engine, trials in ENGINES.items()
        }
    return result


def rows(found: dict[str, Any]) -> list[list[str]]:
    """Rows of the table."""
    return [
        [name, *(number(ns[engine]) for engine in ENGINES), number(ns["numpy"] / ns["outcomes_1"])]
        for name, ns in found.items()
    ]
