"""Dated exports further apart than deals stay are said to be."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest

from simfunnel.calibration import calibrate
from simfunnel.diagnosis import metrics
from simfunnel.estimation.gaps import outpaced, usual_gap
from simfunnel.estimation.risk import risk_of
from simfunnel.estimation.transitions import stage_exits
from simfunnel.history.history import DAY, History

from . import made
from .exports import exported, read_back


@pytest.fixture(scope="module")
def events() -> History:
    return made.made_history(days=250, per_day=6, seed=4)


def test_a_stage_is_outpaced_where_half_of_those_who_leave_have_left_within_a_gap(events: History) -> None:
    """Stays in Offer are exponential, half of them shorter than 20 ln 2 = 13.9 days; in Demo than 7.3 days."""
    risk = risk_of(events)
    stages = [stage_exits(risk, np.ones(len(risk.age)), k) for k in range(2)]
    offer = made.DAYS_OFFER * math.log(2)
    assert outpaced(stages, 6.0) == []
    assert outpaced(stages, 0.85 * offer) == [0]
    assert outpaced(stages, 1.15 * offer) == [0, 1]


def test_the_usual_gap_is_that_of_exports(events: History) -> None:
    assert usual_gap(events) is None
    days = np.array([0, 7, 14, 42, 49], dtype=np.int64) * DAY
    assert usual_gap(dataclasses.replace(events, moments=days)) == 7
    assert usual_gap(dataclasses.replace(events, moments=days // 7)) is None


def test_only_exports_far_apart_are_a_caution(events: History) -> None:
    histories = (events, read_back(exported(events, 4), events), read_back(exported(events, 28), events))
    said = [
        [caution.sentence for caution in result.cautions if caution.code == "wide_gaps"]
        for history in histories
        for result in (calibrate(history, half_life=None, check=False), metrics(history))
    ]
    assert said[:4] == [[], [], [], []]
    for (sentence,) in said[4:]:
        assert sentence.startswith("the exports are 28 days apart, longer than half of the stays in Demo, Offer:")
