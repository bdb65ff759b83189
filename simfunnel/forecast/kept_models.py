"""Compiled models kept on disk beside the kernels, so that a command that is repeated starts from its own.

They are named by all that they are made of: the resolved scenario, the deals as they were read, the groups, and through
the folder of the kernels the sources. Only commands that forecast ask for it, since the deals stand in them: a server,
or a program that uses the library, leaves nothing behind. A file that is damaged, or cannot be written, costs the
compilation alone.
"""

from __future__ import annotations

import hashlib
import os
import pickle
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import fields
from importlib.metadata import version
from pathlib import Path

import numpy as np

from simfunnel.crm import PipelineTable
from simfunnel.engine.jit import cache_folder
from simfunnel.engine.seal import sealed, unsealed
from simfunnel.funnel.book import Compiled
from simfunnel.scenario.schema import Scenario

MODELS = "models"
"""Folder within that of the kernels."""
KEPT = 8
LARGEST = 1 << 26
"""Bytes of a model that is kept: reading a larger one saves little of a long run."""


_wanted = ContextVar("whether models are kept", default=False)


@contextmanager
def keeping_models() -> Iterator[None]:
    """Keep models within the block."""
    before = _wanted.set(True)
    try:
        yield
    finally:
        _wanted.reset(before)


def kept_or_made(
    scenario: Scenario, table: PipelineTable, groups: tuple[str, ...], make: Callable[[], Compiled]
) -> Compiled:
    """Read the compiled model of a scenario without shifts, or make and keep it; make it where nobody asked to keep.

    Parameters
    ----------
    scenario, table, groups
        All that `make` compiles.
    make
        Compiles the model.
    """
    folder = cache_folder() if _wanted.get() else None
    if folder is None:
        return make()
    try:
        path = folder / MODELS / f"{_key(scenario, table, groups)}.model"
    except OSError:  # not even the version of a library can be read
        return make()
    found = _read(path)
    if found is None:
        found = make()
        with suppress(OSError):
            _keep(path, found)
    return found


def _key(scenario: Scenario, table: PipelineTable, groups: tuple[str, ...]) -> str:
    digest = hashlib.sha256(repr((np.__version__, version("scipy"), groups, scenario.model_dump())).encode())
    for part in (table.open, table.won, table.won_earlier):
        for column in fields(part):
            value = getattr(part, column.name)
            digest.update(value.tobytes() if isinstance(value, np.ndarray) else repr(value).encode())
    digest.update(repr((table.quality, sorted(table.lost))).encode())
    return digest.hexdigest()


def _read(path: Path) -> Compiled | None:
    try:
        body = unsealed(path.read_bytes())
        found = None if body is None else pickle.loads(body)
        os.utime(path)
    except Exception:  # whatever a pickle raises that other versions of a library wrote
        return None
    return found if isinstance(found, Compiled) else None


def _keep(path: Path, compiled: Compiled) -> None:
    body = pickle.dumps(compiled, protocol=pickle.HIGHEST_PROTOCOL)
    if len(body) > LARGEST:
        return
    path.parent.mkdir(mode=0o700, exist_ok=True)
    new = path.with_name(f"{path.name}.tmp.{os.getpid():x}")
    try:
        new.write_bytes(sealed(body))
        new.replace(path)
    except OSError:
        new.unlink(missing_ok=True)
        raise
    for old in sorted(path.parent.glob("*.model"), key=_used, reverse=True)[KEPT:]:
        old.unlink(missing_ok=True)


def _used(path: Path) -> float:
    """When a model was used last; another process may have removed it meanwhile."""
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0
