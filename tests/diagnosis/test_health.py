"""Health of open deals: chances are the law's, and every flag is raised by its rule, and by nothing else."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
from typing import Any

import numpy as np
import pandas as pd
import pytest
from estimation.made import Owner, made_history

from simfunnel import simulate
from simfunnel.diagnosis.health import Health, health
from simfunnel.diagnosis.health.law import won_by
from simfunnel.diagnosis.health.told import most_within, told_by
from simfunnel.errors import InputError
from simfunnel.forecast.estimates import Estimate
from simfunnel.forecast.inputs import prepare
from simfunnel.history.history import UNDATED, Facts, History
from simfunnel.report.console.health import health_page
from simfunnel.report.console.layout import page_text
from simfunnel.report.plots.health import ages
from simfunnel.report.words.health import deal_sentence, first_sentence
from simfunnel.shown import face_of

AS_OF = dt.date(2027, 1, 4)


def scenario(deals: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    return {
        "version": 1, "as_of": AS_OF, "periods": {"unit": "quarter", "count": 2}, "amount": 5_000,
        "stages": [
            {"name": "Demo", "conversion": 0.5, "duration": {"gamma": {"mean": 20, "sd": 15}}},
            {"name": "Offer", "conversion": 0.4, "duration": {"gamma": {"mean": 30, "sd": 20}}},
        ],
        "targets": [{"period": "2027-Q1", "amount": 20_000}],
        "pipeline": {"opportunities": deals}, **more,
    }  # fmt: skip


def deal(id_: str, days: int = 5, **more: Any) -> dict[str, Any]:
    entered = AS_OF - dt.timedelta(days=days)
    return {"id": id_, "stage": "Demo", "stage_entered": entered, "created": entered, "amount": 10_000, **more}


def flags(found: Health) -> dict[str, tuple[str, ...]]:
    return {d.id: d.flags for d in found.deals}


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"pace": {"sd": 0.2}},
        {"correlation": {"market": 0.2}},
        {"pipeline": "judged"},
    ],
)
def test_expected_amounts_add_up_to_the_open_part_of_the_forecast(more: dict[str, Any]) -> None:
    rng = np.random.default_rng(4)
    deals = [deal(f"D{i}", int(rng.integers(1, 90)), amount=float(rng.integers(1_000, 90_000))) for i in range(60)]
    deals += [deal(f"E{i}", 3, stage="Offer") for i in range(20)]
    deals[3].pop("stage_entered")
    if more.pop("pipeline", None):
        deals[0]["win_rate"] = 0.9
    data = scenario(deals, **more)
    data["stages"][0]["conversion"] = {"mean": 0.5, "n": 12}
    found = health(data, trials=40_000)
    expected = sum(d.expected for d in found.deals)
    assert abs(expected - found.forecast_mean.mean) < 4 * found.forecast_mean.stderr
    for d in found.deals:
        assert d.p_win == pytest.approx(sum(d.p_by_period))
        assert 0 <= d.p_win <= 1


def test_a_chance_is_that_of_a_simulation_of_the_deal_alone() -> None:
    data = scenario([deal("A", 40)])
    found = health(data).deals[0]
    forecast = simulate(data, trials=200_000)
    for k, p in enumerate(found.p_by_period):
        share = forecast.known.numbers(0, k, None).wins.mean
        assert share == pytest.approx(p, abs=4 * np.sqrt(p * (1 - p) / 200_000) + 1e-6)


def test_flags_by_the_scenarios_laws() -> None:
    day = dt.timedelta(days=1)
    found = health(scenario([
        deal("fresh", 5, close_date=AS_OF + 150 * day, last_activity=AS_OF - 29 * day),
        deal("stale", 80),
        deal("past", 5, close_date=AS_OF - day),
        deal("today", 5, close_date=AS_OF),
        deal("idle", 5, last_activity=AS_OF - 30 * day),
        deal("blank", 5, amount=None),
    ]))  # fmt: skip
    raised = flags(found)
    assert raised == {
        "fresh": (), "stale": ("stale",), "past": ("close_date_past",), "today": ("close_date_implausible",),
        "idle": ("idle",), "blank": ("amount_missing",),
    }  # fmt: skip
    stale = next(d for d in found.deals if d.id == "stale")
    assert stale.won_days.p90 is not None
    assert stale.won_days.p90 < 80
    assert found.counts == dict.fromkeys(
        ("stale", "close_date_past", "close_date_implausible", "idle", "amount_missing"), 1
    )
    assert [c.code for c in found.cautions] == ["flags_need_history"]


def test_the_median_and_p90_of_winners_are_those_of_the_law() -> None:
    from scipy import stats

    found = health(scenario([deal("A")])).deals[0]
    gamma = stats.gamma((20 / 15) ** 2, scale=15**2 / 20)
    assert found.won_days.median == pytest.approx(gamma.ppf(0.5), abs=1e-6)
    assert found.won_days.p90 == pytest.approx(gamma.ppf(0.9), abs=1e-6)


def test_stale_deals_of_little_chance_are_to_be_dropped_and_the_loss_is_paired() -> None:
    day = dt.timedelta(days=1)
    data = scenario([deal("good", 5), deal("dead", 150), deal("past", 3, close_date=AS_OF - day)])
    data["stages"][0]["lost_duration"] = {"gamma": {"mean": 90, "sd": 60}}
    found = health(data)
    assert found.drop == ("dead",)  # past its date, but as likely as any other that has just come in
    dead = found.deals[0]
    assert (dead.id, dead.drop) == ("dead", True)
    assert found.without.deals == 1
    assert found.without.value == 10_000
    lost = dead.p_by_period[0] * 10_000
    assert found.without.mean.mean == pytest.approx(-lost, abs=4 * found.without.mean.stderr + 1)
    assert found.without.p_attain is not None
    assert "to drop or qualify again" in first_sentence(found)
    assert "dead" not in deal_sentence(dead, 30, AS_OF)
    assert "nine of ten won deals left it by" in deal_sentence(dead, 30, AS_OF)
    none = Estimate(0.0, 0.0)
    nothing = dataclasses.replace(found.without, mean=Estimate(-0.2, 0.1), p_attain=none)
    told = first_sentence(dataclasses.replace(found, without=nothing))
    assert told.endswith(": without it 2027-Q1 loses nothing.")
    still = dataclasses.replace(found.without, mean=Estimate(-0.0, 0.0), p_attain=None)
    assert first_sentence(dataclasses.replace(found, without=still)) == told


@pytest.mark.parametrize("id_", ["a,b", "x]y", 'q"uote', "back\\slash", "  spaced", "交易 1"])
def test_odd_ids_are_left_out_of_the_forecast_too(id_: str) -> None:
    data = scenario([deal("good", 5), deal(id_, 200)])
    data["stages"][0]["lost_duration"] = {"gamma": {"mean": 90, "sd": 60}}
    found = health(data, trials=500)
    assert found.without.deals == 1


def with_close_dates(history: History, moves: dict[int, list[int]]) -> History:
    """Close dates told at days since the start: deal -> days at which it was moved a week further."""
    rows = [(d, at, 100 + 7 * i) for d, days in moves.items() for i, at in enumerate(days)]
    start = int(history.deals.created.min())
    unit = 86_400_000_000
    deal_, at, value = (np.array(column) for column in zip(*rows, strict=True))
    since = start + at * unit
    facts = {**history.facts, "close_date": Facts(deal_, since, since, (start + value * unit).astype(float))}
    return History(**{**history.__dict__, "facts": facts})


def test_flags_of_a_history() -> None:
    history = made_history(days=200, per_day=4)
    history = with_close_dates(history, {0: [1, 5, 9], 1: [1, 5], 2: [3]})
    ids = history.deals.id.tolist()
    as_of = dt.date(2025, 7, 20)
    data = scenario([])
    data["as_of"], data["targets"] = as_of, []
    data["pipeline"] = {"opportunities": [
        {"id": ids[i], "stage": "Demo", "stage_entered": as_of - dt.timedelta(days=4), "amount": 100} for i in range(3)
    ]}  # fmt: skip
    found = health(data, history=history)
    assert flags(found) == {ids[0]: ("pushed",), ids[1]: (), ids[2]: ()}
    assert found.deals[0].won_days.p90 != health(data).deals[0].won_days.p90
    codes = [c.code for c in found.cautions]
    assert "flags_need_history" not in codes
    data["pipeline"]["opportunities"][0]["id"] = "Z"
    del data["pipeline"]["opportunities"][1:]
    other = health(data, history=history)
    assert "other_history" in [c.code for c in other.cautions]


def test_a_history_of_another_time_is_told_or_refused() -> None:
    history = made_history(days=200, per_day=4)
    data = scenario([deal("A")])
    data["targets"] = []
    last = history.day(history.last)
    for days, early in ((14, False), (15, True)):
        data["as_of"] = last + dt.timedelta(days=days)
        data["pipeline"] = {"opportunities": [{"id": history.deals.id[0], "stage": "Demo", "age": 4, "amount": 1}]}
        view = dataclasses.replace(history, at=None)
        codes = [c.code for c in health(data, history=view, trials=500).cautions]
        assert ("history_ends_early" in codes) is early
    data["as_of"] = history.day(int(history.deals.created.min())) - dt.timedelta(days=30)
    with pytest.raises(InputError, match=r"none of its [\d,]+ deals was known on"):
        health(data, history=history, trials=500)


def test_other_deals_and_stages_of_too_few_are_both_told() -> None:
    history = made_history(days=200, per_day=4)
    data = scenario([])
    data["as_of"], data["targets"] = history.day(int(history.deals.created.min())) + dt.timedelta(days=6), []
    data["pipeline"] = {"opportunities": [{"id": "Z", "stage": "Demo", "age": 2, "amount": 1}]}
    codes = [c.code for c in health(data, history=history, trials=500).cautions]
    assert {"other_history", "stages_by_law"} <= set(codes)


def test_the_page_and_the_picture_say_by_which_rule_and_what_is_missing() -> None:
    deals = [deal("A", 80), deal("B", 5, last_activity=AS_OF - dt.timedelta(days=30)), deal("C")]
    deals[2].pop("stage_entered")
    deals[2].pop("created")
    found = health(scenario(deals), idle_days=9, trials=500)
    page = " ".join(page_text(health_page(found, 140)).split())
    assert "no activity for 9 days or more" in page
    assert "won P90: days by which nine of ten won deals left the stage." in page
    assert "to drop or qualify again:" not in page  # none is
    assert any("1 without a known time in stage not drawn" in t.get_text() for t in ages(found).axes[0].texts)


def test_an_undated_close_date_is_no_push() -> None:
    history = made_history(days=200, per_day=4)
    n = 3
    facts = {**history.facts, "close_date": Facts(np.zeros(n, int), np.full(n, UNDATED), np.full(n, UNDATED),
                                                  np.array([1e15, 2e15, 3e15]))}  # fmt: skip
    assert told_by(History(**{**history.__dict__, "facts": facts})).pushed == frozenset()


def test_ways_back_and_load_are_read_from_a_history() -> None:
    history = made_history(days=200, per_day=4, owners=[Owner("Ann", 0.1), Owner("Bo")])
    s = history.spells
    back = int(s.deal[np.flatnonzero(s.stage == 1)[0]])
    moved = np.where((s.deal == back) & (s.stage == 1), 0, s.to)  # from Offer back to Demo
    told = told_by(dataclasses.replace(history, spells=dataclasses.replace(s, to=moved)))
    assert told.went_back == {history.deals.id[back]}
    assert told.cycle is not None
    assert 0 < told.capacity["Ann"] < told.capacity["Bo"]
    as_of = dt.date(2025, 7, 20)
    many = told.capacity["Ann"] + 1
    data = scenario([])
    data["as_of"], data["targets"] = as_of, []
    entered = as_of - dt.timedelta(days=4)
    data["pipeline"] = {"opportunities": [
        {"id": f"{owner} {i}", "owner": owner, "stage": "Demo", "stage_entered": entered, "amount": 100}
        for owner in ("Ann", "Bo") for i in range(many)
    ]}  # fmt: skip
    found = health(data, history=history, trials=500)
    assert found.counts == {"overloaded_owner": many}
    assert {d.owner for d in found.deals if d.flags} == {"Ann"}
    then = told_by(history.as_of(as_of))
    assert {o.owner: o.decided_in_cycle for o in found.owners} == dict(then.capacity)


def test_no_owner_is_overloaded_by_a_history_of_wins_alone() -> None:
    history = made_history(days=200, per_day=1, owners=[Owner("Ann", on=1.0, won=1.0)])
    as_of = dt.date(2025, 7, 20)
    entered = as_of - dt.timedelta(days=4)
    data = scenario([{**deal(f"D{i}", owner="Ann"), "stage_entered": entered, "created": entered} for i in range(500)])
    data["as_of"], data["targets"] = as_of, []
    found = health(data, history=history, trials=500)
    assert "overloaded_owner" not in found.counts
    assert (found.owners[0].decided_in_cycle, found.owners[0].won_of_decided) == (None, None)
    assert "no_lost_deals" in [c.code for c in found.cautions]
    assert not told_by(history).losses
    lost = made_history(days=200, per_day=1, owners=[Owner("Ann", on=1.0, won=0.9)])
    assert told_by(lost).losses


def test_an_owner_with_more_than_he_ever_decided_in_a_cycle() -> None:
    assert most_within(np.array([1.0, 2.0, 2.5, 9.0]), 2.0) == 3
    assert most_within(np.array([1.0, 3.0]), 2.0) == 1
    assert most_within(np.zeros(0), 2.0) == 0


def test_close_dates_are_met_with_the_chance_of_the_law() -> None:
    day = dt.timedelta(days=1)
    deals = [deal(f"D{i}", 10, close_date=AS_OF + 4 * i * day) for i in range(30)]
    compiled = prepare(scenario(deals)).compiled()
    by = won_by(compiled.model, compiled.book.deals.close_date)
    assert np.all(np.diff(by) >= 0)
    whole = won_by(compiled.model, np.full(30, 60.0))
    one = by[15]  # day 60, read between others
    assert one == pytest.approx(whole[0], abs=2e-3)


def test_five_hundred_owners_with_a_deal_each() -> None:
    found = health(scenario([deal(f"D{i}", 5, owner=f"Owner {i}") for i in range(500)]), trials=500)
    assert len(found.owners) == 500
    assert all(owner.open == 1 for owner in found.owners)


def test_every_form_of_it() -> None:
    found = health(scenario([deal("A", 80, owner="Ann", probability=0.6), deal("B", 4, owner="Bo")]))
    face = face_of(found)
    data = json.loads(face.json())
    assert [d["id"] for d in data["deals"]] == ["A", "B"]
    assert data["deals"][0]["owner_probability"] == 0.6
    assert set(data["deals"][0]["p_win_by_period"]) == {"2027-Q1", "2027-Q2"}
    frames = face.frames()
    assert frames["deals"]["flags"].tolist() == ["stale", ""]
    assert isinstance(frames["owners"], pd.DataFrame)
    assert {name: draw() for name, draw in face.figures().items()}


def test_nothing_open_and_nonsense() -> None:
    found = health(scenario([]))
    assert found.deals == ()
    assert found.without.deals == 0
    assert first_sentence(found) == "No deal is open: there is nothing to look at."
    assert face_of(found).keys()["drop"] == []
    with pytest.raises(InputError, match="--idle-days"):
        health(scenario([deal("A")]), idle_days=0)
    with pytest.raises(InputError, match="no period"):
        health(scenario([deal("A")]), period="2031-Q1")


def test_one_date_of_another_century_does_not_blur_the_others() -> None:
    day = dt.timedelta(days=1)
    deals = [deal(f"D{i}", 10, close_date=AS_OF + 3 * i * day) for i in range(20)]
    alone = health(scenario(deals), trials=500)
    far = health(scenario([*deals, deal("typo", 10, close_date=dt.date(2999, 12, 31))]), trials=500)
    assert flags(far) == {**flags(alone), "typo": ()}
    model = prepare(scenario([*deals, deal("typo", 10, close_date=dt.date(2999, 12, 31))])).compiled()
    there = won_by(model.model, model.book.deals.close_date)
    here = prepare(scenario(deals)).compiled()
    assert there[:20] == pytest.approx(won_by(here.model, here.book.deals.close_date), abs=1e-12)


def test_days_of_business_are_compared_as_the_calendar_days_they_take() -> None:
    """Won deals leave the stage on the 10th business day; 12 calendar days hold 8 or 9 of them, 16 more than 10."""
    data = scenario([deal("young", 12), deal("old", 16), deal("unknown", 5)])
    data["pipeline"]["opportunities"][2].pop("stage_entered")
    data["stages"] = [{"name": "Demo", "conversion": 0.5, "duration": {"uniform": {"low": 8, "high": 10}}}]
    data["clock"] = {"weekdays": [1, 1, 1, 1, 1, 0, 0]}
    data["pipeline"]["beyond_support"] = "restart"
    found = {d.id: d for d in health(data, trials=500).deals}
    assert "stale" not in found["young"].flags
    assert "stale" in found["old"].flags
    assert found["unknown"].won_days.p90 == pytest.approx(9.8 * 7 / 5, rel=0.05)
    entered = AS_OF - dt.timedelta(days=12)
    median = entered + dt.timedelta(days=found["young"].won_days.median or 0)
    assert np.busday_count(entered, median) == pytest.approx(9, abs=1)


def test_stages_of_other_names_are_told_apart_from_those_of_few_deals() -> None:
    history = made_history(days=200, per_day=4)
    data = scenario([])
    data["as_of"], data["targets"] = dt.date(2025, 7, 20), []
    data["stages"][1]["name"] = "Quote"
    data["pipeline"] = {"opportunities": [{"id": history.deals.id[0], "stage": "Quote", "age": 4, "amount": 1}]}
    found = health(data, history=history, trials=500)
    assert found.cautions[0].code == "stages_not_in_history"
    assert "Quote: not among the stages of the history (Demo, Offer)" in found.cautions[0].sentence
