"""``python -m benchmarks``: engines side by side, answers checked first; scaling; commands; big runs; roofline."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from benchmarks import commands, memory, report, sample_features, scaling, side_by_side
from benchmarks.processes import job

SECTIONS = ("engines", "features", "scaling", "commands", "big", "exact", "roofline")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="smaller sizes, about two minutes; no big runs")
    parser.add_argument(
        "--json", type=Path, metavar="FILE",
        help="also write the results to a file; with --only, other sections that it holds are kept",
    )  # fmt: skip
    parser.add_argument("--only", metavar="NAMES", help=f"some of {','.join(SECTIONS)}; default all")
    options = parser.parse_args()
    chosen = options.only.split(",") if options.only else list(SECTIONS)
    if unknown := set(chosen) - set(SECTIONS):
        parser.error(f"unknown section {', '.join(sorted(unknown))}; expected some of {', '.join(SECTIONS)}")
    results: dict[str, Any] = {}
    if options.json is not None and options.only and options.json.exists():
        results = json.loads(options.json.read_text(encoding="utf-8"))
    results |= {"mode": "quick" if options.quick else "full", "machine": report.machine()}
    loads = results.setdefault("load_average", {})
    found, problems, largest = side_by_side.check()
    results["check"] = {"answers": found, "largest_gap": largest, "problems": problems}
    report.show_check(results["check"])
    if problems:
        return 1
    measures = {
        "engines": side_by_side.measure, "features": sample_features.measure, "scaling": scaling.measure,
        "commands": commands.measure, "big": memory.measure,
    }  # fmt: skip
    for name in chosen:
        before = report.load()
        if name == "roofline":
            results[name] = job("generator", repeats=5)
        elif name == "exact":
            results[name] = job("exact")
        else:
            results[name] = measures[name](quick=options.quick)
        loads[name] = [before, report.load()]
        report.show(name, results)
    if options.json is not None:
        options.json.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
