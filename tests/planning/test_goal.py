"""Which period a question is about that names none."""

from __future__ import annotations

from typing import Any

import pytest

import simfunnel
from simfunnel.errors import InputError
from simfunnel.forecast.inputs import prepare
from simfunnel.planning.pairs.goal import resolve_goal
from simfunnel.shown import face_of

MONTHS: dict[str, Any] = {
    "version": 1,
    "as_of": "2027-01-18",
    "periods": {"unit": "month", "count": 3},
    "stages": [{"name": "Offer", "conversion": 0.5, "duration": {"exponential": 20}}],
    "pipeline": {"opportunities": [{"id": 1, "stage": "Offer", "amount": 900, "owner": "Ann"}]},
    "leads": [{"name": "web", "stage": "Offer", "rate": {"per": "week", "mean": 2}, "amount": 100}],
}


def _with(*targets: dict[str, Any]) -> Any:
    return prepare({**MONTHS, "targets": list(targets)})


TOTAL = {"period": "total", "amount": 2000}
FEBRUARY, MARCH = {"period": "2027-02", "amount": 700}, {"period": "2027-03", "amount": 800}
ANNS = {"period": "2027-03", "amount": 300, "owner": "Ann"}


@pytest.mark.parametrize(
    ("targets", "period"),
    [
        ([], "2027-01"),
        ([TOTAL], "total"),
        ([TOTAL, FEBRUARY], "2027-02"),
        ([MARCH, FEBRUARY], "2027-02"),
        ([ANNS, FEBRUARY], "2027-02"),
    ],
)
def test_it_is_the_first_with_a_target(targets: list[Any], period: str) -> None:
    assert resolve_goal(_with(*targets), required=False).period == period


def test_of_a_group_it_is_the_first_with_a_target_of_the_group() -> None:
    assert resolve_goal(_with(FEBRUARY, ANNS), of=("owner", "Ann")).period == "2027-03"


def test_a_target_that_is_given_is_of_the_first_period() -> None:
    assert resolve_goal(_with(FEBRUARY), target="1k").period == "2027-01"


def test_a_period_that_is_named_and_has_none_says_which_have() -> None:
    with pytest.raises(InputError, match="--target 3M, or --period 2027-02 or total, which"):
        resolve_goal(_with(TOTAL, FEBRUARY), period="2027-01")


def test_every_question_is_about_the_period_of_the_leading_sentence() -> None:
    ready = _with(TOTAL, FEBRUARY)
    asked = {"trials": 200}
    assert "2027-02" in face_of(simfunnel.simulate(ready, **asked)).keys()["sentence"]
    for result in (
        simfunnel.leads_needed(ready, **asked),
        simfunnel.levers(ready, **asked),
        simfunnel.stress(ready, **asked),
    ):
        assert face_of(result).keys()["period"] == "2027-02"
