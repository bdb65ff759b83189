"""The JSON of the planning commands. Every key that they print is written here and nowhere else."""

from __future__ import annotations

import dataclasses
from typing import Any

from simfunnel.forecast.estimates import Estimate
from simfunnel.forecast.forecast import Forecast
from simfunnel.forecast.json_keys import SCHEMA_VERSION, number
from simfunnel.planning.compare import Compared, Comparison, PeriodComparison
from simfunnel.planning.differences import Difference
from simfunnel.planning.ideal_funnel import IdealFunnel, IdealStage
from simfunnel.planning.levers import Lever, Levers
from simfunnel.planning.plan import LeadValue, Plan, SourceNeed
from simfunnel.planning.search import Needed
from simfunnel.planning.unknowns import Change, Unknowns
from simfunnel.planning.waterfall import Movement, SalesProgress, Step


def provenance_dict(forecast: Forecast) -> dict[str, Any]:
    """Give what it takes to make a result again."""
    p = forecast.provenance
    return {
        "schema_version": SCHEMA_VERSION,
        "simfunnel": p.version,
        "scenario": {
            "name": p.scenario_name, "path": p.scenario_path, "sha256": p.sha256,
            "overrides": list(p.overrides), "variant": p.variant,
        },
        "as_of": forecast.as_of.isoformat(),
        "currency": forecast.currency,
        "method": p.method,
        "kernel": p.kernel,
        "trials": p.trials,
        "seed": p.seed,
    }  # fmt: skip


def difference_dict(d: Difference) -> dict[str, Any]:
    """Give a difference: of the mean, of P(attain), of quantiles, each with its own error."""
    return {
        "delta_mean": d.mean.mean,
        "delta_mean_stderr": number(d.mean.stderr),
        "delta_p": None if d.p_attain is None else d.p_attain.mean,
        "delta_p_stderr": None if d.p_attain is None else number(d.p_attain.stderr),
        "delta_quantiles": {f"{q:g}": e.mean for q, e in d.quantiles.items()},
        "delta_quantiles_stderr": {f"{q:g}": number(e.stderr) for q, e in d.quantiles.items()},
    }


def needed_dict(needed: Needed | None) -> dict[str, Any] | None:
    """Give how far an assumption must move."""
    if needed is None:
        return None
    return {
        "reachable": needed.reachable,
        "factor": needed.factor,
        "interval": interval_list(needed.interval),
        "limit": needed.limit.mean,
        "limit_stderr": number(needed.limit.stderr),
        "limit_at": number(needed.at),
    }


def interval_list(interval: tuple[float | None, float | None] | None) -> list[float | None] | None:
    """Give an interval; null for an end that lies beyond what was considered."""
    return None if interval is None else [None if end is None else number(end) for end in interval]


def levers_dict(result: Levers) -> dict[str, Any]:
    """Give what the levers are worth."""
    return {
        **provenance_dict(result.base),
        "period": result.goal.period,
        "target": result.goal.target,
        "confidence": result.confidence,
        "by": result.by,
        "base": {"mean": result.mean, **estimate_keys("p_attain", result.p_attain)},
        "levers": [lever_dict(lever) for lever in result.levers],
    }


def lever_dict(lever: Lever) -> dict[str, Any]:
    """Give one lever."""
    return {
        "name": lever.name,
        "change": lever.change,
        "idle": lever.idle,
        "mean": lever.mean,
        "p_attain": lever.p_attain,
        **difference_dict(lever.difference),
        "needed": needed_dict(lever.needed),
    }


def estimate_keys(name: str, value: Estimate | None) -> dict[str, Any]:
    """Give a value and its error under two keys."""
    if value is None:
        return {name: None, f"{name}_stderr": None}
    return {name: value.mean, f"{name}_stderr": number(value.stderr)}


def plan_dict(plan: Plan) -> dict[str, Any]:
    """Give a plan."""
    interval = plan.multiplier_interval
    return {
        **provenance_dict(plan.base),
        "period": plan.goal.period,
        "target": plan.target,
        "confidence": plan.confidence,
        **estimate_keys("p_attain_now", plan.p_attain_now),
        "multiplier": plan.multiplier,
        "multiplier_interval": None if interval is None else list(interval),
        "reachable": plan.reachable,
        **estimate_keys("p_attain_limit", plan.curve.limit),
        "max_multiplier": plan.curve.highest,
        "by": plan.by,
        "owner": plan.owner,
        "sources": [source_dict(source) for source in plan.sources],
        "curve": [dataclasses.asdict(point) for point in plan.points],
        "extra_by_stage": [dataclasses.asdict(extra) for extra in plan.extra],
        "lead_values": [lead_value_dict(value) for value in plan.lead_values],
        "ideal_funnel": [ideal_stage_dict(stage) for stage in plan.ideal.stages],
        "ideal": ideal_dict(plan.ideal),
        "ideal_funnel_by_owner": {
            owner.owner: {**ideal_dict(owner), "stages": [ideal_stage_dict(stage) for stage in owner.stages]}
            for owner in plan.owners
        },
        "unknowns": unknowns_dict(plan.unknowns),
    }  # fmt: skip


def source_dict(source: SourceNeed) -> dict[str, Any]:
    """Give what a lead source would have to bring."""
    return dataclasses.asdict(source)


def lead_value_dict(value: LeadValue) -> dict[str, Any]:
    """Give what one more lead is worth by when it arrives."""
    return {
        "source": value.source,
        "week": value.start.isoformat(),
        **estimate_keys("value", value.value),
        **estimate_keys("p_attain_gain", value.p_attain),
    }


def ideal_stage_dict(stage: IdealStage) -> dict[str, Any]:
    """Give what a stage should hold; the gap is what is missing (negative where there is more than needed)."""
    return {**dataclasses.asdict(stage), "gap_count": stage.gap_count, "gap_value": stage.gap_value}


def ideal_dict(ideal: IdealFunnel) -> dict[str, Any]:
    """Give what an ideal funnel rests on."""
    data = dataclasses.asdict(ideal)
    del data["stages"]
    return data


def unknowns_dict(unknowns: Unknowns) -> dict[str, Any]:
    """Give the other unknowns of a plan."""
    return {
        "safe_target": unknowns.safe_target,
        "safe_target_interval": list(unknowns.safe_target_interval),
        "deal_size": needed_dict(unknowns.deal_size),
        "conversion": needed_dict(unknowns.conversion),
        "cycle": needed_dict(unknowns.cycle),
        **change_keys("average_deal", unknowns.average_deal),
        **change_keys("win_rate", unknowns.win_rate),
        **change_keys("sales_cycle", unknowns.sales_cycle),
        "closed_already": unknowns.closed_already,
        "coverage": unknowns.coverage,
        "coverage_needed": unknowns.coverage_needed,
    }


def change_keys(name: str, change: Change | None) -> dict[str, float | None]:
    """Give a figure now and what it would have to be."""
    return {f"{name}_now": None if change is None else change.now,
            f"{name}_needed": None if change is None else change.needed}  # fmt: skip


def comparison_dict(result: Comparison) -> dict[str, Any]:
    """Give a comparison; the differences of each of `others` are to the base."""
    return {
        "schema_version": SCHEMA_VERSION,
        "simfunnel": result.base.provenance.version,
        "currency": result.base.currency,
        "base": result.name,
        "base_forecast": provenance_dict(result.base),
        "base_periods": [
            {key: row[key] for key in ("label", "mean", "p_attain", "target")}
            for row in map(period_comparison_dict, result.base_periods)
        ],
        "others": [compared_dict(other) for other in result.others],
    }


def compared_dict(other: Compared) -> dict[str, Any]:
    """Give one forecast against the base."""
    return {
        "name": other.name,
        "forecast": provenance_dict(other.forecast),
        "paired": other.paired,
        "periods": [period_comparison_dict(period) for period in other.periods],
        "waterfall": None if other.waterfall is None else [step_dict(step) for step in other.waterfall.steps],
        "no_waterfall": other.no_waterfall,
        "sales_progress": None if other.progress is None else sales_progress_dict(other.progress),
    }


def period_comparison_dict(period: PeriodComparison) -> dict[str, Any]:
    """Give one period against that of the base."""
    return {
        "label": period.label,
        "mean": period.mean,
        "p_attain": period.p_attain,
        "target": period.target,
        **difference_dict(period.difference),
    }


def step_dict(step: Step) -> dict[str, Any]:
    """Give one cause of a waterfall."""
    return {
        "cause": step.cause,
        "deals": step.deals,
        "amount": step.amount,
        "delta_mean": step.mean.mean,
        "delta_mean_stderr": number(step.mean.stderr),
        "delta_p50": step.p50,
        "delta_p": step.p_attain,
        "note": step.note,
    }


def sales_progress_dict(result: SalesProgress) -> dict[str, Any]:
    """Give the sales progress: by the forecast, and by the weighted pipeline."""

    def one(progress: Movement) -> dict[str, Any]:
        return {**dataclasses.asdict(progress), "progress": progress.progress}

    return {
        "period": result.period,
        "days": result.days,
        "forecast": one(result.forecast),
        "weighted_pipeline": one(result.weighted),
    }
