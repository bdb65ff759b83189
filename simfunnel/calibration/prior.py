"""Rates that somebody believes, stated as a scenario: what a history too thin to learn from is pooled with."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from simfunnel.arrays import Floats
from simfunnel.errors import InputError, Problem
from simfunnel.estimation.amounts import Amounts
from simfunnel.estimation.arrivals import Arrivals
from simfunnel.families.build import build_distribution
from simfunnel.forecast.inputs import ScenarioLike, as_loaded
from simfunnel.funnel.compile_leads import UNIT_DAYS
from simfunnel.funnel.process import conversion_of
from simfunnel.scenario import Scenario
from simfunnel.scenario.schema import LOST, WON, Distribution, Stage

DEFAULT_N = 20.0
"""Deals that the rates of a stage count for where the scenario gives no `n`."""
LEFT_OUT = ("segments", "clock", "anchor", "pace")
"""Keys of a prior that would change its rates or times, and have no counterpart in what is learned."""


@dataclass(frozen=True, eq=False)
class PriorStage:
    """What the prior says of one stage."""

    name: str
    n: float
    """Deals that its rates count for."""
    stated: bool
    """Whether the scenario says so itself; else it is `DEFAULT_N`."""
    laws: tuple[tuple[tuple[float, Distribution], ...], ...]
    """For each end (the stages, then Won, then Lost) chances and durations of the ways there; without `never`."""

    @property
    def probability(self) -> Floats:
        """(causes,) chance of each end; what is missing to 1 is never decided."""
        return np.array([sum(p for p, _ in ways) for ways in self.laws])


@dataclass(frozen=True, eq=False)
class Prior:
    """A scenario whose rates are believed."""

    scenario: Scenario
    file: str | None
    """As the user named it; None for a scenario in memory."""
    stages: tuple[PriorStage, ...]

    @property
    def left_out(self) -> tuple[str, ...]:
        """Keys that the scenario has and that are not used."""
        return tuple(key for key in LEFT_OUT if getattr(self.scenario, key))

    @property
    def brings_money(self) -> bool:
        """Whether it says what deals bring, and not only counts them."""
        written: object = None if self.scenario.amount is None else self.scenario.amount.model_dump()
        return written is not None and written != 1


def read_prior(scenario: ScenarioLike, names: Sequence[str]) -> Prior:
    """Read a prior for a history with these stages.

    Raises
    ------
    InputError
        If the scenario cannot be read, or its stages are not those of the history in the same order.
    """
    loaded = as_loaded(scenario)
    stages = loaded.scenario.stages
    if [stage.name for stage in stages] != list(names):
        raise InputError(
            Problem(
                f"the prior has the stages {', '.join(stage.name for stage in stages)}, the history "
                f"{', '.join(names)}: they must be the same, in the same order; list those of the history with "
                "`history.stages` and map its names with `history.stage_map`, or change the prior",
                path="stages", file=loaded.source,
            )
        )  # fmt: skip
    return Prior(loaded.scenario, loaded.source, tuple(_stage(stages, k) for k in range(len(stages))))


def _stage(stages: Sequence[Stage], k: int) -> PriorStage:
    n, ways = stages[k].n, list(_ways(stages, k))
    if stages[k].transitions is None:
        n = conversion_of(stages, k).n
    laws = tuple(
        tuple((p, duration) for to, p, duration in ways if to == j and p > 0 and not duration.is_never)
        for j in range(len(stages) + 2)
    )
    return PriorStage(stages[k].name, DEFAULT_N if n is None else n, n is not None, laws)


def _ways(stages: Sequence[Stage], k: int) -> Iterator[tuple[int, float, Distribution]]:
    """Number of the end, chance and duration of each way out of a stage."""
    stage, K = stages[k], len(stages)
    if stage.transitions is not None:
        index = {s.name: i for i, s in enumerate(stages)} | {WON: K, LOST: K + 1}
        total = sum(way.probability for way in stage.transitions)
        for way in stage.transitions:
            yield index[way.to], way.probability / total, way.duration
        return
    rate = conversion_of(stages, k).mean
    assert stage.duration is not None
    yield k + 1, rate, stage.duration
    yield K + 1, 1.0 - rate, stage.duration if stage.lost_duration is None else stage.lost_duration


def prior_amounts(scenario: Scenario) -> Amounts | None:
    """What the prior says of the amounts of won deals; None where it says nothing for all deals alike."""
    if scenario.amount is None:
        return None
    law = build_distribution(scenario.amount)
    level = 0.0 if scenario.amount_level is None else scenario.amount_level.sd
    median = float(law.isf_low(np.array([0.5]))[0])
    return Amounts(median, law.mean, float(np.sqrt(law.variance)), 0, scenario.amount.model_dump(), level)


def prior_arrivals(scenario: Scenario) -> tuple[Arrivals, Floats] | None:
    """The inflow of the prior at its mean rates, and the share of it that enters each stage; None without any."""
    names = [stage.name for stage in scenario.stages]
    by_stage, variance = np.zeros(len(names)), 0.0
    for source in scenario.leads:
        per_day = source.rate.mean / UNIT_DAYS[source.rate.per]
        by_stage[names.index(source.stage)] += per_day
        variance += (per_day * source.rate.level_sd) ** 2
    total = float(by_stage.sum())
    if total <= 0:
        return None
    level = np.sqrt(variance) / total if scenario.leads_level is None else scenario.leads_level.sd
    error = float(np.sqrt(np.log1p(level**2)))
    return Arrivals(total, 0, float(level), error, 0.0), by_stage / total
