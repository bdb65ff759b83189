"""``python -m benchmarks.million [DEALS [TRIALS [OWNERS]]]``: a very large book, from its CSV to its summary by owner.

The funnel of the other benchmarks with a million open deals, 10,000 trials, 1,000 owners: the command runs in a process
of its own, whose seconds and largest resident memory are told.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

from benchmarks.funnel import Size, write_scenario
from benchmarks.processes import measured

SIZES = (1_000_000, 10_000, 1_000)


def main() -> None:
    """Write the scenario and its CSV file, and forecast it."""
    given = [int(float(text)) for text in sys.argv[1:]]
    deals, trials, owners = (*given, *SIZES[len(given) :])
    with tempfile.TemporaryDirectory() as folder:
        scenario = write_scenario(Path(folder), Size(deals=deals, owners=owners))
        size = Path(folder, "pipeline.csv").stat().st_size
        print(f"{deals:,} open deals ({size / 2**20:.0f} MiB of CSV), {owners:,} owners, {trials:,} trials", flush=True)
        asked = ["run", str(scenario), "--trials", str(trials), "--json", "--quiet"]
        took = measured(["-m", "simfunnel", *asked])
        print(f"{took.seconds:.1f} s, {took.of_processors:.1f} s of processors, {took.mib / 1024:.2f} GiB", flush=True)
    print(f"load average {os.getloadavg()[0]:.1f} at the end")


if __name__ == "__main__":
    main()
