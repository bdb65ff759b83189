"""The key `history` of a YAML file."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from simfunnel.errors import InputError
from simfunnel.history import read_history

from .telling import content, found, spells

EVENTS = (
    "Opportunity ID,To Stage,Last Modified\na,Q1,2024-01-01\na,P1,2024-01-04\na,Signed,2024-01-09\na,W_x,2024-01-10\n"
)
YAML = """history:
  file: data/events.csv
  stages: [Qualification, Proposal]
  columns: {case: Opportunity ID, stage: To Stage, time: Last Modified, amount: , outcome: }
  stage_map: {Q1: Qualification, "P*": Proposal, "W_*": null}
  won: [Signed]
  time_zone: Europe/Berlin
  since: 2024-01-03
"""


@pytest.fixture
def written(tmp_path: Path) -> Path:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "events.csv").write_text(EVENTS, "utf-8")
    path = tmp_path / "history.yaml"
    path.write_text(YAML, "utf-8")
    return path


def test_a_yaml_file_says_where_and_how(written: Path) -> None:
    history = read_history(written)
    assert [row[1] for row in spells(history)] == ["Qualification", "Proposal"]
    assert history.time_zone == "Europe/Berlin"
    assert history.since == history.midnight(dt.date(2024, 1, 3))
    assert found(history)["events_left_out"] == {"count": 1}


def test_a_dict_and_arguments_say_the_same(written: Path) -> None:
    file = str(written.parent / "data" / "events.csv")
    settings = {
        "stages": ["Qualification", "Proposal"], "stage_map": {"Q1": "Qualification", "P*": "Proposal", "W_*": None},
        "won": ["Signed"], "time_zone": "Europe/Berlin",
    }  # fmt: skip
    whole = content(read_history(written))
    assert content(read_history({"file": file, **settings})) == whole
    assert content(read_history({"history": {"file": file, **settings}})) == whole
    assert content(read_history(file, **settings)) == whole  # type: ignore[arg-type]


def test_arguments_replace_what_is_written(written: Path) -> None:
    assert read_history(written, time_zone="UTC").time_zone == "UTC"


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("stages:", "stage:", "did you mean 'stages'?"),
        ("Europe/Berlin", "Europe/Berln", "did you mean 'Europe/Berlin'?"),
        ("2024-01-03", "soon", "expected a date such as 2027-01-31"),
        ("won: [Signed]", "won: Signed", "expected a list"),
        ("data/events.csv", "data/event.csv", "did you mean 'events.csv'?"),
        ("history:\n", "histroy:\n", "expected a mapping with the key `history`"),
        ("case: Opportunity ID", "case: Oportunity ID", "did you mean 'Opportunity ID'?"),
        ("  won:", "  format: evnts\n  won:", "did you mean 'events'?"),
    ],
)
def test_slips_are_said_with_their_place(written: Path, before: str, after: str, said: str) -> None:
    assert before in YAML
    written.write_text(YAML.replace(before, after), "utf-8")
    with pytest.raises(InputError) as caught:
        read_history(written)
    assert said in str(caught.value)


def test_what_is_no_source_is_said_to_be_none(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        read_history(tmp_path / "nothing.csv")
    with pytest.raises(InputError, match="nothing says where the history is"):
        read_history({"stages": ["A"]})
    with pytest.raises(InputError, match="expected a file, a folder, a dict or a data frame"):
        read_history(5)  # type: ignore[arg-type]
