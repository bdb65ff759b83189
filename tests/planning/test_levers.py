"""Levers: against what can be worked out by hand."""

from __future__ import annotations

import pytest

from simfunnel import InputError, levers, simulate
from simfunnel.forecast.estimates import Estimate
from simfunnel.planning.search import needed_factor
from simfunnel.scenario.schema import Shift
from tests.helpers import K, deals, funnel, sized, stage

LEADS = [{"name": "web", "stage": "A", "rate": {"per": "day", "mean": 2}, "amount": 10}]


def test_each_lever_adds_to_the_mean_what_the_arithmetic_says() -> None:
    # 30 open deals of 10 at 0.4, and 2 leads a day x 29 days (a win takes one day) x 10 x 0.4
    data = funnel([stage("A", 0.4, 1)], deals(30, amount=10), leads=LEADS)
    result = levers(data, trials=sized(20_000), target=200)
    open_, new = 120.0, 2 * 29 * 4.0
    expected = {
        "leads": 0.1 * new,
        "amounts": 0.1 * (open_ + new),
        "win_rate": 0.1 * (open_ + new),
        "speed": 2 * (1 - 1 / 1.1) * 4,  # a win takes 1 / 1.1 days: so many more days of leads count
    }
    expected["all"] = 1.1**2 * (open_ + 1.1 * (new + expected["speed"])) - open_ - new
    for lever in result.levers:
        d = lever.difference.mean
        assert abs(d.mean - expected[lever.name]) <= K * d.stderr + 1e-9, lever.name
    assert [lever.name for lever in result.levers] == ["leads", "amounts", "win_rate", "speed", "all"]


def test_what_a_lever_needs_gives_the_confidence_when_it_is_run() -> None:
    # amounts of a continuous distribution: with equal ones P(attain) would be a staircase in the amount
    leads = [{**LEADS[0], "amount": {"exponential": 10}}]
    data = funnel([stage("A", 0.4, {"exponential": 8})], deals(30, amount=10), leads=leads,
                  correlation={"market": 0.1}, targets=[{"period": "2027-01-01+30d", "amount": 250}])  # fmt: skip
    paths = {"leads": "leads.rate", "amounts": "amount", "win_rate": "win_rate", "speed": "duration"}
    for lever in levers(data, trials=sized(20_000), confidence=0.7).levers[:-1]:
        needed = lever.needed
        assert needed is not None and needed.factor is not None and needed.interval is not None
        factor = 1 / needed.factor if lever.name == "speed" else needed.factor
        run = simulate(data, trials=sized(20_000), seed=99, shifts=[Shift(path=paths[lever.name], scale=factor)])
        reached = run.p_attain()
        # the two errors: of the run, and of the search (10,000 trials)
        assert abs(reached.probability - 0.7) < K * (0.21 / sized(20_000) + 0.21 / sized(10_000)) ** 0.5, lever.name


def test_the_mean_can_be_what_is_to_reach_the_target() -> None:
    data = funnel([stage("A", 0.4, 1)], deals(30, amount=10))
    amounts = levers(data, trials=sized(20_000), confidence=None, target=150).levers[1].needed
    assert amounts is not None and amounts.factor == pytest.approx(150 / 120, rel=0.02)


def test_a_lever_with_nothing_to_act_on_says_so() -> None:
    result = levers(funnel([stage("A", 0.4, 1)], deals(30, amount=10)), trials=500, target=100)
    leads = result.levers[0]
    assert leads.idle == "the scenario has no leads to come" and leads.needed is None
    assert leads.difference.mean == Estimate(0.0, 0.0)
    empty = levers(funnel([stage("A", 0.4, 1)]), trials=500, target=100)
    assert all(lever.idle for lever in empty.levers)


def test_a_lever_that_cannot_do_it_alone_says_how_far_it_gets() -> None:
    # the target is above what all 30 deals are worth: no win rate reaches it
    result = levers(funnel([stage("A", 0.4, 1)], deals(30, amount=10)), trials=500, target=400)
    needed = result.levers[2].needed
    assert needed is not None and not needed.reachable and needed.factor is None and needed.limit.mean == 0


def test_without_a_target_levers_are_told_in_money() -> None:
    result = levers(funnel([stage("A", 0.4, 1)], deals(30, amount=10)), trials=500)
    assert result.p_attain is None and result.best.p_attain is None and result.best.difference.mean.mean > 0


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"by": "ten"}, "by: expected a number, found 'ten'; write a share such as 10%"),
        ({"by": 0}, "by: expected a share such as 10%, above -100% and at most 1000%, found 0"),
        ({"period": "2031"}, "no period '2031' in the scenario; known: 2027-01-01+30d, total"),
        ({"target": -5}, "target: expected an amount above 0, found -5"),
        ({"target": "3 millions"}, "target: expected a number, found '3 millions'; write an amount such as 3M or 250k"),
        (
            {"confidence": 1},
            "confidence: expected a probability above 0 and below 1, such as 0.8 or 80%, found 1",
        ),
    ],
)
def test_bad_options_are_refused(options: dict[str, object], message: str) -> None:
    with pytest.raises(InputError) as error:
        levers(funnel([stage("A", 0.4, 1)], deals(3)), trials=10, **options)  # type: ignore[arg-type]
    assert str(error.value) == message


@pytest.mark.parametrize(("goal", "root"), [(0.3, 0.6), (0.9, 1.8), (0.5, 1.0)])
def test_a_search_finds_a_root_on_either_side(goal: float, root: float) -> None:
    found = needed_factor(lambda f: Estimate(min(1.0, 0.5 * f), 0.0), goal, now=Estimate(0.5, 0.0), highest=10)
    assert found.factor == pytest.approx(root, rel=1e-4)


def test_a_search_without_an_answer_gives_the_end_of_its_reach() -> None:
    found = needed_factor(lambda f: Estimate(0.5, 0.01), 0.8, now=Estimate(0.5, 0.01), highest=10)
    assert not found.reachable and found.at == pytest.approx(10) and found.limit.mean == 0.5
    safe = needed_factor(lambda f: Estimate(0.9, 0.01), 0.8, now=Estimate(0.9, 0.01), highest=10)
    assert safe.reachable and safe.factor is None and safe.at == pytest.approx(0.01)
