"""A thin history pooled with a scenario that is believed."""

from __future__ import annotations

import copy
import dataclasses
import datetime as dt
import io
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from estimation.made import P_ON, P_WON, START, ZONE, made_history
from rich.console import Console

from simfunnel.calibration import Calibration, calibrate
from simfunnel.errors import InputError
from simfunnel.estimation.passage import passage_of
from simfunnel.estimation.transitions import beta_interval
from simfunnel.families.build import build_distribution
from simfunnel.families.distribution import Distribution
from simfunnel.forecast import simulate
from simfunnel.forecast.exact import exact_forecast
from simfunnel.forecast.inputs import prepare
from simfunnel.history.history import DAY, LOST, NEVER, STILL, WON, Deals, Ends, Facts, History, Spells, midnight
from simfunnel.shown import face_of

PRIOR: dict[str, Any] = {
    "version": 1,
    "as_of": "2025-01-01",
    "periods": {"unit": "month", "count": 1},
    "stages": [
        {"name": "Demo", "conversion": {"mean": 0.5, "n": 30}, "duration": {"lognormal": {"median": 7, "p90": 21}}},
        {"name": "Offer", "conversion": 0.4, "duration": {"exponential": {"mean": 20.0}}, "lost_duration": 9},
    ],
    "amount": {"lognormal": {"mean": 900, "sd": 300}},
    "amount_level": {"sd": 0.1},
    "leads": [{"name": "web", "stage": "Demo", "rate": {"per": "month", "mean": 30, "seasonality": {7: 0.5}}}],
    "correlation": {"market": 0.04},
}


def changed(**keys: Any) -> dict[str, Any]:
    return {**copy.deepcopy(PRIOR), **keys}


def history_of(deals: Sequence[tuple[float, float | None, int, float | None]], stages: Sequence[str]) -> History:
    """Deals as (day created, days to the Offer or None, end or STILL, days from the last stage to the end or None)."""
    origin = midnight(START, ZONE)

    def instant(day: float) -> int:
        return origin + round(day * DAY)

    rows = []
    for i, (created, on, end, rest) in enumerate(deals):
        last = created if on is None else created + on
        if on is not None:
            rows.append((i, 0, instant(created), instant(last), 1))
        out = NEVER if rest is None else instant(last + rest)
        rows.append((i, 0 if on is None else 1, instant(last), out, end))
    deal, stage, entered, left, to = (np.array(column, dtype=np.int64) for column in zip(*rows, strict=True))
    closed = np.flatnonzero((to == WON) | (to == LOST))
    at = np.array([instant(created) for created, *_ in deals], dtype=np.int64)
    n = len(deals)
    return History(
        deals=Deals(np.array([f"D{i}" for i in range(n)], dtype=object), at, at),
        spells=Spells(deal, stage, entered, entered, left, left, to),
        facts={"amount": Facts(np.arange(n), at, at, np.full(n, 700.0))},
        ends=Ends(deal[closed], to[closed], left[closed], left[closed]),
        stages=tuple(stages), time_zone=ZONE, last=instant(29.5), form="events", currency="USD",
    )  # fmt: skip


def thin() -> History:
    """20 deals: 8 go on after 1 to 8 days, 12 are lost; of the 8 two are won. All within three weeks, all decided."""
    gone_on = [(i * 0.8, 1.0 + i, WON if i < 2 else LOST, 1.5 + i / 2) for i in range(8)]
    lost = [(i * 0.5, None, LOST, 2.25 + i / 2) for i in range(12)]
    return history_of([*gone_on, *lost], ("Demo", "Offer"))


def undecided() -> History:
    """9 deals, none of them decided: 3 went on."""
    return history_of([(2.0 * i, 3.0 if i < 3 else None, STILL, None) for i in range(9)], ("Demo", "Offer"))


def learned(history: History, prior: Any = PRIOR, **options: Any) -> Calibration:
    return calibrate(history, unit="month", half_life=None, prior=prior, **{"check": False, **options})


def codes(result: Calibration) -> list[str]:
    return [caution.code for caution in result.cautions]


def ways(result: Calibration, stage: int) -> list[tuple[str, float, Any]]:
    return [(w["to"], w["probability"], w["duration"]) for w in result.data()["stages"][stage]["transitions"]]


def test_chances_are_pooled_by_n() -> None:
    found = learned(thin())
    on, won = (30 * 0.5 + 20 * 8 / 20) / 50, (20 * 0.4 + 8 * 2 / 8) / 28
    assert found.stages[0].probability == pytest.approx([0, on, 0, 1 - on])
    assert found.stages[1].probability == pytest.approx([0, 0, won, 1 - won])
    assert found.win_rate[:, 0] == pytest.approx([on * won, won])
    assert found.stages[0].interval(1) == pytest.approx(beta_interval(on, 50))
    assert found.stages[1].interval(2) == pytest.approx(beta_interval(won, 28))
    assert found.prior is not None
    assert [stage.weight for stage in found.prior.stages] == pytest.approx([30 / 50, 20 / 28])
    assert found.prior.weight == pytest.approx(50 / 78)
    assert [stage["n"] for stage in found.data()["stages"]] == [50, 28]
    assert [(to, p) for to, p, _ in ways(found, 0)] == [("Offer", pytest.approx(on)), ("Lost", pytest.approx(1 - on))]
    assert "30 deals of the prior (as it states), 60 % of all, and 20.0 independent ones seen" in found.scenario
    assert "20 deals of the prior (the default, for it states no n)" in found.scenario


def test_times_are_those_seen_where_there_are_five_and_else_as_the_prior_spells_them() -> None:
    found = learned(thin())
    (_, _, to_offer), (_, _, lost_early) = ways(found, 0)
    (_, _, won), (_, _, lost_late) = ways(found, 1)
    assert won == {"exponential": {"mean": 20.0}}  # two wins
    for law, exits in (
        (to_offer, (0, 1)),
        (lost_early, (0, 3)),
        (lost_late, (1, 3)),
    ):  # 8, 12 and 6: so few have a family
        stage, cause = exits
        assert set(law) <= {"lognormal", "weibull"}
        d = build_distribution(Distribution.model_validate(law))
        ages, mass = found.stages[stage].masses(cause)
        assert ages[0] < d.mean < ages[-1]
        assert abs(d.mean - ages @ mass / mass.sum()) < 0.15 * ages[-1]
    assert "the law of the prior: 2 exits, 5 would be needed" in found.scenario
    assert found.stages[1].age_at(2, 0.5) == pytest.approx(20 * np.log(2), rel=1e-6)


def test_what_a_young_history_leaves_undecided_goes_on_as_the_prior_says() -> None:
    """Ten deals of one day, four of them gone on within four days, six still there after ten: of those by Bayes."""
    demo = {"name": "Demo", "transitions": [
        {"to": "Offer", "probability": 0.5, "duration": {"exponential": 8}},
        {"to": "Lost", "probability": 0.5, "duration": {"exponential": 15}}]}  # fmt: skip
    deals = [(19.5, float(i + 1) if i < 4 else None, STILL, None) for i in range(10)]
    found = learned(history_of(deals, ("Demo", "Offer")), changed(stages=[demo, PRIOR["stages"][1]]), value="count")
    on, lost = (0.5 * math.exp(-10 / mean) for mean in (8, 15))
    later = 0.6 * on / (on + lost)
    assert found.prior is not None
    weight = found.prior.stages[0].weight
    assert found.stages[0].probability[1] == pytest.approx(weight * 0.5 + (1 - weight) * (0.4 + later), abs=0.01)
    assert found.stages[0].undecided == pytest.approx(0.0, abs=1e-9)


def test_without_a_decided_deal_the_rates_are_those_of_the_prior() -> None:
    found = learned(undecided(), changed(stages=[dict(PRIOR["stages"][0], conversion=0.5), PRIOR["stages"][1]]))
    assert found.stages[1].probability == pytest.approx([0, 0, 0.4, 0.6])
    assert ways(found, 1) == [("Won", 0.4, {"exponential": {"mean": 20.0}}), ("Lost", 0.6, 9.0)]
    assert found.prior is not None
    assert found.prior.stages[1].weight == 1
    nobody = learned(history_of([(i * 1.0, None, STILL, None) for i in range(9)], ("Demo", "Offer")))
    assert nobody.win_rate[:, 0] == pytest.approx([0.2, 0.4])
    assert ways(nobody, 0)[0] == ("Offer", 0.5, {"lognormal": {"median": 7.0, "p90": 21.0}})
    data = nobody.data()
    assert data["amount"] == {"lognormal": {"mean": 900.0, "sd": 300.0}}
    assert data["amount_level"] == {"sd": 0.1}
    assert data["correlation"]["market"] == 0.04
    assert data["stages"][0]["n"] == 30
    assert found.dependence.correlation == 0.04


def test_such_a_scenario_forecasts_what_the_prior_does_with_the_same_deals() -> None:
    nobody = learned(history_of([(i * 2.0, None, STILL, None) for i in range(12)], ("Demo", "Offer")))
    data = {key: value for key, value in nobody.data().items() if key not in ("correlation", "leads_level")}
    data.pop("amount_level")  # means do not know what is shared, and are found faster without it
    for stage in data["stages"]:
        stage.pop("n")
    by_hand = {key: data[key] for key in ("version", "as_of", "periods", "leads", "pipeline")}
    by_hand |= {"stages": [dict(PRIOR["stages"][0], conversion=0.5), PRIOR["stages"][1]], "amount": PRIOR["amount"]}
    frame = nobody.deals_frame()
    first, second = (exact_forecast(prepare(x, pipeline=frame), groups=()) for x in (data, by_hand))
    assert first.mean(0) > 0
    assert [first.mean(i) for i in (0, 1)] == pytest.approx([second.mean(i) for i in (0, 1)], rel=1e-3)


def test_what_a_window_is_expected_to_bring_follows_the_pooled_laws() -> None:
    """The chances within a window, step by step from the pooled curves, against the law of the written scenario."""
    found = learned(undecided(), value="count")
    days = 30
    data = found.data()
    for key in ("leads", "leads_level", "closed"):
        data.pop(key, None)
    data |= {"periods": {"unit": "days", "length": days, "count": 1}, "correlation": {}}
    for stage in data["stages"]:
        stage.pop("n")
    curves = [stage.incidence for stage in found.stages]
    chances = passage_of(curves, max(curve.oldest for curve in curves), days)
    end = 29.5 + 0.5
    stages = np.array([1, 1, 1, 0, 0, 0, 0, 0, 0])
    ages = np.array([end - 2.0 * i - (3.0 if i < 3 else 0.0) for i in range(9)])
    exact = exact_forecast(prepare(data, pipeline=found.deals_frame()), groups=()).mean(0)
    assert chances.open(stages, ages).sum() == pytest.approx(exact, rel=0.01)


@pytest.mark.parametrize("names", [("Offer", "Demo"), ("Demo", "Quote"), ("Demo", "Offer", "Contract")])
def test_other_stages_are_refused_with_both_lists(names: tuple[str, ...]) -> None:
    stages = [{"name": name, "conversion": 0.5, "duration": 3} for name in names]
    both = rf"the prior has the stages {', '.join(names)}, the history Demo, Offer: they must be the same"
    with pytest.raises(InputError, match=both):
        learned(thin(), changed(stages=stages))


def test_with_plenty_of_data_the_prior_weighs_little() -> None:
    history = made_history(days=400, per_day=8)
    alone, pooled = learned(history, None), learned(history)
    assert alone.prior is None
    assert pooled.prior is not None
    assert pooled.prior.weight < 0.1
    assert codes(pooled) == ["prior_used"]
    for k, (mine, prior) in enumerate(zip(alone.stages, ([0, 0.5, 0, 0.5], [0, 0, 0.4, 0.6]), strict=True)):
        w = pooled.prior.stages[k].weight
        assert pooled.stages[k].probability == pytest.approx(w * np.array(prior) + (1 - w) * mine.probability)
    assert pooled.dependence.error_sd == alone.dependence.error_sd
    assert pooled.data()["amount"] == alone.data()["amount"]
    assert pooled.data()["leads"] == alone.data()["leads"]
    assert pooled.win_rate[0, 0] == pytest.approx(P_ON * P_WON, abs=0.02)


def test_the_general_form_is_pooled_with_what_never_ends() -> None:
    general = changed(stages=[
        {"name": "Demo", "n": 40, "transitions": [
            {"to": "Offer", "probability": 0.3, "duration": 4},
            {"to": "Won", "probability": 0.1, "duration": {"uniform": {"low": 1, "high": 9}}},
            {"to": "Won", "probability": 0.05, "duration": 80},
            {"to": "Lost", "probability": 0.35, "duration": 6},
            {"to": "Lost", "probability": 0.2, "duration": "never"},
        ]},
        PRIOR["stages"][1],
    ])  # fmt: skip
    found = learned(thin(), general)
    assert found.stages[0].probability == pytest.approx([0, (40 * 0.3 + 8) / 60, 40 * 0.15 / 60, (40 * 0.35 + 12) / 60])
    assert found.stages[0].undecided == pytest.approx(40 * 0.2 / 60)
    written = ways(found, 0)
    assert [(to, law) for to, _, law in written[1:3]] == [
        ("Won", {"uniform": {"low": 1.0, "high": 9.0}}),
        ("Won", 80.0),
    ]
    assert [p for _, p, _ in written[1:3]] == pytest.approx([4 / 60, 2 / 60], abs=1e-6)
    assert written[-1] == ("Lost", pytest.approx(8 / 60, abs=1e-6), "never")
    assert simulate(found.prepared(), trials=500).mean(0) > 0


def test_win_rates_of_the_prior_are_the_conversions_that_they_imply() -> None:
    chained = changed(stages=[
        {**PRIOR["stages"][0], "win_rate": {"mean": 0.2, "n": 30}}, {**PRIOR["stages"][1], "win_rate": 0.4},
    ])  # fmt: skip
    for stage in chained["stages"]:
        stage.pop("conversion")
    assert learned(thin(), chained).scenario == learned(thin()).scenario


def test_parts_that_are_not_used_are_said() -> None:
    more = changed(
        segments={"Large": {"amount": 5000}}, clock={"weekdays": [1, 1, 1, 1, 1, 0, 0]},
        anchor={"factor": 1.1, "spread": 0.9},
    )  # fmt: skip
    found = learned(thin(), more)
    assert found.scenario == learned(thin()).scenario
    said = next(caution for caution in found.cautions if caution.code == "prior_left_out")
    assert "`segments`, `clock`, `anchor`" in said.sentence


def test_a_caution_says_how_much_the_prior_weighs() -> None:
    said = next(caution for caution in learned(thin()).cautions if caution.code == "prior_used")
    assert said.sentence == (
        "the prior weighs 64 % of the deals that the rates rest on; from it alone: amounts, dependence"
    )
    assert "no_past_window" not in codes(learned(thin()))
    plain = {key: value for key, value in PRIOR.items() if key != "correlation"}
    assert "no_past_window" in codes(learned(thin(), plain))


def test_without_new_deals_the_leads_are_those_of_the_prior() -> None:
    quiet = learned(thin(), as_of=START + dt.timedelta(days=60))
    data = quiet.data()
    assert data["leads"] == [
        {"name": "web", "stage": "Demo", "rate": {"per": "month", "mean": 30.0, "seasonality": {"7": 0.5}}}
    ]
    assert "leads_level" not in data
    assert quiet.arrivals.interval() == pytest.approx((30 * 12 / 365.25, 30 * 12 / 365.25))
    assert simulate(quiet.prepared(), trials=500).mean(0) > 0
    assert quiet.to_dict()["leads"][0]["per_week"] == pytest.approx(7 * 30 * 12 / 365.25)


def test_amounts_of_the_prior_must_be_there_and_in_the_same_currency() -> None:
    with pytest.raises(InputError, match="amounts come from the prior for want of won deals, and they are in EUR"):
        learned(thin(), changed(currency="EUR"))
    bare = {key: value for key, value in PRIOR.items() if key not in ("amount", "amount_level", "leads")}
    nothing = dataclasses.replace(thin(), facts={})
    with pytest.raises(InputError, match="neither the history nor the prior says what a won deal brings"):
        learned(nothing, bare, value="amount")
    assert learned(nothing, bare).data()["amount"] == 1
    assert learned(nothing).data()["amount"] == {"lognormal": {"mean": 900.0, "sd": 300.0}}
    assert learned(thin(), bare).data()["amount"] == 700  # the two won deals: better than nothing


def test_every_face_shows_a_history_without_ends(tmp_path: Path) -> None:
    found = learned(undecided())
    keys = found.to_dict()
    assert keys["prior"] == {
        "file": None, "stages": [{"name": "Demo", "n": 30, "weight": pytest.approx(30 / 33)},
                                 {"name": "Offer", "n": 20, "weight": 1.0}],
    }  # fmt: skip
    assert keys["amount"]["n"] == 0
    assert keys["amount"]["median"] == pytest.approx(900 / np.sqrt(1 + 1 / 9))
    console = Console(width=100, file=io.StringIO(), record=True)
    console.print(face_of(found).page(100))
    page = " ".join(console.export_text().split())
    assert "Won deals: 900 in the mean, 854 in the median, by the prior." in page
    assert "but for the prior nothing is known of ages beyond" in page
    found.save(tmp_path / "learned", plots=True)
    assert (tmp_path / "learned" / "incidence.png").exists()
    assert learned(made_history(days=400, per_day=8), None).to_dict()["prior"] is None
