"""``python -m benchmarks.many_trials [TRIALS ...]``: the sample without samples: memory does not grow with trials."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from benchmarks.processes import measured

SAMPLE = Path(__file__).parents[1] / "scenarios" / "b2b_software" / "scenario.yaml"


def main() -> None:
    """Run the sample with so many trials, each in a process of its own."""
    print(f"{'trials':>12} {'seconds':>8} {'of processors':>13} {'MiB':>6}", flush=True)
    for trials in sys.argv[1:] or ("1e5", "1e6", "1e7"):
        took = measured(["-c", _COUNTED, str(SAMPLE), str(int(float(trials)))])
        print(f"{int(float(trials)):12,} {took.seconds:8.1f} {took.of_processors:13.1f} {took.mib:6.0f}", flush=True)
    print(f"load average {os.getloadavg()[0]:.1f} at the end")


_COUNTED = (
    "import sys; from simfunnel import simulate; simulate(sys.argv[1], trials=int(sys.argv[2]), samples=False).summary"
)

if __name__ == "__main__":
    main()
