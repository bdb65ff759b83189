"""The ideal funnel: Little's law, two routes, and the simulated steady state."""

from __future__ import annotations

import numpy as np
import pytest

from simfunnel import leads_needed, simulate
from simfunnel.engine.paths.occupancy import stage_occupancy
from simfunnel.forecast.inputs import prepare
from simfunnel.planning.plan.stocks import daily_leads, stream_stocks
from tests.helpers import K, deals, funnel, sized, stage

STAGES = [
    stage("A", 0.5, {"exponential": 5}, lost_duration={"exponential": 12}),
    {"name": "B", "transitions": [{"to": "Won", "probability": 0.5, "duration": {"exponential": 4}},
                                  {"to": "A", "probability": 0.2, "duration": {"exponential": 2}},
                                  {"to": "Lost", "probability": 0.3, "duration": {"exponential": 9}}]},
]  # fmt: skip
LEADS = [{"name": "web", "stage": "A", "rate": {"per": "day", "mean": 2}, "amount": 10},
         {"name": "fair", "stage": "B", "rate": {"per": "week", "mean": 7}, "amount": 30}]  # fmt: skip


def test_counts_are_flow_times_time_as_worked_out_by_hand() -> None:
    compiled = prepare(funnel(STAGES, leads=LEADS)).compiled()
    stocks, leads = stream_stocks(compiled), daily_leads(compiled.model, ["day", "week"])
    # visits to A and B: from A, a = 1 / (1 - 0.5 x 0.2), b = a / 2; from B, b = 1 / (1 - 0.1), a = 0.2 b
    a, b = 1 / 0.9, 1 / 0.9
    np.testing.assert_allclose(stocks.visits, [[a, a / 2], [0.2 * b, b]])
    visit = np.array([0.5 * 5 + 0.5 * 12, 0.5 * 4 + 0.2 * 2 + 0.3 * 9])
    np.testing.assert_allclose(stocks.days, stocks.visits * visit)
    np.testing.assert_allclose(leads, [2, 1])
    w_b = 0.5 / 0.9
    np.testing.assert_allclose(stocks.win_rate, [0.5 * w_b, w_b])


@pytest.mark.parametrize("shifted", [False, True])
def test_littles_law_gives_the_simulated_steady_state(shifted: bool) -> None:
    data = funnel(STAGES, leads=LEADS, periods={"unit": "days", "length": 400, "count": 1},
                  clock={"weekdays": [1, 1, 1, 1, 1, 0, 0]}, correlation={"market": 0.1})  # fmt: skip
    ready = prepare({**data, "variants": {"v": [{"path": "win_rate", "scale": 0.6}]}})
    compiled = ready.compiled(ready.variant("v" if shifted else None))
    model, stocks = compiled.model, stream_stocks(compiled)
    expected = daily_leads(model, ["day", "week"]) @ stocks.days
    trials = sized(1500)
    # whole weeks, one sample a day: the clock stands still at weekends, and what is counted is the mean of a week
    count = stage_occupancy(model, np.arange(392.0, 399.0), trials, 1).count.mean(axis=1)
    for s in range(2):
        error = count[s].std() / np.sqrt(trials)
        assert abs(count[s].mean() - expected[s]) < K * error + 0.02 * expected[s], s


def test_both_routes_give_one_ideal_funnel() -> None:
    data = funnel(STAGES, deals(4, amount=10), leads=LEADS, targets=[{"period": "2027-01-01+30d", "amount": 700}])
    ideal = leads_needed(data, trials=1000).ideal
    for row in ideal.stages:
        assert row.ideal_count == pytest.approx(row.ideal_count_by_cycle, rel=1e-9)
    assert [row.actual_count for row in ideal.stages] == [4, 0]
    # the sales cycle, by hand for leads that enter at B and never go back, is that of B's winners
    assert ideal.sales_cycle is not None and ideal.sales_cycle > 4


def test_a_funnel_filled_as_the_ideal_one_reaches_the_target_with_the_confidence() -> None:
    # one stage, exponential: the stock in steady state has no memory, so the ideal count can be put in as open deals
    def data(count: int, rate: float) -> dict[str, object]:
        leads = [{"name": "web", "stage": "A", "rate": {"per": "day", "mean": rate}, "amount": 1}]
        return funnel([stage("A", 0.4, {"exponential": 12})], deals(count, amount=1), leads=leads,
                      targets=[{"period": "2027-01-01+30d", "amount": 60}])  # fmt: skip

    ideal = leads_needed(data(0, 2.0), trials=sized(20_000)).ideal
    row = ideal.stages[0]
    assert row.ideal_count is not None and ideal.flow_now is not None
    # a fixed stock varies less than one in steady state (a Poisson one), so it is a little safer than asked for
    filled = simulate(data(round(row.ideal_count), 2.0 * ideal.flow_now), trials=sized(20_000)).p_attain()
    assert 0.8 - 0.02 < filled.probability < 0.88
    # by hand: wins in 30 days of a steady flow are Poisson; 60 or more with 80 %
    from scipy import stats

    assert ideal.wins_needed == pytest.approx(stats.gamma.ppf(0.8, 60), rel=0.02 if sized(2) == 2 else 0.2)


def test_owners_with_targets_have_an_ideal_funnel_of_their_own() -> None:
    leads = [{**LEADS[0], "owner": {"Ann": 0.75, "Bo": 0.25}}]
    targets = [{"period": "2027-01-01+30d", "amount": 300}, {"period": "2027-01-01+30d", "owner": "Ann", "amount": 200},
               {"period": "2027-01-01+30d", "owner": "Cy", "amount": 10}]  # fmt: skip
    book = [*deals(3, amount=10, owner="Bo"), *deals(2, "c", amount=5, owner="Cy")]
    plan = leads_needed(funnel(STAGES, book, leads=leads, targets=targets), trials=800)
    ann, cy = plan.owners
    assert (ann.owner, ann.leads_per_week) == ("Ann", pytest.approx(10.5)) and ann.stages[0].actual_count == 0
    assert cy.owner == "Cy" and not cy.has_leads and cy.stages[0].ideal_count is None
    assert cy.stages[0].actual_count == 2 and cy.stages[0].actual_value == 10


def test_what_is_won_already_need_not_be_won_again() -> None:
    data = funnel(STAGES, leads=LEADS, targets=[{"period": "2027-01-01+30d", "amount": 700}])
    closed = {**data, "closed": [{"period": "2027-01-01+30d", "amount": 690, "wins": 3}]}
    without, with_ = (leads_needed(d, trials=500).ideal for d in (data, closed))
    assert without.flow_now is not None and with_.flow_now is not None
    assert with_.flow_now < 0.2 * without.flow_now and with_.flow_steady == without.flow_steady
