"""The recipes of CONTRIBUTING.md work, from outside the package, as they stand there."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SCENARIO = ROOT / "scenarios" / "starter" / "scenario.yaml"
RUN = "import toy_registry, toy_commands; from simfunnel.cli import main; main()"


@pytest.fixture(scope="module")
def recipes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the files of the recipes."""
    folder = tmp_path_factory.mktemp("recipes")
    text = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    found = re.findall(r"```python title=(\S+)\n(.*?)```", text, re.DOTALL)
    assert len(found) >= 10
    for name, code in found:
        (folder / name).write_text(code, "utf-8")
    return folder


def run(recipes: Path, code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    path = os.pathsep.join([str(recipes), str(ROOT), os.environ.get("PYTHONPATH", "")])
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=recipes, env={**os.environ, "PYTHONPATH": path}, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip


def test_a_command_added_from_outside_prints_a_page_and_json(recipes: Path) -> None:
    page = run(recipes, RUN, "stages", str(SCENARIO))
    assert (page.returncode, page.stderr) == (0, "")
    assert re.search(r"^\w[\w ]*: \d+$", page.stdout, re.MULTILINE)
    data = json.loads(run(recipes, RUN, "stages", str(SCENARIO), "--json").stdout)
    assert sum(row["deals"] for row in data["stages"]) > 0
    assert "stages" in run(recipes, RUN, "--help").stdout


def test_a_result_added_from_outside_is_saved_and_shown_in_a_notebook(recipes: Path) -> None:
    done = run(recipes, RUN, "stages", str(SCENARIO), "--out", "made", "--quiet")
    assert done.returncode == 0, done.stderr
    assert {"stages.json", "stages.csv"} <= {path.name for path in (recipes / "made").iterdir()}
    assert "stage counts" in (recipes / "made" / "stages.csv").read_text("utf-8")
    asked = (
        f"import toy_registry, toy_result; r = toy_result.stage_counts({str(SCENARIO)!r}); "
        "print(list(r.to_dict()), '<table' in r._repr_html_(), len(r.frame()) > 2)"
    )
    assert run(recipes, asked).stdout.strip() == "['stages'] True True"


def test_the_package_knows_nothing_of_what_was_added(recipes: Path) -> None:
    assert run(recipes, "from simfunnel.cli import main; main()", "stages", str(SCENARIO)).returncode == 2


EXPORT = """Berth No,Tide,Anchor,Cargo worth,Pilot,Sighted on,Moored on
B1,Demo,at sea,1000,Ann,2026-09-01,
B2,Demo,moored,200,Ann,2026-09-01,2026-10-02
B3,Demo,sunk,300,Bo,2026-09-01,2026-10-03
B4,Trial,at sea,4000,Bo,2026-09-05,
"""
BOOK = """version: 1
as_of: 2026-10-10
periods: {unit: quarter, count: 1}
stages:
  - {name: Demo, conversion: 0.5, duration: 10}
  - {name: Trial, conversion: 0.5, duration: 10}
pipeline: {file: export.csv}
"""


def test_a_crm_added_from_outside_is_recognised_and_read(recipes: Path) -> None:
    (recipes / "export.csv").write_text(EXPORT, "utf-8")
    (recipes / "book.yaml").write_text(BOOK, "utf-8")
    asked = "from simfunnel.cli import main; main()"
    found = json.loads(run(recipes, f"import toy_crm; {asked}", "validate", "book.yaml", "--json").stdout)
    quality = found["data_quality"]
    assert quality["columns"]["amount"] == "Cargo worth"
    assert (quality["rows"], quality["used"], quality["won"], quality["lost"]) == (4, 2, 1, 1)
    assert run(recipes, asked, "validate", "book.yaml").returncode == 2


FAMILY = """version: 1
as_of: 2027-01-01
periods: {unit: quarter, count: 2}
stages:
  - {name: A, conversion: 0.5, duration: DURATION}
  - {name: B, conversion: 0.6, duration: {mixture: [{weight: 1, DURATION}, {weight: 2, fixed: 20}]}}
pipeline:
  opportunities:
    - {id: d1, stage: A, age: 30, amount: 100}
    - {id: d2, stage: A, amount: 100}
    - {id: d3, stage: B, age: 10, amount: 300}
targets: [{period: total, amount: 200}]
"""
FAMILY_RUN = "import toy_families; from simfunnel.cli import main; main()"


def written(folder: Path, name: str, duration: str) -> str:
    text = FAMILY.replace("duration: DURATION", f"duration: {{{duration}}}").replace("DURATION", duration)
    (folder / name).write_text(text, "utf-8")
    return name


@pytest.mark.parametrize("method", ["simulate", "exact"])
def test_a_family_added_from_outside_computes_what_the_weibull_that_equals_it_does(recipes: Path, method: str) -> None:
    files = [
        written(recipes, "rayleigh.yaml", "rayleigh: 40"),
        written(recipes, "weibull.yaml", f"weibull: {{shape: 2, scale: {40 * 2**0.5!r}}}"),
    ]
    documents = []
    for file in files:
        done = run(recipes, FAMILY_RUN, "run", file, "--json", "--method", method, "--trials", "2000")
        assert done.returncode == 0, done.stderr
        documents.append({key: part for key, part in json.loads(done.stdout).items() if key != "scenario"})
    found, expected = map(flat, documents)
    assert len(found) > 100
    assert found == pytest.approx(expected, rel=1e-7, abs=1e-9)


def flat(value: object) -> list[float]:
    """Every number in a document, in order."""
    if isinstance(value, dict):
        return [number for part in value.values() for number in flat(part)]
    if isinstance(value, list):
        return [number for part in value for number in flat(part)]
    return [float(value)] if isinstance(value, int | float) and not isinstance(value, bool) else []


def test_a_family_added_from_outside_is_checked_and_stands_in_the_schema(recipes: Path) -> None:
    done = run(recipes, FAMILY_RUN, "validate", written(recipes, "bad.yaml", "rayleigh: -4"))
    assert done.returncode == 2
    assert "bad.yaml:5:" in done.stderr and "must be above 0, found -4" in done.stderr
    assert '"rayleigh"' in run(recipes, FAMILY_RUN, "schema").stdout
    plain = "from simfunnel.cli import main; main()"
    assert "unknown distribution 'rayleigh'" in run(recipes, plain, "validate", "bad.yaml").stderr


COUNTED = """
import numpy as np
from simfunnel.forecast.inputs import prepare
from toy_output import wins_by_stage
model = prepare("weibull.yaml").compiled().model
one, two = (wins_by_stage(model, 20_000, 7, threads=n) for n in (1, 2))
expected = np.bincount(model.deals.stage, weights=model.win_rate, minlength=model.funnels.stages)
spread = np.bincount(model.deals.stage, weights=model.win_rate * (1 - model.win_rate), minlength=len(expected))
print(bool((one == two).all()), np.abs(one.mean(axis=1) - expected).max() < 5 * np.sqrt(spread.max() / 20_000))
"""


def test_an_output_added_from_outside_counts_what_the_win_rates_say_on_any_number_of_threads(recipes: Path) -> None:
    written(recipes, "weibull.yaml", "weibull: {shape: 2, scale: 56}")
    done = run(recipes, COUNTED)
    assert done.stdout.strip() == "True True", done.stderr
