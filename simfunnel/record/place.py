"""Which store, and which book of it, a command means."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from simfunnel.errors import InputError

if TYPE_CHECKING:
    from simfunnel.scenario import LoadedScenario

VARIABLE = "SIMFUNNEL_STORE"
USUAL = "simfunnel.db"
"""Name of the store where nothing says another: beside the scenario."""
UNNAMED = "main"
"""Book of a scenario without a name."""


def store_of(loaded: LoadedScenario, stated: str | None = None) -> str:
    """Find the store of a scenario: as stated, else its key `store`, else the environment, else beside it."""
    if stated is not None:
        return stated
    if loaded.scenario.store is not None:
        return loaded.scenario.store.url
    folder = Path() if loaded.source is None else Path(loaded.source).parent
    return os.environ.get(VARIABLE) or str(folder / USUAL)


def book_of(loaded: LoadedScenario, stated: str | None = None) -> str:
    """Find the book of a scenario: as stated, else its key `store.book`, else its name."""
    if stated is not None and not stated.strip():
        raise InputError("--book names no book")
    own = loaded.scenario.store.book if loaded.scenario.store is not None else None
    return stated or own or loaded.scenario.name or UNNAMED


def store_there(loaded: LoadedScenario) -> str | None:
    """Find the store of a scenario where there is one: None where its file was never made."""
    from simfunnel.store.address import address_of

    found = store_of(loaded)
    path = address_of(found).path
    return found if path is None or path.exists() else None


def store_here(stated: str | None) -> str:
    """Find the store where there is no scenario: as stated, else the environment, else in the working directory.

    Raises
    ------
    InputError
        If there is none.
    """
    found = stated or os.environ.get(VARIABLE) or (USUAL if Path(USUAL).exists() else None)
    if found is None:
        raise InputError(f"no store: name it with --store, or in {VARIABLE}; there is no {USUAL} here")
    return found
