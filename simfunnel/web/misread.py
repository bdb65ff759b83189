"""What is wrong with a question that cannot be read, in the words of the page."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from simfunnel.values.frozen import FAULT
from simfunnel.values.messages import show
from simfunnel.wording.language import tell


def misread(error: ValidationError, body: bytes) -> str:
    """Say of each part of a question what is wrong with it, a line for each."""
    return "\n".join(f"{_place(one, body)}: {_what(one)}" for one in error.errors(include_url=False))


def _place(line: ErrorDetails, body: bytes) -> str:
    """Name the part as the page does: a change by its number and path."""
    loc = line["loc"]
    if loc[:2] == ("state", "shifts") and len(loc) > 2:
        n, path = int(loc[2]), ""
        with suppress(ValueError, TypeError, LookupError):
            path = str(json.loads(body)["state"]["shifts"][n]["path"])
        return tell("Change {n} ('{path}')", n=n + 1, path=path)
    if loc[:1] == ("state",) and len(loc) > 1:
        names = {"period": tell("Period"), "target": tell("Target"), "confidence": tell("Confidence")}
        return names.get(str(loc[1]), ".".join(map(str, loc)))
    return ".".join(map(str, loc)) or tell("the question")


def _what(line: ErrorDetails) -> str:
    kind, ctx = line["type"], line.get("ctx", {})
    found = f"{line['input']:.12g}" if isinstance(line["input"], float) else show(line["input"])
    if kind == FAULT:
        return f"{ctx['message']}{ctx.get('end', '')}"
    if kind in ("value_error", "assertion_error"):
        return str(ctx["error"])
    if kind == "missing":
        return tell("is missing")
    if kind == "extra_forbidden":
        return tell("is unknown")
    if kind == "too_long":
        return tell("too many, at most {n}", n=ctx["max_length"])
    bounds: dict[str, Any] = {
        "greater_than": lambda n: tell("expected more than {n}, found {found}", n=n, found=found),
        "greater_than_equal": lambda n: tell("expected at least {n}, found {found}", n=n, found=found),
        "less_than": lambda n: tell("expected less than {n}, found {found}", n=n, found=found),
        "less_than_equal": lambda n: tell("expected at most {n}, found {found}", n=n, found=found),
    }
    if kind in bounds:
        return str(bounds[kind](next(f"{n:g}" for key, n in ctx.items() if key in ("gt", "ge", "lt", "le"))))
    if kind in ("literal_error", "enum"):
        return tell("expected one of {known}, found {found}", known=ctx["expected"], found=found)
    return tell("cannot be used here: {found}", found=found)
