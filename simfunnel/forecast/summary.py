"""What a forecast says, as typed values: the one source of JSON, CSV, console and HTML."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from simfunnel.forecast.estimates import Attainment, DistributionSummary, Estimate


@dataclass(frozen=True, slots=True)
class PeriodSummary:
    """One period, or all of them together, of everything or of one group."""

    label: str
    start: dt.date
    end: dt.date
    bookings: DistributionSummary
    wins: DistributionSummary
    cash: DistributionSummary | None
    by_origin: Mapping[str, Estimate]
    """closed, open, new -> mean bookings."""
    target: float | None
    attainment: Attainment | None
    open_pipeline: float
    """Value of all open deals at as_of."""
    weighted_pipeline: float
    """Sum of amount x win rate of the stage: the baseline."""
    weighted_pipeline_by_close_date: float
    """The same, of the deals expected to close in the period."""
    coverage: float | None
    """Open pipeline / (target - closed); None without a target or when it is reached already."""


@dataclass(frozen=True, slots=True)
class GroupSummary:
    """Everything, or one group."""

    periods: tuple[PeriodSummary, ...]
    total: PeriodSummary


@dataclass(frozen=True, slots=True)
class Summary:
    """The whole forecast."""

    overall: GroupSummary
    groups: Mapping[str, Mapping[str, GroupSummary]]
    """Dimension (owner, team, segment, source) -> label -> summary."""
