"""Every key of a scenario, from its schema, as tables in place of the mark on the page `scenario_keys`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from simfunnel.scenario import scenario_json_schema

if TYPE_CHECKING:
    from sphinx.application import Sphinx

PAGE, MARK = "scenario_keys", "<!-- keys -->"


def tables() -> str:
    """A heading and a table for the scenario and for each of its parts, in Markdown."""
    schema = scenario_json_schema()
    parts = {"Scenario": schema, **schema["$defs"]}
    return "\n".join(_section(name, part) for name, part in parts.items() if _properties(part))


def _section(name: str, part: dict[str, Any]) -> str:
    described = part.get("description") or next((p["description"] for p in _forms(part) if "description" in p), "")
    required = next((p["required"] for p in _forms(part) if "required" in p), part.get("else", {}).get("required", []))
    rows = [_row(key, value, key in required) for key, value in _properties(part).items()]
    head = ["| key | value | without it | meaning |", "|---|---|---|---|"]
    return "\n".join([f"## {name}", "", described, "", *head, *rows, ""])


def _row(key: str, value: dict[str, Any], required: bool) -> str:
    without = "required" if required else _default(value)
    meaning = " ".join(value.get("description", "").split())
    cells = (f"`{key}`", ", ".join(dict.fromkeys(_kinds(value))), without, meaning)
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _default(value: dict[str, Any]) -> str:
    default = value.get("default")
    return "" if default is None or default in ([], "") else f"`{default}`"


def _kinds(value: dict[str, Any]) -> Iterator[str]:
    """What may stand there, in words."""
    if "$ref" in value:
        name = value["$ref"].rsplit("/", 1)[-1]
        yield f"[{name}](#{name.lower()})" if name not in ("Distribution", "Rate") else _elsewhere(name)
    elif "enum" in value or "const" in value:
        yield from (f"`{each}`" for each in value.get("enum", [value.get("const")]))
    elif "anyOf" in value or "oneOf" in value:
        for form in value.get("anyOf", value.get("oneOf", [])):
            yield from _kinds(form)
    elif "prefixItems" in value:
        yield f"{len(value['prefixItems'])} numbers"
    elif value.get("type") == "array":
        yield from (f"list of {kind}" for kind in _kinds(value.get("items", {})) if kind)
    elif value.get("type") == "object" and isinstance(value.get("additionalProperties"), dict):
        yield from (f"mapping to {kind}" for kind in _kinds(value["additionalProperties"]))
    elif value.get("format") == "date":
        yield "date"
    elif "pattern" in value and "kKmMbB" in value["pattern"]:
        yield "number"
    else:
        kinds = value.get("type", "")
        named = {
            "string": "text",
            "integer": "whole number",
            "boolean": "true or false",
            "object": "mapping",
            "null": "",
        }
        yield from filter(None, (named.get(kind, kind) for kind in ([kinds] if isinstance(kinds, str) else kinds)))


def _elsewhere(name: str) -> str:
    """Where a value with many spellings is told."""
    return {"Distribution": "[distribution](scenario.md#distributions)", "Rate": "[rate](scenario.md#rates)"}[name]


def _forms(part: dict[str, Any]) -> list[dict[str, Any]]:
    return [part, *part.get("anyOf", [])]


def _properties(part: dict[str, Any]) -> dict[str, Any]:
    """Keys of a mapping, or of the one form among several that is a mapping."""
    if part.get("title") == "Rate" or "oneOf" in part:
        return {}
    found: dict[str, Any] = next((p["properties"] for p in _forms(part) if "properties" in p), {})
    return found


def _fill(app: Sphinx, name: str, source: list[str]) -> None:
    if name == PAGE:
        source[0] = source[0].replace(MARK, tables())


def setup(app: Sphinx) -> dict[str, Any]:
    """Fill the page when it is read."""
    app.connect("source-read", _fill)
    return {"parallel_read_safe": True}
