"""Checking a scenario with its pipeline and variants, without running it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from simfunnel.forecast.inputs import Prepared, ScenarioLike, prepare
from simfunnel.funnel.book import Compiled
from simfunnel.shown import Shown

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Check(Shown):
    """A scenario that is valid, and what was noticed in it."""

    prepared: Prepared
    compiled: Compiled


def check(
    scenario: ScenarioLike,
    *,
    overrides: Sequence[str] = (),
    pipeline: pd.DataFrame | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Check:
    """Check everything that can be checked without simulating: the scenario, its pipeline file, each variant.

    Parameters
    ----------
    scenario, overrides, pipeline, progress
        As for `simulate`.

    Raises
    ------
    InputError
        With every problem found.
    """
    ready = prepare(scenario, overrides=overrides, pipeline=pipeline, progress=progress)
    compiled = ready.compiled()
    for name in ready.scenario.variants:
        ready.compiled(ready.variant(name))
    return Check(ready, compiled)
