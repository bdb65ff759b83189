"""Stress tests: signs, break-evens that hold, grids that agree with single runs, deals that are missed."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.stats import norm

from simfunnel import InputError, simulate, stress
from simfunnel.forecast.inputs import prepare
from simfunnel.planning.stress.stress import Stress
from simfunnel.scenario.schema import Shift
from tests.helpers import K, assert_mean, deals, funnel, sized, stage

PERIOD = "2027-01-01+30d"
LEADS = [
    {"name": "web", "stage": "A", "rate": {"per": "week", "mean": 5}, "amount": {"exponential": 10}, "owner": "Bo"}
]
TARGET = [{"period": PERIOD, "amount": 150}]


def book(**rest: Any) -> dict[str, Any]:
    """30 open deals of two owners and segments, leads, two stages, all kinds of uncertainty."""
    open_deals = [
        *deals(18, "a", amount=10, owner="Ann", segment="smb"), *deals(12, "b", amount=12, owner="Bo", segment="big")
    ]  # fmt: skip
    stages = [stage("A", {"mean": 0.5, "n": 80}, {"exponential": 6}), stage("B", 0.8, {"exponential": 4})]
    settings = {"leads": LEADS, "correlation": {"market": 0.1, "owner": 0.05}, "targets": TARGET, **rest}
    return funnel(stages, open_deals, **settings)


@pytest.fixture(scope="module")
def result() -> Stress:
    return stress(book(variants={"weak": [{"path": "win_rate", "scale": 0.8}]}), trials=sized(20_000))


def test_every_bar_of_the_tornado_has_its_sign(result: Stress) -> None:
    bars = {bar.assumption.path: bar for bar in result.tornado}
    expected = {"win_rate", "conversion", "amount", "leads.rate", "conversion[stage=A]", "conversion[stage=B]",
                "win_rate[segment=smb]", "win_rate[segment=big]"}  # fmt: skip
    assert set(bars) == {*expected, "duration", "correlation.market", "correlation.owner"}
    for path in expected:
        bar = bars[path]
        assert bar.mean_low < result.mean.mean < bar.mean_high, path
        assert bar.p_low is not None and bar.p_high is not None and bar.p_low < bar.p_high, path
    slow = bars["duration"]
    assert slow.mean_low > result.mean.mean > slow.mean_high and not slow.rises


def test_the_tornado_is_sorted_by_its_swing(result: Stress) -> None:
    swings = [bar.swing for bar in result.tornado]
    assert swings == sorted(swings, reverse=True) and swings[0] > swings[-1]


def test_win_rate_moves_the_mean_in_proportion() -> None:
    data = funnel([stage("A", 0.4, 1)], deals(30, amount=10), targets=TARGET)
    bar = stress(data, trials=sized(20_000), assumptions=["win_rate"], grid=None).tornado[0]
    for difference, expected in ((bar.low.mean, -12.0), (bar.high.mean, 12.0)):
        assert abs(difference.mean - expected) <= K * difference.stderr


@pytest.mark.parametrize(("kind", "low", "high"), [("add", 0.3, 0.5), ("odds", 1 / (1 + 1.65), 1.1 / 2.6)])
def test_rates_can_be_moved_by_points_and_by_odds(kind: str, low: float, high: float) -> None:
    data = funnel([stage("A", 0.4, 1)], deals(30, amount=10))
    bar = stress(data, trials=sized(20_000), assumptions=["conversion"], kind=kind, grid=None).tornado[0]
    # odds 2 / 3: divided by 1.1 and multiplied by it
    values = (low, high) if kind == "add" else ((2 / 3 / 1.1) / (1 + 2 / 3 / 1.1), (2 / 3 * 1.1) / (1 + 2 / 3 * 1.1))
    for difference, rate in zip((bar.low.mean, bar.high.mean), values, strict=True):
        assert abs(difference.mean - 300 * (rate - 0.4)) <= K * difference.stderr


@pytest.mark.parametrize("threshold", [0.3, 0.7])
def test_a_break_even_that_is_run_hits_the_threshold(threshold: float) -> None:
    data = book(leads=[{**LEADS[0], "rate": {"per": "week", "mean": 15}}])
    paths = ["win_rate", "conversion", "amount", "leads.rate", "duration", "conversion[stage=B]"]
    found = stress(data, trials=sized(20_000), assumptions=paths, threshold=threshold, grid=None,
                   target=190).break_even  # fmt: skip
    held = 0
    for one in found:
        if one.value is None:
            continue
        held += 1
        run = simulate(data, trials=sized(20_000), seed=99, shifts=[Shift(path=one.path, scale=one.value)])
        reached = float(np.mean(run.bookings(0) >= 190))
        spread = threshold * (1 - threshold)
        # the run, the long base, and the pairs of the search with what their base does not explain
        error = (spread / sized(20_000) * 2 + one.p_attain.stderr**2) ** 0.5
        assert abs(reached - threshold) < K * error, one.path
    assert held >= 5


def test_a_break_even_out_of_reach_says_so() -> None:
    data = funnel([stage("A", 0.4, 1)], deals(30, amount=10), targets=[{"period": PERIOD, "amount": 400}])
    (one,) = stress(data, trials=500, assumptions=["win_rate"], grid=None).break_even
    assert (one.value, one.worse, one.at, one.p_attain.mean) == (None, False, 20.0, 0.0)
    safe = stress(book(), trials=500, target=1, assumptions=["amount[segment=smb]"], grid=None).break_even[0]
    assert (safe.value, safe.worse, safe.at) == (None, True, 0.01)


def test_a_cell_of_the_grid_is_the_forecast_under_both_shifts() -> None:
    data = book()
    axes = ["win_rate=0.8:1.2:3", "leads.rate=0.5:1.5:3"]
    grid = stress(data, trials=sized(20_000), assumptions=["amount"], grid=axes).grid
    flipped = stress(data, trials=sized(20_000), assumptions=["amount"], grid=axes[::-1]).grid
    assert grid is not None and flipped is not None
    np.testing.assert_array_equal(grid.p_attain, flipped.p_attain.T)
    assert grid.stderr.max() < 0.01 or grid.trials < 2500
    for i, f in enumerate(grid.rows.values):
        for j, g in enumerate(grid.columns.values):
            run = simulate(data, trials=sized(20_000), seed=5,
                           shifts=[Shift(path="win_rate", scale=f), Shift(path="leads.rate", scale=g)])  # fmt: skip
            reached = run.p_attain()
            error = (reached.stderr**2 + float(grid.stderr[i, j]) ** 2) ** 0.5
            assert abs(reached.probability - grid.p_attain[i, j]) < K * error


def test_a_grid_of_assumptions_without_leads_is_one_paired_forecast_a_cell() -> None:
    # whole amounts: with drawn ones a scaled sum and a sum of scaled amounts may differ by some cents
    data = book(leads=[], targets=[{"period": PERIOD, "amount": 90}])
    for path in ("amount", "win_rate"):
        found = stress(data, trials=600, assumptions=["amount"], grid=[f"{path}=0.9:1.1:2", "duration=0.9:1.1:2"])
        assert found.grid is not None
        for i, f in enumerate(found.grid.rows.values):
            for j, g in enumerate(found.grid.columns.values):
                run = simulate(data, trials=600, shifts=[Shift(path=path, scale=f), Shift(path="duration", scale=g)])
                assert found.grid.p_attain[i, j] == run.p_attain().probability


def test_the_lead_rate_thins_one_source_alone() -> None:
    data = book(leads=[LEADS[0], {**LEADS[0], "name": "fair", "rate": {"per": "week", "mean": 20}}])
    axis = "leads.rate[source=fair]=0:2:3"
    grid = stress(data, trials=sized(5_000), assumptions=["amount"], grid=["win_rate=0.9:1:2", axis], target=250).grid
    assert grid is not None
    run = simulate(data, trials=sized(20_000), seed=5, shifts=[Shift(path="leads.rate[source=fair]", scale=2)])
    reached = float(np.mean(run.bookings(0) >= 250))
    error = (reached * (1 - reached) / sized(20_000) + float(grid.stderr[1, 2]) ** 2) ** 0.5
    assert abs(reached - grid.p_attain[1, 2]) < K * error


@pytest.mark.parametrize("kernel", ["paths", "outcomes"])
def test_must_close_is_what_the_forecast_loses_without_the_deal(kernel: str) -> None:
    data = book(leads=[])
    found = stress(data, trials=sized(4_000), kernel=kernel, assumptions=["amount"], grid=None)
    listed = data["pipeline"]["opportunities"]
    for deal in [found.must_close[0], found.must_close[-1]]:
        rest = [d for d in listed if d["id"] != deal.id]
        without = simulate({**data, "pipeline": {"opportunities": rest}}, trials=sized(4_000), kernel=kernel)
        assert deal.p_attain is not None and deal.p_attain == pytest.approx(without.p_attain().probability, abs=1e-12)
        gap = float(without.bookings(0).mean()) - found.mean.mean
        assert deal.delta_mean.mean == pytest.approx(gap, abs=1e-9)
    costs = [deal.delta_p.mean for deal in found.must_close if deal.delta_p]
    assert costs == sorted(costs) and costs[0] < 0


def test_the_biggest_deal_is_the_one_of_the_largest_amount() -> None:
    data = funnel([stage("A", 0.4, 1)], [*deals(9, amount=10), *deals(1, "big", amount=90)], targets=TARGET)
    found = stress(data, trials=sized(20_000), assumptions=["amount"], grid=None)
    (event,) = [event for event in found.events if event.kind == "deal"]
    assert event.name == "biggest deal lost (big0, 90)"
    assert abs(event.delta_mean.mean + 0.4 * 90) <= K * event.delta_mean.stderr
    assert found.must_close[0].id == "big0"


def test_an_owner_who_leaves_takes_his_deals_and_leads() -> None:
    data = book()
    found = stress(data, trials=sized(4_000), assumptions=["amount"], grid=None, owners=["Bo"])
    (event,) = [event for event in found.events if event.kind == "owner"]
    gone = [Shift.model_validate({"path": path, "set": 0}) for path in ("win_rate[owner=Bo]", "leads.rate[owner=Bo]")]
    run = simulate(data, trials=sized(4_000), shifts=gone)
    assert event.name == "Bo leaves"
    assert event.mean == pytest.approx(run.mean(0), abs=1e-9)
    assert event.p_attain == pytest.approx(run.p_attain().probability, abs=1e-12)


def test_shares_of_the_variance_sum_to_one_in_every_dimension(result: Stress) -> None:
    assert set(result.concentration) == {"deal", "owner", "segment"}
    for shares in result.concentration.values():
        assert sum(share.share for share in shares) == pytest.approx(1, abs=1e-9)
        assert sum(share.mean for share in shares) == pytest.approx(result.mean.mean, rel=1e-9)
    assert result.concentration["deal"][-1].name == "new business"


def test_the_share_of_independent_deals_is_that_of_their_variances() -> None:
    data = funnel([stage("A", 0.4, 1)], [*deals(5, amount=10), *deals(1, "big", amount=50)])
    shares = stress(data, trials=sized(40_000), assumptions=["amount"], grid=None).concentration["deal"]
    # the share of the big deal is 50^2 / (50^2 + 5 x 10^2); its sample error is about (2 / n)^0.5 of what is left
    assert shares[0].name == "big0"
    assert abs(shares[0].share - 2500 / 3000) < K * (2 / sized(40_000)) ** 0.5


def test_a_given_market_is_the_conditional_vasicek_distribution() -> None:
    data = funnel([stage("A", 0.4, 1)], deals(60), correlation={"market": 0.2},
                  targets=[{"period": PERIOD, "amount": 12}])  # fmt: skip
    w = norm.cdf((norm.ppf(0.4) + 0.2**0.5 * norm.ppf(0.05)) / 0.8**0.5)
    found = stress(data, trials=sized(20_000), assumptions=["amount"], grid=None, market_quantile="5%")
    (event,) = [event for event in found.events if event.kind == "market"]
    assert event.name == "market at its 5 % quantile"
    for kernel in ("paths", "outcomes"):
        shift = Shift.model_validate({"path": "market_factor", "set": norm.ppf(0.05)})
        run = simulate(data, trials=sized(20_000), kernel=kernel, shifts=[shift])
        assert_mean(run.bookings(0), 60 * w)
        assert abs(float(np.var(run.bookings(0))) / (60 * w * (1 - w)) - 1) < K * (2 / sized(20_000)) ** 0.5
    assert event.p_attain == pytest.approx(float(np.mean(run.bookings(0) >= 12)), abs=1e-12)


def test_without_a_market_factor_there_is_no_bad_market() -> None:
    found = stress(book(correlation={"owner": 0.1}), trials=400, assumptions=["amount"], grid=None)
    assert not [event for event in found.events if event.kind == "market"]


def test_variants_are_paired_with_the_base(result: Stress) -> None:
    (weak,) = result.variants
    run = simulate(book(), trials=sized(20_000), shifts=[Shift(path="win_rate", scale=0.8)])
    assert weak.mean == pytest.approx(run.mean(0), rel=1e-12)
    assert weak.p_attain == pytest.approx(run.p_attain().probability, abs=1e-12)
    # an independent pair would have the errors of both forecasts
    assert weak.delta_mean.stderr < 0.7 * result.mean.stderr


def test_without_a_target_all_is_told_in_money() -> None:
    found = stress(book(targets=[]), trials=400)
    assert found.p_attain is None and found.grid is None and not found.break_even
    assert all(bar.p_low is None for bar in found.tornado) and found.must_close[0].delta_p is None


def test_a_grid_without_a_target_is_refused() -> None:
    with pytest.raises(InputError, match=r"^the scenario has no target for total; give one, such as --target 3M"):
        stress(book(), trials=20, period="total", grid=["win_rate", "amount"])


def test_an_empty_scenario_has_nothing_to_move() -> None:
    found = stress(funnel([stage("A", 0.4, 1)]), trials=200, target=10)
    assert not found.tornado and not found.must_close and found.variance.total == 0


def test_each_name_of_a_dimension_can_be_moved() -> None:
    found = stress(book(), trials=200, each=["owner"], grid=None)
    paths = {bar.assumption.path for bar in found.tornado}
    assert {"win_rate[owner=Ann]", "amount[owner=Bo]", "leads.rate[owner=Bo]"} <= paths
    assert "leads.rate[owner=Ann]" not in paths  # she has no leads


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"by": 0}, "by: expected a share above 0 and below 100%, such as 10%, found 0"),
        ({"kind": "times"}, "kind: expected one of scale, add, odds, found 'times'"),
        ({"threshold": 1}, "threshold: expected a probability above 0 and below 1, such as 0.5 or 50%, found 1"),
        ({"market_quantile": 0}, "market quantile: expected a share above 0 and below 1, such as 5%, found 0"),
        (
            {"grid": ["win_rate"]},
            "grid: a grid has two assumptions, such as --grid win_rate --grid leads.rate; found 1",
        ),
        (
            {"grid": ["win_rate", "win_rate=0.9:1.1"]},
            "grid: expected two different assumptions, found 'win_rate' twice",
        ),
        (
            {"grid": ["win_rate=2:1", "amount"]},
            "grid: expected factors from 0 up, the lower one first, and at least 2 of them, such as "
            "win_rate=0.5:1.5:21, found 'win_rate=2:1'",
        ),
        ({"owners": ["Anne"]}, "no owner 'Anne' in the scenario; did you mean 'Ann'? (known here: Ann, Bo)"),
        (
            {"assumptions": ["win_rate[owner=Cy]"]},
            "the shift 'win_rate[owner=Cy]' matches nothing: no deal, lead source or stage has these names",
        ),
        (
            {"grid": ["win_rate[owner=Cy]", "amount"]},
            "the shift 'win_rate[owner=Cy]' matches nothing: no deal, lead source or stage has these names",
        ),
        (
            {"grid": ["win_rate", "leads.rate[source=mail]"]},
            "the shift 'leads.rate[source=mail]' matches nothing: no deal, lead source or stage has these names",
        ),
        ({"each": ["seller"]}, "each: expected one of stage, segment, owner, source, found 'seller'"),
        (
            {"assumptions": ["amount"], "each": ["owner"]},
            "give assumptions to move, or dimensions to move each name of, not both",
        ),
        ({"target": -1}, "target: expected an amount above 0, found -1"),
    ],
)
def test_bad_options_are_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError) as error:
        stress(book(), trials=20, **options)
    assert str(error.value) == message


def test_the_progress_of_a_stress_test_reaches_its_end() -> None:
    seen: list[tuple[int, int]] = []
    stress(prepare(book()), trials=100, progress=lambda done, total: seen.append((done, total)))
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)
    assert seen[-1][0] == seen[-1][1] == seen[0][1]
