"""A common speed is found where deals have one, and luck that they share is not taken for it."""

from __future__ import annotations

import math

import numpy as np
import pytest
from estimation.made import START, ZONE
from scipy.special import ndtr, ndtri

from simfunnel.calibration import calibrate
from simfunnel.calibration.pace import Paced
from simfunnel.estimation.present import present_of
from simfunnel.estimation.weights import FixedHalfLife
from simfunnel.forecast import simulate
from simfunnel.forecast.inputs import prepare
from simfunnel.history.history import DAY, LOST, NEVER, STILL, WON, Deals, Ends, Facts, History, Spells, midnight

DAYS, MEAN, P_WON = 600, 20.0, 0.4


def made(per_day: float, speed_sd: float, luck: float, seed: int, block: int = 30) -> History:
    """One stage; all deals have one speed in each block of days, or one factor on the chance of a win."""
    rng = np.random.default_rng(seed)
    n = rng.poisson(per_day * DAYS)
    created = np.sort(rng.uniform(0, DAYS, n))
    blocks = DAYS // block + 40  # far enough for whoever is still there
    speed = np.exp(speed_sd * rng.standard_normal(blocks))
    edges = np.arange(blocks + 1) * float(block)
    clock = np.concatenate([[0.0], np.cumsum(speed * block)])
    ended = np.interp(np.interp(created, edges, clock) + rng.exponential(MEAN, n), clock, edges)
    z = rng.standard_normal(blocks)[(ended // block).astype(int)]
    won = rng.random(n) < ndtr((ndtri(P_WON) + math.sqrt(luck) * z) / math.sqrt(1 - luck))
    origin = midnight(START, ZONE)
    born, left = ((origin + np.rint(x * DAY)).astype(np.int64) for x in (created, ended))
    over = ended < DAYS
    to = np.where(over, np.where(won, WON, LOST), STILL)
    deal = np.arange(n)
    return History(
        deals=Deals(np.array([f"D{i}" for i in range(n)], dtype=object), born, born),
        spells=Spells(deal, np.zeros(n, dtype=np.int64), born, born, np.where(over, left, NEVER),
                      np.where(over, left, NEVER), to),
        facts={"amount": Facts(deal, born, born, np.ones(n))},
        ends=Ends(deal[over], to[over], left[over], left[over]),
        stages=("Open",), time_zone=ZONE, last=origin + DAYS * DAY - 1, form="events",
    )  # fmt: skip


@pytest.fixture(scope="module")
def still() -> History:
    return made(12, 0.0, 0.0, 5)


def test_what_speed_moves_is_that_of_exponential_stays(still: History) -> None:
    """Within x mean stays end n (1 - exp(-x)) of n deals there, and a (x - 1 + exp(-x)) of those to come, a a stay."""
    present = present_of(still, FixedHalfLife(None), count=True)
    whole, early, late = Paced(present, (12.0, np.ones(1)), 30.0).moved()
    n, a = len(present.book.open), 12.0 * MEAN
    ends, moves = [], []
    for x in (30 / MEAN, 15 / MEAN):
        ends.append(-n * math.expm1(-x) + a * (x + math.expm1(-x)))
        moves.append(n * x * math.exp(-x) + a * (-math.expm1(-x) - x * math.exp(-x)))
    assert whole == pytest.approx(moves[0] / ends[0], rel=0.03)
    assert early == pytest.approx(moves[1] / ends[1], rel=0.03)
    assert late == pytest.approx((moves[0] - moves[1]) / (ends[0] - ends[1]), rel=0.06)


def test_a_window_is_centred_where_the_factor_brings_what_none_would(still: History) -> None:
    """Against the mean over 4,000 factors drawn at even chances."""
    paced = Paced(present_of(still, FixedHalfLife(None), count=True), (12.0, np.ones(1)), 30.0)
    mean = paced.centre(0.3)
    z = ndtri((np.arange(4000) + 0.5) / 4000)
    factor = mean * np.exp(0.3 * z - 0.045)
    at = np.geomspace(factor.min(), factor.max(), 60)
    wins = np.interp(np.log(factor), np.log(at), [paced.wins(f, 30.0) for f in at.tolist()])
    assert wins.mean() == pytest.approx(paced.wins(1.0, 30.0), rel=1e-3)
    plain = np.interp(np.log(factor / mean), np.log(at), [paced.wins(f, 30.0) for f in at.tolist()])
    assert abs(plain.mean() / paced.wins(1.0, 30.0) - 1) > 5e-3  # else there would be nothing to centre


def test_a_common_speed_is_written_and_the_window_keeps_its_mean_and_error() -> None:
    found = calibrate(made(12, 0.35, 0.0, 2), unit="month", value="count", half_life=None, speeds=False)
    pace = found.dependence.pace
    assert pace is not None and pace.written
    assert pace.fall is not None and pace.fall.low > 0
    data = found.data()
    assert data["pace"] == {"sd": pytest.approx(pace.sd, abs=1e-4), "mean": pytest.approx(pace.mean, abs=1e-4)}
    assert found.to_dict()["dependence"]["pace_sd"] == pace.sd
    data["periods"] = {"unit": "days", "length": 30, "count": 1}
    frame = found.deals_frame()
    with_it, without = (
        simulate(prepare(d, pipeline=frame), trials=20_000, seed=3, groups=())
        for d in (data, {key: value for key, value in data.items() if key != "pace"})
    )
    assert with_it.mean(0) == pytest.approx(without.mean(0), rel=0.005)
    assert found.dependence.reproduced == pytest.approx(found.dependence.error_sd, rel=0.1)


def test_luck_that_deals_share_is_not_taken_for_speed() -> None:
    found = calibrate(made(12, 0.0, 0.04, 1), unit="month", value="count", half_life=None, speeds=False, check=False)
    pace = found.dependence.pace
    assert pace is not None and pace.moved > 0.3
    assert pace.fall is not None and pace.fall.low < 0
    assert not pace.written and pace.sd == 0 and "pace" not in found.data()
    assert found.dependence.correlation > 0.01


def test_too_few_windows_say_nothing_of_speed(still: History) -> None:
    found = calibrate(still, as_of=still.day(still.last), unit="year", value="count", speeds=False, check=False)
    assert found.dependence.pace is None
