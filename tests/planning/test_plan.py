"""Leads needed: against closed forms, against running the answer, and said where there is none."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from simfunnel import InputError, leads_needed, simulate
from simfunnel.forecast.inputs import prepare
from simfunnel.report.console.plan import plan_sentence
from simfunnel.scenario.schema import Shift
from tests.helpers import K, deals, funnel, sized, stage

TARGET = [{"period": "2027-01-01+30d", "amount": 100}]


def web(mean: float = 2, **fields: object) -> dict[str, object]:
    rate = {"per": "day", "mean": mean, **fields.pop("rate", {})}  # type: ignore[dict-item]
    return {"name": "web", "stage": "A", "rate": rate, "amount": 10, **fields}


def test_leads_needed_is_that_of_the_poisson_law() -> None:
    # wins are Poisson of 2 x m x 30 x 0.25 (a win takes no time); 20 wins of 10 make the target
    plan = leads_needed(funnel([stage("A", 0.25, 0)], leads=[web()]), target=200, trials=sized(40_000))
    needed = stats.gamma.ppf(0.8, 20) / (2 * 30 * 0.25)  # P(Poisson(x) >= 20) = P(Gamma(20) <= x)
    low, high = plan.multiplier_interval or (0.0, 0.0)
    assert high is not None and plan.multiplier is not None
    assert abs(plan.multiplier - needed) < K / 1.96 * 0.5 * (high - low)
    for point in plan.points[1:]:
        exact = stats.poisson.sf(19, 15 * point.multiplier)
        assert abs(point.p_attain - exact) < K * np.sqrt(exact * (1 - exact) / sized(40_000)) + 1e-9


def test_open_deals_count_before_leads_do() -> None:
    # 3 certain wins of 20 at once: 40 are left, 4 wins of 10
    plan = leads_needed(
        funnel([stage("A", 1.0, 0)], deals(3, amount=20), leads=[web(0.1)], targets=TARGET), trials=sized(20_000)
    )
    low, high = plan.multiplier_interval or (0.0, 0.0)
    needed = stats.gamma.ppf(0.8, 4) / (0.1 * 30)
    assert plan.multiplier is not None and high is not None
    assert abs(plan.multiplier - needed) < K / 1.96 * 0.5 * (high - low)


RICH = funnel(
    [stage("A", {"mean": 0.5, "n": 60}, {"exponential": 4}, lost_duration={"exponential": 9}),
     stage("B", 0.6, {"lognormal": {"median": 4, "p90": 9}})],
    deals(10, amount=12, owner="Ann", segment="x"),
    leads=[web(1.5, rate={"dispersion": 3, "level_sd": 0.2, "growth_per_year": 0.5}, owner={"Ann": 0.6, "Bo": 0.4},
               segment="x"),
           {"name": "fair", "stage": "B", "rate": {"per": "week", "mean": 3}, "amount": {"exponential": 8}}],
    correlation={"market": 0.1, "owner": 0.05}, pace={"sd": 0.2}, amount_level={"sd": 0.1}, segments={"x": {}},
    targets=[{"period": "2027-01-01+30d", "amount": 190}],
)  # fmt: skip
LOOP = {
    "name": "B", "n": 50,
    "transitions": [{"to": "Won", "probability": 0.5, "duration": {"exponential": 3}},
                    {"to": "A", "probability": 0.2, "duration": 2},
                    {"to": "Lost", "probability": 0.3, "duration": {"exponential": 5}}],
}  # fmt: skip


@pytest.mark.parametrize("sources", [(), ("web",)])
@pytest.mark.parametrize("stages", [RICH["stages"], [RICH["stages"][0], LOOP]])
def test_the_answer_run_as_a_forecast_gives_the_confidence(sources: tuple[str, ...], stages: list[object]) -> None:
    data = {**RICH, "stages": stages}
    n = sized(40_000)
    plan = leads_needed(data, sources=sources, confidence=0.7, trials=n)
    assert plan.reachable and plan.multiplier is not None and plan.multiplier > 1.05
    paths = [f"leads.rate[source={name}]" for name in sources] or ["leads.rate"]
    run = simulate(data, trials=n, seed=5, shifts=[Shift(path=path, scale=plan.multiplier) for path in paths])
    assert abs(run.p_attain().probability - 0.7) < K * (2 * 0.21 / n) ** 0.5
    # and the present rate is on the curve too
    now = plan.curve.p_attain(1.0)
    assert abs(now.mean - plan.p_attain_now.mean) < K * np.hypot(now.stderr, plan.p_attain_now.stderr)


def test_a_later_period_and_the_total_are_on_the_curve_too() -> None:
    data = {**RICH, "periods": {"unit": "days", "length": 15, "count": 2}, "targets": [
        {"period": "2027-01-16+15d", "amount": 100}, {"period": "total", "amount": 180}]}  # fmt: skip
    for period in ("2027-01-16+15d", "total"):
        plan = leads_needed(data, period=period, trials=sized(20_000))
        now = plan.curve.p_attain(1.0)
        assert abs(now.mean - plan.p_attain_now.mean) < K * np.hypot(now.stderr, plan.p_attain_now.stderr)
        whole = simulate(data, trials=sized(20_000), seed=8).p_attain(period=period)
        assert abs(now.mean - whole.probability) < K * np.hypot(now.stderr, whole.stderr)


def test_the_curve_never_falls() -> None:
    plan = leads_needed(RICH, trials=2000)
    p = [point.p_attain for point in plan.points]
    assert p == sorted(p) and p[0] < p[-1]


def test_the_same_answer_for_any_number_of_threads() -> None:
    one, two = (leads_needed(RICH, trials=1500, threads=threads) for threads in (1, 3))
    np.testing.assert_array_equal(one.curve.critical, two.curve.critical)
    assert one.to_dict() == two.to_dict()


def test_the_dispersion_of_a_scaled_source_grows_with_its_rate() -> None:
    # a gamma factor is kept: variance / mean of m times the rate is 1 + m (d - 1); seen in the forecast at 4 x the rate
    leads = [web(20, rate={"dispersion": 3})]
    data = funnel([stage("A", 1.0, 0)], leads=leads, periods={"unit": "days", "length": 1, "count": 1},
                  targets=[{"period": "2027-01-01+1d", "amount": 600}])  # fmt: skip
    source = leads_needed(data, trials=sized(20_000)).sources[0]
    assert source.dispersion == pytest.approx(3)
    m = (source.needed_per_week or 0.0) / source.current_per_week
    assert source.dispersion_needed == pytest.approx(1 + 2 * m)
    wins = simulate(data, trials=sized(40_000), shifts=[Shift(path="leads.rate", scale=m)]).samples.wins[0, 0]
    assert wins.var() / wins.mean() == pytest.approx(1 + 2 * m, rel=0.05 if sized(2) == 2 else 0.5)


def test_no_more_leads_are_needed_where_the_target_is_safe() -> None:
    plan = leads_needed(funnel([stage("A", 0.5, 0)], leads=[web(20)], targets=TARGET), trials=500)
    assert plan.safe_already and plan.multiplier == 1 and plan.sources[0].extra_leads == 0


def test_leads_that_cannot_win_in_time_are_said_to_be_no_help() -> None:
    plan = leads_needed(
        funnel([stage("A", 0.5, 40)], deals(30, amount=10, age=20), leads=[web()], targets=TARGET * 1), trials=2000,
        max_multiplier=20, target=160,
    )  # fmt: skip
    assert not plan.reachable and plan.multiplier is None and plan.sources[0].needed_per_week is None
    # the best there is: 16 or more wins among 30 at 1/2
    exact = stats.binom.sf(15, 30, 0.5)
    assert abs(plan.curve.limit.mean - exact) < K * np.sqrt(exact * (1 - exact) / 2000)
    assert all(value.value.mean == 0 for value in plan.lead_values)


def test_a_rate_beyond_the_largest_multiplier_is_out_of_reach() -> None:
    data = funnel([stage("A", 0.25, 0)], leads=[web()], targets=[{"period": "2027-01-01+30d", "amount": 1000}])
    assert not leads_needed(data, trials=500, max_multiplier=3).reachable
    assert leads_needed(data, trials=500, max_multiplier=10).reachable


def test_few_trials_tell_that_a_target_is_far_out_of_reach() -> None:
    data = funnel([stage("A", 0.25, 0)], leads=[web()], targets=[{"period": "2027-01-01+30d", "amount": 5000}])
    plan = leads_needed(data, trials=3000, max_multiplier=10)
    assert not plan.reachable and len(plan.curve.critical) == 1000 and plan.curve.limit.mean == 0


def test_a_plan_of_a_variant_is_that_of_the_shifted_scenario_and_says_so() -> None:
    data = {**RICH, "variants": {"weak": [{"path": "win_rate", "scale": 0.8}]}}
    weak, plain = (leads_needed(data, variant=variant, trials=2000) for variant in ("weak", None))
    assert weak.base.provenance.variant == "weak"
    assert weak.base.provenance.sha256 == simulate(data, variant="weak", trials=10).provenance.sha256
    assert (weak.multiplier or 0) > (plain.multiplier or 0) > 1


def test_a_lead_is_worth_its_win_rate_times_its_amount_while_there_is_time() -> None:
    # a win takes 10 days: leads of the first 20 days count, those of the last 10 do not
    plan = leads_needed(funnel([stage("A", 0.25, 10)], leads=[web()], targets=TARGET), trials=sized(5000))
    values = [value.value for value in plan.lead_values]
    assert [v.mean for v in values[:2]] == [2.5, 2.5]
    assert abs(values[2].mean - 2.5 * 6 / 7) < K * values[2].stderr  # days 14 to 20 of 14 to 21
    assert [v.mean for v in values[3:]] == [0, 0]


def test_the_safe_target_is_reached_with_the_confidence() -> None:
    plan = leads_needed(RICH, trials=4000)
    values = plan.base.bookings(0)
    assert np.mean(values >= plan.unknowns.safe_target - 1e-9) >= 0.8
    assert np.mean(values > plan.unknowns.safe_target + 1e-9) < 0.8


def test_larger_deals_and_coverage_give_the_confidence_when_run() -> None:
    n = sized(20_000)
    plan = leads_needed(RICH, trials=n, confidence=0.7)
    u = plan.unknowns
    error = K * (2 * 0.21 / n) ** 0.5
    assert u.deal_size.factor is not None and u.coverage_needed is not None and u.coverage is not None
    run = simulate(RICH, trials=n, seed=5, shifts=[Shift(path="amount", scale=u.deal_size.factor)])
    assert abs(run.p_attain().probability - 0.7) < error
    larger = [{**d, "amount": 12 * u.coverage_needed / u.coverage} for d in RICH["pipeline"]["opportunities"]]
    run = simulate({**RICH, "pipeline": {"opportunities": larger}}, trials=n, seed=5)
    assert abs(run.p_attain().probability - 0.7) < error
    assert u.coverage == pytest.approx(120 / 190)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"sources": ["webb"]}, "no lead source 'webb' in the scenario; did you mean 'web'? (known here: web)"),
        ({"period": "Q9"}, "no period 'Q9' in the scenario; known: 2027-01-01+30d, total"),
        ({"period": "total"}, "the scenario has no target for total; give one, such as --target 3M, or --period "
         "2027-01-01+30d, which has one"),
        ({"target": "-3M"}, "target: expected an amount above 0, found '-3M'"),
        ({"confidence": "120%"},
         "confidence: expected a probability above 0 and below 1, such as 0.8 or 80%, found '120%'"),
        ({"by": "day"}, "by: expected week, month or quarter, found 'day'"),
        ({"max_multiplier": 0.5}, "max multiplier: expected a number above 1 and at most 10,000, found 0.5"),
        ({"trials": "auto"},
         "trials: a plan compares forecasts of equal length; give a whole number, found 'auto'"),
    ],
)  # fmt: skip
def test_bad_options_are_refused(options: dict[str, object], message: str) -> None:
    with pytest.raises(InputError) as error:
        leads_needed(funnel([stage("A", 0.5, 0)], leads=[web()], targets=TARGET), **options)  # type: ignore[arg-type]
    assert str(error.value) == message


def test_a_scenario_without_leads_has_no_rate_to_raise() -> None:
    plan = leads_needed(funnel([stage("A", 0.5, 0)], deals(5, amount=10), targets=TARGET), trials=200)
    assert not plan.reachable and plan.sources == () and not plan.ideal.has_leads
    assert plan.to_dict()["curve"] == []


def test_a_plan_near_the_present_rate_does_not_contradict_itself() -> None:
    # P(attain) now and the curve have draws of their own: asked for what is about there already, they may disagree
    data = funnel([stage("A", 0.25, 0)], leads=[web()], targets=[{"period": "2027-01-01+30d", "amount": 130}])
    ready = prepare(data)
    safe = near = 0
    for seed in range(8):
        now = leads_needed(ready, trials=1000, seed=seed, confidence=0.5).p_attain_now.mean
        for confidence in (now - 0.004, now, now + 0.004):
            plan = leads_needed(ready, trials=1000, seed=seed, confidence=confidence, max_multiplier=1.5)
            sentence = plan_sentence(plan)
            if plan.safe_already:
                safe += 1
                assert plan.reachable and plan.multiplier == 1 and plan.multiplier_interval is None
                assert plan.sources[0].extra_leads == 0 and sentence.startswith("No more leads are needed")
            else:
                near += plan.about_enough
                low, high = plan.multiplier_interval or (math.inf, None)
                assert plan.multiplier is not None and plan.multiplier >= 1
                assert low <= plan.multiplier and (high is None or plan.multiplier <= high)
                assert plan.about_enough == ("about enough" in sentence)
    assert safe == 16 and near > 4


def test_a_safe_target_is_safe_though_the_curve_does_not_reach_it() -> None:
    # leads hardly help, and the curve ends just above the present rate
    data = funnel([stage("A", 0.25, 29.5)], deals(30, amount=10, age=20), leads=[web(0.3)],
                  targets=[{"period": "2027-01-01+30d", "amount": 60}])  # fmt: skip
    ready = prepare(data)
    beyond = 0
    for seed in range(8):
        now = leads_needed(ready, trials=1000, seed=seed, max_multiplier=1.01).p_attain_now.mean
        plan = leads_needed(ready, trials=1000, seed=seed, max_multiplier=1.01, confidence=now)
        beyond += plan.curve.multiplier(now) is None
        assert plan.safe_already and plan.reachable and plan.multiplier == 1
    assert beyond
