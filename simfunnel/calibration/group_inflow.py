"""New deals by group, and the stages in which they begin."""

from __future__ import annotations

import numpy as np

from simfunnel.arrays import Floats
from simfunnel.estimation.grouping import Groups
from simfunnel.estimation.present import Present
from simfunnel.estimation.shrinkage import learn_pool
from simfunnel.history.history import DAY

LEAST_SOURCE = 5e-4
"""Of all new deals, below which a group has no lead source in a stage."""
LEAST_ENTRY = 0.005
"""Of new deals, below which a stage is no place where deals begin."""
ROUNDS = 200


def group_inflow(groups: Groups, present: Present, entry: Floats) -> Floats:
    """(G, K) shares of new deals by group and the stage in which they begin.

    The share of a group is that of new deals under the weights of the calibration: four weeks alone would be luck.
    Where its deals begin is shrunk to where all begin, and the table scaled to both margins.
    """
    book, G = present.book, len(groups.labels)
    came = book.real & (book.created >= present.started)
    entry = np.where(entry >= LEAST_ENTRY, entry, 0.0)
    if not came.any() or entry.sum() <= 0:
        return np.zeros((G, len(entry)))
    entry = entry / entry.sum()
    deal = np.flatnonzero(came)
    group = groups.at(deal, np.rint(book.created[deal] * DAY).astype(np.int64))
    life = present.half_life
    weight = np.ones(len(deal)) if life is None else np.exp2((book.created[deal] - present.end) / life)
    if weight.sum() <= 0:  # all of it too long ago for any number
        weight = np.ones(len(deal))
    total, square = (np.bincount(group, x, minlength=G) for x in (weight, weight**2))
    share = total / total.sum()
    n = total**2 / np.where(square > 0, square, 1.0)
    table = np.outer(share, entry)
    if (entry > 0).sum() > 1:
        for k in np.flatnonzero(entry):
            own = np.bincount(group, weight * (book.first_stage[deal] == k), minlength=G)
            rate = own / np.where(total > 0, total, 1.0)
            known = learn_pool(float(own.sum() / total.sum()), float(n.sum()), rate, n)
            table[:, k] = [known.posterior(float(p), float(m)).mean for p, m in zip(rate, n, strict=True)]
        table = _scaled(table * share[:, None], share, entry)
    table = np.where(table >= LEAST_SOURCE, table, 0.0)
    by_stage = table.sum(axis=0)
    return np.asarray(table * np.where(by_stage > 0, entry / np.where(by_stage > 0, by_stage, 1.0), 0.0))


def _scaled(table: Floats, rows: Floats, columns: Floats) -> Floats:
    """Scale a table to both margins: iterative proportional fitting (Deming & Stephan 1940)."""
    for _ in range(ROUNDS):
        across = table.sum(axis=1)
        table = table * np.where(across > 0, rows / np.where(across > 0, across, 1.0), 0.0)[:, None]
        down = table.sum(axis=0)
        table = table * np.where(down > 0, columns / np.where(down > 0, down, 1.0), 0.0)
        if np.abs(table.sum(axis=1) - rows).max() < 1e-12:
            break
    return table
