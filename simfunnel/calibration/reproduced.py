"""Whether the written scenario misses a window as past windows were missed: found by simulating it."""

from __future__ import annotations

import math
from typing import Any

from simfunnel.calibration.months import in_days
from simfunnel.forecast.inputs import prepare
from simfunnel.forecast.simulation import simulate

TRIALS = 20_000
SHARE, POINTS = 0.05, 0.005
"""How far the two may be apart: of the one, or in itself."""


def reproduced_error(scenario: dict[str, Any], pipeline: Any, horizon: float) -> float | None:
    """Sd of the log error of a window, given its arrivals, that a scenario has.

    Two simulations with the same draws, one without what deals share: the difference of their variances is what the
    common factor and the uncertain rates bring.

    Parameters
    ----------
    scenario
        The scenario as data, without the name of a pipeline file.
    pipeline
        Data frame of its open deals.
    horizon
        Days of the window.
    """
    scenario = in_days(scenario, round(horizon))
    shared = {key: value for key, value in scenario.items() if key not in ("leads_level", "closed")}
    stages = [{key: value for key, value in stage.items() if key != "n"} for stage in shared["stages"]]
    alone = {key: value for key, value in shared.items() if key not in ("correlation", "pace")} | {"stages": stages}
    found = []
    for data in (shared, alone):
        summary = simulate(prepare(data, pipeline=pipeline), trials=TRIALS, seed=1, groups=()).known.numbers(0, 0, None)
        found.append((summary.bookings.mean, summary.bookings.sd))
    (mean, sd), (_, sd_alone) = found
    if mean <= 0:
        return None
    return math.sqrt(math.log1p(max(sd**2 - sd_alone**2, 0.0) / mean**2))


def apart(learned: float, found: float) -> bool:
    """Whether two error sds differ by more than is allowed."""
    return abs(learned - found) > max(SHARE * learned, POINTS)
