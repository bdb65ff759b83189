"""Reading a saved forecast again: what is damaged, missing or of another version is told by its file."""

from __future__ import annotations

import datetime as dt
import json
import zipfile
import zlib
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from simfunnel import bundle
from simfunnel.crm import DataQuality, Understood
from simfunnel.engine.exact.distribution.buckets import Buckets
from simfunnel.engine.exact.distribution.distributed import Distributed
from simfunnel.engine.exact.solve import SolvedDistribution
from simfunnel.errors import InputError, Problem, SurroundingsError, shorten
from simfunnel.forecast.implied import ImpliedCorrelation
from simfunnel.forecast.pipeline_value import PipelineValue
from simfunnel.forecast.provenance import Provenance
from simfunnel.forecast.sampled import Sampled
from simfunnel.forecast.solved import Solved
from simfunnel.forecast.storage import DISTRIBUTIONS_FILE, FORECAST_FILE, SAMPLES_FILE, SCHEMA_VERSION
from simfunnel.forecast.stored_schema import check_json, check_known
from simfunnel.funnel.calendar import Period
from simfunnel.machine import NotRegularError, memory_limits, open_regular
from simfunnel.wording.findings import CLOSED_MISSING, Finding
from simfunnel.wording.kept import restored

DAMAGED = (
    LookupError, TypeError, ValueError, AttributeError, ArithmeticError, EOFError, zipfile.BadZipFile, zlib.error,
    RuntimeError, MemoryError,
)  # fmt: skip
"""What reading files raises that are not as they were written; a header may ask for any amount of memory."""


def read_forecast(folder: Path) -> dict[str, Any]:
    """Read the fields of a saved `Forecast`; `folder` may also name the forecast.json in it."""
    if folder.name == FORECAST_FILE:
        folder = folder.parent
    manifest = bundle.read(folder)
    data = _read_json(folder, manifest)
    if not isinstance(data, dict) or data.get("schema_version") != SCHEMA_VERSION or "storage" not in data:
        found = data.get("schema_version") if isinstance(data, dict) else type(data).__name__
        message = f"expected a saved forecast of schema version {SCHEMA_VERSION}, found {found!r}"
        raise InputError(Problem(message, file=str(folder / FORECAST_FILE)))
    name = FORECAST_FILE
    try:
        check_json(data)
        name = DISTRIBUTIONS_FILE if data["method"] == "exact" else SAMPLES_FILE
        arrays = _read_arrays(folder, manifest, name)
        fields = _fields(restored(data), arrays)
        check_known(fields["known"], len(fields["groups"]), len(fields["periods"]), data["trials"])
    except DAMAGED as error:
        what = f"{name} holds {error.args[0]!r} not" if isinstance(error, KeyError) else str(error)
        message = f"damaged: {shorten(what or type(error).__name__, 200)}; make the forecast again"
        raise InputError(Problem(message, file=str(folder / name))) from None
    return fields


def _read_json(folder: Path, manifest: bundle.Manifest | None) -> Any:
    place = str(folder / FORECAST_FILE)
    with _opened(folder, manifest, FORECAST_FILE) as file:
        content = file.read()
    if not content.strip():
        message = "empty: the command that wrote it was interrupted; make the forecast again"
        raise InputError(Problem(message, file=place))
    try:
        return json.loads(content)
    except (ValueError, RecursionError) as error:
        message = f"damaged: not JSON ({shorten(error)}); make the forecast again"
        raise InputError(Problem(message, file=place)) from None


def _read_arrays(folder: Path, manifest: bundle.Manifest | None, name: str) -> dict[str, Any]:
    """Read an npz, and refuse what would unpack to more than there is memory for."""
    with _opened(folder, manifest, name) as file:
        with zipfile.ZipFile(file) as archive:
            size = sum(entry.file_size for entry in archive.infolist())
        if size > min(memory_limits().values(), default=size):
            raise SurroundingsError(
                f"{folder / name}: unpacks to {size / 2**30:.3g} GiB, more than there is memory for"
            )
        file.seek(0)
        with np.load(file, allow_pickle=False) as stored:
            return {key: stored[key] for key in stored.files}


def _opened(folder: Path, manifest: bundle.Manifest | None, name: str) -> BinaryIO:
    """Open a file of a folder; version 0.1 wrote no manifest."""
    missing = InputError(
        Problem(f"expected a folder written by `simfunnel run --out`, but {name} is missing", file=str(folder))
    )
    if manifest is not None:
        if name not in manifest.files:
            raise missing
        return manifest.open(name)
    try:
        return open_regular(folder / name)
    except (FileNotFoundError, NotADirectoryError):
        raise missing from None
    except NotRegularError as error:
        raise InputError(Problem(f"{error}; expected a saved forecast", file=str(folder / name))) from None


def _fields(data: dict[str, Any], arrays: dict[str, Any]) -> dict[str, Any]:
    stored, scenario = data["storage"], data["scenario"]
    implied = data["implied_win_correlation"]
    quality = dict(data["data_quality"])
    for name, words in (("excluded", "reason"), ("warnings", "message"), ("overrides", "what")):
        quality[name] = tuple(Finding.stored(row.pop(words), **row) for row in quality[name])
    quality["cautions"] = tuple(
        Finding.stored(caution["sentence"], caution["code"], key=caution["key"])
        for caution in data.get("cautions", ())
        if caution["code"] != CLOSED_MISSING
    )
    quality["understood"] = tuple(Understood(**column) for column in quality.get("understood", ()))
    quality["unused"] = tuple(quality["unused"])
    return {
        "provenance": Provenance(
            version=data["simfunnel"], scenario_name=scenario["name"], scenario_path=scenario["path"],
            sha256=scenario["sha256"], overrides=tuple(scenario["overrides"]), variant=scenario["variant"],
            method=data["method"], kernel=data["kernel"], trials=data["trials"] or 0, seed=data["seed"],
            law_error=data["law_error"],
            environment=data["environment"],
        ),
        "as_of": dt.date.fromisoformat(data["as_of"]),
        "currency": data["currency"],
        "minor_units": stored["minor_units"],
        "periods": tuple(
            Period(p["label"], dt.date.fromisoformat(p["start"]), dt.date.fromisoformat(p["end"]))
            for p in data["periods"]
        ),
        "groups": tuple((dimension, label) for dimension, label in stored["groups"]),
        "targets": {(g, k): amount for g, k, amount in stored["targets"]},
        "pipeline": _pipeline(stored["pipeline"]),
        "implied": None if implied is None else ImpliedCorrelation(**implied),
        "quality": DataQuality(**quality),
        "findings": _findings(data),
        "known": _known(stored, arrays),
    }  # fmt: skip


def _pipeline(stored: dict[str, Any]) -> PipelineValue:
    """The open pipeline; where the number of close dates was not written yet, those that fell in a period tell it."""
    names = ("open", "weighted", "weighted_by_close_date")
    whole, weighted, by_date = (np.array(stored[name], dtype=np.float64) for name in names)
    dated = stored.get("close_dates")
    known = np.any(by_date > 0, axis=1) if dated is None else dated
    return PipelineValue(whole, weighted, by_date, np.asarray(known, dtype=np.int64))


def _findings(data: dict[str, Any]) -> tuple[Finding, ...]:
    """Findings of a saved forecast: their sentences as they were, and the fields of what pages word again."""
    found = [Finding.stored(sentence) for sentence in data["warnings"]]
    if data["closed_missing"]:
        first = data["periods"][0]
        fields = {"period": first["label"], "start": dt.date.fromisoformat(first["start"]),
                  "as_of": dt.date.fromisoformat(data["as_of"])}  # fmt: skip
        found.insert(0, Finding(CLOSED_MISSING, fields, key="closed"))
    return tuple(found)


def _known(stored: dict[str, Any], arrays: dict[str, Any]) -> Sampled | Solved:
    closed, wins, unit = arrays["closed"], arrays["closed_wins"], stored["minor_units"]
    if "distributions" not in stored:
        return Sampled(arrays["open"], arrays["new"], arrays["wins"], arrays.get("cash"), closed, wins, unit)
    found = {}
    for keys in stored["distributions"]:
        g, k, kind = keys["key"]
        array = {name: arrays[f"{g}/{k}/{kind}/{name}"] for name in ("points", "atoms", "smooth", "open", "new",
                                                                     "variance")}  # fmt: skip
        buckets = Buckets(keys["width"], keys["size"])
        found[g, k, kind] = SolvedDistribution(
            distribution=Distributed(buckets, array["points"], array["atoms"], array["smooth"]),
            replicated=keys["replicated"], open=array["open"], new=array["new"], variance=array["variance"],
            integration_error=keys["integration_error"], grid_error=keys["grid_error"], check=keys["check"],
            how=keys["how"],
        )  # fmt: skip
    return Solved(found, closed, wins, unit)
