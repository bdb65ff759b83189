"""What a forecast holds besides its distribution: targets, what is closed, the value of the open pipeline."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from simfunnel.errors import InputError
from simfunnel.forecast.forecast import PipelineValue
from simfunnel.forecast.inputs import Prepared
from simfunnel.funnel.groups import DIMENSIONS
from simfunnel.funnel.model import ALL, Floats, Ints, Model
from simfunnel.scenario.schema import TOTAL


def known_groups(groups: Iterable[str]) -> tuple[str, ...]:
    """Check names of dimensions."""
    asked = tuple(groups)
    if unknown := set(asked) - set(DIMENSIONS):
        raise InputError(f"unknown group {', '.join(sorted(unknown))}; expected some of {', '.join(DIMENSIONS)}")
    return asked


def targets_of(ready: Prepared, model: Model) -> dict[tuple[int, int], float]:
    """(group, period) -> target, the number of periods standing for the total."""
    labels = [p.label for p in model.periods] + [TOTAL]
    found = {}
    for target in ready.scenario.targets:
        group = ALL if target.group is None else model.names.groups.index(target.group)
        found[group, labels.index(target.period)] = target.amount
    return found


def closed_wins(model: Model) -> tuple[Ints, Ints]:
    """Bookings and wins before as_of, (G, K)."""
    shape = (len(model.names.groups), len(model.periods))
    amount, wins = np.zeros(shape, dtype=np.int64), np.zeros(shape, dtype=np.int64)
    c = model.closed
    for i in range(len(c.amount)):
        for g in c.group[c.group_start[i] : c.group_start[i + 1]]:
            amount[g, 0] += c.amount[i]
            wins[g, 0] += c.wins[i]
    return amount, wins


def pipeline_value(model: Model) -> PipelineValue:
    """Value of the open deals by group, plain and weighted with the win rate of the stage."""
    groups, K = len(model.names.groups), len(model.periods)
    book, deals = model.book, model.deals
    deal = np.repeat(np.arange(len(book.amount)), np.diff(deals.group_start))
    weighted = book.amount * book.stage_win_rate

    def by_group(values: Floats) -> Floats:
        return np.bincount(deals.group, weights=values[deal], minlength=groups).astype(np.float64)

    by_date = np.zeros((groups, K))
    for k in range(K):
        within = (book.close_date >= model.grid.day[k]) & (book.close_date < model.grid.day[k + 1])
        by_date[:, k] = by_group(np.where(within, weighted, 0.0))
    return PipelineValue(by_group(book.amount), by_group(weighted), by_date)
