from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from simfunnel.crm import PipelineTable, read_pipeline
from simfunnel.engine.paths.run import PathsRun
from simfunnel.engine.run.blocks import run_blocks
from simfunnel.forecast.standing import closed_wins
from simfunnel.funnel.book import Compiled
from simfunnel.funnel.calendar import fiscal_periods
from simfunnel.funnel.compile import compile_scenario
from simfunnel.scenario import Scenario, load_scenario

SAMPLES = Path(__file__).parents[2] / "scenarios"
TRIALS = 5_000


@dataclass(frozen=True)
class Sample:
    scenario: Scenario
    table: PipelineTable

    def compiled(self, variant: str | None = None) -> Compiled:
        shifts = self.scenario.variants[variant].shifts if variant is not None else ()
        return compile_scenario(self.scenario, self.table, shifts)


def read_sample(file: Path) -> Sample:
    scenario = load_scenario(file).scenario
    table = read_pipeline(
        scenario.pipeline,
        as_of=scenario.as_of,
        period_start=fiscal_periods(scenario.periods, scenario.as_of)[0].start,
        stages=[stage.name for stage in scenario.stages],
        segments=list(scenario.segments),
        currency=scenario.currency,
        teams=scenario.teams,
    )
    return Sample(scenario, table)


def chance_of_first_target(compiled: Compiled, scenario: Scenario) -> float:
    model, book = compiled.model, compiled.book
    ledger = run_blocks(PathsRun.prepare(model, 1), 0, TRIALS)
    bookings = ledger.open[0, 0] + ledger.new[0, 0] + closed_wins(model)[0][0, 0]
    first = next(t for t in scenario.targets if t.group is None and t.period == book.periods[0].label)
    return float(np.mean(bookings >= first.amount * book.minor_units))


@pytest.fixture(scope="session")
def samples() -> Callable[[str], Sample]:
    read: dict[str, Sample] = {}

    def get(name: str) -> Sample:
        if name not in read:
            read[name] = read_sample(SAMPLES / name)
        return read[name]

    return get
