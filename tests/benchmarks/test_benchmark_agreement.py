from __future__ import annotations

from dataclasses import replace
from functools import cache

import pytest
from helpers import JIT, K

from benchmarks.agreement import answers, differences
from benchmarks.engines import runner
from benchmarks.funnel import FEATURES, Size, problem

pytestmark = pytest.mark.skipif(not JIT, reason="the engines are compared as they are measured")

TRIALS = {
    "paths": 20_000, "outcomes": 20_000, "numpy": 20_000, "numpy_straight": 20_000, "plain": 4_000, "simpy": 2_000
}  # fmt: skip
MANY = 80_000
TINY = Size(deals=12, stages=3, periods=2, owners=2)


def found(name: str, size: Size = TINY, seed: int = 7) -> dict[str, tuple[float, float]]:
    p = problem(size)
    with runner(name, p) as run:
        return answers(p, run(TRIALS[name], seed))


@pytest.fixture(scope="module")
def engine() -> dict[str, tuple[float, float]]:
    return found("paths", seed=1)


@pytest.mark.parametrize("name", [name for name in TRIALS if name != "paths"])
def test_every_engine_gives_the_answers_of_the_paths_kernel(name: str, engine: dict[str, tuple[float, float]]) -> None:
    problems, largest = differences({"paths": engine, name: found(name)}, K)
    assert not problems
    assert largest > 0  # other draws: the twin has not simulated with the engine


@pytest.mark.parametrize(
    "size", [Size(deals=9, stages=1, periods=1, owners=0), Size(deals=30, stages=7, periods=4, unit="month")]
)
def test_the_numpy_twin_follows_the_funnel_to_other_sizes(size: Size) -> None:
    problems, _ = differences({name: found(name, size) for name in ("outcomes", "numpy", "numpy_straight")}, K)
    assert not problems


@pytest.mark.parametrize("feature", FEATURES)
def test_the_numpy_twin_has_what_the_sample_has(feature: str) -> None:
    size = replace(TINY, deals=400, features=(feature,))
    each = {name: found(name, size) | spread(name, size) for name in ("paths", "outcomes", "numpy")}
    problems, _ = differences(each, K)
    assert not problems
    sides = {"with": spread("numpy", size, MANY), "without": spread("numpy", replace(size, features=()), MANY)}
    assert differences(sides, K)[0]  # the feature shows


@cache
def spread(name: str, size: Size, trials: int = 20_000) -> dict[str, tuple[float, float]]:
    """Variance of the bookings of all periods and of the first, in square millions."""
    with runner(name, problem(size)) as run:
        booked = run(trials, 11).bookings / 1e8
    result = {}
    for what, x in (("all", booked.sum(axis=0)), ("first", booked[0])):
        squares = (x - x.mean()) ** 2
        result[f"variance, {what}"] = (float(squares.mean()), float(squares.std() / len(squares) ** 0.5))
    return result


def test_a_wrong_answer_is_noticed() -> None:
    right = {"mean wins, period 1": (4.0, 0.01)}
    problems, largest = differences({"a": right, "b": {"mean wins, period 1": (4.2, 0.01)}})
    assert len(problems) == 1
    assert "mean wins, period 1: a 4, b 4.2, -14.1 standard errors apart" in problems[0]
    assert largest == pytest.approx(14.142, abs=1e-3)
