"""Every feature of the format that can change a number stands in some scenario of the grid."""

from __future__ import annotations

import typing
from typing import Any, Literal

from pydantic import BaseModel

from agreement.grid import GRID
from simfunnel.scenario import parse_scenario
from simfunnel.scenario.schema import Scenario

NO_NUMBER = {
    # what describes a file or a run, not the pipeline; read and tested elsewhere
    ("Scenario", "name"), ("Scenario", "simulation"), ("Scenario", "variants"), ("Scenario", "store"),
    ("Scenario", "language"),
    *(("StorePlace", key) for key in ("url", "book", "recorded_before")),
    ("Anchor", "spread"),  # kept to be shown
    ("Simulation", "trials"), ("Simulation", "seed"), ("Simulation", "precision"),
    ("Opportunity", "name"), ("Opportunity", "account"),
    *(("Pipeline", key) for key in ("file", "store", "url", "sql", "sheet",
                                    "encoding", "delimiter", "decimal", "date_format", "time_zone",
                                    "rates", "preset", "columns", "stage_map", "segment_map",
                                    "status_map", "category_map", "rows", "where", "header_row", "amount_unit")),
}  # fmt: skip
CHOICES = {("Periods", "unit"), ("LeadRate", "per"), ("Pipeline", "beyond_support")}


def classes(annotation: Any, found: dict[str, type[BaseModel]]) -> dict[str, type[BaseModel]]:
    """Every model that a type mentions."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        if annotation.__name__ not in found:
            found[annotation.__name__] = annotation
            for field in annotation.model_fields.values():
                classes(field.annotation, found)
        return found
    for part in typing.get_args(annotation):
        classes(part, found)
    return found


def written(value: Any) -> set[tuple[str, ...]]:
    """Fields that a scenario sets, with the choice where there are few."""
    if isinstance(value, BaseModel):
        found = set()
        for name in value.model_fields_set:
            inner = getattr(value, name)
            if inner is None:
                continue
            key = (type(value).__name__, name)
            found |= {key, (*key, str(inner))} if key in CHOICES else {key}
            found |= written(inner)
        return found
    if isinstance(value, dict):
        return set().union(*(written(inner) for inner in value.values()))
    if isinstance(value, list | tuple):
        return set().union(*(written(inner) for inner in value))
    return set()


def literals(annotation: Any) -> list[str]:
    if typing.get_origin(annotation) is Literal:
        return [str(choice) for choice in typing.get_args(annotation)]
    return [choice for part in typing.get_args(annotation) for choice in literals(part)]


def test_every_feature_has_a_scenario() -> None:
    models = classes(Scenario, {})
    wanted: set[tuple[str, ...]] = {
        (name, field) for name, model in models.items() for field in model.model_fields
    } - NO_NUMBER
    for name, field in CHOICES:
        wanted |= {(name, field, choice) for choice in literals(models[name].model_fields[field].annotation)}
    found = set().union(*(written(parse_scenario(data).scenario) for data, _ in GRID.values()))
    missing = {key for key in wanted - found if key[0] != "Never"}
    assert not missing, sorted(missing)


def test_the_grid_is_large() -> None:
    assert len(GRID) >= 40
