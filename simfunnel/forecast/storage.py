"""What is saved of a forecast beside its JSON; `loading` reads it again."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from simfunnel.forecast.counted import Counted
from simfunnel.forecast.known import refuse_without_trials
from simfunnel.forecast.sampled import Sampled
from simfunnel.forecast.solved import Solved

if TYPE_CHECKING:
    from simfunnel.engine.exact.solve import SolvedDistribution
    from simfunnel.forecast.forecast import Forecast

FORECAST_FILE = "forecast.json"
SAMPLES_FILE = "samples.npz"
DISTRIBUTIONS_FILE = "distributions.npz"
"""What is known of a forecast: its trials; or, of an exact one, its distributions."""
SCHEMA_VERSION = 1


def is_saved(path: str | Path) -> bool:
    """Whether a path names a saved forecast and not a scenario."""
    return Path(path).is_dir() or Path(path).name == FORECAST_FILE


def arrays_file(forecast: Forecast) -> str:
    """Name of the file that holds what is known of a forecast."""
    return SAMPLES_FILE if isinstance(forecast.known, Sampled) else DISTRIBUTIONS_FILE


def storage_keys(forecast: Forecast) -> dict[str, Any]:
    """What the JSON of a saved forecast holds besides what ``run --json`` prints."""
    keys: dict[str, Any] = {
        "groups": [list(group) for group in forecast.groups],
        "targets": [[g, k, amount] for (g, k), amount in forecast.targets.items()],
        "minor_units": forecast.minor_units,
        "pipeline": {
            "open": forecast.pipeline.open.tolist(),
            "weighted": forecast.pipeline.weighted.tolist(),
            "weighted_by_close_date": forecast.pipeline.weighted_by_close_date.tolist(),
            "close_dates": forecast.pipeline.close_dates.tolist(),
        },
    }
    if isinstance(forecast.known, Solved):
        keys["distributions"] = [_solved_keys(key, found) for key, found in forecast.known.distributions.items()]
    return keys


def _solved_keys(key: tuple[int, int, str], found: SolvedDistribution) -> dict[str, Any]:
    buckets = found.distribution.buckets
    return {
        "key": list(key), "width": buckets.width, "size": buckets.size, "replicated": found.replicated,
        "integration_error": found.integration_error, "grid_error": found.grid_error, "check": found.check,
        "how": found.how,
    }  # fmt: skip


def write_arrays(forecast: Forecast, path: Path) -> None:
    """Write what is known of a forecast as an npz."""
    known = forecast.known
    if isinstance(known, Counted):
        raise refuse_without_trials("saving samples", counted=True)
    arrays = {"closed": known.closed, "closed_wins": known.closed_wins}
    if isinstance(known, Sampled):
        arrays |= {name: getattr(known, name) for name in ("open", "new", "wins", "cash")}
    else:
        for (g, k, kind), found in known.distributions.items():
            arrays |= {f"{g}/{k}/{kind}/{name}": array for name, array in _arrays_of(found).items()}
    arrays["provenance"] = np.array(forecast.provenance.line())
    _write_npz(path, {name: array for name, array in arrays.items() if array is not None})


def _arrays_of(found: SolvedDistribution) -> dict[str, Any]:
    d = found.distribution
    return {
        "points": d.points, "atoms": d.atoms, "smooth": d.smooth, "open": found.open, "new": found.new,
        "variance": found.variance,
    }  # fmt: skip


def write_parquet(forecast: Forecast, path: Path) -> None:
    """Write the trials as Parquet, with the provenance in its metadata."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pa.Table.from_pandas(forecast.samples_frame(), preserve_index=False)
    own = {b"simfunnel": forecast.provenance.line().encode()}
    pq.write_table(table.replace_schema_metadata({**(table.schema.metadata or {}), **own}), path)


def _write_npz(path: Path, arrays: dict[str, Any]) -> None:
    """Write an npz; numpy's own compression has one level, which takes six times as long for a sixth less space."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, array in arrays.items():
            with archive.open(f"{name}.npy", "w", force_zip64=True) as file:
                np.lib.format.write_array(file, array, allow_pickle=False)
