"""Planning results as data frames: what `--out` writes as CSV."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import pandas as pd

from simfunnel.planning.json_keys import (
    ideal_stage_dict,
    lead_value_dict,
    lever_dict,
    period_comparison_dict,
    source_dict,
    step_dict,
    unknowns_dict,
)

if TYPE_CHECKING:
    from simfunnel.planning.compare import Comparison
    from simfunnel.planning.levers import Levers
    from simfunnel.planning.plan import Plan


def levers_frame(result: Levers) -> pd.DataFrame:
    """One row for each lever."""
    return pd.DataFrame([flat(lever_dict(lever)) for lever in result.levers])


def plan_frames(plan: Plan) -> dict[str, pd.DataFrame]:
    """Give the tables of a plan."""
    ideal = [
        {"owner": funnel.owner, **ideal_stage_dict(stage)}
        for funnel in (plan.ideal, *plan.owners)
        for stage in funnel.stages
    ]
    return {
        "sources": pd.DataFrame([source_dict(source) for source in plan.sources]),
        "curve": pd.DataFrame([dataclasses.asdict(point) for point in plan.points]),
        "ideal_funnel": pd.DataFrame(ideal),
        "lead_values": pd.DataFrame([lead_value_dict(value) for value in plan.lead_values]),
        "unknowns": pd.DataFrame([flat(unknowns_dict(plan.unknowns))]),
    }


def comparison_frames(result: Comparison) -> dict[str, pd.DataFrame]:
    """Give the tables of a comparison: every period of every forecast, and the waterfalls."""
    sides = [(result.name, result.base_periods), *((other.name, other.periods) for other in result.others)]
    rows = [{"name": name, **flat(period_comparison_dict(period))} for name, periods in sides for period in periods]
    steps = [
        {"name": other.name, "period": other.waterfall.period, **step_dict(step)}
        for other in result.others
        if other.waterfall is not None
        for step in other.waterfall.steps
    ]
    tables = {"comparison": pd.DataFrame(rows)}
    return {**tables, "waterfall": pd.DataFrame(steps)} if steps else tables


def flat(row: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """Write nested keys as ``outer_inner``; intervals as ``_low`` and ``_high``."""
    found: dict[str, Any] = {}
    for key, value in row.items():
        if isinstance(value, dict):
            found |= flat(value, f"{prefix}{key}_")
        elif key.endswith("interval") and value is not None:
            found |= {f"{prefix}{key}_low": value[0], f"{prefix}{key}_high": value[1]}
        else:
            found[f"{prefix}{key}"] = value
    return found
