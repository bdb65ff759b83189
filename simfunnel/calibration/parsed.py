"""The scenario that was written, read back as data: the long lists of it fast."""

from __future__ import annotations

import json
import re
from typing import Any

_LIST = re.compile(r"(?:(quantiles): \[(\n.*?\n *)|(\"quantiles\"): \[(\[[^\"\n]*\]))\]", re.DOTALL)
"""As `written` lays out quantiles; no name can look like it, line ends and quotation marks in names are escaped."""


def scenario_data(text: str) -> dict[str, Any]:
    """Read a scenario that `written` wrote.

    Lists of numbers in square brackets are JSON as well as YAML, and a YAML parser in Python takes most of its time for
    them.
    """
    from ruamel.yaml import YAML

    lists: list[Any] = []

    def set_aside(found: re.Match[str]) -> str:
        lists.append(json.loads(f"[{found[2] or found[4]}]"))
        return f"{found[1] or found[3]}: {len(lists) - 1}"

    return dict(_put_back(YAML(typ="safe", pure=True).load(_LIST.sub(set_aside, text)), lists))


def _put_back(value: Any, lists: list[Any]) -> Any:
    if isinstance(value, dict):
        return {
            key: lists[inner] if key == "quantiles" and isinstance(inner, int) else _put_back(inner, lists)
            for key, inner in value.items()
        }
    return [_put_back(inner, lists) for inner in value] if isinstance(value, list) else value
