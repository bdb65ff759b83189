"""What the files of a saved forecast must hold to be read at all: types of the JSON, shapes of the arrays."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from simfunnel.engine.exact.kinds import BOOKINGS, CASH, WINS
from simfunnel.forecast.sampled import Sampled
from simfunnel.forecast.solved import Solved
from simfunnel.values.messages import show


class _Part(BaseModel):
    """Strict about types; further keys belong to readers of other versions."""

    model_config = ConfigDict(strict=True, extra="allow", allow_inf_nan=False)


Count = Annotated[int, Field(ge=0)]


class _Scenario(_Part):
    name: str | None
    path: str | None
    sha256: str
    overrides: list[str]
    variant: str | None


class _Row(_Part):
    code: str
    row: int | None = None
    id: str | None = None
    amount: float | None = None


class _Excluded(_Row):
    reason: str


class _Warning(_Row):
    message: str


class _Override(_Row):
    what: str


class _Understood(_Part):
    column: str
    field: str
    unit: str | None
    currency: str | None
    first: str | None
    blank: Count
    key: str


class _Caution(_Part):
    code: str
    sentence: str
    key: str | None


class _Quality(_Part):
    rows: Count
    used: Count
    won: Count
    won_earlier: Count
    lost: Count
    excluded: list[_Excluded]
    warnings: list[_Warning]
    overrides: list[_Override]
    preset: str
    columns: dict[str, str]
    understood: list[_Understood] = []
    amounts: dict[str, float | None] = {}
    unused: list[str]
    file: str | None
    encoding: str | None
    delimiter: str | None
    sheet: str | None


class _Period(_Part):
    label: str
    start: dt.date
    end: dt.date


class _Pipeline(_Part):
    open: list[float]
    weighted: list[float]
    weighted_by_close_date: list[list[float]]
    close_dates: list[Count] | None = None
    """None in forecasts that were saved before it was known."""


class _Distribution(_Part):
    key: tuple[Count, Count, Literal["bookings", "wins", "cash"]]
    width: Annotated[float, Field(gt=0)]
    size: Annotated[int, Field(ge=1, le=1 << 26)]
    replicated: bool
    integration_error: float
    grid_error: float
    check: float
    how: str


class _Storage(_Part):
    groups: list[tuple[str, str]] = Field(min_length=1)
    targets: list[tuple[Count, Count, Annotated[float, Field(gt=0)]]]
    minor_units: Literal[1, 100, 1000]
    pipeline: _Pipeline
    distributions: list[_Distribution] | None = None


class StoredForecast(_Part):
    """The JSON of a saved forecast."""

    simfunnel: str
    scenario: _Scenario
    as_of: dt.date
    currency: str
    method: Literal["simulate", "exact"]
    kernel: str | None
    trials: int | None
    seed: int | None
    law_error: float | None
    environment: dict[str, str]
    implied_win_correlation: dict[str, float] | None
    data_quality: _Quality
    cautions: list[_Caution] = []
    warnings: list[str]
    closed_missing: bool
    periods: list[_Period] = Field(min_length=1)
    storage: _Storage


def check_json(data: Mapping[str, Any]) -> None:
    """Raise ValueError, naming the key, if the JSON is not what `run --out` writes."""
    try:
        StoredForecast.model_validate_json(json.dumps(data))  # as JSON, whose lists may be tuples
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        at = ".".join(map(str, first["loc"]))
        found = "" if first["type"] == "missing" else f", found {show(first['input'])}"
        raise ValueError(f"{at}: {first['msg'][:1].lower()}{first['msg'][1:]}{found}") from None
    storage = data["storage"]
    groups, periods = len(storage["groups"]), len(data["periods"])
    pipeline = storage["pipeline"]
    if any(g >= groups or k > periods for g, k, _ in storage["targets"]):
        raise ValueError("storage.targets: expected groups and periods that are there")
    if {len(pipeline[name]) for name in ("open", "weighted", "weighted_by_close_date")} != {groups}:
        raise ValueError("storage.pipeline: expected a number for each group")
    if pipeline.get("close_dates") is not None and len(pipeline["close_dates"]) != groups:
        raise ValueError("storage.pipeline.close_dates: expected a number for each group")
    if {len(row) for row in pipeline["weighted_by_close_date"]} != {periods}:
        raise ValueError("storage.pipeline.weighted_by_close_date: expected a number for each period")


def check_known(known: Sampled | Solved, groups: int, periods: int, trials: int | None) -> None:
    """Raise ValueError, naming the array, if arrays do not fit the JSON beside them."""
    for name in ("closed", "closed_wins"):
        _check(name, getattr(known, name), (groups, periods), np.integer)
    if isinstance(known, Sampled):
        for name in ("open", "new", "wins", "cash"):
            array = getattr(known, name)
            if array is not None or name != "cash":
                _check(name, array, (groups, periods, trials), np.integer)
        return
    cash = any(kind == CASH for _, _, kind in known.distributions)
    kinds = (BOOKINGS, WINS, CASH) if cash else (BOOKINGS, WINS)
    last = periods + (periods > 1)
    needed = {(g, k, kind) for g in range(groups) for k in range(last) for kind in kinds}
    if missing := needed - known.distributions.keys():
        raise ValueError(f"distributions: {'/'.join(map(str, min(missing)))} is missing")
    for key, found in known.distributions.items():
        name, d = "/".join(map(str, key)), found.distribution
        rows = len(np.atleast_2d(d.atoms))
        _check(f"{name}/points", d.points, (d.points.size,), np.floating)
        if isinstance(d.atoms, np.ndarray) and d.atoms.shape[-1:] != (d.points.size,):
            found_shapes = f"found shapes {d.points.shape} and {d.atoms.shape}"
            raise ValueError(f"{name}/points and {name}/atoms: expected an atom for each point, {found_shapes}")
        _check(f"{name}/atoms", d.atoms, (rows, d.points.size), np.floating)
        _check(f"{name}/smooth", d.smooth, (rows, d.buckets.size), np.floating)
        for part in ("open", "new", "variance"):
            _check(f"{name}/{part}", getattr(found, part), (rows,), np.floating)


def _check(name: str, array: Any, shape: tuple[int | None, ...], kind: type) -> None:
    if not isinstance(array, np.ndarray) or array.shape != shape or not np.issubdtype(array.dtype, kind):
        found = f"{array.dtype} of shape {array.shape}" if isinstance(array, np.ndarray) else show(array)
        raise ValueError(f"{name}: expected {kind.__name__} numbers of shape {shape}, found {found}")
    if array.size == 0 and name != "distributions" and not name.endswith(("points", "atoms")):
        raise ValueError(f"{name}: expected numbers, found none")
    if kind is np.floating and not np.isfinite(array).all():
        raise ValueError(f"{name}: expected finite numbers")
