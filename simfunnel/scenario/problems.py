"""Translate what the schema rejects into sentences with a place in the file."""

from __future__ import annotations

import types
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from simfunnel.errors import Problem
from simfunnel.families.distribution import Distribution
from simfunnel.families.registry import FAMILIES, parameters_of
from simfunnel.scenario.nodes import Node, locate, problem_at
from simfunnel.scenario.rates import Rate
from simfunnel.scenario.shifts import Shift, Variant
from simfunnel.values.frozen import FAULT, Loc
from simfunnel.values.messages import nearest, show, unknown

_PYTHON_KEY = "[key]"
_UNKNOWN_KEY = ("extra_forbidden", "invalid_key")


def translate(error: ValidationError, root: Node, model: type[BaseModel]) -> list[Problem]:
    """Make one problem of every line of a validation error, in the order of the input."""
    lines = error.errors(include_url=False)
    return [
        problem_at(root, _place(line), _sentence(line, root, model), at_key=_about_key(line))
        for line in lines
        if not _echo(line, lines, model)
    ]


def _about_key(line: ErrorDetails) -> bool:
    return line["type"] in _UNKNOWN_KEY or line["loc"][-1:] == (_PYTHON_KEY,)


def _written(line: ErrorDetails, root: Node) -> object:
    """Get a value as it is written: 45%, not 0.45."""
    node = locate(root, _place(line))[2]
    return line["input"] if node.is_mapping or node.is_list or _about_key(line) else node.value


def _echo(line: ErrorDetails, lines: Sequence[ErrorDetails], model: type[BaseModel]) -> bool:
    """Tell whether a line only follows from others.

    A list is too short because its elements are wrong, a key is missing because it is misspelt.
    """
    loc = line["loc"]
    if line["type"] == "missing":
        known = known_keys(model, loc[:-1])
        return any(other["type"] in _UNKNOWN_KEY and other["loc"][:-1] == loc[:-1]
                   and nearest(other["loc"][-1], known) == loc[-1] for other in lines)  # fmt: skip
    if line["type"] != "too_short":
        return any(line is not other and line["loc"] == other["loc"] and line["type"] == "literal_error"
                   and other["type"] == "value_error" for other in lines)  # fmt: skip
    return any(len(other["loc"]) > len(loc) and other["loc"][: len(loc)] == loc for other in lines)


def _place(line: ErrorDetails) -> Loc:
    loc = tuple(part for part in line["loc"] if part != _PYTHON_KEY)
    return loc[:-1] if line["type"] == "missing" else loc


def _sentence(line: ErrorDetails, root: Node, model: type[BaseModel]) -> str:
    kind, ctx, loc = line["type"], line.get("ctx", {}), line["loc"]
    found = f"found {show(_written(line, root))}"
    if kind == FAULT:
        other = _line(root, ctx["other"]) if "other" in ctx else ""
        return f"{ctx['message']}{other}{ctx.get('end', '')}"
    if kind in ("value_error", "assertion_error"):
        return str(ctx["error"])
    if kind == "missing":
        return f"'{loc[-1]}' is missing"
    if kind in _UNKNOWN_KEY:
        return unknown("key", loc[-1], known_keys(model, loc[:-1]))
    if kind in _BOUNDS:
        words, key = _BOUNDS[kind]
        return f"must be {words} {_number(ctx[key])}, {found}" + _percent(line, ctx, root)
    if kind in ("model_type", "model_attributes_type", "dict_type", "mapping_type"):
        keys = known_keys(model, loc)
        instead = ""
        if "mean" in keys and isinstance(line["input"], int | float | str):
            place, path, _ = locate(root, loc)
            instead = f"; set {path}.mean" if place.override else ""
        return f"expected a mapping{' with the keys ' + ', '.join(keys) if keys else ''}, {found}{instead}"
    if kind in ("tuple_type", "list_type"):
        return f"expected a list, {found}"
    if kind in ("too_short", "too_long"):
        return _length(line)
    if kind in ("literal_error", "enum"):
        return _choice(line, found, _choices(model, loc))
    if kind == "string_pattern_mismatch":
        pattern = str(ctx["pattern"])
        wanted = "three capital letters such as USD" if pattern == "^[A-Z]{3}$" else f"text of the form {pattern}"
        return f"expected {wanted}, {found}"
    if kind.startswith("string"):
        return f"expected text, {found}" + ("; put it in quotes" if isinstance(line["input"], int | float) else "")
    if kind == "bool_type":
        return f"expected true or false, {found}"
    return f"this value cannot be used here, {found}"


def _choice(line: ErrorDetails, found: str, choices: Sequence[str]) -> str:
    expected = str(line.get("ctx", {})["expected"])
    if line["loc"][-1:] == (_PYTHON_KEY,):
        return unknown("key", line["input"], choices)
    best = nearest(line["input"], choices)
    return f"expected {expected}, {found}" + (f"; did you mean '{best}'?" if best else "")


def _choices(model: type[BaseModel], loc: Loc) -> list[str]:
    """List the words that may stand at `loc`, or be the key there."""
    is_key = loc[-1:] == (_PYTHON_KEY,)
    annotation: Any = model
    for part in loc[:-2] if is_key else loc:
        annotation = _step(annotation, part)
    return _words(get_args(annotation)[0] if is_key else annotation)


def _words(annotation: Any) -> list[str]:
    if get_origin(annotation) is Literal:
        return [str(word) for word in get_args(annotation)]
    return [word for part in get_args(annotation) for word in _words(part)]


_BOUNDS = {
    "greater_than_equal": ("at least", "ge"),
    "greater_than": ("above", "gt"),
    "less_than_equal": ("at most", "le"),
    "less_than": ("below", "lt"),
}


def _line(root: Node, loc: Loc) -> str:
    line = locate(root, loc)[0].line
    return "" if line is None else f" in line {line}"


def _percent(line: ErrorDetails, ctx: Mapping[str, Any], root: Node) -> str:
    """Say how a share above 1 is written: 55 was probably meant as 55%."""
    value = _written(line, root)
    if line["type"] != "less_than_equal" or ctx["le"] != 1:
        return ""
    try:
        number = float(value) if isinstance(value, int | float | str) else 0.0
    except ValueError:
        return ""
    return f"; write {number:.10g}% or {number / 100:.10g}" if 2 <= number <= 100 else ""


def _number(value: object) -> str:
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _length(line: ErrorDetails) -> str:
    ctx = line.get("ctx", {})
    bound = ctx.get("min_length", ctx.get("max_length"))
    words = "at least" if line["type"] == "too_short" else "at most"
    size = len(line["input"]) if isinstance(line["input"], Sequence) else ctx.get("actual_length")
    return f"expected a list of {words} {bound}, found {size}"


def known_keys(model: type[BaseModel], loc: Loc) -> list[str]:
    """List the keys that may stand in the mapping at `loc`."""
    annotation: Any = model
    for part in loc:
        annotation = _step(annotation, part)
    found = _model(annotation)
    if found is None:
        return []
    if found is Distribution:
        return list(FAMILIES)
    keys = [field.alias or name for name, field in found.model_fields.items()]
    if keys[-1:] == ["name"]:  # inherited keys come after the name
        keys = ["name", *(key for key in keys if key != "name")]
    if found is Rate:
        keys += ["alpha", "beta"]
    if found is model:
        keys.append("extends")
    return keys


def _model(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    if get_origin(annotation) is Annotated:
        return _model(get_args(annotation)[0])
    if get_origin(annotation) in (Union, types.UnionType):
        return next((found for arm in get_args(annotation) if (found := _model(arm))), None)
    return None


def _step(annotation: Any, part: str | int) -> Any:
    model = _model(annotation)
    if model is Variant and isinstance(part, int):  # a list of shifts
        return Shift
    if model is not None:
        if part in FAMILIES and "family" not in (field := model.model_fields) and part not in field:
            return parameters_of(str(part))  # a component of a mixture
        if model is Distribution:
            return parameters_of(str(part)) if part in FAMILIES else None
        for name, info in model.model_fields.items():
            if part in (name, info.alias):
                return info.annotation
        return None
    origin, args = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _step(args[0], part)
    if origin in (Union, types.UnionType):
        return next((found for arm in args if (found := _step(arm, part)) is not None), None)
    if origin is tuple and isinstance(part, int):
        return args[0] if args[-1] is ... else args[min(part, len(args) - 1)]
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return args[1]
    return None
