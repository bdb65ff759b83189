"""Keys that the JSON of several results share."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from simfunnel.forecast.estimates import Estimate
from simfunnel.forecast.forecast import Forecast
from simfunnel.forecast.storage import SCHEMA_VERSION

if TYPE_CHECKING:
    from simfunnel.planning.pairs.differences import Difference
    from simfunnel.planning.pairs.search import Needed


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
        "searched_to": number(needed.at if needed.far is None else needed.far),
    }


def interval_list(interval: tuple[float | None, float | None] | None) -> list[float | None] | None:
    """Give an interval; null for an end that lies beyond what was considered."""
    return None if interval is None else [None if end is None else number(end) for end in interval]


def estimate_keys(name: str, value: Estimate | None) -> dict[str, Any]:
    """Give a value and its error under two keys."""
    if value is None:
        return {name: None, f"{name}_stderr": None}
    return {name: value.mean, f"{name}_stderr": number(value.stderr)}


def number(value: float) -> float | None:
    """Give a number, null if it is not finite (one trial has no standard error)."""
    return value if math.isfinite(value) else None


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
