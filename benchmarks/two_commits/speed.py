"""``python -m benchmarks.two_commits.speed BASE [NEW]``: is any command slower, or larger? On an idle machine."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.commands import STRESS, with_leads
from benchmarks.funnel import Size, problem, scenario, write_scenario
from benchmarks.two_commits.checkout import Checkout, check_out
from benchmarks.two_commits.median_ratio import LEAST_PAIRS, median_ratio

SLOWER, COLD, LARGER = 1.03, 1.05, 1.02
"""What the upper end of the interval may be: of a warm command, of a first run, of peak memory."""


@dataclass(frozen=True)
class Timed:
    """A command that is timed as a whole, from before the interpreter starts to after it has gone."""

    name: str
    arguments: tuple[str, ...]
    slow: bool = False
    cold: bool = False
    """Whether the kernel cache is emptied before each run."""


def main(arguments: list[str] | None = None) -> int:
    """Time both commits in pairs; 1 if a command may be slower or larger than is allowed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.two_commits.speed", description=__doc__)
    parser.add_argument("base", help="commit, or folder of sources, to compare with")
    parser.add_argument("new", nargs="?", default="HEAD", help="commit or folder [default: HEAD]; . is what is here")
    parser.add_argument("--pairs", type=int, default=15, metavar="N", help="pairs of each command [default: 15]")
    parser.add_argument("--slow-pairs", type=int, default=5, metavar="N", help="pairs of the slow ones [default: 5]")
    parser.add_argument("--only", default="", metavar="TEXT", help="only commands whose name contains this")
    options = parser.parse_args(arguments)
    missed = 0
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        both = tuple(check_out(commit, work / side) for commit, side in ((options.base, "base"), (options.new, "new")))
        for checkout in both:
            checkout.check(work)
        print(f"{options.new} / {options.base}: median ratio and its 90 % interval")
        for timed in commands(both[0], work):
            if options.only in timed.name:
                missed += _report(timed, both, work, options.slow_pairs if timed.slow else options.pairs)
    print(f"load average {os.getloadavg()[0]:.1f} at the end")
    return 1 if missed else 0


def commands(base: Checkout, work: Path) -> Iterator[Timed]:
    """Write the scenarios, and say what is timed on them."""
    for deals in (400, 1_000):
        (work / str(deals)).mkdir()
    book = str(write_scenario(work / "1000", Size(deals=1_000)))
    planned = with_leads(write_scenario(work / "400", Size(deals=400)))
    yield Timed("run", ("run", book, "--json", "--trials", "100000"))
    yield Timed("plan", ("plan", planned, "--json"))
    yield Timed("stress", ("stress", planned, "--json", *STRESS))
    yield Timed("exact, 1,000 deals", ("run", _without_groups(work), "--json", "--method", "exact"))
    shutil.copytree(base.sources / "scenarios" / "b2b_software", work / "sample")
    sample = str(work / "sample" / "scenario.yaml")
    yield Timed("exact, the sample", ("run", sample, "--json", "--method", "exact"), slow=True)
    yield Timed("run, cold", ("run", book, "--json", "--trials", "100000"), slow=True, cold=True)


def _without_groups(work: Path) -> str:
    """1,000 deals of no segment and no owner, under the market factor alone."""
    data = scenario(problem(Size(deals=1_000, owners=0)))
    data["pipeline"]["opportunities"] = [
        {key: value for key, value in deal.items() if key != "segment"} for deal in data["pipeline"]["opportunities"]
    ]
    del data["segments"]
    data["correlation"] = {"market": data["correlation"]["market"]}
    path = work / "ungrouped.yaml"
    path.write_text(json.dumps(data, indent=1), "utf-8")
    return str(path)


def _report(timed: Timed, both: tuple[Checkout, ...], work: Path, pairs: int) -> int:
    """Time a command in pairs and print a line; how many limits are missed."""
    for checkout in both:
        measured(timed, checkout, work)  # byte code, kernels, and files into the memory of the system
    seconds, sizes = [], []
    for pair in range(pairs):
        order = both if pair % 2 == 0 else both[::-1]  # neither is always the first
        found = {checkout: measured(timed, checkout, work) for checkout in order}
        old, new = (found[checkout] for checkout in both)
        seconds.append(new[0] / old[0])
        sizes.append(new[1] / old[1])
    missed = 0
    for what, ratios, limit in (("time", seconds, COLD if timed.cold else SLOWER), ("memory", sizes, LARGER)):
        median, low, high = median_ratio(ratios)
        missed += high > limit
        verdict = "met" if high <= limit else "MISSED" if pairs >= LEAST_PAIRS else "too few pairs to say"
        print(f"{timed.name:20} {what:7} {median:.3f}  {low:.3f} to {high:.3f}  at most {limit}: {verdict}"
              f"  ({pairs} pairs, now {old[0]:.2f} -> {new[0]:.2f} s)", flush=True)  # fmt: skip
    return missed


def measured(timed: Timed, checkout: Checkout, work: Path) -> tuple[float, int]:
    """Wall time of a command, seconds, and its largest resident memory, KiB on Linux."""
    if timed.cold:
        shutil.rmtree(checkout.kernels, ignore_errors=True)
    started = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "simfunnel", *timed.arguments], cwd=work, env=checkout.environment(),
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    _, status, usage = os.wait4(process.pid, 0)
    took = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise RuntimeError(f"{checkout.name}: {timed.name} ended with exit code {process.returncode}")
    return took, usage.ru_maxrss


if __name__ == "__main__":
    sys.exit(main())
