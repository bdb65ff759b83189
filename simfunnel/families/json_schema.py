"""Pieces of JSON Schema that families describe their parameters with."""

from __future__ import annotations

from typing import Any

from simfunnel.values.numbers import NUMBER_PATTERN


def number(**bounds: float) -> dict[str, Any]:
    """A number within bounds, or text such as ``3M``."""
    return {"anyOf": [{"type": "number", **bounds}, {"type": "string", "pattern": NUMBER_PATTERN}]}


def mapping(properties: dict[str, Any], required: list[str]) -> dict[str, Any]:
    """A mapping with these keys and no other."""
    return {
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": False,
    }
