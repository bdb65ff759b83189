"""Stages that were renamed on some day: the old name is never seen again, the new one never before."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from simfunnel.history.history import DAY, History
from simfunnel.wording.findings import Finding

LEAST, SHARE = 5, 0.5
"""Deals that went over together, and their share of those who were in the old stage just before."""


def renamed(history: History) -> Iterator[Finding]:
    """Say which stages look like another one under a new name."""
    s, names = history.spells, history.stages
    for new in range(len(names)):
        mine = s.stage == new
        if not mine.any():
            continue
        first, seen = int(s.entered[mine].min()), int(s.entered_before[mine].min())
        before = (s.entered_before <= first) & (s.left_before >= first) & (s.entered < first)
        went = before & (s.to == new) & (s.left < seen + DAY)
        old = int(np.argmax(np.bincount(s.stage[went], minlength=len(names))))
        there = before & (s.stage == old)
        moved = int((went & there).sum())
        later = (s.stage == old) & ((s.entered_before > seen + DAY) | (s.left > seen + DAY))
        if moved >= LEAST and moved >= SHARE * there.sum() and not later.any():
            told = {"old": names[old], "new": names[new], "day": history.day(seen)}
            yield Finding("stage_renamed", told, key="history.stage_map")
