"""The JSON Schema of the scenario file, for editors."""

from __future__ import annotations

import ast
import inspect
import sys
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from typing import Any

from simfunnel.scenario.schema import Scenario
from simfunnel.values.frozen import Frozen


def scenario_json_schema() -> dict[str, Any]:
    """Describe the scenario file as JSON Schema 2020-12, with every spelling it accepts.

    Returns
    -------
    dict
        The schema; a YAML file is validated after its dates are turned into text.
    """
    schema = Scenario.model_json_schema(by_alias=True, mode="validation")
    for model in _parts(Frozen):
        described = schema if model is Scenario else schema["$defs"].get(model.__name__)
        if described is not None:
            properties = described.get("properties") or described.get("anyOf", [{}])[-1].get("properties", {})
            _describe(model, properties)
    extends = {"type": "string", "description": "Path of a scenario file that this one changes."}
    properties = {"version": schema["properties"]["version"], "extends": extends, **schema["properties"]}
    if_extends = {"if": {"required": ["extends"]}, "then": {}, "else": {"required": schema["required"]}}
    rest = {key: value for key, value in schema.items() if key not in ("properties", "required")}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "simfunnel scenario",
        **{key: value for key, value in rest.items() if key != "title"},
        "properties": properties,
        **if_extends,
    }


def _parts(model: type[Frozen]) -> Iterator[type[Frozen]]:
    """List the models below one, however deep."""
    for part in model.__subclasses__():
        yield part
        yield from _parts(part)


def _describe(model: type[Frozen], properties: dict[str, Any]) -> None:
    """Add the text below each field to the field's property."""
    texts: dict[str, str] = {}
    for owner in reversed(model.__mro__):
        if issubclass(owner, Frozen):
            texts |= _field_texts(owner.__module__).get(owner.__name__, {})
    for name, field in model.model_fields.items():
        written = properties.get(field.alias or name)
        if written is not None and name in texts:
            written.setdefault("description", texts[name])


@cache
def _field_texts(module: str) -> dict[str, dict[str, str]]:
    """Class -> field -> the string that stands below it, in a module's source."""
    found: dict[str, dict[str, str]] = {}
    for node in ast.parse(inspect.getsource(sys.modules[module])).body:
        if isinstance(node, ast.ClassDef):
            mine = found.setdefault(node.name, {})
            for field, below in pairwise(node.body):
                match field, below:
                    case (
                        ast.AnnAssign(target=ast.Name(id=name)),
                        ast.Expr(value=ast.Constant(value=str(text))),
                    ):
                        mine[name] = inspect.cleandoc(text)
    return found
