"""The key `history` of a YAML file, or a dict of that form, checked."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from simfunnel.errors import InputError, Problem
from simfunnel.history.settings import HistoryFile, HistorySettings
from simfunnel.scenario.nodes import Node, Place, from_python
from simfunnel.scenario.problems import translate
from simfunnel.scenario.reading import read_text, with_store
from simfunnel.scenario.slips import empty_unknown_keys
from simfunnel.scenario.yaml_reader import read_yaml

YAML = (".yaml", ".yml", ".json")
STORES = (".db", ".sqlite", ".sqlite3")
"""How files of stores end."""


def settings_of(source: object, stated: Mapping[str, Any]) -> HistorySettings:
    """Settings of a YAML file, of a dict, or of a data file that needs none; what is `stated` replaces them.

    Raises
    ------
    InputError
        With every problem, its place and the nearest key.
    """
    given = {name: value for name, value in stated.items() if value is not None}
    if isinstance(source, Mapping):
        root = from_python(source if "history" in source else {"history": source}, Place())
        folder = Path()
    elif isinstance(source, (str, os.PathLike)):
        name = os.fspath(source)
        if "://" in name or Path(name).suffix.lower() in STORES:
            root, folder = from_python({"history": {"store": name}}, Place()), Path()
        elif Path(name).suffix.lower() not in YAML or Path(name).is_dir():
            root, folder = from_python({"history": {"file": str(name)}}, Place()), Path()
        else:
            root, folder = read_yaml(read_text(name), name), Path(name).parent
            if not root.is_mapping or root.child("history") is None:
                message = "expected a mapping with the key `history`, which says where the history is"
                raise InputError(Problem(message, "", name, root.place.line, root.place.column))
    else:
        raise InputError(Problem(f"expected a file, a folder, a dict or a data frame, found {type(source).__name__}"))
    history = root.child("history")
    assert history is not None
    if history.is_mapping:
        for name, value in given.items():
            history = history.with_child(name, from_python(value, Place()))
        root = root.with_child("history", _absolute(history, folder))
    problems = list(empty_unknown_keys(root, HistoryFile))
    kept = root.with_child("history", _without_empty(history if not history.is_mapping else root.child("history")))
    try:
        settings = HistoryFile.model_validate(kept.plain()).history
    except ValidationError as error:
        raise InputError([*problems, *translate(error, root, HistoryFile)]) from None
    if problems:
        raise InputError(problems)
    return settings


def _absolute(history: Node, folder: Path) -> Node:
    """Make the paths of the file and of the store relative to the one that names them."""
    if history.child("store") is not None:
        history = with_store(history, folder)
    file = history.child("file")
    if file is None or not isinstance(file.value, str) or not file.value.strip() or folder == Path():
        return history
    return history.with_child("file", Node(os.path.normpath(folder / file.value.strip()), file.place))


def _without_empty(history: Node | None) -> Node | None:
    """Leave out keys without a value, at the first level only: below, null says something."""
    if history is None or not history.is_mapping:
        return history
    for name, child in list(history.value.items()):
        if child.value is None:
            history = history.with_child(name, None)
    return history
