from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable

import jsonschema
import numpy as np
import pytest

from simfunnel.crm import read_pipeline
from simfunnel.history import read_history
from simfunnel.history.history import LOST, STILL
from simfunnel.scenario import load_scenario, scenario_json_schema

from .conftest import SAMPLES, Sample, chance_of_first_target

Samples = Callable[[str], Sample]

MINIMAL, B2B = "minimal.yaml", "b2b_software/scenario.yaml"
ZH, STARTER = "zh_manufacturing/scenario.yaml", "starter/scenario.yaml"
NAMES = (MINIMAL, B2B, ZH, STARTER)
COUNTS = {
    MINIMAL: (6, 6, 0, 0, 0, 0),
    B2B: (1495, 377, 12, 103, 999, 4),
    ZH: (187, 60, 2, 7, 117, 1),
    STARTER: (34, 28, 2, 0, 4, 0),
}
"""Rows, used, won in the current period, won earlier, lost, excluded."""
LIKELY = {MINIMAL: (0.30, 0.80), B2B: (0.55, 0.70), ZH: (0.40, 0.75), STARTER: (0.35, 0.70)}


def test_every_scenario_of_the_folder_is_tested() -> None:
    found = {file.relative_to(SAMPLES).as_posix() for file in SAMPLES.rglob("*.yaml")}
    assert found == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_editors_find_no_fault_with_the_samples(name: str) -> None:
    data = json.loads(json.dumps(load_scenario(SAMPLES / name).data, default=str))
    errors = jsonschema.Draft202012Validator(scenario_json_schema()).iter_errors(data)
    assert [error.message for error in errors] == []


@pytest.mark.parametrize("name", NAMES)
def test_every_row_of_the_pipeline_is_accounted_for(samples: Samples, name: str) -> None:
    q = samples(name).table.quality
    assert (q.rows, q.used, q.won, q.won_earlier, q.lost, len(q.excluded)) == COUNTS[name]
    assert q.rows == q.used + q.won + q.won_earlier + q.lost + len(q.excluded)


@pytest.mark.parametrize("name", NAMES)
def test_every_stage_holds_open_deals(samples: Samples, name: str) -> None:
    sample = samples(name)
    assert set(sample.table.open.stage) == {stage.name for stage in sample.scenario.stages}


@pytest.mark.parametrize("name", NAMES)
def test_model_says_what_is_won_already(samples: Samples, name: str) -> None:
    compiled = samples(name).compiled()
    assert not any(found.code == "closed_missing" for found in compiled.findings)
    assert len(compiled.book.deals.id) == COUNTS[name][1]


@pytest.mark.parametrize("name", NAMES)
def test_first_target_is_neither_safe_nor_lost(samples: Samples, name: str) -> None:
    sample = samples(name)
    low, high = LIKELY[name]
    assert low <= chance_of_first_target(sample.compiled(), sample.scenario) <= high


@pytest.mark.parametrize(
    ("name", "variant", "sign"),
    [
        (B2B, "weak_quarter", -1),
        (B2B, "slower_deals", -1),
        (B2B, "hiring_freeze", -1),
        (B2B, "enterprise_push", +1),
        (B2B, "discount_campaign", +1),
        (B2B, "nervous_market", -1),
        (ZH, "赢率下降", -1),
        (ZH, "招标延期", -1),
        (ZH, "加大展会投入", +1),
        (STARTER, "weak_quarter", -1),
    ],
)
def test_variant_moves_the_chance_the_way_its_name_says(samples: Samples, name: str, variant: str, sign: int) -> None:
    sample = samples(name)
    base = chance_of_first_target(sample.compiled(), sample.scenario)
    moved = chance_of_first_target(sample.compiled(variant), sample.scenario)
    assert sign * (moved - base) > 0


def test_all_variants_are_tested(samples: Samples) -> None:
    counts = {name: len(samples(name).scenario.variants) for name in NAMES}
    assert counts == {MINIMAL: 0, B2B: 6, ZH: 3, STARTER: 1}


def test_b2b_report_is_recognised_and_its_blemishes_are_found(samples: Samples) -> None:
    sample = samples(B2B)
    q = sample.table.quality
    assert q.preset == "salesforce"
    reasons = sorted(excluded.group for excluded in q.excluded)
    assert reasons == ["duplicate", "duplicate id", "on hold (stage 'On Hold')", "on hold (stage 'On Hold')"]
    warnings = [warning.sentence for warning in q.warnings]
    assert sum("closes before it was created" in message for message in warnings) == 2
    assert any(message.startswith("2 open deals have no date") for message in warnings)
    assert np.isnan(sample.table.open.amount).sum() == 3
    assert any("beyond observed support" in message for message in map(str, sample.compiled().findings))


def test_b2b_deals_carry_the_labels_of_the_scenario(samples: Samples) -> None:
    sample = samples(B2B)
    deals, scenario = sample.table.open, sample.scenario
    assert set(deals.owner) == set(scenario.teams)
    assert set(deals.segment) == set(scenario.segments)
    assert set(deals.source) == {source.name for source in scenario.leads}
    assert set(deals.team) == {"Velocity", "Corporate", "Strategic"}
    assert min(Counter(deals.owner).values()) >= 20


@pytest.mark.parametrize("encoding", ["gb18030", None])
def test_chinese_export_is_read_with_and_without_its_encoding(samples: Samples, encoding: str | None) -> None:
    sample = samples(ZH)
    scenario = sample.scenario
    spec = scenario.pipeline.model_copy(update={"encoding": encoding})
    table = read_pipeline(
        spec, as_of=scenario.as_of, period_start=scenario.as_of.replace(day=1),
        stages=[stage.name for stage in scenario.stages], segments=list(scenario.segments), currency="CNY",
    )  # fmt: skip
    assert table.open.id == sample.table.open.id
    assert set(table.open.owner) == set(scenario.teams)
    assert set(table.open.segment) == set(scenario.segments)
    known = table.open.amount[~np.isnan(table.open.amount)]
    assert known.min() >= 10_000  # 万
    assert len(known) == len(table.open) - 1


def test_the_sample_history_holds_the_rates_of_its_scenario() -> None:
    """Of mid-market deals, whose stages are as written at the top: within four standard errors."""
    history = read_history(str(SAMPLES / "b2b_software" / "history.csv"))
    scenario = load_scenario(SAMPLES / B2B).scenario
    assert history.stages == tuple(stage.name for stage in scenario.stages)
    spells = history.spells
    segment = np.full(len(history.deals), "", dtype=object)
    segment[history.facts["segment"].deal] = history.facts["segment"].value
    for k, stage in enumerate(scenario.stages):
        ended = (spells.stage == k) & (segment[spells.deal] == "mid-market") & (spells.to != STILL)
        lost = sum(way.probability for way in stage.transitions or () if way.to == "Lost")
        rate = stage.conversion.mean if stage.conversion else 1.0 - lost
        found = float(np.mean(spells.to[ended] != LOST))
        assert abs(found - rate) < 4 * np.sqrt(rate * (1 - rate) / ended.sum()), stage.name
