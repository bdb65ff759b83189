"""Exact forecasts as a user meets them: the same questions as of a simulation, and clear refusals."""

from __future__ import annotations

import pytest
from helpers import deals, funnel, stage

from simfunnel import InputError, exact_forecast, simulate

DATA = funnel(
    [stage("A", 0.4, {"exponential": 20})], deals(30, amount=1000, owner="x"), correlation={"market": 0.1},
    targets=[{"period": "2027-01-01+30d", "amount": 8000}],
    closed=[{"period": "2027-01-01+30d", "amount": 500, "wins": 1}],
)  # fmt: skip


def test_it_answers_what_a_simulation_answers() -> None:
    exact, simulated = exact_forecast(DATA), simulate(DATA, trials=100_000, seed=1)
    assert abs(exact.mean() - simulated.mean()) < 4.5 * simulated.summary.overall.total.bookings.stderr
    reached, seen = exact.p_attain(), simulated.p_attain()
    assert abs(reached.probability - seen.probability) < 4.5 * seen.stderr
    assert abs(reached.mean_shortfall - seen.mean_shortfall) < 30
    assert exact.quantile(0.5) == simulated.quantile(0.5)
    assert exact.mean(group=("owner", "x")) == pytest.approx(exact.mean() - 500)
    assert list(exact.frame().columns) == list(simulated.frame().columns)
    assert exact.p_attain(400).probability == 1.0  # what is closed alone reaches it


def test_what_only_trials_tell_is_refused_in_one_sentence_that_names_what_answers() -> None:
    exact = exact_forecast(DATA, groups=())
    refused = (
        "an exact forecast knows distributions, not trials; `quantile`, `quantiles`, `p_attain` and `frame` answer"
    )
    for ask in (exact.bookings, exact.samples_frame, exact.occupancy, lambda: exact.samples):
        with pytest.raises(InputError, match=refused):
            ask()
    assert repr(exact).endswith("; exact>")
    with pytest.raises(InputError, match="has trials, not distributions"):
        _ = simulate(DATA, trials=10).solved


def test_many_shared_things_leave_a_standard_error() -> None:
    data = {**DATA, "stages": [stage("A", {"mean": 0.4, "n": 20}, {"exponential": 20})], "pace": {"sd": 0.1}}
    exact = exact_forecast(data, groups=())
    bookings = exact.summary.overall.total.bookings
    assert "quasi-random draws in 8 replicates" in bookings.exact.how
    assert 0 < bookings.stderr < 0.01 * bookings.mean
    low, high = exact.p_attain().interval
    assert low < exact.p_attain().probability < high


def test_groups_that_are_known_less_well_are_told_in_one_line() -> None:
    book = [
        {"id": f"{owner}{i}", "stage": "A", "age": 0, "amount": 1000.01 + 77.7 * i, "owner": owner}
        for owner in "xy"
        for i in range(30)
    ]
    exact = exact_forecast(funnel([stage("A", {"mean": 0.02, "n": 100})], book), groups=("owner",), work=1e4)
    told = [w for w in exact.warnings if "a target of its own buys a group more work" in w]
    worst = max(
        s.grid_error + s.integration_error
        for (g, _, _), s in exact.solved.distributions.items()
        if exact.groups[g][0] == "owner"
    )
    assert worst > 0.01
    assert len(told) == 1
    assert f"({worst:.1g})" in told[0]
    assert not any("a target of its own" in w for w in exact_forecast(DATA, groups=("owner",)).warnings)
