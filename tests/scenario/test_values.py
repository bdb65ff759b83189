from __future__ import annotations

import json
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from simfunnel.errors import InputError
from simfunnel.families.empirical.written import Empirical
from simfunnel.scenario import load_scenario, parse_scenario
from simfunnel.scenario.schema import Distribution, Rate, Shift, parse_shift_path
from simfunnel.scenario.yaml_reader import read_yaml
from simfunnel.values.numbers import parse_fraction, parse_integer, parse_number

STAGE: dict[str, Any] = {"name": "A", "conversion": 0.5, "duration": 10}
DATA: dict[str, Any] = {
    "version": 1,
    "as_of": "2027-01-04",
    "periods": {"unit": "month", "count": 3},
    "stages": [STAGE],
}


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("3M", 3e6), ("250k", 250e3), ("1.5B", 1.5e9), ("3_000_000", 3e6), ("1e6", 1e6), (" -2 ", -2.0),
        (".5", 0.5), (7, 7.0), ("1.1M", 1_100_000.0), ("3 m", 3e6),
    ],
)  # fmt: skip
def test_numbers_are_read_as_people_write_them(text: object, number: float) -> None:
    assert parse_number(text) == number


@pytest.mark.parametrize("text", ["", "k", "M3", "1,000", "3 million", "e6", ".", "1__0", "0x10", True, None, "nan"])
def test_what_is_not_a_number_is_refused(text: object) -> None:
    with pytest.raises(ValueError, match="expected a number"):
        parse_number(text)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), "1e999", "1e99999999999", 10**400])
def test_numbers_are_finite(value: object) -> None:
    with pytest.raises(ValueError, match="expected a finite number"):
        parse_number(value)


def test_percent_is_for_fractions_only() -> None:
    assert parse_fraction("45%") == 0.45
    with pytest.raises(ValueError, match="without %"):
        parse_number("45%")


def test_whole_numbers_stay_exact() -> None:
    assert parse_integer(2**64 - 1) == 2**64 - 1
    assert parse_integer("100k") == 100_000


def test_yaml_is_version_1_2() -> None:
    text = "[NO, yes, 1e6, 010, 2027-01-04, 2027-01-04T10:30:00, '2027-01-04', ~, true, 2027-Q1, 0, -1.5]"
    assert read_yaml(text, None).plain() == [
        "NO", "yes", 1e6, "010", date(2027, 1, 4), datetime(2027, 1, 4, 10, 30), "2027-01-04", None, True,
        "2027-Q1", 0, -1.5,
    ]  # fmt: skip


def test_json_is_yaml() -> None:
    assert read_yaml('{"a": [1, 2.5, "x", null, false]}', None).plain() == {"a": [1, 2.5, "x", None, False]}


def test_names_are_compared_after_nfc_and_trimming() -> None:
    composed, decomposed = "Pr\u00fcfung", "Pru\u0308fung "
    data = {**DATA, "stages": [{**STAGE, "name": composed}]}
    leads = [{"name": "web", "stage": decomposed, "rate": {"per": "day", "mean": 1}}]
    assert parse_scenario({**data, "leads": leads}).scenario.leads[0].stage == composed


@pytest.mark.parametrize(
    "spelling",
    [
        3,
        "3k",
        {"fixed": 3},
        {"exponential": 12},
        {"exponential": {"mean": 12}},
        {"lognormal": {"mu": -1, "sigma": 2}},
        {"gamma": {"shape": 1, "scale": 2}},
        {"weibull": {"median": 1, "p90": 2}},
        {"uniform": {"low": 1, "high": 2}},
        {"triangular": {"low": 1, "mode": 1, "high": 2}},
        {"pert": {"low": 1, "mode": 2, "high": 2}},
        {"empirical": [3, 1, 2]},
        {"empirical": {"quantiles": {"10%": 1, 0.5: 4, 1: 9}}},
        {"empirical": {"quantiles": [[0, 2], [0.4, 5], [0.4, 12], [1, 20]]}},
        {"mixture": [{"weight": 1, "fixed": 0}, {"weight": 2, "lognormal": {"mean": 3, "sd": 2}}]},
        "never",
    ],
)
def test_every_spelling_of_a_distribution_round_trips(spelling: object) -> None:
    distribution = Distribution.model_validate(spelling)
    assert Distribution.model_validate(distribution.model_dump(mode="json")) == distribution
    assert Distribution.model_validate_json(distribution.model_dump_json()) == distribution


def test_observed_values_are_sorted() -> None:
    parameters = Distribution.model_validate({"empirical": [3, 1, 2]}).parameters
    assert isinstance(parameters, Empirical)
    assert parameters.values == (1, 2, 3)


def test_rates_have_three_spellings() -> None:
    assert Rate.model_validate("45%") == Rate(mean=0.45)
    assert Rate.model_validate({"alpha": 3, "beta": 1}) == Rate(mean=0.75, n=4)
    assert Rate.model_validate({"mean": 0, "n": 10}).n == 10


def test_shift_paths_round_trip() -> None:
    for text in ("win_rate", "conversion[stage=Proposal,segment=smb]", 'duration[stage="a, b]",owner=x y]'):
        assert str(parse_shift_path(text)) == text


MALFORMED_PATHS = [
    "", "win_rate[", "win_rate[]", "win_rate[stage]", "win_rate[stage=A,]", "pace.sd[stage=A]",
    "win_rate[stage=A,stage=B]", "win_rate[stage=]", "[stage=A]",
]  # fmt: skip


@pytest.mark.parametrize("text", MALFORMED_PATHS)
def test_malformed_shift_paths_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"expected|cannot be narrowed|twice|has no name"):
        parse_shift_path(text)


def test_set_is_spelled_set() -> None:
    shift = Shift.model_validate({"path": "correlation.market", "set": 0.2})
    assert (shift.operation, shift.value) == ("set", 0.2)
    assert shift.model_dump() == {"path": "correlation.market", "set": 0.2}
    with pytest.raises(ValidationError):
        Shift.model_validate({"path": "win_rate", "set": 1.2})


@pytest.mark.parametrize(
    ("operation", "message"),
    [({"scale": 0.5}, "it can only be `set`"), ({"add": 1}, "it can only be `set`"), ({"set": 9}, "at most 8 from 0")],
)
def test_the_market_factor_can_only_be_set_within_reason(operation: dict[str, float], message: str) -> None:
    assert Shift.model_validate({"path": "market_factor", "set": -1.645}).value == -1.645
    with pytest.raises(ValidationError, match=message):
        Shift.model_validate({"path": "market_factor", **operation})


def test_segment_may_replace_a_conversion_by_transitions_and_back() -> None:
    transitions = [{"to": "Won", "probability": 1, "duration": 3}]
    one = parse_scenario({**DATA, "segments": {"s": {"stages": {"A": {"transitions": transitions}}}}}).scenario
    assert one.stages_for("s")[0].conversion is None
    two = {**DATA, "stages": [{"name": "A", "transitions": transitions, "n": 5}]}
    change = {"conversion": 0.2, "duration": 4}
    back = parse_scenario({**two, "segments": {"s": {"stages": {"A": change}}}}).scenario
    assert back.stages_for("s")[0].transitions is None
    assert back.stages_for("s")[0].n is None


def test_python_data_has_problems_without_a_place() -> None:
    with pytest.raises(InputError) as caught:
        parse_scenario({**DATA, "currency": "usd"})
    expected = "currency: expected three capital letters such as USD, found 'usd'"
    assert str(caught.value) == expected
    assert caught.value.problems[0].file is None


def test_moment_of_entry_is_taken_in_the_time_zone_of_the_pipeline() -> None:
    deal = {"id": 1, "stage": "A", "stage_entered": "2027-01-03T23:30:00+00:00"}
    early = {**DATA, "pipeline": {"opportunities": [deal]}}
    assert parse_scenario(early).scenario.pipeline.opportunities[0].id == "1"
    late = {**DATA, "pipeline": {"opportunities": [deal], "time_zone": "Asia/Shanghai"}}
    with pytest.raises(InputError, match="must lie before as_of 2027-01-04"):
        parse_scenario(late)


@pytest.mark.parametrize("text", ["a: \x07", "a: [}", "a: b: c", "a: |x", "- a\nb: 1", "a: 'x", "? ? -", "a: &", "\t"])
def test_text_that_is_not_yaml_is_an_input_error_with_a_line(text: str) -> None:
    with pytest.raises(InputError) as caught:
        read_yaml(text, "s.yaml")
    assert all(problem.message for problem in caught.value.problems)
    assert all(problem.line for problem in caught.value.problems if "empty" not in problem.message)


def test_more_wins_than_can_be_counted_are_an_error() -> None:
    with pytest.raises(InputError, match=r"less than or equal|at most"):
        parse_scenario({**DATA, "closed": [{"period": "2027-01", "amount": 1, "wins": 1e19}]})


def test_an_emoji_as_json_writes_it_is_whole(tmp_path: Path) -> None:
    """`json.dumps` writes signs beyond the first 65,536 as two halves; JSON is YAML but for that."""
    file = tmp_path / "scenario.json"
    file.write_text(json.dumps({**DATA, "name": "Q1 \U0001f680 \U00020bb7"}), "ascii")
    assert "\\ud83d" in file.read_text("ascii")
    assert load_scenario(file).scenario.name == "Q1 \U0001f680 \U00020bb7"


def test_half_a_character_is_no_name() -> None:
    with pytest.raises(InputError, match="half a character"):
        parse_scenario({**DATA, "teams": {"Wang\ud800": "East"}})
