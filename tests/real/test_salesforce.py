"""A Salesforce org's export, read by auto-detection."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np

from simfunnel import simulate

STAGES = [
    "Prospecting", "Qualification", "Needs Analysis", "Value Proposition", "Id. Decision Makers",
    "Perception Analysis", "Proposal/Price Quote", "Negotiation/Review",
]  # fmt: skip


def scenario(data: Path) -> dict[str, Any]:
    return {
        "version": 1,
        "as_of": "2026-03-08",
        "periods": {"unit": "quarter", "count": 1},
        "stages": [{"name": name, "conversion": 0.8, "duration": {"exponential": 12}} for name in STAGES],
        "amount": 60_000,
        "pipeline": {"file": str(data / "salesforce_demo_export" / "Opportunity.csv")},
        "targets": [{"period": "2026-Q1", "amount": 300_000}],
    }


def test_the_export_is_forecast_from_end_to_end(data: Path) -> None:
    forecast = simulate(scenario(data), trials=20_000)
    quality = forecast.quality
    assert quality.preset == "salesforce"
    assert (quality.rows, quality.used, quality.won, quality.won_earlier, quality.lost) == (36, 16, 0, 12, 8)
    assert quality.excluded == ()
    early = [w for w in quality.warnings if "closes before it was created" in w.sentence]
    assert len(early) == 31
    overall = forecast.summary.overall.total
    assert overall.open_pipeline == 2_115_000 + 3 * 60_000
    assert overall.by_origin["closed"].mean == 0
    assert not forecast.closed_missing  # the file holds won rows, none of them in this quarter
    assert 0 < forecast.p_attain().probability < 1


def test_ages_are_unknown_and_cut_at_creation(data: Path) -> None:
    from simfunnel.forecast.inputs import prepare

    compiled = prepare(scenario(data)).compiled()
    model = compiled.model
    assert np.isnan(model.deals.age).all()
    assert set(model.deals.oldest.tolist()) == {12.0, 13.0}
    # exponential durations have no memory: the cut changes nothing, P(won within 24 days) from the last stage is known
    last = model.deals.stage == len(STAGES) - 1
    w = 0.8
    p = w * (1 - math.exp(-24 / 12))
    forecast = simulate(scenario(data), trials=200_000, kernel="paths")
    assert last.sum() >= 1
    expected_floor = p * float(compiled.book.deals.amount[last].sum())
    assert forecast.mean() > expected_floor * 0.99
