from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from simfunnel.errors import InputError
from simfunnel.families.lognormal.written import Lognormal
from simfunnel.scenario import load_scenario

BASE = """\
version: 1
as_of: 2027-01-04
periods: {unit: quarter, count: 2}
stages:
  - name: Discovery
    conversion: {mean: 0.5, n: 40}
    duration: {gamma: {mean: 20, sd: 12}}
  - name: Proposal
    conversion: 0.4
    duration: 20
    lost_duration: 30
pipeline:
  file: deals.csv
  stage_map: {"Closed Won": Won, "*": Proposal}
leads:
  - {name: web, stage: Discovery, rate: {per: week, mean: 30, dispersion: 2}, owner: {Ann: 0.5, Bo: 0.5}}
correlation: {market: 0.1, owner: 0.05}
targets: [{period: 2027-Q1, amount: 3M}]
"""

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    monkeypatch.chdir(tmp_path)

    def files(child: str, base: str = BASE) -> Path:
        Path("sub").mkdir()
        Path("sub/base.yaml").write_text(base, encoding="utf-8")
        Path("child.yaml").write_text("extends: sub/base.yaml\n" + child, encoding="utf-8")
        return Path("child.yaml")

    return files


def messages(path: Path) -> list[str]:
    with pytest.raises(InputError) as caught:
        load_scenario(path)
    return str(caught.value).split("\n")


def test_mappings_merge_by_key_and_defaults_come_after(write: Write) -> None:
    scenario = load_scenario(write("correlation: {market: 0.2}\n")).scenario
    assert (scenario.correlation.market, scenario.correlation.owner) == (0.2, 0.05)
    assert scenario.simulation.trials == 100_000


def test_stages_and_leads_merge_by_name_and_new_ones_are_appended(write: Write) -> None:
    child = """\
stages: [{name: Proposal, conversion: 0.6}, {name: Legal, conversion: 0.9, duration: 3}]
leads: [{name: web, rate: {mean: 40}, owner: {Cy: 1}}]
"""
    scenario = load_scenario(write(child)).scenario
    assert [stage.name for stage in scenario.stages] == ["Discovery", "Proposal", "Legal"]
    assert scenario.stages[1].conversion is not None
    assert scenario.stages[1].conversion.mean == 0.6
    assert scenario.stages[1].duration is not None
    assert (scenario.leads[0].rate.mean, scenario.leads[0].rate.dispersion) == (40, 2)
    assert scenario.leads[0].owner == {"Cy": 1.0}


def test_rates_and_distributions_are_replaced_whole(write: Write) -> None:
    child = """\
stages:
  - {name: Discovery, conversion: {mean: 0.3}, duration: {lognormal: {median: 3, p90: 9}}}
"""
    stage = load_scenario(write(child)).scenario.stages[0]
    assert stage.conversion is not None
    assert stage.conversion.n is None
    assert stage.duration is not None
    assert isinstance(stage.duration.parameters, Lognormal)


def test_null_removes_but_stays_a_value_in_a_stage_map(write: Write) -> None:
    child = "targets: null\nstages: [{name: Proposal, lost_duration: null}]\n"
    child += "pipeline: {stage_map: {'*': null}, status_map: {Zorp: null}}\n"
    scenario = load_scenario(write(child)).scenario
    assert scenario.targets == ()
    assert scenario.stages[1].lost_duration is None
    assert scenario.pipeline.stage_map == {"Closed Won": "Won", "*": None}
    assert scenario.pipeline.status_map == {"Zorp": None}


def test_pipeline_file_belongs_to_the_file_that_wrote_it(write: Write, tmp_path: Path) -> None:
    path = write("name: child\n")
    assert load_scenario(path).scenario.pipeline.file == str(tmp_path / "sub" / "deals.csv")
    assert load_scenario(path).pipeline_file == "deals.csv"
    assert load_scenario(path).files == ("child.yaml", str(Path("sub/base.yaml")))
    overridden = load_scenario(path, ["pipeline.file=other.csv"])
    assert overridden.scenario.pipeline.file == str(tmp_path / "other.csv")


def test_transitions_over_a_conversion_say_what_to_remove(write: Write) -> None:
    path = write("stages: [{name: Proposal, transitions: [{to: Won, probability: 1, duration: 3}]}]\n")
    base = str(Path("sub/base.yaml"))
    assert messages(path) == [
        "child.yaml:2:27: stages.Proposal.transitions: 'transitions' cannot stand beside "
        f"'conversion' and 'duration' and 'lost_duration' of {base}:9; remove what is extended with "
        "`conversion: null` and `duration: null` and `lost_duration: null`"
    ]


def test_transitions_replace_a_conversion_that_is_removed(write: Write) -> None:
    child = """\
stages:
  - name: Proposal
    conversion: null
    duration: null
    lost_duration: null
    transitions: [{to: Won, probability: 1, duration: 3}]
"""
    assert load_scenario(write(child)).scenario.stages[1].transitions is not None


def test_an_error_in_the_base_names_the_base(write: Write) -> None:
    path = write("name: child\n", BASE.replace("conversion: 0.4", "conversion: 4"))
    base = str(Path("sub/base.yaml"))
    assert messages(path) == [f"{base}:9:17: stages.Proposal.conversion: must be at most 1, found 4; write 4% or 0.04"]


def test_a_circle_of_extends_is_an_error(write: Write) -> None:
    path = write("name: child\n", "extends: ../child.yaml\n")
    base = str(Path("sub/base.yaml"))
    assert messages(path) == [f"{base}:1:10: extends: '../child.yaml' extends itself, directly or through others"]


def test_a_missing_base_is_an_error_where_it_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("s.yaml").write_text("extends: nothing.yaml\n", encoding="utf-8")
    assert messages(Path("s.yaml")) == ["s.yaml:1:10: extends: there is no such file, found 'nothing.yaml'"]


def test_files_that_cannot_be_read_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert messages(Path("no.yaml")) == ["no.yaml: there is no such file"]
    Path("folder").mkdir()
    assert messages(Path("folder")) == ["folder: this is a folder; expected a scenario file"]
    Path("latin.yaml").write_bytes(b"version: 1\nname: M\xfcller\n")
    assert messages(Path("latin.yaml")) == [
        "latin.yaml:2:8: expected text in UTF-8, found the byte 0xfc; save the file as UTF-8"
    ]
