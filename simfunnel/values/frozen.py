"""The base of every model of what a person writes, and errors that carry several places at once."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError

Loc = tuple[str | int, ...]
"""Where something stands: keys of mappings and indices of lists, from the outside in."""

FAULT = "scenario_fault"


class Frozen(BaseModel):
    """A part of what a person writes: immutable, no unknown keys, documented below each field.

    The texts below the fields go into the JSON Schema, and are read from the source only when that is asked for: to
    read them at import took a tenth of a second of every command.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")


class Fault(NamedTuple):
    """A message about one place that points to another: `text`, the line of `other`, `end`."""

    loc: Loc
    text: str
    other: Loc
    end: str


def faults(title: str, found: Iterable[tuple[Loc, str] | Fault]) -> ValidationError:
    """Make one error of several messages, each with its own place below the value being validated."""
    return ValidationError.from_exception_data(
        title,
        [
            InitErrorDetails(type=PydanticCustomError(FAULT, "{message}", _context(fault)), loc=fault[0], input=None)
            for fault in found
        ],
    )


def _context(fault: tuple[Loc, str] | Fault) -> dict[str, Any]:
    if isinstance(fault, Fault):
        return {"message": fault.text, "other": fault.other, "end": fault.end}
    return {"message": fault[1]}


def prefixed(error: ValidationError, prefix: Loc) -> ValidationError:
    """Move all places of an error below `prefix`."""
    details: list[InitErrorDetails] = []
    for line in error.errors(include_url=False):
        ctx: dict[str, Any] = line.get("ctx", {})
        kind: Any = line["type"]
        if kind == FAULT:
            kind = PydanticCustomError(FAULT, "{message}", ctx)
        detail = InitErrorDetails(type=kind, loc=prefix + line["loc"], input=line["input"])
        if ctx and line["type"] != FAULT:
            detail["ctx"] = ctx
        details.append(detail)
    return ValidationError.from_exception_data(error.title, details)
