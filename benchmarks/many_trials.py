"""``python -m benchmarks.many_trials [TRIALS ...]``: the sample without samples: memory does not grow with trials."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

SAMPLE = Path(__file__).parents[1] / "scenarios" / "b2b_software" / "scenario.yaml"


def main() -> None:
    """Run the sample with so many trials, each in a process of its own."""
    print(f"{'trials':>12} {'seconds':>8} {'of processors':>13} {'MiB':>6}", flush=True)
    for trials in sys.argv[1:] or ("1e5", "1e6", "1e7"):
        command = [sys.executable, "-c", _COUNTED, str(SAMPLE), str(int(float(trials)))]
        started = time.perf_counter()
        process = subprocess.Popen(command)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            sys.exit(process.returncode)
        took, used = time.perf_counter() - started, usage.ru_utime + usage.ru_stime
        print(f"{int(float(trials)):12,} {took:8.1f} {used:13.1f} {usage.ru_maxrss / 1024:6.0f}", flush=True)
    print(f"load average {os.getloadavg()[0]:.1f} at the end")


_COUNTED = (
    "import sys; from simfunnel import simulate; simulate(sys.argv[1], trials=int(sys.argv[2]), samples=False).summary"
)

if __name__ == "__main__":
    main()
