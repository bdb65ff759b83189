"""The order of stages that nobody stated: the one in which most deals enter them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from simfunnel.history.assembly import Marks


def stage_order(marks: Marks, stages: tuple[str, ...]) -> tuple[Marks, tuple[str, ...]]:
    """Number stages by how many others most deals enter later: of each pair the one that more deals enter first.

    Only first entries count, so that ways back do not turn the order round; ties go by the mean place of the first
    entry, then by the order of the source.
    """
    count = len(stages)
    entries = marks.take(marks.code >= 0)
    if count < 2 or not len(entries):
        return marks, stages
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
    order = np.lexsort((np.arange(count), mean, -beaten))
    place = np.empty(count, dtype=np.int64)
    place[order] = np.arange(count)
    codes = np.where(marks.code >= 0, place[np.maximum(marks.code, 0)], marks.code)
    return replace(marks, code=codes), tuple(stages[i] for i in order.tolist())
