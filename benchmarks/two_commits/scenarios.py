"""The scenarios that both commits read: the samples, and what the tests build; written once, to one folder."""

from __future__ import annotations

import datetime as dt
import importlib
import re
import shutil
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

from benchmarks.processes import ROOT

TESTS = ROOT / "tests"
SAMPLES = ("starter", "b2b_software", "zh_manufacturing")
BUILT = (
    "uncertain rates and factors",
    "loops, skips and never",
    "unknown ages, correlated, uncertain",
    "pace and clock",
    "amounts, levels and realization",
    "closed wins, fiscal quarters",
    "drawn amounts of every origin",
    "segments of general transitions",
    "cash of closed, open and new",
    "odds of a segment and an owner",
)
"""Names in ``tests/agreement/grid.py`` that together reach every part of the format."""
TARGET = {"period": "total", "amount": 200}
"""Where a built scenario has none: plan, levers and stress ask for one."""
LEADS = [
    {"name": "web", "stage": "A", "rate": {"per": "week", "mean": 4}, "amount": {"lognormal": {"mean": 50, "sd": 30}}}
]
DEALS = """\
Opportunity ID,Stage,Last Stage Change Date,Amount,Owner,Segment,Created Date,Close Date
1,Qualification,2026-12-20,18000,Wang Wei,,2026-12-20,2027-02-10
2,Proposal,2026-12-11,"24,000",Li Na,enterprise,2026-11-20,2027-03-01
3,Negotiation,2026-12-29,95000,Li Na,enterprise,2026-10-02,2027-01-20
4,Proposal,2026-06-01,12500,Wang Wei,,2026-05-01,2026-12-01
5,Negotiation,2026-12-30,,Somebody Else,,2026-12-01,2027-01-31
6,Closed Won,2027-01-02,7000,Wang Wei,,2026-11-01,2027-01-02
7,Closed Lost,2026-12-02,7000,Wang Wei,,2026-11-01,2026-12-02
"""


def table_of_tests(module: str) -> ModuleType:
    """Import a module of the tests of this checkout, for the tables in it."""
    if str(TESTS) not in sys.path:
        sys.path.insert(0, str(TESTS))
    return importlib.import_module(module)


def write_samples(source: Path, folder: Path) -> dict[str, Path]:
    """Copy the samples of one commit; beside each, the same a fortnight later, for comparisons of two dates."""
    result = {}
    for name in SAMPLES:
        shutil.copytree(source / "scenarios" / name, folder / name)
        path = folder / name / "scenario.yaml"
        later = re.sub(r"(?m)^as_of: (\S+)", _a_fortnight_later, path.read_text("utf-8"), count=1)
        path.with_name("later.yaml").write_text(later, "utf-8")
        result[name] = path
    return result


def _a_fortnight_later(found: re.Match[str]) -> str:
    return f"as_of: {dt.date.fromisoformat(found[1]) + dt.timedelta(days=14)}"


def write_built(folder: Path) -> dict[str, tuple[Path, str | None]]:
    """Write what the tests build; title -> the file and the variant to run."""
    grid = table_of_tests("agreement.grid").GRID
    result: dict[str, tuple[Path, str | None]] = {}
    for title in BUILT:
        data, variant = grid[title]
        path = folder / title.replace(" ", "_").replace(",", "") / "scenario.yaml"
        write_yaml({"targets": [TARGET], **data, "leads": data.get("leads") or LEADS}, path)
        result[title] = (path, variant)
    full = folder / "full_example"
    full.mkdir()
    shutil.copy(TESTS / "scenario" / "full_example.yaml", full / "scenario.yaml")
    (full / "pipeline.csv").write_text(DEALS, "utf-8")
    result["full example"] = (full / "scenario.yaml", "weak_quarter")
    return result


def write_yaml(data: Any, path: Path) -> None:
    """Write a scenario given as data, in a folder of its own."""
    from ruamel.yaml import YAML

    path.parent.mkdir(parents=True)
    with path.open("w", encoding="utf-8") as file:
        YAML(typ="safe").dump(data, file)


def write_malformed(folder: Path) -> dict[str, Path]:
    """Write every malformed scenario and pipeline file of the tests; title -> a scenario."""
    result = {}
    scenarios = table_of_tests("scenario.test_malformed")
    for number, (title, old, new, _) in enumerate(scenarios.CASES):
        path = folder / f"scenario{number}" / "s.yaml"
        path.parent.mkdir(parents=True)
        text: str = scenarios.BASE + new if old is None else scenarios.BASE.replace(old, new, 1)
        path.write_text(text, "utf-8")
        result[f"scenario: {title}"] = path
    stages = [{"name": name, "conversion": 0.5, "duration": 10} for name in table_of_tests("crm.reading").STAGES]
    files = table_of_tests("crm.test_malformed_files").CASES
    for number, (title, (content, name, options, _)) in enumerate(files.items()):
        path = folder / f"file{number}" / "s.yaml"
        write_yaml({"version": 1, "as_of": "2027-01-20", "periods": {"unit": "quarter", "count": 1}, "stages": stages,
                    "pipeline": {"file": name, **options}}, path)  # fmt: skip
        path.with_name(name).write_bytes(content if isinstance(content, bytes) else content.encode())
        result[f"file: {title}"] = path
    return result
