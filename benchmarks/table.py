"""``python -m benchmarks.table``: write the table of engines from results.json into the project's README.md.

With ``--all`` the page is benchmarks/README.md and gets every table.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.exact import HEADERS as EXACT_HEADERS
from benchmarks.exact import rows as exact_rows
from benchmarks.processes import ROOT
from benchmarks.report import ENGINE_HEADERS, big_rows, command_rows, engine_rows, number
from benchmarks.sample_features import HEADERS as FEATURE_HEADERS
from benchmarks.sample_features import rows as feature_rows
from benchmarks.verdicts import verdicts

START, END = "<!-- benchmarks:start -->", "<!-- benchmarks:end -->"


def markdown(headers: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Spell a table in Markdown."""
    lines = ["| " + " | ".join(headers) + " |", "|---" + "|---:" * (len(headers) - 1) + "|"]
    lines += ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join(lines)


def rendered(results: dict[str, Any]) -> str:
    """Spell the table of engines, and where it was measured."""
    m = results["machine"]
    where = (
        f"Measured {m['date']} in one run on {m['processors']} cores of {m['cpu']}, Python {m['python']}, "
        f"NumPy {m['numpy']}, Numba {m['numba']}; 2,000 open deals, five stages, three factors, two quarters."
    )
    return f"{markdown(ENGINE_HEADERS, engine_rows(results['engines']))}\n\n{where}"


def everything(results: dict[str, Any]) -> str:
    """Spell every table that the results hold, the targets first."""
    parts = []
    if rows := [[v.target, v.measured, "met" if v.met else "**missed**"] for v in verdicts(results)]:
        parts.append("### Targets\n\n" + markdown(["target", "measured", ""], rows))
    if "engines" in results:
        parts.append("### Engines\n\n" + rendered(results))
    if "features" in results:
        parts.append("### What the sample has\n\n" + markdown(FEATURE_HEADERS, feature_rows(results["features"])))
    for what, kernels in results.get("scaling", {}).items():
        columns = list(kernels)
        rows = [
            [f"{value:,}", *(number(dict(map(tuple, kernels[kernel]))[value]) for kernel in columns)]
            for value, _ in kernels[columns[0]]
        ]
        unit = "ns" if what in {"trials", "threads"} else "core ns"
        parts.append(f"### {unit} per deal-trajectory, growing {what}\n\n" + markdown([what, *columns], rows))
    if "commands" in results:
        parts.append("### Commands\n\n" + markdown(["", "least", "median"], command_rows(results["commands"])))
        spent = {name: ms for name, ms in results["commands"]["imports"].items() if ms >= 0.5}
        rows = [[name, f"{ms:.0f}"] for name, ms in spent.items()]
        parts.append("### Imports of `run --json`, ms\n\n" + markdown(["package", "ms"], rows))
    if "big" in results:
        headers = ["", "seconds", "of these simulate", "peak MiB"]
        parts.append("### Big runs and re-forecasts\n\n" + markdown(headers, big_rows(results["big"])))
    if "exact" in results:
        parts.append("### Exact\n\n" + markdown(EXACT_HEADERS, exact_rows(results["exact"])))
    if "roofline" in results:
        rows = [[what.replace("_", " "), number(value)] for what, value in results["roofline"].items()]
        parts.append("### Bounds, one core\n\n" + markdown(["ns per draw or deal-trial", ""], rows))
    loads = ", ".join(f"{name} {a[0]} to {b[0]}" for name, (a, b) in results.get("load_average", {}).items())
    parts.append(f"Load average of the machine (2 cores) before and after each section: {loads}.")
    return "\n\n".join(parts)


def replaced(page: str, table: str) -> str | None:
    """Put a table between the markers of a page; None if it has none."""
    before, start, rest = page.partition(START)
    _, end, after = rest.partition(END)
    return f"{before}{start}\n{table}\n{end}{after}" if start and end else None


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.table", description=__doc__)
    parser.add_argument("--results", type=Path, default=ROOT / "benchmarks" / "results.json")
    parser.add_argument("--all", action="store_true", help="every table, into benchmarks/README.md")
    parser.add_argument("--page", type=Path)
    options = parser.parse_args()
    path: Path = options.page or (ROOT / "benchmarks" if options.all else ROOT) / "README.md"
    results = json.loads(options.results.read_text(encoding="utf-8"))
    page = replaced(path.read_text(encoding="utf-8"), everything(results) if options.all else rendered(results))
    if page is None:
        print(f"{path.name} has no {START} and {END}: nothing written")
        return
    path.write_text(page, encoding="utf-8")
    print(f"{path.name}: table written")


if __name__ == "__main__":
    main()
