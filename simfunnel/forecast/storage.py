"""Saving and loading a forecast: one folder, nothing half written."""

from __future__ import annotations

import datetime as dt
import importlib.util
import json
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np

from simfunnel.crm import DataQuality, Understood
from simfunnel.errors import InputError, Problem
from simfunnel.forecast.forecast import Forecast, PipelineValue, Provenance, Samples
from simfunnel.forecast.implied import ImpliedCorrelation
from simfunnel.forecast.json_keys import SCHEMA_VERSION, forecast_dict
from simfunnel.funnel.calendar import Period
from simfunnel.wording.findings import Finding

FORECAST_FILE = "forecast.json"
SAMPLES_FILE = "samples.npz"


@contextmanager
def staged(target: Path) -> Iterator[Path]:
    """Give a folder to write to; its files move into `target` together when the block ends well, else they vanish.

    Raises
    ------
    InputError
        If `target` cannot be a folder; before anything is written.
    """
    try:
        target.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError):
        raise InputError(Problem("expected a folder to write to, found a file", file=str(target))) from None
    except OSError as error:
        raise InputError(Problem(f"cannot be written: {error.strerror}", file=str(target))) from None
    try:
        with tempfile.TemporaryDirectory(dir=target, prefix=".partial-") as name:
            yield Path(name)
            for path in sorted(Path(name).iterdir()):
                path.replace(target / path.name)
    finally:
        with suppress(OSError):  # an empty folder of ours is not left behind; one with files stays
            target.rmdir()


def save_forecast(forecast: Forecast, folder: Path) -> Path:
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
    with staged(folder) as where:
        arrays["provenance"] = np.array(forecast.provenance.line())
        if forecast.trials:
            _write_arrays(where / SAMPLES_FILE, {name: a for name, a in arrays.items() if a is not None})
        forecast.frame().assign(provenance=forecast.provenance.line()).to_csv(where / "summary.csv", index=False)
        if forecast.trials and importlib.util.find_spec("pyarrow") is not None:
            _write_parquet(forecast, where / "samples.parquet")
        text = json.dumps(stored, ensure_ascii=False, allow_nan=False, indent=1)
        (where / FORECAST_FILE).write_text(text + "\n", "utf-8")
    return folder


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
    try:
        data = json.loads((folder / FORECAST_FILE).read_text("utf-8"))
        if isinstance(data, dict) and data.get("method") == "exact":
            message = "an exact forecast is saved without samples and cannot be loaded; compute it again, or simulate"
            raise InputError(Problem(message, file=str(folder)))
        with np.load(folder / SAMPLES_FILE, allow_pickle=False) as arrays:
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


def _forecast(data: dict[str, Any], arrays: dict[str, Any]) -> Forecast:
    stored, scenario = data["storage"], data["scenario"]
    implied = data["implied_win_correlation"]
    quality = dict(data["data_quality"])
    for name, words in (("excluded", "reason"), ("warnings", "message"), ("overrides", "what")):
        quality[name] = tuple(Finding.stored(row.pop(words), **row) for row in quality[name])
    quality["cautions"] = tuple(
        Finding.stored(caution["sentence"], caution["code"], key=caution["key"]) for caution in data.get("cautions", ())
    )
    quality["understood"] = tuple(Understood(**column) for column in quality.get("understood", ()))
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
