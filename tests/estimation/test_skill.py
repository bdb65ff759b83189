"""A history in which nothing can be told says so; one with a process does not."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from simfunnel.calibration import calibrate
from simfunnel.estimation.skill import skill
from simfunnel.history.history import LOST, WON, Ends, History, Spells

from .made import made_history


def noise(seed: int) -> History:
    """Deals that end at one constant hazard in whatever stage, by the toss of a coin; stages change by chance."""
    history = made_history(days=400, per_day=6, seed=seed)
    rng = np.random.default_rng(seed)
    n = len(history.deals)
    life = np.rint(rng.exponential(20, n) * 86_400_000_000).astype(np.int64)
    moved = np.rint(rng.exponential(20, n) * 86_400_000_000).astype(np.int64)
    rows, ends = [], []
    for i in range(n):
        start, over = int(history.deals.created[i]), int(history.deals.created[i] + life[i])
        outcome = WON if rng.random() < 0.4 else LOST
        change = int(start + moved[i])
        known = over <= history.last
        if change < over and change <= history.last:
            rows.append((i, 0, start, change, 1))
            rows.append((i, 1, change, over if known else 2**63 - 1, outcome if known else -1))
        else:
            rows.append((i, 0, start, over if known else 2**63 - 1, outcome if known else -1))
        if known:
            ends.append((i, outcome, over))
    deal, stage, entered, left, to = (np.array(c, dtype=np.int64) for c in zip(*rows, strict=True))
    d, o, c = (np.array(x, dtype=np.int64) for x in zip(*ends, strict=True))
    return dataclasses.replace(
        history, spells=Spells(deal, stage, entered, entered, left, left, to), ends=Ends(d, o, c, c)
    )


def test_a_process_can_be_told() -> None:
    history = made_history(days=400, per_day=6)
    assert (skill(history, -np.inf) or 0) > 0.05


def test_noise_cannot() -> None:
    gains = [skill(noise(seed), -np.inf) for seed in range(6)]
    assert sum(gain is not None and gain <= 0.002 for gain in gains) == 6
    assert sum(gain is not None and gain <= 0 for gain in gains) >= 5


def test_calibration_says_so() -> None:
    assert "no_skill" in [c.code for c in calibrate(noise(1), unit="month", check=False).cautions]


def test_a_short_history_is_not_judged() -> None:
    assert skill(made_history(days=40), -np.inf) is None


@pytest.mark.parametrize("per_day", [3, 12])
def test_more_data_do_not_make_noise_tell(per_day: int) -> None:
    assert (skill(noise(per_day), -np.inf) or 0) < 0.002
