"""The picture of amounts shows what was won, what is listed, and what is written."""

from __future__ import annotations

import numpy as np
import pytest
from estimation.made import made_history

from simfunnel.calibration import calibrate
from simfunnel.report.faces.calibration import CalibrationFace
from simfunnel.report.plots.calibration import amounts, written_points


def test_won_listed_and_written_amounts_are_drawn() -> None:
    learned = calibrate(made_history(days=300, per_day=6), unit="month", check=False)
    assert learned.amounts is not None
    assert len(learned.won_amounts) == learned.amounts.n
    assert len(learned.open_amounts) == learned.deals.open
    p, x = written_points(learned.amounts.written)
    assert float((np.diff(p) * (x[1:] + x[:-1]) / 2).sum()) == pytest.approx(learned.amounts.mean, rel=1e-3)
    (axes,) = amounts(learned).axes
    shares = {line.get_label(): line.get_ydata() for line in axes.lines}
    assert len(shares) == 3
    assert all(float(np.max(y)) == 1.0 for y in shares.values())


def test_one_price_is_drawn_and_counts_have_no_picture() -> None:
    one = calibrate(made_history(days=300, per_day=6, amount=500.0), unit="month", check=False)
    assert one.amounts is not None
    assert written_points(one.amounts.written)[1].tolist() == [500.0, 500.0]
    amounts(one)
    counted = calibrate(made_history(days=300, per_day=6), unit="month", value="count", check=False)
    assert len(counted.won_amounts) == 0
    assert set(CalibrationFace(counted).figures()) == {"incidence", "arrivals"}
