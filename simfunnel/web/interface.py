"""The OpenAPI document of the JSON interface, made of the models that read the requests."""

from __future__ import annotations

from typing import Any

from pydantic.json_schema import models_json_schema

from simfunnel.version import __version__
from simfunnel.web.question import Asked, AskedForAnswer, AskedForDeals, AskedForSliders

ROUTES: dict[str, tuple[type[Asked], str, str]] = {
    "controls": (Asked, "What can be moved: scopes, sliders of everything, periods, targets.", "scopes"),
    "sliders": (AskedForSliders, "What can be moved of a stage or a segment.", "sliders"),
    "answer": (AskedForAnswer, "The distribution and the chance without and with the changes.", "what_if"),
    "waterfall": (Asked, "What each change does on top of those before it.", "steps"),
    "owners": (Asked, "What each owner brings, without and with the changes.", "owners"),
    "plan": (Asked, "How many leads the target takes under the changes.", "plan"),
    "deals": (AskedForDeals, "The open deals, searched.", "rows"),
    "variant": (Asked, "The changes as a variant of the scenario, in YAML.", "text"),
    "report": (Asked, "The report under the changes, in HTML.", "text"),
}
"""Last part of the path -> what is asked, what is answered, and a key of the answer."""
FAULTS = {
    400: "No JSON.", 401: "The token is missing.", 403: "From another site.",
    409: "The page has asked something newer.",
    413: "Too long.", 415: "Not application/json.", 421: "Another host.", 422: "Not a question that can be answered.",
    429: "Too many requests.", 500: "An error in simfunnel; its id stands in the log.",
    503: "Too many ask at once; see Retry-After.",
}  # fmt: skip


def document() -> dict[str, Any]:
    """Describe the interface."""
    models = [Asked, AskedForAnswer, AskedForDeals, AskedForSliders]
    _, schema = models_json_schema(
        [(model, "validation") for model in models], ref_template="#/components/schemas/{model}"
    )  # fmt: skip
    paths: dict[str, Any] = {
        f"/api/{name}": {"post": {
            "operationId": name, "summary": summary,
            "requestBody": {"required": True, "content": {"application/json": {"schema": _ref(model.__name__)}}},
            "responses": _responses({"type": "object", "required": ["version", key],
                                     "properties": {"version": {"type": "integer"}}}),
        }}
        for name, (model, summary, key) in ROUTES.items()
    }  # fmt: skip
    paths["/api/news"] = {"get": {
        "operationId": "news", "summary": "Which reading of the scenario is served, and what is wrong with the files.",
        "responses": _responses({"type": "object", "required": ["version", "fault"], "properties": {
            "version": {"type": "integer"}, "fault": {"type": ["string", "null"]}}}),
    }}  # fmt: skip
    return {
        "openapi": "3.1.0",
        "info": {"title": "simfunnel serve", "version": __version__},
        "paths": paths,
        "security": [{"token": []}],
        "components": {
            "schemas": {**schema["$defs"], "Fault": {"type": "object", "required": ["error"], "properties": {
                "error": {"type": "string"}, "id": {"type": "string"}}}},
            "securitySchemes": {"token": {"type": "apiKey", "in": "header", "name": "X-Simfunnel-Token"}},
        },
    }  # fmt: skip


def _ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def _responses(answer: dict[str, Any]) -> dict[str, Any]:
    found = {"200": {"description": "The answer.", "content": {"application/json": {"schema": answer}}}}
    for status, told in FAULTS.items():
        found[str(status)] = {"description": told, "content": {"application/json": {"schema": _ref("Fault")}}}
    return found
