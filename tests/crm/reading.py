"""Reads pipelines for the tests, checking every time that all rows are accounted for."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from simfunnel.crm import PipelineTable, read_pipeline
from simfunnel.scenario.pipeline import Pipeline

STAGES = ("Qualification", "Proposal", "Negotiation")
AS_OF = date(2027, 1, 20)
PERIOD_START = date(2027, 1, 1)

Reader = Callable[..., PipelineTable]


def read_spec(spec: Pipeline, **options: Any) -> PipelineTable:
    known = {"as_of": AS_OF, "period_start": PERIOD_START, "stages": STAGES, "currency": "USD"} | options
    table = read_pipeline(spec, **known)
    quality = table.quality
    assert quality.rows == (quality.used + quality.won + quality.won_earlier + quality.lost + len(quality.excluded))
    assert quality.used == len(table.open)
    assert quality.won == len(table.won)
    return table


def cautions_of(table: PipelineTable) -> dict[str, str]:
    """Code -> sentence of what may change the decision."""
    return {caution.code: caution.sentence for caution in table.quality.cautions}


def warnings_of(table: PipelineTable) -> list[tuple[int | None, str]]:
    return [(warning.row, warning.sentence) for warning in table.quality.warnings]


def reasons_of(table: PipelineTable) -> list[tuple[int, str]]:
    return [(excluded.row, excluded.sentence) for excluded in table.quality.excluded]
