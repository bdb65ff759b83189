"""What separates trials that miss: shares against a count over the samples, one owner for each deal."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from simfunnel import stress
from simfunnel.planning.stress.stress import Stress
from simfunnel.report.words.deals import told_titles
from simfunnel.report.words.misses import misses_sentence, short_of

SCENARIO: dict[str, Any] = {
    "version": 1,
    "as_of": "2027-01-04",
    "periods": {"unit": "quarter", "count": 1},
    "stages": [{"name": "Demo", "conversion": {"mean": 0.5, "n": 30}, "duration": {"exponential": 30}}],
    "pipeline": {"opportunities": [
        {"id": f"d{i}", "stage": "Demo", "age": 0, "amount": 1000 * (1 + i), "owner": f"o{i}", "name": f"Deal {i}"}
        for i in range(8)
    ]},
    "leads": [{"name": "web", "stage": "Demo", "rate": {"per": "week", "mean": 2}, "amount": 1500}],
    "correlation": {"market": 0.2},
    "pace": {"sd": 0.2},
    "targets": [{"period": "2027-Q1", "amount": 24_000}],
    "simulation": {"seed": 5},
}  # fmt: skip


@pytest.fixture(scope="module")
def result() -> Stress:
    return stress(SCENARIO, trials=4000, grid=None)


def test_shares_are_those_of_the_samples(result: Stress) -> None:
    base, known = result.base, result.base.samples
    missed = base.bookings() < 24_000
    assert 1000 < missed.sum() < 3000
    found = {(one.kind, one.name): one for one in result.misses}
    for i in range(8):
        g = base.groups.index(("owner", f"o{i}"))
        short = known.wins[g, 0] == 0
        one = found["deal", f"d{i}"]
        assert one.share_missing == pytest.approx(short[missed].mean())
        assert one.share_making == pytest.approx(short[~missed].mean())
        owner = found["owner", f"o{i}"]
        assert owner.share_missing == pytest.approx(one.share_missing)  # a deal of its own is all that an owner has
    for name, value in (("open", known.open[0, 0]), ("new", known.new[0, 0])):
        short = value < value.mean()
        assert found["origin", name].share_missing == pytest.approx(short[missed].mean())
        assert found["origin", name].share_making == pytest.approx(short[~missed].mean())
    p, q = found["deal", "d7"].share_missing, found["deal", "d7"].share_making
    error = np.sqrt(p * (1 - p) / missed.sum() + q * (1 - q) / (~missed).sum())
    assert found["deal", "d7"].difference.stderr == pytest.approx(error)


def test_the_largest_deal_and_the_market_tell_most_and_the_order_is_by_that(result: Stress) -> None:
    by_kind = {kind: [one for one in result.misses if one.kind == kind] for kind in ("deal", "factor")}
    assert by_kind["deal"][0].name == "d7"
    assert by_kind["deal"][-1].name in ("d0", "d1")
    assert {one.name for one in by_kind["factor"]} == {"market", "pace", "win rates"}
    assert by_kind["factor"][0].name == "market"
    differences = [one.difference.mean for one in result.misses]
    assert differences == sorted(differences, reverse=True)
    assert all(one.difference.mean > 3 * one.difference.stderr for one in by_kind["factor"] if one.name != "pace")


def test_factors_are_those_of_the_trials_that_were_run() -> None:
    """Where the market decides nearly all, it is bad in the trials below the median, and good in those above."""
    certain = [{"name": "Demo", "conversion": 0.5, "duration": {"exponential": 5}}]
    data = {**SCENARIO, "correlation": {"market": 0.98}, "leads": [], "pace": {"sd": 0.01}, "stages": certain}
    found = stress(data, trials=2000, grid=None, target=18_000)
    market = next(one for one in found.misses if one.name == "market")
    assert market.share_missing > 0.9
    assert market.share_making < 0.1
    pace = next(one for one in found.misses if one.name == "pace")
    assert abs(pace.difference.mean) < 4 * pace.difference.stderr + 0.02


def test_sentences(result: Stress) -> None:
    said = misses_sentence(result)
    assert said is not None
    assert said.startswith("In ")
    assert short_of(result.misses[0], told_titles(result.must_close)) in said
    assert "of 10 quarters that miss 24.0k in 2027-Q1, " in said
    sure = stress(SCENARIO, trials=500, grid=None, target=1)
    assert sure.misses == ()
    assert misses_sentence(sure) == "Too few futures miss 1 in 2027-Q1 to say what separates them."
    assert misses_sentence(stress({**SCENARIO, "targets": []}, trials=500, grid=None)) is None
