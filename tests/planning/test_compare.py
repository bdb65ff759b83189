"""Comparisons: exact zeros, pairs, saved forecasts, and why a week moved the forecast."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from simfunnel import InputError, compare, simulate
from simfunnel.forecast.inputs import Prepared, prepare
from simfunnel.planning.compare.two_dates import CAUSES
from simfunnel.planning.compare.waterfall import Waterfall
from simfunnel.planning.pairs.differences import bookings
from tests.helpers import K, sized, stage

STAGES = [stage("A", {"mean": 0.5, "n": 80}, {"exponential": 6}, lost_duration={"exponential": 12}),
          stage("B", 0.6, {"lognormal": {"median": 7, "p90": 18}}), stage("C", 0.8, {"exponential": 5})]  # fmt: skip
LEADS = [{"name": "web", "stage": "A", "rate": {"per": "week", "mean": 6}, "amount": {"exponential": 9}}]


def week(as_of: str, deals: list[dict[str, Any]], **rest: Any) -> dict[str, Any]:
    return {
        "version": 1, "name": rest.pop("name", as_of), "as_of": as_of,
        "periods": {"unit": "month", "count": 2}, "stages": STAGES, "leads": LEADS, "correlation": {"market": 0.1},
        "targets": [{"period": "2027-01", "amount": 120}], "pipeline": {"opportunities": deals}, **rest,
    }  # fmt: skip


def deal(number: int, stage_: str, entered: str, amount: float = 10, **rest: Any) -> dict[str, Any]:
    return {"id": f"d{number}", "stage": stage_, "stage_entered": entered, "amount": amount, **rest}


DEALS = [deal(i, "ABC"[i % 3], "2026-12-20", 10.01 + i, close_date="2027-01-20") for i in range(20)]
BEFORE = week("2027-01-04", DEALS)


def exported(scenario: dict[str, Any]) -> Prepared:
    """The same with its deals in a table, which may hold won ones."""
    rows = pd.DataFrame(scenario["pipeline"]["opportunities"])
    return prepare({**scenario, "pipeline": {}}, pipeline=rows)


def won(number: int, day: str, amount: float) -> dict[str, Any]:
    return {"id": f"d{number}", "stage": "Won", "close_date": day, "amount": amount}


def after() -> Prepared:
    """A week later: 0 lost, 2 won, 3 forward, 5 back, 6 slipped, 7 a larger amount, 30 new, one rate changed."""
    rows = {d["id"]: dict(d) for d in BEFORE["pipeline"]["opportunities"]}
    del rows["d0"]
    rows["d2"] = won(2, "2027-01-08", 12.01)
    rows["d3"] |= {"stage": "B", "stage_entered": "2027-01-08"}
    rows["d5"] |= {"stage": "A", "stage_entered": "2027-01-07"}
    rows["d6"] |= {"close_date": "2027-02-10", "not_before": "2027-02-01"}
    rows["d7"] |= {"amount": 40}
    rows["d30"] = deal(30, "A", "2027-01-09", 25)
    stages = [{**STAGES[0], "conversion": {"mean": 0.45, "n": 80}}, *STAGES[1:]]
    return exported({**week("2027-01-11", list(rows.values())), "stages": stages})


def fall(trials: int = 2000, **options: Any) -> Waterfall:
    found = compare(BEFORE, after(), trials=trials, **options).others[0].waterfall
    assert found is not None
    return found


def test_a_scenario_compared_with_itself_differs_by_exactly_nothing() -> None:
    other = compare(BEFORE, BEFORE, trials=500).others[0]
    assert other.paired and other.waterfall is None and other.name == "2027-01-04 (2)"
    for period in other.periods:
        d = period.difference
        assert (d.mean.mean, d.mean.stderr) == (0, 0)
        assert d.p_attain is None or (d.p_attain.mean, d.p_attain.stderr) == (0, 0)
        assert {e.mean for e in d.quantiles.values()} == {0}


@pytest.mark.parametrize("kernel", ["auto", "paths"])
@pytest.mark.parametrize("period", ["2027-01", "2027-02", "total"])
def test_the_causes_add_up_in_every_trial_to_the_cent(kernel: str, period: str) -> None:
    found = fall(600, kernel=kernel, period=period)
    k = {"2027-01": 0, "2027-02": 1, "total": 2}[period]
    values = [bookings(state, k) for state in found.states]
    steps = [b - a for a, b in pairwise(values)]
    np.testing.assert_array_equal(sum(steps[1:], start=steps[0]), values[-1] - values[0])
    before, last = (simulate(data, trials=600, seed=1, kernel=kernel) for data in (BEFORE, after()))
    np.testing.assert_array_equal(values[0], bookings(before, k))
    np.testing.assert_array_equal(values[-1], bookings(last, k))
    # each step reports its own difference, and those of the median and of P(attain) telescope
    for step, d in zip(found.steps, steps, strict=True):
        assert step.mean.mean == pytest.approx(d.mean() / 100)
    assert sum(s.p50 for s in found.steps) == pytest.approx(last.quantile(0.5, period) - before.quantile(0.5, period))
    if period == "2027-01":
        change = last.p_attain(120).probability - before.p_attain(120).probability
        assert sum(s.p_attain or 0 for s in found.steps) == pytest.approx(change)


def test_each_cause_finds_its_deals() -> None:
    found = fall(200)
    assert tuple(step.cause for step in found.steps) == CAUSES
    assert {s.cause: s.deals for s in found.steps} == {
        "newly created": 1, "won": 1, "lost": 0, "vanished": 1, "left out": 0, "moved forward": 1, "moved back": 1,
        "slipped": 1, "amount changed": 1, "time passed": 16, "assumptions changed": 0,
    }  # fmt: skip
    amounts = {s.cause: s.amount for s in found.steps}
    assert amounts["won"] == pytest.approx(12.01)
    assert amounts["amount changed"] == pytest.approx(40 - 17.01)
    assert amounts["vanished"] == pytest.approx(10.01)


def test_each_cause_moves_the_mean_the_way_it_must() -> None:
    mean = {step.cause: step.mean.mean for step in fall().steps}
    for cause in ("newly created", "won", "moved forward", "amount changed"):
        assert mean[cause] > 0, cause
    for cause in ("vanished", "moved back", "slipped", "time passed", "assumptions changed"):
        assert mean[cause] < 0, cause


def test_one_cause_alone_is_the_whole_difference() -> None:
    larger = {**BEFORE, "pipeline": {"opportunities": [
        {**d, "amount": d["amount"] * 2} for d in BEFORE["pipeline"]["opportunities"]]}}  # fmt: skip
    found = compare(BEFORE, larger, trials=500).others[0].waterfall
    assert found is not None and found.days == 0
    assert {step.cause for step in found.steps if step.mean.mean} == {"amount changed"}


def test_a_deal_won_from_the_open_ones_leaves_them_and_counts_as_done(tmp_path: Path) -> None:
    # the same deal in two files: open at first, won a week later
    for name, state in (("a", "C,2026-12-20,"), ("b", "Won,2027-01-08,2027-01-08")):
        text = f"id,stage,stage_entered,close_date,amount\nx,{state},100\ny,A,2026-12-28,,50\n"
        (tmp_path / f"{name}.csv").write_text(text)
    a, b = (
        {**week(day, [], name=name), "pipeline": {"file": str(tmp_path / f"{name}.csv")}}
        for name, day in (("a", "2027-01-04"), ("b", "2027-01-11"))
    )
    found = compare(a, b, trials=sized(4000)).others[0].waterfall
    assert found is not None
    step = found.steps[1]
    assert (step.deals, step.amount) == (1, 100)
    # it was won with a chance below 1 before, with certainty now
    still = simulate(a, trials=sized(4000), seed=1)
    assert 0 < step.mean.mean < 100
    assert found.forecast.done_after == 100 and found.forecast.done_before == 0
    assert found.forecast.progress == pytest.approx(found.states[-1].mean(0) - still.mean(0))


def test_sales_progress_is_estimate_and_done_after_less_before() -> None:
    found = fall(300)
    assert found.forecast.progress == pytest.approx(found.states[-1].mean(0) - found.states[0].mean(0))
    first, last = found.states[0], found.states[-1]
    weighted = last.pipeline.weighted[0] + 12.01 - first.pipeline.weighted[0]
    assert found.weighted.progress == pytest.approx(weighted)


def test_a_saved_forecast_of_the_same_seed_is_paired_and_of_another_is_not(tmp_path: Path) -> None:
    weak = {**BEFORE, "stages": [{**STAGES[0], "conversion": {"mean": 0.4, "n": 80}}, *STAGES[1:]]}
    for seed in (1, 2):
        simulate(weak, trials=sized(4000), seed=seed).save(tmp_path / str(seed))
    same = compare(tmp_path / "1", BEFORE).others[0]
    assert same.paired and same.forecast.provenance.trials == sized(4000)
    other = compare(BEFORE, tmp_path / "2", seed=1, trials=sized(4000)).others[0]
    assert not other.paired and other.waterfall is None
    a, b = same.periods[0].difference.mean, other.periods[0].difference.mean
    assert a.stderr < 0.6 * b.stderr
    assert abs(a.mean + b.mean) < K * np.hypot(a.stderr, b.stderr)


def test_variants_are_compared_with_their_scenario() -> None:
    data = {**BEFORE, "variants": {"weak": [{"path": "win_rate", "scale": 0.5}]}}
    found = compare(data, variants=["weak"], trials=1000)
    assert found.others[0].name == "weak" and found.others[0].waterfall is None
    assert found.others[0].periods[0].difference.mean.mean < 0
    assert [p.label for p in found.others[0].periods] == ["2027-01", "2027-02", "total"]


def test_why_there_is_no_waterfall_is_said() -> None:
    assert compare(after(), BEFORE, trials=100).others[0].no_waterfall == "name the earlier pipeline first"
    found = compare(BEFORE, week("2027-02-01", DEALS, targets=[]), trials=100, period="2027-01").others[0]
    assert found.no_waterfall == "2027-01 ended in between"
    other = compare(simulate(BEFORE, trials=100, seed=1), after()).others[0]
    assert other.no_waterfall == "a saved forecast does not hold the deals"
    # the sales progress needs no deals
    assert other.progress is not None and other.progress.weighted.done_after == 12.01


def test_a_week_across_the_end_of_a_period_is_explained_for_the_period_that_both_have() -> None:
    # d1 is won on 2 February, d0 lost; wins of February count as done though it had not begun at the first date
    rest = [d for d in DEALS if d["id"] not in ("d0", "d1")]
    target = {"period": "2027-02", "amount": 60}
    first = week("2027-01-29", DEALS, targets=[{"period": "2027-01", "amount": 9}, target])
    last = exported(week("2027-02-05", [*rest, won(1, "2027-02-02", 11.01)], targets=[target]))
    other = compare(first, last, trials=2000).others[0]
    found = other.waterfall
    assert found is not None and found.period == "2027-02" and found.days == 7
    steps = {step.cause: step for step in found.steps}
    assert (steps["won"].deals, steps["won"].amount, steps["vanished"].deals) == (1, pytest.approx(11.01), 1)
    assert steps["won"].mean.mean > 0 > steps["vanished"].mean.mean
    (period,) = other.periods
    assert sum(step.mean.mean for step in found.steps) == pytest.approx(period.difference.mean.mean)
    assert period.difference.p_attain is not None
    assert sum(step.p_attain or 0 for step in found.steps) == pytest.approx(period.difference.p_attain.mean)
    np.testing.assert_array_equal(found.bookings[-1], bookings(simulate(last, trials=2000, seed=1), 0))
    assert found.forecast.done_before == 0 and found.forecast.done_after == pytest.approx(11.01)


def test_a_win_known_by_a_number_alone_is_a_win_and_the_missing_deal_has_vanished() -> None:
    last = week("2027-01-11", DEALS[1:], closed=[{"period": "2027-01", "amount": 10.01, "wins": 1}])
    found = compare(BEFORE, last, trials=200).others[0].waterfall
    assert found is not None
    steps = {step.cause: step for step in found.steps}
    assert (steps["won"].deals, steps["won"].amount, steps["vanished"].deals) == (1, pytest.approx(10.01), 1)
    assert steps["vanished"].note is not None and "cannot be told" in steps["vanished"].note


def test_what_the_file_says_is_lost_is_lost_and_what_it_leaves_out_is_left_out() -> None:
    rows = [dict(d) for d in DEALS[2:]]
    rows[0] |= {"stage": "Lost", "close_date": "2027-01-08"}
    rows[1] |= {"stage": "On Hold"}
    found = compare(BEFORE, exported(week("2027-01-11", rows)), trials=200, named=True).others[0].waterfall
    assert found is not None
    named = {step.cause: {deal.id for deal in step.named or ()} for step in found.steps}
    assert named["lost"] == {"d2"}
    assert named["left out"] == {"d3"}
    assert named["vanished"] == {"d0", "d1"}
    assert all(step.mean.mean < 0 for step in found.steps if step.cause in ("lost", "left out", "vanished"))


def test_a_deal_created_and_won_within_the_week_is_both() -> None:
    last = exported(week("2027-01-11", [*DEALS, won(99, "2027-01-07", 50)]))
    found = compare(BEFORE, last, trials=200).others[0].waterfall
    assert found is not None
    created, done = found.steps[:2]
    assert (created.deals, created.amount, created.mean.mean) == (1, 50, 0)
    assert (done.deals, done.amount, done.mean.mean) == (1, 50, pytest.approx(50))


@pytest.mark.parametrize(
    ("column", "value", "words"),
    [("stage_entered", "2026-12-01", "stage date"), ("owner", "Bo", "owner"), ("win_rate", 0.9, "win rate"),
     ("close_date", "2027-01-10", "close date")],
)  # fmt: skip
@pytest.mark.parametrize("as_of", ["2027-01-04", "2027-01-11"])
def test_corrected_deal_data_are_counted_and_named(column: str, value: Any, words: str, as_of: str) -> None:
    last = week(as_of, [{**DEALS[0], column: value}, *DEALS[1:]])
    found = compare(BEFORE, last, trials=200).others[0].waterfall
    assert found is not None
    assert (found.steps[-1].cause, found.steps[-1].deals) == ("assumptions changed", 1)
    assert found.steps[-1].note == f"deal data corrected: {words}"


def test_a_deal_that_left_its_stage_and_came_back_has_moved_back() -> None:
    dated = {**DEALS[0], "created": "2026-12-01"}
    last = week("2027-01-11", [{**dated, "stage_entered": "2027-01-06"}, *DEALS[1:]])
    found = compare(week("2027-01-04", [dated, *DEALS[1:]]), last, trials=200).others[0].waterfall
    assert found is not None
    assert {s.cause: s.deals for s in found.steps if s.deals} == {"moved back": 1, "time passed": 19}
    assert found.steps[-1].mean.mean == 0 and found.steps[-1].note is None


def test_a_new_deal_of_unknown_stage_date_has_the_age_that_its_creation_allows() -> None:
    # created on 2 January, first seen on the 11th: 9 days old at most, on either calendar, so no assumption changes
    new = {"id": "n", "stage": "A", "created": "2027-01-02", "amount": 100}
    found = compare(BEFORE, week("2027-01-11", [*DEALS, new]), trials=200).others[0].waterfall
    assert found is not None and found.steps[0].deals == 1
    assert found.steps[-1].deals == 0 and found.steps[-1].mean.mean == 0


def test_each_forecast_is_measured_by_its_own_target() -> None:
    other = {**BEFORE, "name": "higher", "targets": [{"period": "2027-01", "amount": 150}]}
    row = compare(BEFORE, other, trials=1000).others[0].periods[0]
    base, value = simulate(BEFORE, trials=1000, seed=1), row.p_attain
    assert row.target == 150 and value == base.p_attain(150).probability
    assert row.difference.p_attain is not None and row.difference.mean.mean == 0
    assert row.difference.p_attain.mean == pytest.approx(
        base.p_attain(150).probability - base.p_attain(120).probability
    )
    # of two dates, the target changes with the assumptions, last
    last = week("2027-01-11", DEALS, targets=[{"period": "2027-01", "amount": 150}])
    found = compare(BEFORE, last, trials=1000).others[0].waterfall
    assert found is not None
    passed = bookings(found.states[-2], 0)
    expected = float(np.mean(bookings(found.states[-1], 0) >= 15000)) - float(np.mean(passed >= 12000))
    assert expected < 0 and found.steps[-1].p_attain == pytest.approx(expected)


@pytest.mark.parametrize(
    ("others", "options", "message"),
    [
        ((), {}, "give something to compare with: another scenario, a saved forecast, or a variant"),
        ((BEFORE,), {"period": "2031"}, "no period '2031' in 2027-01-04; known: 2027-01, 2027-02, total"),
        ((BEFORE,), {"target": 0}, "target: expected an amount above 0, found 0"),
        ((), {"variants": ["no"]}, "no variant 'no' in the scenario (known here: none)"),
        (({**BEFORE, "currency": "EUR", "name": "x"},), {}, "x is in EUR, 2027-01-04 in USD"),
        (({**week("2028-01-04", []), "targets": []},), {},
         "no period in common: 2027-01-04 has 2027-01, 2027-02, 2028-01-04 has 2028-01, 2028-02"),
    ],
)  # fmt: skip
def test_what_cannot_be_compared_is_refused(others: Any, options: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError) as error:
        compare(BEFORE, *others, trials=50, **options)
    assert str(error.value) == message
