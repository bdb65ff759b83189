"""Which files an assistant may name, and what of a scenario it may change."""

from __future__ import annotations

from pathlib import Path

import pytest

from simfunnel.assistant.answers import command_line
from simfunnel.assistant.place import MOST_LISTED, Place, check_overrides
from simfunnel.errors import InputError


@pytest.fixture
def place(tmp_path: Path) -> Place:
    folder = tmp_path / "forecasts"
    (folder / "teams" / "east").mkdir(parents=True)
    (folder / ".hidden").mkdir()
    for name in ("a.yaml", "teams/east/b.YML", ".hidden/c.yaml"):
        (folder / name).write_text("stages: []\n")
    (folder / "notes.yaml").write_text("shopping: [milk]\n")
    (folder / "deals.csv").write_text("id\n1\n")
    (folder / "variant.json").write_text('{"extends": "a.yaml"}')
    (tmp_path / "outside.yaml").write_text("stages: []\n")
    (folder / "link.yaml").symlink_to(tmp_path / "outside.yaml")
    (folder / "circle.yaml").symlink_to("circle.yaml")
    return Place(folder)


def test_scenarios_are_listed_at_any_depth(place: Place) -> None:
    assert place.scenarios() == ["a.yaml", "link.yaml", "teams/east/b.YML", "variant.json"]


def test_no_more_are_listed_than_a_reader_would_read(tmp_path: Path) -> None:
    for i in range(MOST_LISTED + 5):
        (tmp_path / f"{i}.yaml").write_text("stages: []\n")
    assert len(Place(tmp_path).scenarios()) == MOST_LISTED


@pytest.mark.parametrize("name", ["a.yaml", "./a.yaml", "teams/../a.yaml", "teams/east/b.YML"])
def test_files_below_are_found(place: Place, name: str) -> None:
    assert place.file(name).is_relative_to(place.root.resolve())


OTHERS = [
    "../outside.yaml", "teams/../../outside.yaml", "/etc/passwd", "link.yaml", "~/x", "..", "circle.yaml", "a\0b",
    "x" * 5000, "", "teams",
]  # fmt: skip


@pytest.mark.parametrize("name", OTHERS, ids=range(len(OTHERS)))
def test_others_are_refused(place: Place, name: str) -> None:
    with pytest.raises(InputError) as refused:
        place.file(name)
    assert "outside.yaml lies" not in str(refused.value)  # where a link leads is not told


def test_an_absolute_path_below_is_as_good(place: Place) -> None:
    assert place.file(str(place.root / "a.yaml")) == (place.root / "a.yaml").resolve()


def test_a_folder_is_needed(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="expected a folder"):
        Place(tmp_path / "none")


SOURCES = [
    "pipeline.file=/etc/passwd", "pipeline={file: /etc/passwd}", '"pipeline".file=x', "pipeline.url=postgresql://h/d",
    "pipeline.store=x.db", "pipeline.opportunities=[]", "pipeline.sql=x", "pipeline=null",
]  # fmt: skip


@pytest.mark.parametrize("text", SOURCES)
def test_where_deals_come_from_cannot_be_changed(text: str) -> None:
    with pytest.raises(InputError, match="where the open deals come from"):
        check_overrides([text])


@pytest.mark.parametrize("text", ["pipeline.realization=0.9", "stages.Proposal.conversion=0.5", "targets[0].amount=3M"])
def test_assumptions_can_be_changed(text: str) -> None:
    check_overrides(["name=x", text])


def test_an_override_that_is_none_says_so() -> None:
    with pytest.raises(InputError, match="expected path=value"):
        check_overrides(["conversion"])


def test_a_command_line_can_be_pasted_into_a_shell() -> None:
    options = {"--set": ["name=it's"], "--deals": True, "--no-grid": False, "--target": None, "--trials": 500}
    line = command_line("plan", ["-a b.yaml"], options)
    assert line == """simfunnel plan './-a b.yaml' --set 'name=it'"'"'s' --deals --trials 500 --json"""
