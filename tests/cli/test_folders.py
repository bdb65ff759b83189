"""`--out`: folders of results as the command line writes them."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from simfunnel import bundle

from .conftest import Run


def faces(folder: str) -> set[str]:
    manifest = bundle.read(folder)
    assert manifest is not None
    return {file.face for file in manifest.files.values()}


def test_the_manifest_names_the_command(folder: Path, run: Run) -> None:
    assert run("run", "scenario.yaml", "--out", "results", "--trials", "500").code == 0
    data = json.loads(Path("results/manifest.json").read_text("utf-8"))
    assert data["command"] == ["simfunnel", "run", "scenario.yaml", "--out", "results", "--trials", "500"]
    assert "trials 500" in data["provenance"]
    assert set(data["files"]) == {path.name for path in Path("results").iterdir()} - {"manifest.json"}


def test_results_of_several_commands_may_share_a_folder(folder: Path, run: Run) -> None:
    assert run("run", "scenario.yaml", "--out", "results", "--trials", "500").code == 0
    assert run("levers", "scenario.yaml", "--out", "results", "--trials", "500").code == 0
    assert run("plot", "scenario.yaml", "--kind", "fan", "--out", "results", "--trials", "500").code == 0
    assert faces("results") == {"forecast", "levers", "plots"}
    assert run("run", "scenario.yaml", "--method", "exact", "--out", "results").code == 0
    names = {path.name for path in Path("results").iterdir()}
    assert {"levers.csv", "forecast.json"} <= names and not {"samples.npz", "occupancy.png"} & names
    assert faces("results") == {"forecast", "levers"}


def test_plots_of_an_earlier_command_stay_beside_new_ones(folder: Path, run: Run) -> None:
    for kind in ("fan", "distribution"):
        options = ("--kind", kind, "--format", "svg", "--trials", "500")
        assert run("plot", "scenario.yaml", "--out", "plots", *options).code == 0
    assert {path.name for path in Path("plots").iterdir()} == {"fan.svg", "distribution.svg", "manifest.json"}


@pytest.mark.parametrize(
    ("command", "name"),
    [
        (("run", "scenario.yaml", "--no-samples"), "summary.csv"),
        (("levers", "scenario.yaml"), "levers.csv"),
        (("plot", "scenario.yaml", "--kind", "fan", "--format", "svg"), "fan.svg"),
        (("compare", "scenario.yaml", "scenario.yaml"), "comparison.csv"),
    ],
)
def test_a_file_in_the_way_is_named_and_replaced_only_by_force(
    command: tuple[str, ...], name: str, folder: Path, run: Run
) -> None:
    Path("results").mkdir()
    Path("results", name).write_text("mine", "utf-8")
    arguments = (*command, "--trials", "500", "--out", "results")
    refused = run(*arguments)
    assert refused.code == 2 and refused.out == ""
    assert f"{Path('results', name)}: this file is not one that simfunnel wrote, and would be replaced" in refused.err
    assert {path.name for path in Path("results").iterdir()} == {name}
    assert run(*arguments, "--force").code == 0
    assert Path("results", name).read_text("utf-8") != "mine"


def test_a_half_written_folder_is_refused_and_mended_by_the_next_command(folder: Path, run: Run) -> None:
    assert run("run", "scenario.yaml", "--out", "results", "--trials", "500").code == 0
    path = Path("results/manifest.json")
    data = json.loads(path.read_text("utf-8"))
    path.write_text(json.dumps({**data, "writing": {"staging": ".partial-x", "old": {}, "new": ["fan.png"]}}), "utf-8")
    refused = run("compare", "results", "scenario.yaml")
    assert refused.code == 2
    assert "results: a command that wrote to this folder was interrupted" in refused.err
    assert run("run", "scenario.yaml", "--out", "results", "--trials", "500").code == 0
    assert run("compare", "results", "scenario.yaml", "--trials", "500").code == 0


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="a place where nobody may write, not even root")
def test_a_folder_that_cannot_be_made_is_exit_code_1_and_one_sentence(folder: Path, run: Run) -> None:
    done = run("run", "scenario.yaml", "--trials", "500", "--out", "/proc/results")
    assert (done.code, done.out) == (1, "")
    assert done.err.strip() == "error: /proc/results: cannot be written: No such file or directory"


def test_an_interrupt_after_the_files_are_there_says_so(
    folder: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    import simfunnel.report.console.layout

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(simfunnel.report.console.layout, "page_text", interrupted)
    done = run("run", "scenario.yaml", "--trials", "500", "--out", "here")
    assert done.code == 130
    assert done.err.strip().startswith("interrupted; written before that: ") and done.err.strip().endswith("here")
    assert Path("here/forecast.json").is_file()
