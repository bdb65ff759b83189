"""``python -m benchmarks.html_report``: what the HTML report takes beyond the commands that it shows, and its size.

The commands and the report run in turn, each a process of its own, on books of 400 and of 5,000 deals with owners,
segments and leads.
"""

from __future__ import annotations

import os
import statistics
import tempfile
from pathlib import Path

from benchmarks.commands import with_leads
from benchmarks.funnel import Size, write_scenario
from benchmarks.processes import command

SHOWN = ("run", "plan", "levers", "stress", "health")
ROUNDS = {400: 3, 5_000: 1}
"""Deals of a book -> times that all is run; the median is told."""


def main() -> None:
    """Measure and print a line for each size."""
    print(f"load {os.getloadavg()[0]:.1f} at the start; seconds as they passed, medians")
    with tempfile.TemporaryDirectory() as name:
        for deals, rounds in ROUNDS.items():
            folder = Path(name) / str(deals)
            folder.mkdir()
            scenario, target = with_leads(write_scenario(folder, Size(deals=deals))), folder / "report.html"
            single, whole = [], []
            for _ in range(rounds + 1):  # the first is for byte code and kernels
                single.append(sum(command([one, scenario, "--json", *_options(one)]) for one in SHOWN))
                whole.append(command(["report", scenario, "-q", "-o", str(target)]))
            apart, together = (statistics.median(times[1:]) for times in (single, whole))
            print(
                f"{deals:,} deals: report {together:.1f}, its commands {apart:.1f} one by one, difference "
                f"{together - apart:+.1f}; {target.stat().st_size / 1e6:.2f} MB", flush=True,
            )  # fmt: skip


def _options(command_name: str) -> tuple[str, ...]:
    return ("--deals",) if command_name == "plan" else ()


if __name__ == "__main__":
    main()
