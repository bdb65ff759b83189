"""The JSON Schema of the scenario file, for editors."""

from __future__ import annotations

from typing import Any

from simfunnel.scenario.schema import Scenario


def scenario_json_schema() -> dict[str, Any]:
    """Describe the scenario file as JSON Schema 2020-12, with every spelling it accepts.

    Returns
    -------
    dict
        The schema; a YAML file is validated after its dates are turned into text.
    """
    schema = Scenario.model_json_schema(by_alias=True, mode="validation")
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
