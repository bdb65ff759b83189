"""``python -m benchmarks.two_commits BASE [NEW]``: does anything that a person or a program reads differ?"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from benchmarks.two_commits.cases import Case, cases_of, malformed_case
from benchmarks.two_commits.checkout import Checkout, check_out
from benchmarks.two_commits.differences import Difference, differences
from benchmarks.two_commits.outcome import outcome
from benchmarks.two_commits.scenarios import write_built, write_malformed, write_samples

SHOWN = 8
"""Differences of a case that are printed; the rest is counted."""


def main(arguments: list[str] | None = None) -> int:
    """Compare; 1 if a value changed, or anything is gone, 0 if nothing did or keys were only added."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.two_commits", description=__doc__)
    parser.add_argument("base", help="commit, or folder of sources, to compare with")
    parser.add_argument("new", nargs="?", default="HEAD", help="commit or folder [default: HEAD]; . is what is here")
    parser.add_argument("--only", default="", metavar="TEXT", help="only cases whose name contains this")
    parser.add_argument("--shown", type=int, default=SHOWN, metavar="N", help="differences shown of each case")
    options = parser.parse_args(arguments)
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        base, new = (check_out(commit, work / side) for commit, side in ((options.base, "base"), (options.new, "new")))
        cases = [case for case in all_cases(base, work / "scenarios") if options.only in case.name]
        print(f"{len(cases)} commands of {base.name} and {new.name}", flush=True)
        changed, added = _compare(cases, base, new, work, options.shown)
    print(f"\n{len(cases)} cases in {time.monotonic() - started:.0f} s: {changed} changed, {added} only grew")
    return 1 if changed else 0


def all_cases(base: Checkout, folder: Path) -> list[Case]:
    """Write all scenarios to a folder, and list the commands on them."""
    result = [
        case
        for title, path in write_samples(base.sources, folder / "samples").items()
        for case in cases_of(title, path)
    ]
    for title, (path, variant) in write_built(folder / "built").items():
        result += cases_of(title, path, variant, sample=False)
    result.append(Case("schema", ("schema",)))
    return result + [malformed_case(*item) for item in write_malformed(folder / "malformed").items()]


def _compare(cases: list[Case], base: Checkout, new: Checkout, work: Path, shown: int) -> tuple[int, int]:
    """Number of cases that changed, and that only grew."""
    places = {}
    for checkout, side in ((base, "base"), (new, "new")):
        places[side] = work / "runs" / side
        places[side].mkdir(parents=True)
        checkout.check(places[side])
    changed = added = 0
    with ThreadPoolExecutor(1) as left, ThreadPoolExecutor(1) as right:  # each commit keeps the order of its cases
        pairs = [
            (case, left.submit(outcome, case, base, places["base"]), right.submit(outcome, case, new, places["new"]))
            for case in cases
        ]
        for case, old, fresh in pairs:
            found = list(differences(old.result(), fresh.result()))
            if found:
                _report(case, found, shown)
                real = any(not difference.added for difference in found)
                changed, added = changed + real, added + (not real)
    return changed, added


def _report(case: Case, found: list[Difference], shown: int) -> None:
    print(f"\n{case.name}\n  simfunnel {' '.join(case.arguments)}")
    for title, kind in (("changed", [d for d in found if not d.added]), ("added", [d for d in found if d.added])):
        for difference in kind[:shown]:
            print(f"  {title}: {difference}")
        if len(kind) > shown:
            print(f"  {title}: {len(kind) - shown:,} more")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
