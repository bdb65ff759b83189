"""The order of stages that nobody stated: the one in which most deals enter them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from simfunnel.arrays import Floats
from simfunnel.history.assembly import Marks


def stage_order(
    marks: Marks, stages: tuple[str, ...], labels: tuple[str, ...], rank: Floats | None
) -> tuple[Marks, tuple[str, ...], str]:
    """Order stages as the CRM does by default, by the probability that the source gives them, else as deals go.

    Parameters
    ----------
    labels
        Stages of the CRM in its order.
    rank
        (stages,) probability; NaN where none is given.

    Returns
    -------
    tuple
        Marks with the new numbers, the stages in order, and what it was taken from.
    """
    if len(stages) > 1 and all(stage in labels for stage in stages):
        order, by = sorted(range(len(stages)), key=lambda i: labels.index(stages[i])), "preset"
    elif rank is not None and len(stages) > 1 and not np.isnan(rank).any() and len(set(rank.tolist())) > 1:
        place = {i: n for n, i in enumerate(_as_deals_go(marks, len(stages)))}
        order, by = sorted(range(len(stages)), key=lambda i: (rank[i], place[i])), "probability"
    else:
        order, by = _as_deals_go(marks, len(stages)), "entries"
    number = np.empty(max(len(stages), 1), dtype=np.int64)
    number[order] = np.arange(len(order))
    codes = np.where(marks.code >= 0, number[np.maximum(marks.code, 0)], marks.code)
    return replace(marks, code=codes), tuple(stages[i] for i in order), by


def _as_deals_go(marks: Marks, count: int) -> list[int]:
    """Order stages by how many others most deals enter later: of each pair the one that more deals enter first.

    Only first entries count, so that ways back do not turn the order round; ties go by the mean place of the first
    entry, then by the order of the source.
    """
    entries = marks.take(marks.code >= 0)
    if count < 2 or not len(entries):
        return list(range(count))
    entries = entries.take(np.lexsort((entries.at, entries.deal)))
    pair = entries.deal * count + entries.code
    _, first = np.unique(pair, return_index=True)
    first.sort()
    deal, code = entries.deal[first], entries.code[first]
    starts = np.concatenate([[True], deal[1:] != deal[:-1]])
    rank = np.arange(len(deal)) - np.maximum.accumulate(np.where(starts, np.arange(len(deal)), 0))
    before = np.zeros((count, count), dtype=np.int64)
    for step in range(1, int(rank.max()) + 1):  # every pair of first entries that lie so many steps apart
        same = deal[step:] == deal[:-step]
        np.add.at(before, (code[:-step][same], code[step:][same]), 1)
    beaten = np.sign(before - before.T).sum(axis=1)
    mean = np.bincount(code, weights=rank, minlength=count) / np.maximum(np.bincount(code, minlength=count), 1)
    order: list[int] = np.lexsort((np.arange(count), mean, -beaten)).tolist()
    return order
