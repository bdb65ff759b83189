"""Shifts of single deals do what the same judgement in the pipeline does, in both kernels and exactly."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from helpers import LONG_IN_PYTHON, compiled_whole, days, funnel, sized, stage

from simfunnel import InputError, exact_forecast, simulate
from simfunnel.forecast.inputs import prepare
from simfunnel.scenario.schema import Shift

STAGES = [stage("A", 0.5, {"exponential": 10}), stage("B", 0.6, {"exponential": 8})]
DEALS = [
    {"id": "D-17", "stage": "A", "age": 3, "amount": 100, "owner": "x"},
    {"id": "a, [b]", "stage": "B", "age": 2, "amount": 200, "owner": "y"},
    {"id": "old", "stage": "A", "age": 5_000, "amount": 300},
    {"id": "drawn", "stage": "B", "age": 1},
]
REST: dict[str, Any] = {"periods": days(length=30, count=2), "amount": {"lognormal": {"median": 50, "p90": 90}},
                        "correlation": {"market": 0.1}}  # fmt: skip


def with_deal(identity: str, **changes: Any) -> dict[str, Any]:
    listed = [{**deal, **changes} if deal["id"] == identity else deal for deal in DEALS]
    return funnel(STAGES, listed, **REST)


DATA = funnel(STAGES, DEALS, **REST)
SAME = {
    "a win rate": ({"path": "win_rate[deal=D-17]", "set": 0.9}, with_deal("D-17", win_rate=0.9)),
    "a win rate beyond support": ({"path": "win_rate[deal=old]", "set": "40%"}, with_deal("old", win_rate=0.4)),
    "a price": ({"path": "amount[deal=D-17]", "set": 70}, with_deal("D-17", amount=70)),
    "a price where none was listed": ({"path": "amount[deal=drawn]", "set": 70}, with_deal("drawn", amount=70)),
    "a price in proportion": ({"path": 'amount[deal="a, [b]"]', "scale": 1.5}, with_deal("a, [b]", amount=300)),
    "a postponement": ({"path": "not_before[deal=D-17]", "set": "2027-02-05"},
                       with_deal("D-17", not_before="2027-02-05")),
    "a deal that is dropped": ({"path": 'ignore[deal="a, [b]"]', "set": True}, with_deal("a, [b]", ignore=True)),
}  # fmt: skip


@pytest.mark.parametrize("name", SAME)
@pytest.mark.parametrize("kernel", ["paths", "outcomes"])
def test_a_shift_of_one_deal_is_the_same_judgement_written_in_the_pipeline(name: str, kernel: str) -> None:
    shift, written = SAME[name]
    shifted = simulate(DATA, shifts=[Shift.model_validate(shift)], trials=sized(3000), kernel=kernel)
    judged = simulate(written, trials=sized(3000), kernel=kernel)
    np.testing.assert_array_equal(shifted.samples.open, judged.samples.open)
    np.testing.assert_array_equal(shifted.samples.wins, judged.samples.wins)


@LONG_IN_PYTHON
@pytest.mark.parametrize("name", SAME)
def test_the_exact_law_shifts_one_deal_as_the_pipeline_would(name: str) -> None:
    shift, written = SAME[name]
    shifted = exact_forecast(DATA, shifts=[Shift.model_validate(shift)], groups=())
    judged = exact_forecast(written, groups=())
    for a, b in zip(shifted.summary.overall.periods, judged.summary.overall.periods, strict=True):
        assert a.bookings.mean == pytest.approx(b.bookings.mean, rel=1e-12)
        assert a.bookings.sd == pytest.approx(b.bookings.sd, rel=1e-9)
        assert list(a.bookings.quantiles.values()) == pytest.approx(list(b.bookings.quantiles.values()), rel=1e-6)


def test_shifts_apply_in_order_whether_they_are_of_one_deal_or_of_all() -> None:
    rate = {"path": "win_rate[deal=D-17]", "set": 0.5}
    cut = {"path": "win_rate", "scale": 0.5}
    assert compiled_whole(DATA, [rate, cut]).model.win_rate[0] == pytest.approx(0.25)
    assert compiled_whole(DATA, [cut, rate]).model.win_rate[0] == pytest.approx(0.5)


def test_a_dropped_deal_is_counted_as_left_out_by_judgement() -> None:
    found = compiled_whole(DATA, [{"path": "ignore[deal=D-17]", "set": True}])
    assert (found.quality.used, [e.id for e in found.quality.excluded]) == (3, ["D-17"])
    assert found.quality.excluded[0].sentence == "ignored by judgement"


@pytest.mark.parametrize(
    ("shift", "said"),
    [
        ({"path": "win_rate[deal=D-71]", "set": 1}, r"no open deal 'D-71'; did you mean 'D-17'\?"),
        ({"path": "ignore[deal=zzz]", "set": True}, "matches nothing: no open deal 'zzz'$"),
    ],
)
def test_a_deal_that_is_not_open_is_named(shift: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=said):
        simulate(DATA, shifts=[Shift.model_validate(shift)], trials=10)


@pytest.mark.parametrize(
    ("shift", "said"),
    [
        ({"path": "win_rate[deal=x]", "scale": 0.5}, "win_rate of one deal can only be set"),
        ({"path": "amount[deal=x]", "add": 5}, "amount of one deal can only be set or scale"),
        ({"path": "amount[deal=x]", "set": -5}, "an amount must be at least 0, found -5"),
        ({"path": "conversion[deal=x]", "set": 1}, "conversion cannot be narrowed by deal"),
        ({"path": "not_before", "set": "2027-02-01"}, r"write not_before\[deal=ID\]"),
        ({"path": "not_before[deal=x]", "set": 5}, "expected a date such as 2027-01-31, found 5"),
        ({"path": "not_before[deal=x]", "scale": 2}, "not_before can only be `set`"),
        ({"path": "not_before[deal=x]", "set": "2027-02-30"}, "expected a date"),
        ({"path": "ignore[deal=x]", "set": False}, "expected true, found false"),
        ({"path": "ignore[deal=x]", "set": 1}, "expected true, found 1"),
        ({"path": "win_rate", "set": "2027-02-01"}, "expected a number, found 2027-02-01"),
        ({"path": "amount", "set": True}, "expected a number, found true"),
    ],
)
def test_what_makes_no_sense_for_one_deal_is_an_error(shift: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=said):
        prepare({**DATA, "variants": {"v": [shift]}})


VARIANT = {"shifts": [{"path": "not_before[deal=D-17]", "set": "2027-02-05"},
                      {"path": "ignore[deal=old]", "set": True}],
           "targets": [{"period": "2027-01-01+30d", "amount": 120}]}  # fmt: skip
TARGETS = [{"period": "2027-01-01+30d", "amount": 400}, {"period": "total", "amount": 500}]


def test_a_variant_may_have_targets_of_its_own_beside_the_scenarios() -> None:
    data = {**DATA, "targets": TARGETS, "variants": {"v": VARIANT, "w": VARIANT["shifts"]}}
    base, own, shifts = (simulate(data, variant=v, trials=sized(2000)) for v in (None, "v", "w"))
    periods = [f.summary.overall for f in (base, own, shifts)]
    assert [p.periods[0].target for p in periods] == [400, 120, 400]
    assert [p.total.target for p in periods] == [500, 500, 500]
    np.testing.assert_array_equal(own.samples.open, shifts.samples.open)
    assert own.provenance.sha256 != shifts.provenance.sha256


def test_a_variant_is_written_back_as_it_was_spelled() -> None:
    scenario = prepare({**DATA, "variants": {"v": VARIANT, "w": VARIANT["shifts"]}}).scenario
    dumped = scenario.model_dump(mode="json")["variants"]
    assert dumped["w"] == VARIANT["shifts"] and dumped["v"]["shifts"] == VARIANT["shifts"]
    assert prepare(scenario).scenario == scenario


def test_faults_of_a_variant_have_their_place_in_either_spelling() -> None:
    bad = {"path": "winrate", "scale": 2}
    for variant, place in (([bad], r"variants.v\[0\].path"), ({"shifts": [bad]}, r"variants.v.shifts\[0\].path")):
        with pytest.raises(InputError, match=place):
            prepare({**DATA, "variants": {"v": variant}})
    with pytest.raises(
        InputError, match=r"variants.v: .*unknown key 'target'; did you mean 'targets'|variants.v.target"
    ):
        prepare({**DATA, "variants": {"v": {"target": []}}})
    with pytest.raises(InputError, match=r"variants.v.targets\[0\].period: no period '2028'"):
        prepare({**DATA, "variants": {"v": {"targets": [{"period": "2028", "amount": 1}]}}})
