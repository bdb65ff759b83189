"""The JSON of a forecast. Every key that `run --json` prints is written here and nowhere else."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

from simfunnel.crm import DataQuality
from simfunnel.forecast.estimates import Attainment, DistributionSummary
from simfunnel.forecast.forecast import Forecast
from simfunnel.forecast.summary import GroupSummary, PeriodSummary
from simfunnel.wording.findings import Finding

SCHEMA_VERSION = 1


def forecast_dict(forecast: Forecast) -> dict[str, Any]:
    """Give a forecast as plain data: null for what is unknown, never NaN."""
    p = forecast.provenance
    overall = group_dict(forecast.summary.overall)
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
        "trials": p.trials or None,
        "seed": p.seed,
        "law_error": p.law_error,
        "environment": dict(p.environment),
        "implied_win_correlation": None if forecast.implied is None else dataclasses.asdict(forecast.implied),
        "data_quality": quality_dict(forecast.quality),
        "cautions": [caution_dict(finding) for finding in forecast.quality.cautions],
        "warnings": list(forecast.warnings),
        "closed_missing": forecast.closed_missing,
        **overall,
        "groups": {
            dimension: {label: group_dict(summary) for label, summary in labels.items()}
            for dimension, labels in forecast.summary.groups.items()
        },
    }  # fmt: skip


def group_dict(summary: GroupSummary) -> dict[str, Any]:
    """Give the periods and the total of a group."""
    return {
        "periods": [period_dict(period) for period in summary.periods],
        "total": period_dict(summary.total),
    }


def period_dict(period: PeriodSummary) -> dict[str, Any]:
    """Give one period."""
    written: dict[str, Any] = {
        "label": period.label,
        "start": period.start.isoformat(),
        "end": period.end.isoformat(),
        "bookings": distribution_dict(period.bookings),
        "wins": distribution_dict(period.wins),
    }
    if period.cash is not None:
        written["cash"] = distribution_dict(period.cash)
    written["by_origin"] = {
        origin: {"mean": e.mean, "stderr": number(e.stderr)} for origin, e in period.by_origin.items()
    }
    written["target"] = period.target
    written["attainment"] = None if period.attainment is None else attainment_dict(period.attainment)
    written["open_pipeline"] = period.open_pipeline
    written["weighted_pipeline"] = period.weighted_pipeline
    written["weighted_pipeline_by_close_date"] = period.weighted_pipeline_by_close_date
    written["coverage"] = period.coverage
    return written


def distribution_dict(d: DistributionSummary) -> dict[str, Any]:
    """Give a distribution."""
    written: dict[str, Any] = {
        "mean": d.mean,
        "stderr": number(d.stderr),
        "sd": number(d.sd),
        "quantiles": {f"{q:g}": value for q, value in d.quantiles.items()},
        "quantile_intervals": {f"{q:g}": list(bounds) for q, bounds in d.quantile_intervals.items()},
    }
    return written if d.exact is None else written | dataclasses.asdict(d.exact)


def attainment_dict(a: Attainment) -> dict[str, Any]:
    """Give the chance of reaching a target."""
    return {
        "probability": a.probability,
        "stderr": a.stderr,
        "interval": list(a.interval),
        "mean_shortfall": a.mean_shortfall,
        "mean_ratio": a.mean_ratio,
    }


def quality_dict(quality: DataQuality) -> dict[str, Any]:
    """Give the data-quality report."""
    return {
        "rows": quality.rows,
        "used": quality.used,
        "won": quality.won,
        "won_earlier": quality.won_earlier,
        "lost": quality.lost,
        "excluded": [finding_dict(row, "reason") | {"amount": row.amount} for row in quality.excluded],
        "warnings": [finding_dict(warning, "message") for warning in quality.warnings],
        "overrides": [finding_dict(override, "what") for override in quality.overrides],
        "preset": quality.preset,
        "columns": dict(quality.columns),
        "understood": [dataclasses.asdict(column) for column in quality.understood],
        "amounts": dict(quality.amounts),
        "unused": list(quality.unused),
        "file": quality.file,
        "encoding": quality.encoding,
        "delimiter": quality.delimiter,
        "sheet": quality.sheet,
    }


def finding_dict(finding: Finding, words: str) -> dict[str, Any]:
    """Give a finding about a row or the file, its sentence under the key `words`."""
    return {"row": finding.row, "id": finding.id, words: finding.sentence, "code": finding.code}


def caution_dict(finding: Finding) -> dict[str, Any]:
    """Give what may change the decision."""
    return {"code": finding.code, "sentence": finding.sentence, "key": finding.key}


def number(value: float) -> float | None:
    """Give a number, null if it is not finite (one trial has no standard error)."""
    return value if math.isfinite(value) else None
