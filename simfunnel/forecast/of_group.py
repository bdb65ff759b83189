"""A forecast of one group alone: what it shows says nothing of the others."""

from __future__ import annotations

import dataclasses

import numpy as np

from simfunnel.crm import DataQuality
from simfunnel.errors import InputError
from simfunnel.forecast.forecast import Forecast, Group
from simfunnel.forecast.pipeline_value import PipelineValue
from simfunnel.forecast.sampled import Sampled
from simfunnel.forecast.solved import Solved
from simfunnel.values.messages import unknown


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
        pipeline=PipelineValue(p.open[both], p.weighted[both], p.weighted_by_close_date[both]),
        implied=None,
        quality=DataQuality(rows=deals, used=deals, preset=forecast.quality.preset),
        findings=(),
        known=_known(forecast.known, g),
        compiled=None,
    )


def _known(known: Sampled | Solved, g: int) -> Sampled | Solved:
    both = np.array([g, g])
    closed, wins = known.closed[both], known.closed_wins[both]
    if isinstance(known, Solved):
        found = {(to, k, kind): one for (of, k, kind), one in known.distributions.items() if of == g for to in (0, 1)}
        return Solved(found, closed, wins, known.minor_units)
    cash = None if known.cash is None else known.cash[both]
    return Sampled(known.open[both], known.new[both], known.wins[both], cash, closed, wins, known.minor_units)
