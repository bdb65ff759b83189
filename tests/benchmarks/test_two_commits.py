"""Comparing two commits: what counts as a change, and that the cases can be written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks.two_commits.__main__ import all_cases
from benchmarks.two_commits.checkout import Checkout
from benchmarks.two_commits.differences import differences, table, without
from benchmarks.two_commits.scenarios import SAMPLES

ROOT = Path(__file__).parents[2]


def told(old: Any, new: Any) -> list[tuple[str, bool]]:
    return [(str(difference), difference.added) for difference in differences(old, new)]


@pytest.mark.parametrize(
    "same",
    [{"a": [1, {"b": 0.1 + 0.2}]}, "one\ntwo\n", None, {"x": np.array([1.0, np.nan])}, [], {"exit": 0, "stdout": ""}],
)
def test_what_is_the_same_has_no_difference(same: Any) -> None:
    assert told(same, same) == []


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ({"a": {"b": 0.3}}, {"a": {"b": 0.1 + 0.2}}, [("a.b: 0.3 -> 0.30000000000000004", False)]),
        ({"a": 1}, {"a": 1.0}, [("a: 1 -> 1.0", False)]),
        ({"a": 1}, {"a": True}, [("a: 1 -> True", False)]),
        ({"a": 1}, {}, [("a: 1 -> nothing", False)]),
        ({}, {"a": [1]}, [("a: [1]", True)]),
        ([1, 2], [1, 3], [("[1]: 2 -> 3", False)]),
        ([1, 2], [1, 2, 3], [("all: [1, 2] -> [1, 2, 3]", False)]),
        ([{"a": 1}], [{"a": 1, "b": 2}], [("[0].b: 2", True)]),
        ("one\ntwo\n", "one\nzwei\n", [("all: -two", False), ("all: +zwei", False)]),
        ("one\n", "one\n\n", [("all: +", False)]),
        ("one\n", "one", [("all: other ends of lines", False)]),
        ({"exit": 0}, {"exit": 2}, [("exit: 0 -> 2", False)]),
        ({"a": {"b": 1}}, {"a": "b"}, [("a: {'b': 1} -> 'b'", False)]),
    ],
)
def test_a_difference_says_where_and_what(old: Any, new: Any, expected: list[tuple[str, bool]]) -> None:
    assert told(old, new) == expected


def test_arrays_differ_in_values_kinds_and_shapes() -> None:
    old = np.array([1.0, 2.0, 3.0])
    assert told(old, np.array([1.0, 2.0, 4.0])) == [("all: 1 of 3 values: [3.0] -> [4.0]", False)]
    assert told(old, old.astype(np.float32))[0][0] == "all: float64 (3,) -> float32 (3,)"
    assert told(old, old[:2])[0][0] == "all: float64 (3,) -> float64 (2,)"
    assert told(np.array([0.0]), np.array([-0.0])) != []


def test_an_added_column_is_told_from_a_changed_one() -> None:
    old, new = table("a,b\n1,2\n"), table("a,c,b\n1,9,3\n")
    assert told(old, new) == [("b[0]: '2' -> '3'", False), ("c: ['9']", True)]


def test_legitimate_keys_are_left_out_wherever_they_stand() -> None:
    assert without([{"made": 1, "a": {"made": 2, "b": 3}}], {"made": "a time"}) == [{"a": {"b": 3}}]


def test_every_case_has_a_name_of_its_own_and_a_file_to_read(tmp_path: Path) -> None:
    cases = all_cases(Checkout("here", ROOT, tmp_path / "kernels"), tmp_path / "scenarios")
    assert len({case.name for case in cases}) == len(cases)
    for sample in SAMPLES:
        assert sum(case.name.startswith(f"{sample}: ") for case in cases) >= 20
    assert sum(case.name.startswith("malformed") for case in cases) >= 100
    files = [Path(argument) for case in cases for argument in case.arguments if argument.endswith(".yaml")]
    assert all(file.is_file() for file in files)
