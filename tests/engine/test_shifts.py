"""Shifts: each path and operation does what it says, where it says, and nothing elsewhere."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from helpers import (
    CENTS,
    LONG_IN_PYTHON,
    assert_mean,
    assert_same_mean,
    assert_variance,
    book_of,
    compiled,
    compiled_whole,
    days,
    deals,
    funnel,
    simulate_ledger,
    sized,
    stage,
    unaged,
    wins,
)

from simfunnel.errors import InputError
from simfunnel.funnel.model import Model

TRIALS = sized(30_000)
STAGES = [
    stage("A", 0.5, {"exponential": 6}),
    stage("B", 0.6, {"exponential": 4}),
    stage("C", 0.7, {"exponential": 3}),
]
BOOK = [
    {"id": "1", "stage": "A", "age": 2, "amount": 10, "owner": "x", "segment": "s", "source": "web"},
    {"id": "2", "stage": "B", "age": 2, "amount": 20, "owner": "y", "segment": "t"},
    {"id": "3", "stage": "C", "age": 2, "amount": 30, "owner": "x"},
]
LEADS = [
    {
        "name": "web",
        "stage": "A",
        "rate": {"per": "day", "mean": 2},
        "amount": 5,
        "owner": {"x": 0.5, "y": 0.5},
    },
    {"name": "ads", "stage": "B", "rate": {"per": "day", "mean": 1}, "amount": 7, "segment": "s"},
]
DATA = funnel(STAGES, BOOK, leads=LEADS, segments={"s": {}, "t": {}}, periods=days(length=10, count=2))


def shifted(path: str, data: dict[str, Any] = DATA, **operation: float) -> Model:
    return compiled(data, [{"path": path, **operation}])


def rates(model: Model) -> list[float]:
    return model.win_rate.tolist()


@pytest.mark.parametrize(
    ("operation", "expected"),
    [
        ({"scale": 1.1}, [0.231, 0.462, 0.77]),
        ({"scale": 2}, [0.42, 0.84, 1.0]),
        ({"add": -0.3}, [0.0, 0.12, 0.4]),
        ({"set": 0.25}, [0.25, 0.25, 0.25]),
        ({"odds": 2}, [0.42 / 1.21, 0.84 / 1.42, 1.4 / 1.7]),
    ],
)
def test_win_rate_moves_the_final_w_of_each_deal(operation: dict[str, float], expected: list[float]) -> None:
    assert rates(shifted("win_rate", **operation)) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("operation", "expected"),
    [
        ({"scale": 0.9}, [0.45, 0.54, 0.63]),
        ({"scale": 1.8}, [0.9, 1.0, 1.0]),
        ({"add": 0.1}, [0.6, 0.7, 0.8]),
        ({"set": 0.5}, [0.5, 0.5, 0.5]),
        ({"odds": 0.5}, [1 / 3, 3 / 7, 7 / 13]),
    ],
)
def test_conversion_moves_the_rate_of_every_stage(operation: dict[str, float], expected: list[float]) -> None:
    model = shifted("conversion", **operation)
    forward = model.funnels.probability.reshape(-1, 3, 2)[:, :, 0]
    for funnel_rates in forward[1:] if len(forward) > 1 else forward:
        assert funnel_rates == pytest.approx(expected)
    assert rates(model) == pytest.approx(np.cumprod(expected[::-1])[::-1])


def test_ten_percent_off_five_stages_is_41_percent_off_the_win_rate() -> None:
    stages = [stage(n, 0.8) for n in "ABCDE"]
    data = funnel(stages, deals(1))
    ratio = rates(shifted("conversion", data, scale=0.9))[0] / rates(compiled(data))[0]
    assert ratio == pytest.approx(0.9**5)


GENERAL = [
    {"name": "A", "transitions": [
        {"to": "B", "probability": 0.4, "duration": 1}, {"to": "Won", "probability": 0.1, "duration": 2},
        {"to": "A", "probability": 0.2, "duration": 3}, {"to": "Lost", "probability": 0.3, "duration": 4}]},
    {"name": "B", "transitions": [
        {"to": "Won", "probability": 0.7, "duration": 1}, {"to": "A", "probability": 0.3, "duration": 1}]},
]  # fmt: skip


def _probabilities(model: Model, stage_index: int) -> list[float]:
    start = model.funnels.exit_start
    row = (len(start) - 1) // model.funnels.stages * model.funnels.stages - model.funnels.stages + stage_index
    return model.funnels.probability[start[row] : start[row + 1]].tolist()


@pytest.mark.parametrize(
    ("operation", "a", "b"),
    [
        ({"scale": 0.9}, [0.36, 0.09, 0.2, 0.35], [0.63, 0.3, 0.07]),
        ({"scale": 5}, [0.64, 0.16, 0.2, 0.0], [0.7, 0.3, 0.0]),
        ({"set": 0.25}, [0.2, 0.05, 0.2, 0.55], [0.25, 0.3, 0.45]),
        ({"add": 0.1}, [0.48, 0.12, 0.2, 0.2], [0.7, 0.3, 0.0]),
        ({"odds": 0.25}, [0.16, 0.04, 0.2, 0.6], [0.7 * 0.25 / 0.475, 0.3, 0.7 - 0.7 * 0.25 / 0.475]),
    ],
)
def test_on_transitions_forward_ways_move_and_lost_takes_the_rest(
    operation: dict[str, float], a: list[float], b: list[float]
) -> None:
    model = shifted("conversion", funnel(GENERAL, deals(1)), **operation)
    assert _probabilities(model, 0) == pytest.approx(a, abs=1e-12)
    assert _probabilities(model, 1) == pytest.approx(b, abs=1e-12)


def test_shifted_transitions_are_simulated_as_such() -> None:
    data = funnel(GENERAL, deals(4), periods=days(length=3000))
    assert_mean(wins(data, TRIALS, shifts=[{"path": "conversion", "scale": 0.5}]),
                4 * rates(shifted("conversion", data, scale=0.5))[0])  # fmt: skip
    w = np.linalg.solve([[1 - 0.2, -0.2], [-0.3, 1]], [0.05, 0.35])
    assert rates(shifted("conversion", data, scale=0.5))[0] == pytest.approx(w[0])


def test_a_conversion_shift_that_is_capped_warns() -> None:
    for scale, codes in ((1.1, []), (2, ["conversion_capped", "conversion_capped"])):
        found = compiled_whole(DATA, [{"path": "conversion", "scale": scale}]).findings
        assert [finding.code for finding in found] == codes


def test_shifts_act_on_drawn_rates_trial_by_trial() -> None:
    data = funnel([stage("A", {"mean": 0.5, "n": 10}, 1)], deals(20))
    won = wins(data, TRIALS, shifts=[{"path": "conversion", "scale": 0.8}])
    mean, var = 0.4, 0.64 * 0.25 / 11
    assert_mean(won, 20 * mean)
    assert_variance(won, 20 * mean * (1 - mean) + 380 * var)


def test_shifts_apply_in_order() -> None:
    steps = [{"path": "win_rate", "scale": 0.5}, {"path": "win_rate", "add": 0.1}]
    assert rates(compiled(DATA, steps)) == pytest.approx([0.205, 0.31, 0.45])
    assert rates(compiled(DATA, steps[::-1])) == pytest.approx([0.155, 0.26, 0.4])


@pytest.mark.parametrize(
    ("path", "moved"),
    [
        ("win_rate[stage=B]", [1]),
        ("win_rate[segment=s]", [0]),
        ("win_rate[owner=x]", [0, 2]),
        ("win_rate[source=web]", [0]),
        ("win_rate[stage=C,owner=x]", [2]),
        ("conversion[segment=t]", [1]),
        ("conversion[owner=x]", [0, 2]),
        ("conversion[stage=C]", [0, 1, 2]),
        ("conversion[stage=A]", [0]),
        ("conversion[source=web]", [0]),
        ("conversion[stage=B,segment=t]", [1]),
    ],
)
def test_filters_narrow_a_shift(path: str, moved: list[int]) -> None:
    base, after = rates(compiled(DATA)), rates(shifted(path, scale=0.9))
    assert [i for i in range(3) if after[i] < base[i] - 1e-9] == moved
    assert all(after[i] == base[i] for i in range(3) if i not in moved)


@pytest.mark.parametrize(
    "path",
    [
        "win_rate[owner=nobody]",
        "conversion[stage=A,owner=nobody]",
        "duration[segment=none]",
        "amount[source=nothing]",
        "leads.rate[source=nothing]",
        "amount_level.sd[segment=none]",
    ],
)
def test_a_shift_that_matches_nothing_is_an_error(path: str) -> None:
    with pytest.raises(InputError, match="matches nothing"):
        shifted(path, scale=0.9)


def test_leads_rate_without_leads_is_an_error() -> None:
    with pytest.raises(InputError, match="matches nothing"):
        shifted("leads.rate", funnel(STAGES, BOOK), scale=2)


@LONG_IN_PYTHON
def test_win_rate_leaves_timing_alone() -> None:
    """Open deals win a subset at the same times; of the leads each winner comes later, and none comes earlier."""
    before = simulate_ledger(DATA, 2000, shifts=[{"path": "win_rate", "set": 1}])
    after = simulate_ledger(DATA, 2000, shifts=[{"path": "win_rate", "set": 0.5}])
    assert (after.open <= before.open).all()
    assert (after.new.cumsum(axis=1) <= before.new.cumsum(axis=1)).all()
    half = simulate_ledger(DATA, TRIALS, seed=2, shifts=[{"path": "win_rate", "set": 0.5}])
    for k in range(2):
        assert_same_mean(half.new[0, k] * 2.0, before.new[0, k], what=f"new in period {k}")


@LONG_IN_PYTHON
def test_win_rate_moves_leads_too() -> None:
    data = funnel([stage("A", 0.4, 0)], leads=LEADS[:1])
    for operation, expected in (({"scale": 1.5}, 0.6), ({"set": 0.1}, 0.1), ({"odds": 1.5}, 0.5)):
        assert_mean(wins(data, TRIALS, shifts=[{"path": "win_rate", **operation}]), 60 * expected)


def test_judged_win_rates_are_shifted_like_others() -> None:
    data = funnel(STAGES, deals(1, win_rate=0.5))
    assert rates(shifted("win_rate", data, scale=0.8)) == pytest.approx([0.4])


def test_duration_scales_every_stay() -> None:
    one = funnel([stage("A", 0.5, 10), stage("B", 1, 4)], deals(2), periods=days(length=1, count=20))
    ledger = simulate_ledger(one, 300, shifts=[{"path": "duration", "scale": 0.5}])
    assert ledger.wins[0, 7].sum() == ledger.wins[0].sum() > 0
    ledger = simulate_ledger(one, 300, shifts=[{"path": "duration[stage=B]", "add": 2}])
    assert ledger.wins[0, 16].sum() == ledger.wins[0].sum()
    ledger = simulate_ledger(one, 300, shifts=[{"path": "duration", "set": 1.5}])
    assert ledger.wins[0, 3].sum() == ledger.wins[0].sum()
    ledger = simulate_ledger(one, 300, shifts=[{"path": "duration", "scale": 0}])
    assert ledger.wins[0, 0].sum() == ledger.wins[0].sum()


def test_duration_scales_distributions_and_leaves_fresh_outcomes_alone() -> None:
    data = funnel([stage("A", 0.5, {"exponential": 8})], [*deals(3), *unaged(2, "u")], periods=days(length=5, count=20))
    twice = funnel(
        [stage("A", 0.5, {"exponential": 16})], [*deals(3), *unaged(2, "u")], periods=days(length=5, count=20)
    )
    shifted_ledger = simulate_ledger(data, 2000, shifts=[{"path": "duration", "scale": 2}])
    assert np.array_equal(shifted_ledger.wins, simulate_ledger(twice, 2000).wins)


def test_duration_moves_the_evidence_of_an_age() -> None:
    data = funnel([stage("A", 0.4, {"exponential": 10}, lost_duration={"exponential": 30})], deals(1, age=20))
    scaled = funnel([stage("A", 0.4, {"exponential": 20}, lost_duration={"exponential": 60})], deals(1, age=20))
    assert rates(shifted("duration", data, scale=2)) == pytest.approx(rates(compiled(scaled)))


def test_never_stays_never() -> None:
    stages = [
        {
            "name": "A",
            "transitions": [
                {"to": "Won", "probability": 0.5, "duration": 5},
                {"to": "Lost", "probability": 0.5, "duration": "never"},
            ],
        }
    ]
    for operation in ({"scale": 0.5}, {"set": 1}, {"add": -3}):
        assert rates(shifted("duration", funnel(stages, deals(1)), **operation)) == pytest.approx([0.5])


@pytest.mark.parametrize(
    ("operation", "listed", "drawn"),
    [({"scale": 1.1}, 110, 55), ({"add": -20}, 80, 30), ({"set": 7}, 7, 7), ({"add": -70}, 30, 0)],
)
def test_amount_moves_listed_and_drawn_amounts(operation: dict[str, float], listed: float, drawn: float) -> None:
    data = funnel([stage("A", 1, 1)], [*deals(1, amount=100), {"id": "u", "stage": "A", "age": 0}], amount=50)
    ledger = simulate_ledger(data, 20, shifts=[{"path": "amount", **operation}])
    assert (ledger.open[0, 0] == (listed + drawn) * CENTS).all()


def test_amount_can_be_narrowed_to_a_source_or_segment() -> None:
    base = simulate_ledger(DATA, 500)
    ads = simulate_ledger(DATA, 500, shifts=[{"path": "amount[source=ads]", "scale": 2}])
    names = book_of(DATA).groups
    source = {label: i for i, (d, label) in enumerate(names) if d == "source"}
    assert np.array_equal(ads.new[source["ads"]], 2 * base.new[source["ads"]])
    assert np.array_equal(ads.new[source["web"]], base.new[source["web"]])
    assert np.array_equal(ads.open, base.open)


def test_amount_level_rests_on_the_shifted_sd() -> None:
    data = funnel([stage("A", 1, 1)], [{"id": "u", "stage": "A", "age": 0}], amount=100)
    x = simulate_ledger(data, TRIALS, shifts=[{"path": "amount_level.sd", "set": 0.3}]).open[0, 0] / 10_000
    assert_mean(x, 1)
    assert_variance(x, 0.09)


@LONG_IN_PYTHON
@pytest.mark.parametrize(
    ("operation", "factor"), [({"scale": 1.5}, 1.5), ({"add": 1}, 1.5), ({"set": 1}, 0.5), ({"scale": 0}, 0)]
)
def test_leads_rate_moves_the_number_of_leads(operation: dict[str, float], factor: float) -> None:
    data = funnel([stage("A", 1, 0)], leads=LEADS[:1])
    won = wins(data, TRIALS, shifts=[{"path": "leads.rate", **operation}])
    if factor == 0:
        assert not won.any()
    else:
        assert_mean(won, 60 * factor)


@LONG_IN_PYTHON
def test_leads_rate_can_be_narrowed_to_a_source_or_owner() -> None:
    data = {**DATA, "pipeline": {}}
    names = book_of(data).groups
    group = {name: i for i, name in enumerate(names)}
    base = simulate_ledger(data, 1000)
    ads = simulate_ledger(data, 1000, shifts=[{"path": "leads.rate[source=ads]", "scale": 3}])
    assert np.array_equal(base.new[group["source", "web"]], ads.new[group["source", "web"]])
    assert ads.new[group["source", "ads"]].sum() > 2 * base.new[group["source", "ads"]].sum()
    mine = simulate_ledger(data, 1000, shifts=[{"path": "leads.rate[owner=x]", "scale": 3}])
    assert np.array_equal(base.new[group["owner", "y"]], mine.new[group["owner", "y"]])
    assert mine.new[group["owner", "x"]].sum() > 2 * base.new[group["owner", "x"]].sum()


def test_leads_rate_keeps_the_gamma_factor() -> None:
    """Twice the leads, with the factor of the written rate: variance 2 m + (2 m)^2 (d - 1) / m, not 2 m d."""
    lead = {**LEADS[0], "rate": {"per": "week", "mean": 10, "dispersion": 4}}
    data = funnel([stage("A", 1, 0)], leads=[lead], periods=days(length=7))
    won = wins(data, TRIALS, shifts=[{"path": "leads.rate", "scale": 2}])
    assert_mean(won, 20)
    assert_variance(won, 20 + 400 * 0.3)


@pytest.mark.parametrize(
    ("path", "value", "mean", "variance"),
    [
        ("leads.level_sd", 0.3, 20, 20 + 400 * 0.09),
        ("leads.dispersion", 3, 20, 60),
    ],
)  # fmt: skip
def test_spread_of_arrivals_can_be_shifted(path: str, value: float, mean: float, variance: float) -> None:
    data = funnel([stage("A", 1, 0)], leads=[{**LEADS[0], "rate": {"per": "week", "mean": 20}}], periods=days(length=7))
    won = wins(data, TRIALS, shifts=[{"path": path, "set": value}])
    assert_mean(won, mean)
    assert_variance(won, variance)


@LONG_IN_PYTHON
def test_growth_of_leads_can_be_shifted() -> None:
    data = funnel([stage("A", 1, 0)], leads=LEADS[:1])
    won = wins(data, TRIALS, shifts=[{"path": "leads.growth_per_year", "set": 3}])
    assert_mean(won, sum(2 * 4 ** (d / 365.25) for d in range(30)))


@LONG_IN_PYTHON
def test_correlation_and_pace_can_be_shifted() -> None:
    data = funnel([stage("A", 0.4, {"exponential": 5})], deals(30))
    wide = simulate_ledger(
        data, 3000, shifts=[{"path": "correlation.market", "set": 0.3}, {"path": "pace.sd", "set": 0.2}]
    )
    written = simulate_ledger({**data, "correlation": {"market": 0.3}, "pace": {"sd": 0.2}}, 3000)
    assert np.array_equal(wide.wins, written.wins)


def test_correlations_that_reach_1_are_refused() -> None:
    with pytest.raises(InputError, match="sum to less than 1"):
        shifted("correlation.market", {**DATA, "correlation": {"owner": 0.6}}, set=0.5)


def test_tail_can_be_shifted() -> None:
    data = funnel([stage("A", 0.5, {"exponential": 5})], deals(1, age=60))
    assert compiled(data).beyond_support[0]
    assert not shifted("pipeline.tail", data, set=0).beyond_support[0]


@LONG_IN_PYTHON
def test_a_shift_by_nothing_changes_no_bit() -> None:
    base = simulate_ledger(DATA, 1000)
    for path, operation in [
        ("win_rate", {"scale": 1}),
        ("conversion", {"add": 0}),
        ("duration", {"scale": 1}),
        ("amount", {"scale": 1}),
        ("leads.rate", {"scale": 1}),
        ("correlation.market", {"add": 0}),
    ]:
        ledger = simulate_ledger(DATA, 1000, shifts=[{"path": path, **operation}])
        assert np.array_equal(base.open, ledger.open), path
        assert np.array_equal(base.new, ledger.new), path


def test_odds_mean_the_same_on_average_as_the_rate_they_make() -> None:
    written = funnel([stage("A", 0.75, 1)], deals(10))
    moved = wins(funnel([stage("A", 0.5, 1)], deals(10)), TRIALS, seed=4, shifts=[{"path": "conversion", "odds": 3}])
    assert_same_mean(moved, wins(written, TRIALS, seed=5))
