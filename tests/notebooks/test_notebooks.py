"""The notebooks run, show what they show today, and use what is public."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from helpers import JIT

import simfunnel

from .executing import NOTEBOOKS, executed

FILES = sorted(NOTEBOOKS.glob("*.ipynb"))
EACH = pytest.mark.parametrize("file", FILES, ids=[file.stem for file in FILES])
SLOW = {
    "2_leads_needed",
    "3_stress_testing_win_rates",
    "4_correlation_and_uncertain_rates",
    "5_backtest_your_own_forecaster",
    "6_calibrating_from_history",
}
"""Executed with the slow tests."""
RENEW = "renew it with: python tests/notebooks/executing.py"


def cells(file: Path, kind: str = "code") -> list[dict[str, Any]]:
    return [cell for cell in json.loads(file.read_text(encoding="utf-8"))["cells"] if cell["cell_type"] == kind]


def outputs(file: Path) -> list[dict[str, Any]]:
    return [output for cell in cells(file) for output in cell["outputs"]]


def printed(code_cells: Any) -> list[str]:
    """Text that each cell prints."""
    return [
        "".join("".join(output["text"]) for output in cell["outputs"] if output["output_type"] == "stream")
        for cell in code_cells
    ]


def test_there_are_six_notebooks() -> None:
    assert [file.stem[0] for file in FILES] == list("123456")


@pytest.mark.parametrize(
    "file",
    [pytest.param(file, marks=pytest.mark.slow if file.stem in SLOW else ()) for file in FILES],
    ids=[file.stem for file in FILES],
)
def test_a_notebook_runs_and_prints_what_is_stored(file: Path, tmp_path: Path) -> None:
    for package in ("nbclient", "nbformat", "ipykernel"):
        pytest.importorskip(package, reason=f'{package} is not installed: pip install "simfunnel[test]"')
    if not JIT:
        pytest.skip("kernels as plain Python are too slow for the notebooks")
    content = executed(file, tmp_path)
    code = [cell for cell in content.cells if cell.cell_type == "code"]
    assert all(output.get("name") != "stderr" for cell in code for output in cell.outputs)
    assert printed(code) == printed(cells(file)), f"{file.name} holds other results than it gives now; {RENEW}"


@EACH
def test_a_notebook_is_stored_with_its_outputs(file: Path) -> None:
    counts = [cell["execution_count"] for cell in cells(file)]
    assert counts == list(range(1, len(counts) + 1)), f"{file.name} was not run from top to bottom; {RENEW}"
    kinds = [output["output_type"] for output in outputs(file)]
    assert "error" not in kinds
    assert any("image/png" in output.get("data", {}) for output in outputs(file))


@EACH
def test_a_notebook_begins_with_a_title_and_its_purpose(file: Path) -> None:
    first = "".join(cells(file, "markdown")[0]["source"])
    assert re.match(r"# \w.*\n\nPurpose: .+\.", first, re.DOTALL)


@EACH
def test_a_notebook_uses_the_public_names_only(file: Path) -> None:
    code = "\n".join("".join(cell["source"]) for cell in cells(file))
    assert set(re.findall(r"\bsimfunnel\.(\w+)", code)) <= set(simfunnel.__all__)
    assert not re.findall(r"^\s*(?:from\s+simfunnel|import\s+simfunnel\S)", code, re.MULTILINE)
    assert not re.findall(r"\._[a-z]", code)


@EACH
def test_a_notebook_tells_nothing_of_the_machine_it_was_run_on(file: Path) -> None:
    assert all("execution" not in cell["metadata"] for cell in cells(file))
    for output in outputs(file):
        shown = {kind: text for kind, text in output.get("data", {}).items() if kind != "image/png"}
        assert not re.search(
            r"/(home|Users|tmp|work|root|usr|opt|var)/|[A-Z]:\\\\", json.dumps([shown, output.get("text")])
        )


@EACH
def test_markdown_holds_no_figure_that_could_go_stale(file: Path) -> None:
    text = "\n".join("".join(cell["source"]) for cell in cells(file, "markdown"))
    assert re.findall(r"\d+(?:[.,]\d+)?\s*(?:%|percent|[kM]\b)", re.sub(r"`[^`]*`", "", text)) == []
