"""Amounts of won deals: listed, realized, drawn, and the level they share."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from helpers import (
    ALPHA,
    CENTS,
    assert_mean,
    assert_same_mean,
    assert_variance,
    book_of,
    built,
    compiled_whole,
    deals,
    funnel,
    simulate_ledger,
    sized,
    stage,
)
from scipy import stats

TRIALS = sized(60_000)
SURE = [stage("A", 1, 1)]
LOG = {"lognormal": {"mean": 200, "sd": 150}}


def booked(data: dict[str, Any], **options: Any) -> np.ndarray:
    return simulate_ledger(data, TRIALS, **options).open[0, 0] / CENTS


def unlisted(count: int = 1, **fields: Any) -> list[dict[str, Any]]:
    return [{"id": f"u{i}", "stage": "A", "age": 0, **fields} for i in range(count)]


def test_listed_amounts_are_booked_to_the_cent() -> None:
    assert (booked(funnel(SURE, deals(1, amount=1234.56))) == 1234.56).all()


@pytest.mark.parametrize(("currency", "minor"), [("USD", 100), ("JPY", 1), ("KWD", 1000)])
def test_minor_units_are_those_of_the_currency(currency: str, minor: int) -> None:
    data = funnel(SURE, deals(1, amount=77), currency=currency)
    assert book_of(data).minor_units == minor
    assert (simulate_ledger(data, 10).open == 77 * minor).all()


def test_fixed_realization_scales_listed_amounts() -> None:
    assert (booked(funnel(SURE, deals(3, amount=100), pipeline={"realization": 0.85})) == 255).all()


def test_realization_is_drawn_for_each_deal() -> None:
    d = {"uniform": {"low": 0.6, "high": 1.2}}
    x = booked(funnel(SURE, deals(4, amount=100), pipeline={"realization": d}))
    assert_mean(x, 360)
    assert_variance(x, 4 * 100**2 * 0.36 / 12)
    one = booked(funnel(SURE, deals(1, amount=100), pipeline={"realization": d}))
    assert stats.kstest(one + 1e-4, stats.uniform(60, 60).cdf).pvalue > ALPHA


def test_realization_depends_neither_on_the_outcome_nor_on_other_deals() -> None:
    d = {"uniform": {"low": 0.5, "high": 1.5}}
    x = booked(funnel([stage("A", 0.3, 1)], deals(1, amount=100), pipeline={"realization": d}))
    assert stats.kstest(x[x > 0], stats.uniform(50, 100).cdf).pvalue > ALPHA
    many = booked(funnel(SURE, [*deals(1, amount=100), *deals(5, "z", amount=0)], pipeline={"realization": d}))
    alone = booked(funnel(SURE, deals(1, amount=100), pipeline={"realization": d}))
    assert np.array_equal(many, alone)


def test_drawn_amounts_follow_their_distribution() -> None:
    x = booked(funnel(SURE, unlisted(), amount=LOG))
    d = built(LOG)
    assert stats.kstest(x, lambda t: 1 - d.sf(np.asarray(t))).pvalue > ALPHA


def test_drawn_amounts_are_not_realized() -> None:
    x = booked(funnel(SURE, unlisted(), amount=50, pipeline={"realization": 0.5}))
    assert (x == 50).all()


def test_source_then_segment_then_scenario_gives_the_amount() -> None:
    data = funnel(
        SURE,
        [
            *unlisted(1),
            *unlisted(1, segment="s")[:0],
            {"id": "2", "stage": "A", "age": 0, "segment": "s"},
            {"id": "3", "stage": "A", "age": 0, "segment": "s", "source": "web"},
            {"id": "4", "stage": "A", "age": 0, "source": "other"},
        ],
        amount=1,
        segments={"s": {"amount": 10}},
        leads=[{"name": "web", "stage": "A", "amount": 100, "rate": {"per": "day", "mean": 0}}],
    )
    assert (booked(data) == 1 + 10 + 100 + 1).all()


def test_deal_without_any_amount_is_excluded_and_listed() -> None:
    found = compiled_whole(funnel(SURE, [*deals(2), *unlisted(1)]))
    assert len(found.model.deals.stage) == 2
    assert found.quality.used == 2
    assert [e.id for e in found.quality.excluded] == ["u0"]


def test_amount_level_is_one_factor_of_mean_1_for_all_drawn_amounts() -> None:
    sd = 0.3
    x = booked(funnel(SURE, unlisted(6), amount=LOG, amount_level={"sd": sd}))
    assert_mean(x, 1200)
    assert_variance(x, 6 * (150**2 + 200**2) * (1 + sd**2) + 30 * 200**2 * (1 + sd**2) - 1200**2)


def test_amount_level_leaves_listed_amounts_alone() -> None:
    assert (booked(funnel(SURE, deals(2, amount=70), amount_level={"sd": 0.5})) == 140).all()


def test_amount_level_belongs_to_a_segment() -> None:
    data = funnel(
        SURE,
        [
            *unlisted(1, segment="s", owner="x"),
            {"id": "b", "stage": "A", "age": 0, "segment": "s", "owner": "y"},
            {"id": "c", "stage": "A", "age": 0, "owner": "z"},
        ],
        amount=1000,
        amount_level={"sd": 0.2},
        segments={"s": {"amount_level": {"sd": 0.5}}},
    )
    ledger = simulate_ledger(data, TRIALS)
    group = {name: i for i, name in enumerate(book_of(data).groups)}
    x, y, z = (ledger.open[group["owner", n], 0] / 100_000 for n in "xyz")
    assert np.array_equal(x, y)
    assert_mean(x, 1)
    assert_variance(x, 0.25)
    assert_variance(z, 0.04)
    assert abs(np.corrcoef(x, z)[0, 1]) < 4.5 / np.sqrt(TRIALS)


def test_leads_and_open_deals_share_the_amount_level() -> None:
    data = funnel(SURE, unlisted(1), amount=100, amount_level={"sd": 0.4},
                  leads=[{"name": "web", "stage": "A", "rate": {"per": "day", "mean": 1}}])  # fmt: skip
    ledger = simulate_ledger(data, TRIALS)
    open_amount, new = ledger.open[0, 0] / 10_000, ledger.new[0, 0] / 10_000
    assert_mean((open_amount - 1) * (new - 29), 29 * 0.16)


def test_amount_does_not_depend_on_when_or_whether_the_deal_is_won() -> None:
    data = funnel([stage("A", 0.4, {"exponential": 20})], unlisted(1), amount=LOG)
    x = booked(data)
    assert_same_mean(x[x > 0], booked(funnel(SURE, unlisted(1), amount=LOG), seed=9))


def test_parts_of_a_cent_are_rounded_without_bias() -> None:
    x = simulate_ledger(funnel(SURE, unlisted(1), amount={"uniform": {"low": 0, "high": 0.1}}), TRIALS).open[0, 0]
    assert_mean(x, 5)
    assert x.max() <= 10
