"""Third-party exports, untouched."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np

from simfunnel.scenario.pipeline import Pipeline

from .reading import read_spec

SALESFORCE_STAGES = (
    "Prospecting", "Qualification", "Needs Analysis", "Value Proposition", "Id. Decision Makers",
    "Perception Analysis", "Proposal/Price Quote", "Negotiation/Review",
)  # fmt: skip


def test_salesforce_demo_org_as_exported(data: Path) -> None:
    spec = Pipeline(file=str(data / "salesforce_demo_export" / "Opportunity.csv"))
    table = read_spec(spec, as_of=date(2026, 3, 8), period_start=date(2026, 1, 1), stages=SALESFORCE_STAGES)
    quality = table.quality
    assert quality.preset == "salesforce"
    assert (quality.rows, quality.used, quality.won, quality.won_earlier, quality.lost) == (36, 16, 0, 12, 8)
    assert quality.excluded == ()
    assert np.nansum(table.open.amount) == 2_115_000
    assert np.isnan(table.open.amount).sum() == 3
    assert np.isnan(table.open.entered).all()
    assert set(table.open.created.tolist()) == {-13.0, -12.0}
    early = [warning for warning in quality.warnings if "closes before it was created" in warning.sentence]
    # row 35 closes one day before its creation stamp, which a time zone can do: no warning
    assert len(early) == 31
    assert all("2024-02-03" in warning.sentence for warning in early)


def test_maven_untouched(data: Path) -> None:
    columns = {
        "id": "opportunity_id", "stage": "deal_stage", "stage_entered": "engage_date",
        "close_date": "close_date",
        "closed": "close_date", "amount": "close_value", "owner": "sales_agent", "segment": "product",
    }  # fmt: skip
    spec = Pipeline(file=str(data / "maven_crm" / "sales_pipeline.csv"), columns=columns)
    table = read_spec(spec, as_of=date(2018, 1, 1), period_start=date(2018, 1, 1), stages=("Prospecting", "Engaging"))
    quality = table.quality
    assert (quality.rows, quality.won, quality.won_earlier, quality.lost) == (8800, 0, 4238, 2473)
    stages = np.array(table.open.stage)
    assert ((stages == "Engaging").sum(), (stages == "Prospecting").sum()) == (1589, 500)
    assert np.isnan(table.open.entered[stages == "Prospecting"]).all()
    assert not np.isnan(table.open.entered[stages == "Engaging"]).any()
    assert np.isnan(table.open.amount).all()


def test_maven_needs_no_columns(data: Path) -> None:
    spec = Pipeline(file=str(data / "maven_crm" / "sales_pipeline.csv"))
    table = read_spec(spec, as_of=date(2018, 1, 1), period_start=date(2018, 1, 1), stages=("Prospecting", "Engaging"))
    assert (table.quality.used, table.quality.won_earlier, table.quality.lost) == (2089, 4238, 2473)
    assert table.open.entered[np.array(table.open.stage) == "Engaging"].max() < 0
