"""A forecast of one group alone: what it shows says nothing of the others."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import TypeVar

import numpy as np

from simfunnel.crm import DataQuality
from simfunnel.errors import InputError
from simfunnel.forecast.counted import Counted
from simfunnel.forecast.forecast import Forecast, Group
from simfunnel.forecast.pipeline_value import PipelineValue
from simfunnel.forecast.sampled import Sampled
from simfunnel.forecast.solved import Solved
from simfunnel.values.messages import unknown

T = TypeVar("T")


def of_group(forecast: Forecast, group: Group, deals: int) -> Forecast:
    """Give the forecast of one group as if there were nothing else.

    Parameters
    ----------
    forecast
        The whole.
    group
        Such as ``("owner", "Wang Wei")``; it stands for everything in the result, and as itself.
    deals
        How many open deals it has.

    Returns
    -------
    Forecast
        Without what was noticed of the pipeline as a whole: that would tell of others.

    Raises
    ------
    InputError
        If the forecast knows no such group.
    """
    if group not in forecast.groups:
        known = [label for dimension, label in forecast.groups if dimension == group[0]]
        raise InputError(unknown(group[0], group[1], known))
    g = forecast.groups.index(group)
    both = np.array([g, g])
    p = forecast.pipeline
    return dataclasses.replace(
        forecast,
        groups=(("", ""), group),
        targets={(to, k): amount for (of, k), amount in forecast.targets.items() if of == g for to in (0, 1)},
        pipeline=PipelineValue(p.open[both], p.weighted[both], p.weighted_by_close_date[both], p.close_dates[both]),
        implied=None,
        quality=DataQuality(rows=deals, used=deals, preset=forecast.quality.preset),
        findings=(),
        known=_known(forecast.known, g),
        compiled=None,
    )


def _known(known: Sampled | Counted | Solved, g: int) -> Sampled | Counted | Solved:
    both = np.array([g, g])
    closed, wins = known.closed[both], known.closed_wins[both]
    if isinstance(known, Solved):
        return Solved(_of(known.distributions, g), closed, wins, known.minor_units)
    if isinstance(known, Counted):
        return dataclasses.replace(
            known, closed=closed, closed_wins=wins, columns=_of(known.columns, g), parts=_of(known.parts, g),
            goals={(to, k): goal for (of, k), goal in known.goals.items() if of == g for to in (0, 1)},
        )  # fmt: skip
    cash = None if known.cash is None else known.cash[both]
    return Sampled(known.open[both], known.new[both], known.wins[both], cash, closed, wins, known.minor_units)


def _of(each: Mapping[tuple[int, int, str], T], g: int) -> dict[tuple[int, int, str], T]:
    """What is known of one group, for everything and for itself."""
    return {(to, k, kind): one for (of, k, kind), one in each.items() if of == g for to in (0, 1)}
