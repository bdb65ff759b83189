"""Saving and loading a forecast: one folder, nothing half written."""

from __future__ import annotations

import datetime as dt
import errno
import importlib.util
import json
import zipfile
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from simfunnel import bundle
from simfunnel.crm import DataQuality, Excluded, Override, RowWarning
from simfunnel.errors import InputError, Problem
from simfunnel.forecast.forecast import Forecast, PipelineValue, Provenance, Samples
from simfunnel.forecast.implied import ImpliedCorrelation
from simfunnel.forecast.json_keys import SCHEMA_VERSION, forecast_dict
from simfunnel.funnel.calendar import Period

FORECAST_FILE = "forecast.json"
SAMPLES_FILE = "samples.npz"


FACE = "forecast"


def save_forecast(forecast: Forecast, folder: Path, *, force: bool = False) -> Path:
    """Write a forecast to a folder of results; see `write_forecast`."""
    with bundle.writing(folder, provenance=forecast.provenance.line(), force=force, face=FACE, renews=(FACE,)) as out:
        write_forecast(forecast, out.folder)
    return folder


def write_forecast(forecast: Forecast, where: Path) -> None:
    """Write forecast.json, summary.csv, samples.npz, and samples.parquet where pyarrow is installed."""
    s = forecast.samples
    arrays = {name: getattr(s, name) for name in ("open", "new", "wins", "cash", "closed", "closed_wins")}
    stored = {
        **forecast_dict(forecast),
        "storage": {
            "groups": [list(group) for group in forecast.groups],
            "targets": [[g, k, amount] for (g, k), amount in forecast.targets.items()],
            "minor_units": forecast.minor_units,
            "pipeline": {
                "open": forecast.pipeline.open.tolist(),
                "weighted": forecast.pipeline.weighted.tolist(),
                "weighted_by_close_date": forecast.pipeline.weighted_by_close_date.tolist(),
            },
        },
    }
    arrays["provenance"] = np.array(forecast.provenance.line())
    if forecast.trials:
        _write_arrays(where / SAMPLES_FILE, {name: a for name, a in arrays.items() if a is not None})
    forecast.frame().assign(provenance=forecast.provenance.line()).to_csv(where / "summary.csv", index=False)
    if forecast.trials and importlib.util.find_spec("pyarrow") is not None:
        _write_parquet(forecast, where / "samples.parquet")
    text = json.dumps(stored, ensure_ascii=False, allow_nan=False, indent=1)
    (where / FORECAST_FILE).write_text(text + "\n", "utf-8")


def _write_parquet(forecast: Forecast, path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pa.Table.from_pandas(forecast.samples_frame(), preserve_index=False)
    own = {b"simfunnel": forecast.provenance.line().encode()}
    pq.write_table(table.replace_schema_metadata({**(table.schema.metadata or {}), **own}), path)


def _write_arrays(path: Path, arrays: dict[str, Any]) -> None:
    """Write an npz; numpy's own compression has one level, which takes six times as long for a sixth less space."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, array in arrays.items():
            with archive.open(f"{name}.npy", "w", force_zip64=True) as file:
                np.lib.format.write_array(file, array, allow_pickle=False)


def load_forecast(folder: Path) -> Forecast:
    """Read what `save_forecast` wrote; `folder` may also name the forecast.json in it."""
    if folder.name == FORECAST_FILE:
        folder = folder.parent
    manifest = bundle.read(folder)
    try:
        with _opened(folder, manifest, FORECAST_FILE) as file:
            data = json.loads(file.read())
        if isinstance(data, dict) and data.get("method") == "exact":
            message = "an exact forecast is saved without samples and cannot be loaded; compute it again, or simulate"
            raise InputError(Problem(message, file=str(folder)))
        with _opened(folder, manifest, SAMPLES_FILE) as file, np.load(file, allow_pickle=False) as arrays:
            samples = {name: arrays[name] for name in arrays.files}
    except FileNotFoundError as error:
        message = f"expected a folder written by `simfunnel run --out`, but {Path(error.filename).name} is missing"
        raise InputError(Problem(message, file=str(folder))) from None
    except (OSError, ValueError) as error:
        raise InputError(Problem(f"not a saved forecast: {error}", file=str(folder))) from None
    if data.get("schema_version") != SCHEMA_VERSION or "storage" not in data:
        message = f"expected a saved forecast of schema version {SCHEMA_VERSION}, found {data.get('schema_version')!r}"
        raise InputError(Problem(message, file=str(folder / FORECAST_FILE)))
    return _forecast(data, samples)


def _opened(folder: Path, manifest: bundle.Manifest | None, name: str) -> BinaryIO:
    """Open a file of a folder; version 0.1 wrote no manifest."""
    if manifest is None:
        return (folder / name).open("rb")
    if name not in manifest.files:
        raise FileNotFoundError(errno.ENOENT, "not in the manifest", name)
    return manifest.open(name)


def _forecast(data: dict[str, Any], arrays: dict[str, Any]) -> Forecast:
    stored, scenario = data["storage"], data["scenario"]
    implied = data["implied_win_correlation"]
    quality = dict(data["data_quality"])
    for name, kind in (("excluded", Excluded), ("warnings", RowWarning), ("overrides", Override)):
        quality[name] = tuple(kind(**row) for row in quality[name])
    quality["unused"] = tuple(quality["unused"])
    return Forecast(
        provenance=Provenance(
            version=data["simfunnel"], scenario_name=scenario["name"], scenario_path=scenario["path"],
            sha256=scenario["sha256"], overrides=tuple(scenario["overrides"]), variant=scenario["variant"],
            method=data["method"], kernel=data["kernel"], trials=data["trials"], seed=data["seed"],
            law_error=data["law_error"],
            environment=data["environment"],
        ),
        as_of=dt.date.fromisoformat(data["as_of"]),
        currency=data["currency"],
        minor_units=stored["minor_units"],
        periods=tuple(
            Period(p["label"], dt.date.fromisoformat(p["start"]), dt.date.fromisoformat(p["end"]))
            for p in data["periods"]
        ),
        groups=tuple((dimension, label) for dimension, label in stored["groups"]),
        targets={(g, k): amount for g, k, amount in stored["targets"]},
        pipeline=PipelineValue(*(np.array(stored["pipeline"][key], dtype=np.float64)
                                 for key in ("open", "weighted", "weighted_by_close_date"))),
        implied=None if implied is None else ImpliedCorrelation(**implied),
        quality=DataQuality(**quality),
        warnings=tuple(data["warnings"]),
        closed_missing=data["closed_missing"],
        samples=Samples(
            open=arrays["open"], new=arrays["new"], wins=arrays["wins"], cash=arrays.get("cash"),
            closed=arrays["closed"], closed_wins=arrays["closed_wins"],
        ),
    )  # fmt: skip
