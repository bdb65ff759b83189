"""Groups at their odds bring together what all deals do."""

from __future__ import annotations

import numpy as np
import pytest

from simfunnel.calibration.expectation import eventual_wins
from simfunnel.calibration.group_flow import GroupFlow
from simfunnel.estimation.book import book_of
from simfunnel.estimation.incidence import Incidence
from simfunnel.estimation.risk import risk_of
from simfunnel.estimation.transitions import StageExits, stage_exits
from simfunnel.estimation.win_rates import win_rates
from tests.estimation.made import made_history


def exits(k: int, ways: list[list[tuple[float, float]]]) -> StageExits:
    """A stage with (age, mass) pairs for each exit."""
    age = np.unique([a for way in ways for a, _ in way])
    mass = np.zeros((len(ways), len(age)))
    for j, way in enumerate(ways):
        for a, m in way:
            mass[j, np.searchsorted(age, a)] += m
    incidence = np.cumsum(mass, axis=1)
    survival = 1 - incidence.sum(axis=0)
    before = np.concatenate([[1.0], survival[:-1]])
    found = Incidence(age, survival, incidence, before, mass, float(age[-1]))
    n = len(ways)
    return StageExits(
        k, found, 100, np.ones(n, dtype=np.int64), np.ones(n), np.zeros(0), np.zeros(0), np.ones((n, 2))
    )  # fmt: skip


LINEAR = (
    exits(0, [[], [(2, 0.3), (9, 0.2)], [], [(5, 0.3), (20, 0.1)]]),
    exits(1, [[], [], [(4, 0.25), (12, 0.15)], [(8, 0.6)]]),
)
LOOPS = (
    exits(0, [[(3, 0.1)], [(2, 0.4)], [(7, 0.05)], [(9, 0.35)]]),
    exits(1, [[(5, 0.2)], [], [(4, 0.4)], [(8, 0.3)]]),
)
OPEN = np.array([0, 0, 0, 1, 1]), np.array([0.0, 3.0, 10.0, 0.0, 6.0]), np.array([0, 1, 1, 0, 1])
EACH = np.ones(5)
NEW = np.array([[5.0, 0.5], [9.0, 1.0]])


def bent(p: float, odds: float) -> float:
    return p * odds / (1 - p + p * odds)


def test_without_odds_it_is_what_all_deals_bring() -> None:
    history = made_history(150, 4.0)
    risk, book = risk_of(history), book_of(history)
    stages = tuple(stage_exits(risk, np.ones(len(risk.age)), k) for k in range(2))
    flow = GroupFlow(stages, book.open_stage, book.open_age, np.zeros(len(book.open), dtype=np.int64),
                     np.ones(len(book.open)), np.ones((1, 2)))  # fmt: skip
    rate = win_rates(stages)[:, 0]
    given, entering = flow.wins(np.ones((1, 2)))
    assert given == pytest.approx(eventual_wins(stages, rate, book), abs=1e-9)
    assert entering[0] == pytest.approx(rate, abs=1e-9)
    factor, odds = flow.balanced(np.ones((1, 2)))
    assert factor.tolist() == [1, 1]
    assert odds.tolist() == [[1, 1]]


def test_as_many_go_on_from_each_stage_and_are_won() -> None:
    flow = GroupFlow(LINEAR, *OPEN, EACH, NEW)
    _, odds = flow.balanced(np.array([[1.8, 1.0], [0.9, 0.5]]))
    assert odds[0] / odds[1] == pytest.approx([2, 2], rel=1e-3)
    # by hand, at the written odds: chances of the open deals to go on given their age, then of those who come
    on = [0.5, 0.2 / 0.7, 0.0, 0.4, 0.15 / 0.75]
    groups = OPEN[2]
    first = sum(bent(on[i], odds[groups[i], 0]) for i in range(3))
    new = [NEW[g, 0] * bent(0.5, odds[g, 0]) for g in range(2)]
    assert first + sum(new) == pytest.approx(sum(on[:3]) + NEW[:, 0].sum() * 0.5, rel=2e-4)
    reach = [NEW[g, 1] + new[g] + sum(bent(on[i], odds[g, 0]) for i in range(3) if groups[i] == g) for g in range(2)]
    won = sum(bent(on[i], odds[groups[i], 1]) for i in (3, 4)) + sum(reach[g] * bent(0.4, odds[g, 1]) for g in range(2))
    all_reach = NEW[:, 1].sum() + NEW[:, 0].sum() * 0.5 + sum(on[:3])
    assert won == pytest.approx(on[3] + on[4] + 0.4 * all_reach, rel=2e-4)
    given, entering = flow.wins(odds)
    assert given.sum() + (NEW * entering).sum() == pytest.approx(won, rel=1e-9)


def test_with_ways_back_wins_are_kept_too() -> None:
    flow = GroupFlow(LOOPS, *OPEN, EACH, NEW)
    _, odds = flow.balanced(np.array([[1.5, 1.3], [0.7, 0.6]]))
    assert (odds != 1).all()
    alike = np.ones((2, 2))
    total = [given.sum() + (NEW * entering).sum() for given, entering in (flow.wins(alike), flow.wins(odds))]
    assert total[1] == pytest.approx(total[0], rel=3e-4)  # odds are written with four digits


def test_odds_hardly_from_1_are_left_out() -> None:
    flow = GroupFlow(LINEAR, *OPEN, EACH, NEW)
    _, odds = flow.balanced(np.array([[1.002, 1.3], [0.999, 0.8]]))
    assert odds[:, 0].tolist() == [1, 1]
    assert (odds[:, 1] != 1).all()


def test_a_stage_from_which_all_or_none_go_on_has_no_odds() -> None:
    sure = (exits(0, [[], [(1, 1.0)], [], []]), exits(1, [[], [], [], [(1, 1.0)]]))
    flow = GroupFlow(sure, *OPEN, EACH, NEW)
    given, _ = flow.wins(np.full((2, 2), 3.0))
    assert given.tolist() == [0, 0, 0, 0, 0]
    factor, _ = flow.balanced(np.full((2, 2), 3.0))
    assert factor.tolist() == [1, 1]
