"""Degenerate scenarios: every command answers or refuses with a reason, and is right where a closed form is known."""

from __future__ import annotations

import io
import json
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from rich.console import Console
from scipy import stats

from simfunnel import InputError, compare, exact_forecast, leads_needed, levers, simulate, stress
from simfunnel.engine.exact.grid import grid
from simfunnel.shown import Shown, face_of
from tests.helpers import JIT

pytestmark = pytest.mark.skipif(not JIT, reason="dozens of forecasts need compiled kernels")

AS_OF = "2027-01-04"


def scenario(**changes: Any) -> dict[str, Any]:
    """One stage, one deal, one source, a target of 1,000 in a quarter."""
    base: dict[str, Any] = {
        "version": 1, "as_of": AS_OF, "periods": {"unit": "quarter", "count": 2},
        "stages": [{"name": "A", "conversion": 0.4, "duration": 10}],
        "pipeline": {"opportunities": [{"id": "d", "stage": "A", "age": 1, "amount": 500}]},
        "leads": [{"name": "web", "stage": "A", "rate": {"per": "week", "mean": 1}, "amount": 100}],
        "targets": [{"period": "2027-Q1", "amount": 1000}],
        "correlation": {"market": 0.1},
    }  # fmt: skip
    return {key: value for key, value in {**base, **changes}.items() if value is not None}


def source(**changes: Any) -> list[dict[str, Any]]:
    rate = {"per": "week", "mean": 1, **{k: v for k, v in changes.items() if k != "amount"}}
    return [{"name": "web", "stage": "A", "rate": rate, "amount": changes.get("amount", 100)}]


def deals(*amounts: float, **fields: Any) -> dict[str, Any]:
    return {
        "opportunities": [{"id": f"d{i}", "stage": "A", "age": 1, "amount": a, **fields} for i, a in enumerate(amounts)]
    }


MANY = [{"name": f"S{i}", "conversion": 0.98, "duration": 2} for i in range(60)]
LOOP = [{"name": "A", "transitions": [{"to": "A", "probability": 0.98, "duration": 1},
                                      {"to": "Won", "probability": 0.01, "duration": 1},
                                      {"to": "Lost", "probability": 0.01, "duration": 1}]}]  # fmt: skip
CASES: dict[str, dict[str, Any]] = {
    "as it is": scenario(),
    "no deals": scenario(pipeline=None),
    "no leads": scenario(leads=None),
    "nothing at all": scenario(pipeline=None, leads=None),
    "leads that never come": scenario(leads=source(mean=0)),
    "zero amounts": scenario(pipeline=deals(0, 0), leads=source(amount=0)),
    "a target of a cent": scenario(targets=[{"period": "2027-Q1", "amount": 0.01}]),
    "a huge target": scenario(targets=[{"period": "2027-Q1", "amount": 1e15}]),
    "no target": scenario(targets=None),
    "conversion 0": scenario(stages=[{"name": "A", "conversion": 0, "duration": 10}]),
    "conversion 1": scenario(stages=[{"name": "A", "conversion": 1, "duration": 10}]),
    "no time at all": scenario(stages=[{"name": "A", "conversion": 0.4, "duration": 0}]),
    "never decided": scenario(stages=[{"name": "A", "transitions": [
        {"to": "Won", "probability": 0.4, "duration": 5}, {"to": "Lost", "probability": 0.6, "duration": "never"}]}]),
    "60 stages": scenario(stages=[{**s, "name": "A"} if i == 0 else s for i, s in enumerate(MANY)]),
    "100 periods": scenario(periods={"unit": "week", "count": 100}, targets=[{"period": "2027-W01", "amount": 200}]),
    "the last day of the period": scenario(as_of="2027-03-31", pipeline=deals(500)),
    "a loop that hardly ends": scenario(stages=LOOP),
    "a wild level": scenario(leads=source(level_sd=5), periods={"unit": "week", "count": 1},
                             targets=[{"period": "2027-W01", "amount": 100}]),
    "a wild pace": scenario(pace={"sd": 0.8}),
    "the other period alone": scenario(targets=[{"period": "2027-Q2", "amount": 300}]),
    "closed wins reach it": scenario(closed=[{"period": "2027-Q1", "amount": 5000, "wins": 1}]),
    "an age beyond support": scenario(pipeline={"opportunities": [{"id": "d", "stage": "A", "age": 90, "amount": 5}]}),
    "perfectly shared luck": scenario(correlation={"market": 0.999}),
    "one owner who holds everything": scenario(pipeline=deals(500, 20, owner="x"), teams={"x": "T"},
                                               targets=[{"period": "2027-Q1", "owner": "x", "amount": 400},
                                                        {"period": "2027-Q1", "amount": 400}]),
    "payment in the far future": scenario(payment_terms=[{"share": 1, "delay": 1000}]),
    "one day": scenario(periods={"unit": "days", "length": 1, "count": 1}, targets=None),
}  # fmt: skip

TRIALS = 200
ASK: dict[str, Callable[[dict[str, Any]], Shown]] = {
    "run": lambda data: simulate(data, trials=TRIALS),
    "plan": lambda data: leads_needed(data, trials=TRIALS),
    "levers": lambda data: levers(data, trials=TRIALS),
    "stress": lambda data: stress(data, trials=TRIALS, grid=None),
    "compare": lambda data: compare(data, data, trials=TRIALS),
}


def shown(result: Shown) -> str:
    """Every form of a result; the page, for what it says."""
    face = face_of(result)
    json.loads(face.json())  # allow_nan is off: no inf, no NaN
    for frame in face.frames().values():
        assert frame is not None
    texts = []
    for width in (60, 140):
        console = Console(width=width, file=io.StringIO())
        console.print(face.page(width))
        texts.append(console.file.getvalue())  # type: ignore[attr-defined]
    page = texts[1]
    for nonsense in ("nan", "inf ", "infx", "-0 ", "None", "0 to 0", "1 deals", "100.00 %", " x inf"):
        assert nonsense not in page, page
    return page


@pytest.mark.parametrize("question", ASK)
@pytest.mark.parametrize("name", CASES)
def test_every_question_is_answered_or_refused_with_a_reason(name: str, question: str) -> None:
    try:
        result = ASK[question](CASES[name])
    except InputError as error:
        assert str(error)
        assert any(word in str(error) for word in ("target", "leads", "period", "grid", "matches nothing")), error
        return
    shown(result)


@pytest.mark.parametrize("name", [name for name in CASES if name not in ("a wild level", "60 stages", "100 periods")])
def test_the_exact_answer_is_the_simulated_one(name: str) -> None:
    exact, drawn = exact_forecast(CASES[name], groups=()), simulate(CASES[name], trials=20_000, groups=())
    shown(exact)
    for k, (a, b) in enumerate(zip(exact.summary.overall.periods, drawn.summary.overall.periods, strict=True)):
        assert abs(a.bookings.mean - b.bookings.mean) <= 4.5 * b.bookings.stderr + 1e-6 * (1 + b.bookings.mean), k
        if a.attainment is not None and b.attainment is not None:
            p = a.attainment.probability
            assert abs(p - b.attainment.probability) <= 4.5 * ((p * (1 - p)) / 20_000) ** 0.5 + 4 / 20_000


def test_leads_alone_are_planned_by_the_poisson_law() -> None:
    """7 leads a week of 1,000, 0.4 of them won after 10 days, 11 weeks: P(Poisson(30.8 m) >= 40) = 0.8 at m = 1.468."""
    data = scenario(pipeline=None, correlation=None, periods={"unit": "quarter", "count": 2},
                    leads=source(mean=7, amount=1000), targets=[{"period": "2027-Q1", "amount": 40_000}])  # fmt: skip
    plan = leads_needed(data)
    assert plan.multiplier == pytest.approx(1.468, abs=0.01)
    assert plan.unknowns.coverage == 0 and plan.unknowns.coverage_needed is None
    assert "out of reach" in shown(plan)


def test_a_period_that_no_open_deal_reaches_is_planned_by_its_leads() -> None:
    data = scenario(
        correlation=None, leads=source(mean=3.5, amount=1000), targets=[{"period": "2027-Q2", "amount": 18_000}]
    )
    plan = leads_needed(data, period="2027-Q2")
    assert plan.multiplier == pytest.approx(1.178, abs=0.012)
    assert plan.unknowns.coverage_needed is None


def test_a_chance_that_common_causes_keep_below_the_confidence_is_out_of_reach() -> None:
    data = scenario(stages=[{"name": "A", "conversion": 0.3, "duration": 10}], correlation={"market": 0.9},
                    leads=source(mean=7, amount=1000), targets=[{"period": "2027-Q1", "amount": 40_000}])  # fmt: skip
    plan = leads_needed(data, trials=4000)
    assert not plan.reachable and "No lead rate up to 100 times" in shown(plan)


def test_headlines_where_nothing_can_move_say_why() -> None:
    assert "No lever moves anything in 2027-Q1: the scenario has neither open deals nor leads" in shown(
        levers(CASES["nothing at all"], trials=400)
    ).replace("\n", " ")
    closed = shown(levers(CASES["conversion 0"], trials=400)).replace("\n", " ")
    assert "No lever moves anything in 2027-Q1: nothing that is open or to come can be won in it." in closed
    single = shown(stress(scenario(leads=None), trials=400, grid=None)).replace("\n", " ")
    assert "The one open deal carries 100 % of it" in single


def test_ends_of_the_tornado_are_possible_and_carry_their_errors() -> None:
    data = scenario(leads=None, correlation=None, targets=[{"period": "2027-Q1", "amount": 500}])
    result = stress(data, trials=2_000, by="99%", assumptions=("win_rate", "amount"), grid=None)
    for bar in result.tornado:
        assert bar.mean_low >= 0 and bar.p_low is not None and 0 <= bar.p_low <= 1
        if bar.assumption.path == "amount":  # a hundredth of the amount can never reach the target
            assert bar.p_low == 0 and bar.p_low_estimate is not None and bar.p_low_estimate.stderr == 0


def test_leads_that_may_bring_more_wins_than_can_be_counted_are_refused_at_once() -> None:
    rate = {"per": "week", "mean": 7, "dispersion": 1e6, "level_sd": 50}
    scenario = {
        "version": 1, "as_of": "2027-01-04", "periods": {"unit": "quarter", "count": 2}, "amount": 1000,
        "stages": [{"name": "A", "conversion": 0.4, "duration": 10}],
        "leads": [{"name": "web", "stage": "A", "rate": rate}],
    }  # fmt: skip
    with pytest.raises(InputError, match=r"counts wins one by one.*Use --method simulate"):
        exact_forecast(scenario)
    assert simulate(scenario, trials=200).mean() >= 0


@pytest.mark.parametrize("level_sd", [1.5, 5.0])
def test_wild_levels_are_solved_as_a_mixture_of_poisson_numbers(level_sd: float) -> None:
    """30.8 wins of the quarter at the mean level: at most levels hardly any, at some tens of thousands."""
    data = scenario(pipeline=None, correlation=None, leads=source(mean=7, level_sd=level_sd, amount=1000),
                    stages=[{"name": "A", "conversion": 0.4, "duration": 10}],
                    targets=[{"period": "2027-Q1", "amount": 40_000}])  # fmt: skip
    found = exact_forecast(data, groups=()).summary.overall.periods[0]
    mean = found.wins.mean
    sd = math.sqrt(math.log1p(level_sd**2))

    def at_least(wins: float) -> float:
        z = np.linspace(-9, 9, 20_001)
        chance = stats.poisson.sf(wins - 1, mean * np.exp(sd * z - 0.5 * sd * sd))
        return float(np.sum(chance * stats.norm.pdf(z)) / np.sum(stats.norm.pdf(z)))

    assert found.attainment is not None
    assert found.attainment.probability == pytest.approx(at_least(40), abs=2e-6)
    for q, wins in found.wins.quantiles.items():
        assert at_least(wins + 1) <= 1 - q + 2e-6
        assert at_least(wins) >= 1 - q - 2e-6


def test_sums_on_a_shorter_grid_are_those_on_the_whole_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """At nodes where little is won fewer frequencies are computed, as soon as all would cost too much."""
    data = scenario(pipeline=None, amount=100, leads=source(level_sd=2.0), correlation=None)
    whole = exact_forecast(data, groups=()).summary.overall
    narrowed: list[int] = []
    narrow = grid._narrowed

    def counting(*given: Any) -> grid.Grid:
        found = narrow(*given)
        narrowed.append(max(stretch.stride for stretch in found.stretches))
        return found

    monkeypatch.setattr(grid, "_narrowed", counting)
    monkeypatch.setattr(grid, "ON_GRID", 1e9)
    short = exact_forecast(data, groups=(), work=1.0).summary.overall
    assert min(narrowed) > 1
    for a, b in zip((*whole.periods, whole.total), (*short.periods, short.total), strict=True):
        assert b.wins.quantiles == pytest.approx(a.wins.quantiles, abs=1e-6)
        assert b.bookings.quantiles == pytest.approx(a.bookings.quantiles, abs=1e-6)
        assert b.bookings.mean == pytest.approx(a.bookings.mean, rel=1e-9)
