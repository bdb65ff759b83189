"""A forecast as it is kept: its summary, and quantiles fine enough to be scored."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from simfunnel.forecast.forecast import Forecast
from simfunnel.forecast.inputs import Prepared
from simfunnel.forecast.summary import GroupSummary, PeriodSummary
from simfunnel.store.forecasts import COARSE, FINE, levels

LISTS = ("excluded", "warnings", "overrides", "understood")
"""Of the account of a file: rows and deals one by one, which the kept file tells again."""


def scenario_data(ready: Prepared) -> dict[str, Any]:
    """The scenario as it was resolved, without where results are kept: an address may hold what nobody should see."""
    data = ready.scenario.model_dump(mode="json")
    del data["store"]
    for name in ("store", "url"):
        data["pipeline"].pop(name, None)
    data["pipeline"]["file"] = ready.loaded.pipeline_file
    return data


def summary_data(forecast: Forecast) -> dict[str, Any]:
    """What ``run --json`` prints, without the lists of single rows, and without groups: they are kept as parts."""
    data = {**forecast.to_dict(), "groups": {}}
    quality = dict(data["data_quality"])
    for name in LISTS:
        quality[name] = []
    return {**data, "data_quality": quality}


def forecast_parts(forecast: Forecast) -> Iterator[dict[str, Any]]:
    """Each group and period, the whole first, with quantiles of its bookings."""
    overall = forecast.summary.overall
    groups: list[tuple[str, str, tuple[str, str] | None, GroupSummary]] = [("", "", None, overall)]
    for dimension, labels in forecast.summary.groups.items():
        groups += [(dimension, label, (dimension, label), found) for label, found in labels.items()]
    for dimension, label, group, found in groups:
        dated = found.total.weighted_pipeline_by_close_date > 0
        fine = levels(FINE if group is None else COARSE)
        rows = [*found.periods, found.total] if len(found.periods) > 1 else found.periods
        for row in rows:
            yield {
                "dimension": dimension, "label": label, "period": row.label, "first": row.start.isoformat(),
                "last": row.end.isoformat(), "mean": row.bookings.mean, "weighted": _weighted(row, dated=dated),
                "target": row.target, "p_attain": None if row.attainment is None else row.attainment.probability,
                "quantiles": forecast.quantiles(fine, row.label, group=group),
            }  # fmt: skip


def _weighted(row: PeriodSummary, *, dated: bool) -> float:
    """What a spreadsheet says of a period: won so far, and the weighted pipeline that is to close in it.

    Without close dates it is the whole of the weighted pipeline, whenever it closes.
    """
    weighted = row.weighted_pipeline_by_close_date if dated else row.weighted_pipeline
    return row.by_origin["closed"].mean + weighted
