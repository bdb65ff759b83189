"""The folder whose files an assistant may name."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from simfunnel.errors import InputError
from simfunnel.scenario.overrides import split_override
from simfunnel.values.messages import show

SCENARIO_SUFFIXES = (".yaml", ".yml", ".json")
MOST_LISTED = 200
_OF_PIPELINE = ("realization",)
"""Keys of `pipeline` that name no file, store or address, and no rows that an assistant could make up."""


@dataclass(frozen=True)
class Place:
    """A folder, and what lies below it.

    Parameters
    ----------
    root
        The folder.

    Raises
    ------
    InputError
        If it is no folder.
    """

    root: Path

    def __post_init__(self) -> None:
        if not self.root.is_dir():
            raise InputError(f"{self.root}: expected a folder that holds scenarios, found none")

    def file(self, name: str) -> Path:
        """Give a file below the folder by its path there; links are followed first.

        Raises
        ------
        InputError
            If it lies elsewhere, or is not there.
        """
        root = self.root.resolve()
        try:
            found = Path(root, name).resolve()
            there = found.is_file()
        except (OSError, ValueError, RuntimeError):  # too long, a null character, links in a circle
            raise InputError(f"{show(name)}: not the path of a file") from None
        if not found.is_relative_to(root):
            raise InputError(f"{show(name)} lies outside of the folder that this server was started with")
        if not there:
            known = ", ".join(self.scenarios()[:10]) or "none"
            raise InputError(f"{show(name)}: no such file; scenarios here: {known}")
        return found

    def relative(self, told: Any) -> Any:
        """Give what is told with paths as they are below the folder: where this lies is nobody's business."""
        if isinstance(told, str):
            return told.replace(f"{self.root.resolve()}{os.sep}", "")
        if isinstance(told, dict):
            return {key: self.relative(value) for key, value in told.items()}
        return [self.relative(value) for value in told] if isinstance(told, list | tuple) else told

    def scenarios(self) -> list[str]:
        """List what looks like a scenario file, by its path below the folder; what is hidden is left out."""
        found: list[str] = []
        for path in sorted(self.root.rglob("*")):
            parts = path.relative_to(self.root).parts
            if path.suffix.lower() not in SCENARIO_SUFFIXES or any(part.startswith(".") for part in parts):
                continue
            if path.is_file() and _is_scenario(path):
                found.append(path.relative_to(self.root).as_posix())
                if len(found) == MOST_LISTED:
                    break
        return found


def _is_scenario(path: Path) -> bool:
    """Whether a file has the key that every scenario of its own begins with, or extends another."""
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            head = file.read(1 << 16)
    except OSError:
        return False
    return "stages" in head or "extends" in head


def check_overrides(overrides: Sequence[str]) -> None:
    """Refuse what would have other data read than the scenario's own: a file, a store, an address, rows.

    Raises
    ------
    InputError
        If one does.
    """
    for text in overrides:
        parts, _ = split_override(text)
        if parts[0] == "pipeline" and (parts[1:2] or [""])[0] not in _OF_PIPELINE:
            raise InputError(
                f"{show(text)}: an assistant cannot change where the open deals come from; of `pipeline` only "
                f"{', '.join(_OF_PIPELINE)} can be set"
            )
