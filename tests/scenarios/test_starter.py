"""The starter's convention: `# text` explains, `#setting` is optional and works when the # is deleted."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from simfunnel.scenario import Scenario, load_scenario

from .conftest import SAMPLES, chance_of_first_target, read_sample

STARTER = SAMPLES / "starter"
LINES = (STARTER / "scenario.yaml").read_text(encoding="utf-8").splitlines()
OFF = re.compile(r"( *)#(?=[^ #\s])")


def _blocks() -> list[tuple[int, int]]:
    """Ranges of neighbouring optional lines; a new one begins where the indentation returns to the first."""
    blocks: list[tuple[int, int]] = []
    for i, line in enumerate(LINES):
        match = OFF.match(line)
        if match is None:
            continue
        if blocks and blocks[-1][1] == i and len(match[1]) > _indent(blocks[-1][0]):
            blocks[-1] = (blocks[-1][0], i + 1)
        else:
            blocks.append((i, i + 1))
    return blocks


def _indent(i: int) -> int:
    return len(LINES[i]) - len(LINES[i].lstrip())


def _name(block: tuple[int, int]) -> str:
    return f"line {block[0] + 1}: {LINES[block[0]].strip(' #-').split(':')[0]}"


def _switched_on(folder: Path, blocks: list[tuple[int, int]]) -> Path:
    lines = list(LINES)
    for first, end in blocks:
        lines[first:end] = [OFF.sub(r"\1", line) for line in lines[first:end]]
    shutil.copy(STARTER / "pipeline.csv", folder)
    file = folder / "scenario.yaml"
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return file


def test_first_line_points_editors_to_the_schema() -> None:
    assert LINES[0] == "# yaml-language-server: $schema=./simfunnel.schema.json"


@pytest.mark.parametrize("block", _blocks(), ids=_name)
def test_each_optional_setting_works_alone(tmp_path: Path, block: tuple[int, int]) -> None:
    sample = read_sample(_switched_on(tmp_path, [block]))
    sample.compiled()
    for variant in sample.scenario.variants:
        sample.compiled(variant)


def test_all_optional_settings_work_together(tmp_path: Path) -> None:
    sample = read_sample(_switched_on(tmp_path, _blocks()))
    assert 0 < chance_of_first_target(sample.compiled(), sample.scenario) < 1


def test_every_section_of_the_format_is_shown(tmp_path: Path) -> None:
    shown = load_scenario(_switched_on(tmp_path, _blocks())).data
    assert set(shown) | {"leads_level"} == set(Scenario.model_fields)
    assert "leads_level: {sd: 0.1}" in "\n".join(LINES)  # in words alone: it takes the place of a `level_sd` above


def test_every_line_of_commentary_starts_with_a_space() -> None:
    for line in LINES:
        text = line.strip()
        if text.startswith("#") and not OFF.match(line):
            assert text == "#" or text.startswith("# "), line


def test_starter_table_has_the_generic_headers() -> None:
    header = (STARTER / "pipeline.csv").read_text(encoding="utf-8").splitlines()[0]
    assert header == "id,name,stage,stage_entered,amount,owner,segment,created,close_date"
