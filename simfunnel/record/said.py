"""A forecast as it is kept: its summary, and quantiles fine enough to be scored."""

from __future__ import annotations

import hashlib
import io
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from simfunnel.arrays import Floats
from simfunnel.engine.run.executor import available_processors
from simfunnel.forecast.forecast import Forecast
from simfunnel.forecast.inputs import Prepared
from simfunnel.forecast.summary import GroupSummary, PeriodSummary
from simfunnel.store.forecasts import COARSE, FINE, levels

LISTS = ("excluded", "warnings", "overrides", "understood")
"""Of the account of a file: rows and deals one by one, which the kept file tells again."""


@dataclass(frozen=True, slots=True)
class SaidForecast:
    """All that is kept of a forecast, ready to be written."""

    identity: str
    """The same for forecasts that are the same to the last bit."""
    as_of: str
    currency: str
    scenario: dict[str, Any]
    summary: dict[str, Any]
    parts: list[dict[str, Any]]
    samples: bytes | None

    @classmethod
    def of(cls, ready: Prepared, forecast: Forecast, *, samples: bool) -> SaidForecast:
        """Take what is kept of a forecast; `samples`: its trials too."""
        return cls(
            identity=_identity(forecast), as_of=forecast.as_of.isoformat(), currency=forecast.currency,
            scenario=_scenario_data(ready), summary=_summary_data(forecast), parts=_parts(forecast),
            samples=_samples(forecast) if samples else None,
        )  # fmt: skip


def _identity(forecast: Forecast) -> str:
    p = forecast.provenance
    parts = (p.sha256, p.variant, p.method, p.kernel, p.trials, p.seed, p.overrides, forecast.as_of.isoformat())
    return hashlib.sha256(repr(parts).encode()).hexdigest()


def _scenario_data(ready: Prepared) -> dict[str, Any]:
    """The scenario as it was resolved, without where results are kept: an address may hold what nobody should see."""
    data = ready.scenario.model_dump(mode="json")
    del data["store"]
    for name in ("store", "url"):
        data["pipeline"].pop(name, None)
    data["pipeline"]["file"] = ready.loaded.pipeline_file
    return data


def _summary_data(forecast: Forecast) -> dict[str, Any]:
    """What ``run --json`` prints, without the lists of single rows, and without groups: they are kept as parts."""
    data = {**forecast.to_dict(), "groups": {}}
    quality = dict(data["data_quality"])
    for name in LISTS:
        quality[name] = []
    return {**data, "data_quality": quality}


def _parts(forecast: Forecast) -> list[dict[str, Any]]:
    """Each group and period, the whole first, with quantiles of its bookings."""
    overall = forecast.summary.overall
    groups: list[tuple[tuple[str, str] | None, GroupSummary]] = [(None, overall)]
    for dimension, labels in forecast.summary.groups.items():
        groups += [((dimension, label), found) for label, found in labels.items()]
    rows = [
        (group, row, forecast.pipeline.has_close_dates(0 if group is None else forecast.groups.index(group)))
        for group, found in groups
        for row in ((*found.periods, found.total) if len(found.periods) > 1 else found.periods)
    ]

    def quantiles(row: tuple[tuple[str, str] | None, PeriodSummary, bool]) -> Floats:
        return forecast.quantiles(levels(FINE if row[0] is None else COARSE), row[1].label, group=row[0])

    with ThreadPoolExecutor(available_processors()) as pool:
        return [_part(*row, values) for row, values in zip(rows, pool.map(quantiles, rows), strict=True)]


def _part(group: tuple[str, str] | None, row: PeriodSummary, dated: bool, quantiles: Floats) -> dict[str, Any]:
    dimension, label = group or ("", "")
    return {
        "dimension": dimension, "label": label, "period": row.label, "first": row.start.isoformat(),
        "last": row.end.isoformat(), "mean": row.bookings.mean, "weighted": _weighted(row, dated=dated),
        "target": row.target, "p_attain": None if row.attainment is None else row.attainment.probability,
        "quantiles": quantiles,
    }  # fmt: skip


def _weighted(row: PeriodSummary, *, dated: bool) -> float:
    """What a spreadsheet says of a period: won so far, and the weighted pipeline that is to close in it.

    Without close dates it is the whole of the weighted pipeline, whenever it closes.
    """
    weighted = row.weighted_pipeline_by_close_date if dated else row.weighted_pipeline
    return row.by_origin["closed"].mean + weighted


def _samples(forecast: Forecast) -> bytes:
    from simfunnel.forecast.storage import write_arrays

    stream = io.BytesIO()
    write_arrays(forecast, stream)  # type: ignore[arg-type]
    return stream.getvalue()
