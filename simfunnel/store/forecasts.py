"""Kept forecasts: what was said, when, and enough of each distribution to be scored when its period is over."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import sqlalchemy as sa

from simfunnel.arrays import Floats
from simfunnel.scenario.periods import TOTAL
from simfunnel.store.inserting import insert
from simfunnel.store.tables import forecast, forecast_quantiles, recording
from simfunnel.store.versions import next_id

FINE, COARSE = 999, 19
"""Quantiles that are kept of everything, and of a group: at 1 / (n + 1), 2 / (n + 1), and so on."""


def levels(count: int) -> Floats:
    """Levels of so many kept quantiles."""
    return (np.arange(count) + 1) / (count + 1)


def packed(data: Any) -> bytes:
    """Plain data as compressed JSON."""
    return zlib.compress(json.dumps(data, ensure_ascii=False, sort_keys=True).encode(), 9)


def unpacked(data: bytes) -> Any:
    """Plain data again."""
    return json.loads(zlib.decompress(bytes(data)))


def put_forecast(
    connection: sa.Connection, book: int, number: int, *, identity: str, as_of: str, currency: str,
    scenario: Mapping[str, Any], summary: Mapping[str, Any], samples: bytes | None, parts: Iterable[Mapping[str, Any]],
) -> tuple[int, bool]:  # fmt: skip
    """Keep a forecast; the same one is kept once.

    Parameters
    ----------
    identity
        The same for forecasts that are the same to the last bit.
    parts
        For each group and period: dimension, label, period, first, last, mean, weighted, target, p_attain, and
        quantiles as an array.

    Returns
    -------
    tuple
        Its number, and whether it is new.
    """
    f = forecast.c
    known = connection.execute(
        sa.select(f.id, f.samples.is_(None).label("bare")).where(f.book == book, f.identity == identity)
    ).first()
    if known is not None:
        if known.bare and samples is not None:
            connection.execute(forecast.update().where(f.id == known.id).values(samples=samples))
        return int(known.id), False
    own = next_id(connection, forecast)
    connection.execute(forecast.insert().values(
        id=own, book=book, recorded=number, as_of=as_of, identity=identity, currency=currency,
        scenario=packed(scenario), summary=packed(summary), samples=samples,
    ))  # fmt: skip
    rows = [
        {**part, "forecast": own, "quantiles": zlib.compress(np.asarray(part["quantiles"], "<f8").tobytes(), 9)}
        for part in parts
    ]
    insert(connection, forecast_quantiles, rows)
    return own, True


def forecasts(connection: sa.Connection, book: int, *, known_by: int | None = None) -> list[dict[str, Any]]:
    """List the kept forecasts of a book, by day and then as they were made, without their numbers."""
    f = forecast.c
    query = (
        sa.select(f.id, f.as_of, f.currency, f.identity, recording.c.recorded_at)
        .join(recording, recording.c.id == f.recorded)
        .where(f.book == book)
    )
    if known_by is not None:
        query = query.where(f.recorded <= known_by)
    return [dict(row._mapping) for row in connection.execute(query.order_by(f.as_of, f.id))]


def parts_of(connection: sa.Connection, number: int) -> list[dict[str, Any]]:
    """Groups and periods of a kept forecast; `quantiles` is an array again."""
    q = forecast_quantiles.c
    rows = connection.execute(
        sa.select(forecast_quantiles).where(q.forecast == number).order_by(q.dimension, q.label, q.first, q.last)
    )
    found = [{**row._mapping, "quantiles": np.frombuffer(zlib.decompress(bytes(row.quantiles)), "<f8")} for row in rows]
    return sorted(found, key=lambda part: (part["dimension"], part["label"], part["period"] == TOTAL))


def details_of(connection: sa.Connection, number: int) -> dict[str, Any]:
    """The resolved scenario and the summary of a kept forecast."""
    f = forecast.c
    row = connection.execute(sa.select(f.scenario, f.summary).where(f.id == number)).one()
    return {"scenario": unpacked(row.scenario), "summary": unpacked(row.summary)}


def samples_of(connection: sa.Connection, number: int) -> bytes | None:
    """The trials of a kept forecast as they are saved in a folder; None where they were not kept."""
    found = connection.execute(sa.select(forecast.c.samples).where(forecast.c.id == number)).scalar()
    return None if found is None else bytes(found)
