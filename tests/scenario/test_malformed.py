"""Malformed scenarios, each with the exact messages it gives."""

from __future__ import annotations

from pathlib import Path

import pytest

from simfunnel.errors import InputError
from simfunnel.scenario import load_scenario

from .malformed import durations, keys_and_values, sections, stages_and_periods, yaml_itself

SECTIONS = (keys_and_values, durations, stages_and_periods, sections, yaml_itself)

BASE = """\
version: 1
as_of: 2027-01-04
periods: {unit: quarter, count: 2}
stages:
  - name: Discovery
    conversion: 0.5
    duration: 10
  - name: Proposal
    conversion: 0.4
    duration: 20
"""

# title, text to replace (None: append), its replacement, messages
CASES = [case for section in SECTIONS for case in section.CASES]


@pytest.mark.parametrize(("old", "new", "messages"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_malformed_scenario_gives_exactly_these_messages(
    old: str | None, new: str, messages: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    text = BASE + new if old is None else BASE.replace(old, new, 1)
    Path("s.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        load_scenario("s.yaml")
    assert [str(problem) for problem in caught.value.problems] == messages


def test_base_of_the_table_is_valid(tmp_path: Path) -> None:
    path = tmp_path / "s.yaml"
    path.write_text(BASE, encoding="utf-8")
    assert [stage.name for stage in load_scenario(path).scenario.stages] == ["Discovery", "Proposal"]
