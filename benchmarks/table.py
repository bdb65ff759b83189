"""``python -m benchmarks.table``: write the table of engines from results.json into the project's README.md."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.processes import ROOT
from benchmarks.report import ENGINE_HEADERS, engine_rows

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


def replaced(page: str, table: str) -> str | None:
    """Put a table between the markers of a page; None if it has none."""
    before, start, rest = page.partition(START)
    _, end, after = rest.partition(END)
    return f"{before}{start}\n{table}\n{end}{after}" if start and end else None


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.table", description=__doc__)
    parser.add_argument("--results", type=Path, default=ROOT / "benchmarks" / "results.json")
    parser.add_argument("--page", type=Path, default=ROOT / "README.md")
    options = parser.parse_args()
    table = rendered(json.loads(options.results.read_text(encoding="utf-8")))
    page = replaced(options.page.read_text(encoding="utf-8"), table)
    if page is None:
        print(f"{options.page.name} has no {START} and {END}: nothing written")
        return
    options.page.write_text(page, encoding="utf-8")
    print(f"{options.page.name}: table written")


if __name__ == "__main__":
    main()
