"""Scores of an origin as plain data and back, to the last bit."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from simfunnel.backtesting.budget import AgeBand, Budget
from simfunnel.backtesting.results import OriginScore, Part, Rival, TargetScore


def score_to(score: OriginScore) -> dict[str, Any]:
    """Give a score as JSON can hold it; numbers are written so that they read back as they were."""
    data = asdict(score)
    data["as_of"] = score.as_of.isoformat()
    return data


def score_from(data: Mapping[str, Any]) -> OriginScore:
    """Read a score back."""
    rivals = {name: Rival(r["mean"], r["crps"], _levels(r["quantiles"])) for name, r in data["rivals"].items()}
    return OriginScore(
        as_of=dt.date.fromisoformat(data["as_of"]), days=data["days"],
        group=None if data["group"] is None else (data["group"][0], data["group"][1]),
        actual=data["actual"], mean=data["mean"], quantiles=_levels(data["quantiles"]) or {}, pit=data["pit"],
        crps=data["crps"], within={float(level): (low, high) for level, (low, high) in data["within"].items()},
        parts={name: Part(**part) for name, part in data["parts"].items()}, rivals=rivals,
        bands=tuple(AgeBand(**band) for band in data["bands"]),
        budget=None if data["budget"] is None else Budget(**data["budget"]),
        targets=tuple(TargetScore(**target) for target in data["targets"]), undated=data["undated"],
        choices=data["choices"], gains=data["gains"],
    )  # fmt: skip


def _levels(data: Mapping[Any, float] | None) -> dict[float, float] | None:
    return None if data is None else {float(level): value for level, value in data.items()}
