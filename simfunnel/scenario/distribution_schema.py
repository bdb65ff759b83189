"""JSON Schema of a distribution in every spelling; see `distributions` for the models."""

from __future__ import annotations

from typing import Any

from simfunnel.values.numbers import FRACTION_PATTERN, NUMBER_PATTERN


def _number(**bounds: float) -> dict[str, Any]:
    return {"anyOf": [{"type": "number", **bounds}, {"type": "string", "pattern": NUMBER_PATTERN}]}


def _object(properties: dict[str, Any], required: list[str]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": False,
    }


def _pairs(*pairs: tuple[str, str]) -> dict[str, Any]:
    positive = _number(exclusiveMinimum=0)
    return {
        "oneOf": [
            _object({name: _number() if name == "mu" else positive for name in pair}, list(pair)) for pair in pairs
        ]
    }


def _family_schemas() -> dict[str, Any]:
    low, positive = _number(minimum=0), _number(exclusiveMinimum=0)
    points = _object({"low": low, "mode": low, "high": low}, ["low", "mode", "high"])
    quantiles = {
        "type": "object",
        "propertyNames": {"pattern": FRACTION_PATTERN},
        "additionalProperties": low,
        "minProperties": 2,
    }
    pairs = {
        "type": "array", "minItems": 2,
        "items": {"type": "array", "prefixItems": [_number(minimum=0, maximum=1), low], "minItems": 2, "maxItems": 2},
    }  # fmt: skip
    shape_scale = _pairs(("shape", "scale"), ("mean", "sd"), ("median", "p90"))
    return {
        "fixed": low,
        "exponential": {"oneOf": [*positive["anyOf"], _object({"mean": positive}, ["mean"])]},
        "lognormal": _pairs(("mu", "sigma"), ("mean", "sd"), ("median", "p90")),
        "gamma": shape_scale,
        "weibull": shape_scale,
        "uniform": _object({"low": low, "high": low}, ["low", "high"]),
        "triangular": points,
        "pert": points,
        "empirical": {
            "oneOf": [
                {"type": "array", "items": low, "minItems": 1},
                _object({"quantiles": {"oneOf": [quantiles, pairs]}}, ["quantiles"]),
            ]
        },
        "mixture": {"type": "array", "minItems": 1, "items": {}},
    }


def distribution_schema() -> dict[str, Any]:
    """Describe a number, `never`, and a mapping with one family."""
    families = _family_schemas()
    weight = _number(exclusiveMinimum=0)
    families["mixture"]["items"] = {
        "oneOf": [
            _object({"weight": weight, name: dict(schema)}, ["weight", name])
            for name, schema in families.items()
            if name != "mixture"
        ]
    }
    return {
        "title": "Distribution",
        "description": "A distribution of a non-negative quantity: a number (fixed), `never` (durations "
        "only), or one family with its parameters.",
        "oneOf": [
            {"type": "number", "minimum": 0},
            {"const": "never"},
            {"type": "string", "pattern": NUMBER_PATTERN},
            *(_object({name: schema}, [name]) for name, schema in families.items()),
        ],
    }
