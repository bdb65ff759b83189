from __future__ import annotations

import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from simfunnel.families.lognormal.written import Lognormal
from simfunnel.scenario import Scenario, load_scenario, parse_scenario, scenario_json_schema

EXAMPLE = Path(__file__).parent / "full_example.yaml"


def as_json(value: Any) -> Any:
    """Data of a YAML file as JSON would hold it: days are text, also where they are keys."""
    if isinstance(value, dict):
        return {str(key): as_json(part) for key, part in value.items()}
    if isinstance(value, list):
        return [as_json(part) for part in value]
    return str(value) if isinstance(value, date) else value


def test_full_example_loads_with_every_part() -> None:
    loaded = load_scenario(EXAMPLE)
    scenario = loaded.scenario
    assert scenario.as_of == date(2027, 1, 4)
    assert scenario.stages[0].conversion is not None
    assert (scenario.stages[0].conversion.mean, scenario.stages[0].conversion.n) == (0.45, 120)
    assert scenario.stages[0].duration is not None
    assert isinstance(scenario.stages[0].duration.parameters, Lognormal)
    assert scenario.stages[0].duration.parameters.spelling == ("median", "p90")
    assert scenario.leads[0].owner_shares == {"Wang Wei": 0.5, "Li Na": 0.5}
    assert scenario.variants["weak_quarter"].shifts[1].target.filters == {"stage": "Proposal", "segment": "smb"}
    assert scenario.variants["weak_quarter"].shifts[1].operation == "odds"
    assert loaded.pipeline_file == "pipeline.csv"
    assert scenario.pipeline.file == str(EXAMPLE.parent / "pipeline.csv")
    assert loaded.files == (str(EXAMPLE),)


def test_scenario_survives_being_written_and_read_again() -> None:
    scenario = load_scenario(EXAMPLE).scenario
    assert Scenario.model_validate(scenario.model_dump(mode="json")) == scenario
    assert Scenario.model_validate_json(scenario.model_dump_json()) == scenario
    assert Scenario.model_validate(scenario.model_dump()) == scenario
    assert parse_scenario(scenario.model_dump()).scenario == scenario


def test_segment_changes_only_what_it_says() -> None:
    scenario = load_scenario(EXAMPLE).scenario
    base, changed = scenario.stages_for(None), scenario.stages_for("enterprise")
    assert changed[0].conversion is not None
    assert changed[0].conversion.mean == 0.30
    assert changed[0].duration is base[0].duration
    assert changed[1] is base[1]
    assert scenario.stages_for("unheard of") == base


def test_json_schema_accepts_the_full_example() -> None:
    schema = scenario_json_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    data = as_json(load_scenario(EXAMPLE).data)
    errors = jsonschema.Draft202012Validator(schema).iter_errors(data)
    assert [error.message for error in errors] == []


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("amount", {"lognorm": {"median": 1, "p90": 2}}),
        ("correlation", {"markt": 0.1}),
        ("amount", {"lognormal": {"median": 1}}),
        ("targets", [{"period": "2027-Q1", "amount": "three"}]),
    ],
)
def test_json_schema_rejects_what_loading_rejects(key: str, value: object) -> None:
    data = as_json(load_scenario(EXAMPLE).data) | {key: value}
    assert not jsonschema.Draft202012Validator(scenario_json_schema()).is_valid(data)


def test_every_key_of_the_json_schema_is_described() -> None:
    schema = scenario_json_schema()
    parts = {"": schema, **schema["$defs"]}
    missing = [
        f"{part}.{key}"
        for part, definition in parts.items()
        for key, value in definition.get("properties", {}).items()
        if "description" not in value
    ]
    assert missing == []


def test_thousand_deals_load_quickly(tmp_path: Path) -> None:
    deals = [f"  - {{id: D{i}, stage: Proposal, age: {i % 50}.5, amount: {i}}}\n" for i in range(1000)]
    text = EXAMPLE.read_text(encoding="utf-8").replace("  file: pipeline.csv", "  #")
    path = tmp_path / "big.yaml"
    path.write_text(
        text.replace("  opportunities: []", "  opportunities:\n" + "  ".join(["", *deals])), encoding="utf-8"
    )
    assert len(load_scenario(path).scenario.pipeline.opportunities) == 1000


def test_importing_the_scenario_package_imports_nothing_heavy() -> None:
    code = (
        "import sys, simfunnel.scenario; "
        "print(sorted({'numpy', 'pandas', 'numba', 'scipy', 'matplotlib'} & set(sys.modules)))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
