"""Which files hold the pipeline, and whether they have changed."""

from __future__ import annotations

from pathlib import Path

from simfunnel.forecast.inputs import Prepared
from simfunnel.store.address import address_of

_LOG = "-wal"
"""Ends the name of what SQLite has not put into its file yet."""


def is_followed(ready: Prepared) -> bool:
    """Whether a change of the pipeline is noticed: not where a server of databases holds it."""
    pipeline = ready.scenario.pipeline
    return bool(followed(ready)) or (pipeline.store is None and pipeline.url is None)


def followed(ready: Prepared) -> list[str]:
    """List the files that hold the pipeline: none where a server of databases does."""
    pipeline = ready.scenario.pipeline
    if pipeline.file is not None:
        return [str(pipeline.file)]
    place = pipeline.url if pipeline.store is None else pipeline.store.url
    if place is None or (pipeline.store is None and not place.startswith("sqlite:///")):
        return []
    path = address_of(place).path
    return [] if path is None else [str(path), f"{path}{_LOG}"]


def stamp(name: str) -> tuple[int, int]:
    """Say when a file was changed and how long it is."""
    try:
        found = Path(name).stat()
    except OSError:
        return 0, -1
    if name.endswith(_LOG) and not found.st_size:
        return 0, -1  # it comes and goes where the database is read
    return found.st_mtime_ns, found.st_size
