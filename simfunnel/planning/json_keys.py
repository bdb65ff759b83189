"""The JSON of the planning commands. Every key that they print is written here and nowhere else."""

from __future__ import annotations

from typing import Any

from simfunnel.forecast.estimates import Estimate
from simfunnel.forecast.forecast import Forecast
from simfunnel.forecast.json_keys import SCHEMA_VERSION, number
from simfunnel.planning.differences import Difference
from simfunnel.planning.levers import Lever, Levers
from simfunnel.planning.search import Needed


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
        "interval": None if needed.interval is None else list(needed.interval),
        "limit": needed.limit.mean,
        "limit_stderr": number(needed.limit.stderr),
        "limit_at": needed.at,
    }


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
