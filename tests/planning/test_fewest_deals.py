"""The fewest deals that close the gap: against every subset of a small book, one owner for each deal."""

from __future__ import annotations

import dataclasses
from itertools import combinations
from typing import Any

import numpy as np
import pytest

from simfunnel import health, leads_needed
from simfunnel.diagnosis.health import deals_to_drop
from simfunnel.forecast.inputs import prepare
from simfunnel.planning.plan import fewest_deals as fewest
from simfunnel.planning.plan.leads_needed import Plan
from simfunnel.report.words.plan import deals_sentence

AMOUNTS = (9000, 7000, 7000, 5000, 4000, 3000, 2000, 1000)


def scenario(**changes: Any) -> dict[str, Any]:
    """Deals of different sizes in two stages, with what they share."""
    stages = ("Demo", "Offer")
    return {
        "version": 1, "as_of": "2027-01-04", "periods": {"unit": "quarter", "count": 1},
        "stages": [{"name": "Demo", "conversion": 0.4, "duration": {"exponential": 20}},
                   {"name": "Offer", "conversion": 0.5, "duration": {"exponential": 20}}],
        "pipeline": {"opportunities": [
            {"id": f"d{i}", "stage": stages[i % 2], "age": 0, "amount": amount, "owner": f"o{i}"}
            for i, amount in enumerate(AMOUNTS)
        ]},
        "leads": [{"name": "web", "stage": "Demo", "rate": {"per": "week", "mean": 1}, "amount": 800, "owner": "x"}],
        "correlation": {"market": 0.3}, "targets": [{"period": "2027-Q1", "amount": 16_000}],
        "simulation": {"seed": 3},
    } | changes  # fmt: skip


def planned(data: dict[str, Any], **options: Any) -> Plan:
    return leads_needed(data, trials=3000, deals=True, **options)


def brute_force(plan: Plan, confidence: float) -> tuple[int, float]:
    """Size of the smallest sets that are enough, and the largest chance that one of them lands."""
    base, known = plan.base, plan.base.samples
    from simfunnel import simulate

    whole = simulate(scenario(), trials=base.trials, seed=base.provenance.seed, kernel=base.provenance.kernel or "auto")
    won = np.array([whole.samples.wins[whole.groups.index(("owner", f"o{i}")), 0] > 0 for i in range(len(AMOUNTS))])
    assert np.array_equal(whole.samples.open[0], known.open[0])
    total, amounts = whole.bookings(), np.array(AMOUNTS)
    for size in range(len(AMOUNTS) + 1):
        best = [
            won[list(chosen)].all(axis=0).mean()
            for chosen in combinations(range(len(AMOUNTS)), size)
            if (total + (amounts[list(chosen), None] * ~won[list(chosen)]).sum(axis=0) >= 16_000).mean() >= confidence
        ]
        if best:
            return size, max(best)
    return -1, 0.0


@pytest.mark.parametrize("confidence", [0.5, 0.8, 0.95, 0.99])
def test_the_set_is_the_smallest_there_is_and_of_those_the_likeliest(confidence: float) -> None:
    plan = planned(scenario(), confidence=confidence)
    size, p_all = brute_force(plan, confidence)
    found = plan.deals
    assert found is not None
    assert found.deals is not None
    assert found.p_all is not None
    assert found.p_attain is not None
    assert len(found.deals) == size
    if size == 1:  # the law says it; trials say it within their error
        assert abs(found.p_all.mean - p_all) < 4 * (p_all / plan.base.trials) ** 0.5
    else:
        assert found.p_all.mean == pytest.approx(p_all)
    assert found.p_attain >= confidence
    assert len(found.alternatives) == size
    for one in found.alternatives:
        assert one.deals is None or one.without not in {deal.id for deal in one.deals}


@pytest.mark.parametrize("confidence", [0.8, 0.95, 0.99])
def test_a_set_that_is_grown_is_no_larger_here(confidence: float, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fewest, "ALL_SETS_OF", 0)
    plan = planned(scenario(), confidence=confidence)
    size, p_all = brute_force(plan, confidence)
    assert plan.deals is not None
    assert plan.deals.deals is not None
    assert plan.deals.p_all is not None
    assert len(plan.deals.deals) == size
    assert plan.deals.p_all.mean <= p_all + 1e-12


def test_chances_are_joint_and_not_products() -> None:
    plan = planned(scenario(), confidence=0.95)
    assert plan.deals is not None
    assert plan.deals.deals is not None
    assert plan.deals.p_all is not None
    product = float(np.prod([deal.p_win for deal in plan.deals.deals]))
    assert plan.deals.p_all.mean > product + 4 * plan.deals.p_all.stderr  # a good market is one for all of them


def test_ends() -> None:
    safe = planned(scenario(), target=100, confidence=0.5)
    assert safe.deals == fewest.FewestDeals((), None, pytest.approx(1.0, abs=0.5), ())
    assert (
        deals_sentence(safe)
        == "No deal has to be won for sure to be 50 % sure of 100 in 2027-Q1: the target is safe already."
    )
    beyond = planned(scenario(), target=1_000_000)
    assert beyond.deals == fewest.FewestDeals(None, None, None, ())
    assert "Not even winning every open deal (" in str(deals_sentence(beyond))
    many = dataclasses.replace(beyond.base, quality=dataclasses.replace(beyond.base.quality, used=26))
    assert "No set of 25 open deals is enough" in str(deals_sentence(dataclasses.replace(beyond, base=many)))
    nothing = planned(scenario(pipeline={"opportunities": []}))
    assert nothing.deals is not None
    assert nothing.deals.deals is None
    assert str(deals_sentence(nothing)) == "There is no open deal to win."
    unasked = leads_needed(scenario(), trials=500)
    assert (unasked.deals, deals_sentence(unasked)) == (None, None)


def test_an_owner_counts_on_no_deal_of_others() -> None:
    data = scenario(targets=[{"period": "2027-Q1", "owner": "o0", "amount": 8_000}])
    found = planned(data, owner="o0", confidence=0.9).deals
    assert found is not None
    assert found.deals is not None
    assert [deal.id for deal in found.deals] == ["d0"]


def test_hopeless_deals_are_told_beside_fair_ones() -> None:
    data = scenario()
    data["pipeline"]["opportunities"].append(
        {"id": "big", "stage": "Demo", "age": 0, "amount": 60_000, "win_rate": 0.01}
    )
    plan = planned(data, confidence=0.8)
    assert plan.deals is not None
    assert plan.deals.deals is not None
    assert [deal.id for deal in plan.deals.deals] == ["big"]
    assert plan.deals.fair is not None
    assert min(deal.p_win for deal in plan.deals.fair) >= fewest.FAIR
    assert (plan.deals.fair_p_all or 0) > (plan.deals.p_all.mean if plan.deals.p_all else 1)
    assert "Of deals with a chance of 20 % and more it takes" in str(deals_sentence(plan))


def hopeless(n: int = 1) -> dict[str, Any]:
    """A scenario with deals so large that each alone is enough."""
    data = scenario()
    data["pipeline"]["opportunities"] += [
        {"id": f"big{i}", "stage": "Demo", "age": 0, "amount": 60_000, "win_rate": 0.01 * (i + 1)} for i in range(n)
    ]
    return data


def test_the_chance_of_a_set_of_one_deal_is_that_of_the_deal() -> None:
    plan = planned(hopeless(), confidence=0.8)
    assert plan.deals is not None
    assert plan.deals.deals is not None
    assert plan.deals.p_all is not None
    assert (plan.deals.p_all.mean, plan.deals.p_all.stderr) == (plan.deals.deals[0].p_win, 0.0)
    assert "one deal closes the gap. The chance that it lands in 2027-Q1 is " in str(deals_sentence(plan))


def test_of_equal_sets_one_without_deals_to_drop_is_taken() -> None:
    likeliest = planned(hopeless(2), confidence=0.8).deals
    assert likeliest is not None
    assert [deal.id for deal in likeliest.deals or ()] == ["big1"]
    plan = planned(hopeless(2), confidence=0.8, to_drop={"big1"})
    assert plan.deals is not None
    assert [deal.id for deal in plan.deals.deals or ()] == ["big0"]
    assert [[(deal.id, deal.drop) for deal in one.deals or ()] for one in plan.deals.alternatives] == [[("big1", True)]]
    assert "(to drop)" not in str(deals_sentence(plan))


def test_a_deal_to_drop_is_marked_where_nothing_else_is_as_small() -> None:
    plan = planned(hopeless(), confidence=0.8, to_drop={"big0"})
    said = str(deals_sentence(plan))
    assert "With big0 (to drop) won" in said
    assert "(to drop): `simfunnel health` says to drop such a deal or to qualify it again." in said


def test_deals_to_drop_are_those_of_health() -> None:
    data = scenario()
    for i, deal in enumerate(data["pipeline"]["opportunities"]):
        deal |= {"age": 60 * i, "close_date": f"2027-0{1 + i % 3}-01"}
    ready = prepare(data)
    expected = {deal.id for deal in health(data, trials=200).deals if deal.drop}
    assert expected
    assert len(expected) < len(AMOUNTS)
    assert deals_to_drop(ready) == expected
    assert deals_to_drop(prepare(scenario(pipeline={"opportunities": []}))) == frozenset()
