"""Final over listed amounts, from deals whose amount is known before and after."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from simfunnel.calibration import calibrate
from simfunnel.estimation.realization import estimate_realization
from simfunnel.forecast import simulate
from simfunnel.forecast.inputs import without_anchor
from simfunnel.history.history import WON, Facts, History

from .made import made_history


def discounted(share: float, moved: float = 1.0) -> History:
    """Won deals end at a share of what was listed, a moved share of them."""
    history = made_history(days=400, per_day=6)
    e, f = history.ends, history.facts["amount"]
    rng = np.random.default_rng(1)
    won = e.outcome == WON
    cut = np.where(rng.random(won.sum()) < moved, share, 1.0)
    listed = dict(zip(f.deal.tolist(), f.value.tolist(), strict=True))
    at = e.closed[won]
    final = np.array([listed[d] for d in e.deal[won].tolist()]) * cut
    facts = Facts(
        np.concatenate([f.deal, e.deal[won]]), np.concatenate([f.since, at]), np.concatenate([f.since, at]),
        np.concatenate([f.value, final]),
    )  # fmt: skip
    return dataclasses.replace(history, facts={"amount": facts})


def test_a_discount_is_found() -> None:
    found = estimate_realization(discounted(0.8, 0.5))
    assert found is not None
    assert found.mean == pytest.approx(0.9, abs=0.02)
    assert found.moved == pytest.approx(0.5, abs=0.06)
    q, x = np.array(found.points).T
    assert float((np.diff(q) * (x[1:] + x[:-1]) / 2).sum()) == pytest.approx(found.mean, rel=1e-3)


def test_amounts_that_stand_need_none() -> None:
    assert estimate_realization(made_history()) is None
    assert estimate_realization(discounted(0.8, 0.01)) is None


def test_open_deals_bring_what_remains_of_them() -> None:
    full, cut = (
        simulate(without_anchor(calibrate(h, unit="month", half_life=None, check=False).prepared()), trials=4_000)
        for h in (made_history(days=400, per_day=6), discounted(0.7))
    )
    part = [f.summary.overall.periods[0].by_origin["open"].mean for f in (full, cut)]
    assert part[1] / part[0] == pytest.approx(0.7, abs=0.03)
