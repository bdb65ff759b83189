"""What differs between two results: values that changed, and keys that were only added."""

from __future__ import annotations

import csv
import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from simfunnel.errors import shorten


@dataclass(frozen=True)
class Difference:
    """One difference and where it stands."""

    path: str
    text: str
    added: bool = False
    """Whether `path` is new and nothing else changed."""

    def __str__(self) -> str:
        return f"{self.path or 'all'}: {self.text}"


def differences(old: Any, new: Any, path: str = "") -> Iterator[Difference]:
    """Compare two results to the last bit.

    Parameters
    ----------
    old, new
        Data as JSON has it, text, or arrays. Text is compared line by line.
    path
        Where they stand; in the paths of what is found.
    """
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        yield from _of_mappings(old, new, path)
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for i, (a, b) in enumerate(zip(old, new, strict=True)):
            yield from differences(a, b, f"{path}[{i}]")
    elif isinstance(old, np.ndarray) and isinstance(new, np.ndarray):
        yield from _of_arrays(old, new, path)
    elif isinstance(old, str) and isinstance(new, str) and "\n" in old + new:
        yield from _of_texts(old, new, path)
    elif type(old) is not type(new) or old != new:
        yield Difference(path, f"{_short(old)} -> {_short(new)}")


def _of_mappings(old: Mapping[str, Any], new: Mapping[str, Any], path: str) -> Iterator[Difference]:
    for key, value in old.items():
        inner = f"{path}.{key}" if path else str(key)
        if key in new:
            yield from differences(value, new[key], inner)
        else:
            yield Difference(inner, f"{_short(value)} -> nothing")
    for key in new:
        if key not in old:
            yield Difference(f"{path}.{key}" if path else str(key), _short(new[key]), added=True)


def _of_arrays(old: np.ndarray[Any, Any], new: np.ndarray[Any, Any], path: str) -> Iterator[Difference]:
    if (old.dtype, old.shape) != (new.dtype, new.shape):
        yield Difference(path, f"{old.dtype} {old.shape} -> {new.dtype} {new.shape}")
    elif old.tobytes() != new.tobytes():
        unequal = old != new
        values = f"{_short(old[unequal][:3].tolist())} -> {_short(new[unequal][:3].tolist())}"
        yield Difference(path, f"{np.count_nonzero(unequal):,} of {old.size:,} values: {values}")


def _of_texts(old: str, new: str, path: str) -> Iterator[Difference]:
    """One difference for each line taken away or put in, in the order of the text."""
    for line in difflib.unified_diff(old.splitlines(), new.splitlines(), n=0, lineterm=""):
        if line[:3] not in {"---", "+++"} and line[:2] != "@@":
            yield Difference(path, line)
    if old != new and old.splitlines() == new.splitlines():
        yield Difference(path, "other ends of lines")


def _short(value: Any) -> str:
    return shorten(repr(value))


def table(text: str) -> dict[str, list[str]]:
    """Columns of a CSV file, so that an added one is told from a changed one."""
    rows = list(csv.reader(text.splitlines()))
    return {name: [row[i] for row in rows[1:]] for i, name in enumerate(rows[0])} if rows else {}


def without(data: Any, legitimate: Mapping[str, str]) -> Any:
    """Leave out keys that may differ, wherever they stand.

    Parameters
    ----------
    data
        As JSON has it.
    legitimate
        Key -> the reason why it may differ.
    """
    if isinstance(data, dict):
        return {key: without(value, legitimate) for key, value in data.items() if key not in legitimate}
    if isinstance(data, list):
        return [without(value, legitimate) for value in data]
    return data
