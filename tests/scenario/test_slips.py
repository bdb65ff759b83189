"""Slips that YAML takes without a word are errors that name what was probably meant."""

from __future__ import annotations

from pathlib import Path

import pytest

from simfunnel import InputError, load_scenario

BASE = """\
version: 1
as_of: 2027-01-04
periods: {unit: quarter, count: 1}
stages:
  - {name: Talk, conversion: 0.4, duration: 10}
"""


def problems(text: str, folder: Path) -> str:
    path = folder / "s.yaml"
    path.write_text(text, "utf-8")
    with pytest.raises(InputError) as caught:
        load_scenario(path)
    return str(caught.value)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ("pipeline: {file export.csv}\n", "unknown key 'file export.csv'; did you mean 'file: export.csv'?"),
        ("pipeline: {preset=hubspot}\n", "unknown key 'preset=hubspot'; did you mean 'preset: hubspot'?"),
        ("pace: {sd 0.2}\n", "unknown key 'sd 0.2'; did you mean 'sd: 0.2'?"),
        ("correlation: {maket: }\n", "unknown key 'maket'; did you mean 'market'?"),
        ("correlations:\n", "unknown key 'correlations'; did you mean 'correlation'?"),
        ("simulation: {trials： 1000}\n", "did you mean 'trials: 1000'; full-width punctuation is not YAML's?"),
        ("pace：\n  sd: 0.2\n", "the full-width sign '：' is not YAML's: write ':'"),
        ("teams: ｛Ann: East｝\nnonsense\n", "the full-width sign"),
        ("pace: {sd: 0.2，}\n", "the full-width sign '，' is not YAML's: write ','"),
    ],
)
def test_a_slip_is_an_error_that_names_what_was_meant(more: str, said: str, tmp_path: Path) -> None:
    assert said in problems(BASE + more, tmp_path)


def test_null_still_removes_what_the_format_knows(tmp_path: Path) -> None:
    path = tmp_path / "s.yaml"
    path.write_text(BASE + "pace:\nteams: {Ann: }\npipeline: {stage_map: {Draft: null}}\nsegments:\n", "utf-8")
    scenario = load_scenario(path).scenario
    assert scenario.pace is None and scenario.pipeline.stage_map == {"Draft": None}


def test_chinese_text_may_hold_full_width_punctuation(tmp_path: Path) -> None:
    path = tmp_path / "s.yaml"
    path.write_text(BASE + "name: 第一季度：基准，保守\n", "utf-8")
    assert load_scenario(path).scenario.name == "第一季度：基准，保守"
