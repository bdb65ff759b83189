"""How well a common factor is learned: ``python -m pytest -o addopts= -m slow -s tests/studies/test_dependence.py``.

Each history has one factor a month on the chance of a win, with the learned correlation's own model (Vasicek): deals
that are decided in a month share it. A window of 30 days that begins on any day of a month holds two factors, u and
1 - u of it: on the mean two thirds of their variance are left. Figures stand in `docs/validation.md`.
"""

from __future__ import annotations

import math
import os

import numpy as np
import pytest
from estimation.made import START, ZONE
from scipy.special import ndtr, ndtri

from simfunnel.calibration import calibrate
from simfunnel.history.history import DAY, LOST, NEVER, STILL, WON, Deals, Ends, Facts, History, Spells, midnight

pytestmark = pytest.mark.slow
HISTORIES = int(os.environ.get("SIMFUNNEL_HISTORIES", "100"))
WITHIN = 2 / 3
"""Mean of u^2 + (1 - u)^2."""
MONTH, DAYS, PER_DAY, P_WON, MEAN = 30, 540, 6.0, 0.4, 12.0


def shared(rho: float, seed: int) -> History:
    """One stage, exponential stays; the chance of a win moves with the factor of the 30 days in which a deal ends."""
    rng = np.random.default_rng(seed)
    n = rng.poisson(PER_DAY * DAYS)
    created = np.sort(rng.uniform(0, DAYS, n))
    ended = created + rng.exponential(MEAN, n)
    z = rng.standard_normal(int(ended.max() // MONTH) + 1)[(ended // MONTH).astype(int)]
    won = rng.random(n) < ndtr((ndtri(P_WON) + math.sqrt(rho) * z) / math.sqrt(1 - rho))
    origin = midnight(START, ZONE)
    born, left = ((origin + np.rint(x * DAY)).astype(np.int64) for x in (created, ended))
    over = ended < DAYS
    out, to = np.where(over, left, NEVER), np.where(over, np.where(won, WON, LOST), STILL)
    deal = np.arange(n)
    return History(
        deals=Deals(np.array([f"D{i}" for i in range(n)], dtype=object), born, born),
        spells=Spells(deal, np.zeros(n, dtype=np.int64), born, born, out, out, to),
        facts={"amount": Facts(deal, born, born, np.ones(n))},
        ends=Ends(deal[over], to[over], out[over], out[over]),
        stages=("Open",), time_zone=ZONE, last=origin + DAYS * DAY - 1, form="events",
    )  # fmt: skip


def log_error_sd(rho: float) -> float:
    """Sd of the log of a month's chance of a win given its factor, by quadrature."""
    z, weight = np.polynomial.hermite_e.hermegauss(80)
    log = np.log(ndtr((ndtri(P_WON) + math.sqrt(rho) * z) / math.sqrt(1 - rho)))
    weight = weight / weight.sum()
    return float(np.sqrt(weight @ (log - weight @ log) ** 2))


@pytest.mark.parametrize("rho", [0.0, 0.01, 0.04])
def test_the_factor_of_a_month_is_found(rho: float) -> None:
    truth, in_window = math.sqrt(WITHIN) * log_error_sd(rho), WITHIN * rho
    sds, correlations, held = [], [], []
    for number in range(HISTORIES):
        found = calibrate(shared(rho, number), unit="month", value="count", half_life=None, check=False)
        sds.append(found.dependence.error_sd)
        correlations.append(found.dependence.correlation)
        low, high = found.dependence.interval
        held.append(low <= in_window <= high)
    sd, correlation = np.array(sds), np.array(correlations)
    print(
        f"correlation {rho} ({in_window:.4f} of a window): sd of a window's log error {truth:.3f}, learned "
        f"{sd.mean():.3f} (spread {sd.std():.3f}); correlation learned {correlation.mean():.4f} (spread "
        f"{correlation.std():.4f}, median {np.median(correlation):.4f}); interval holds it in {np.mean(held):.2f} of "
        f"{len(held)}"
    )
    prior = 0.15 * math.sqrt(60 / DAYS)  # where nothing is shared, what is believed before remains
    slack = 4.5 * sd.std() / math.sqrt(len(sd))
    assert abs(sd.mean() - truth) < max(0.2 * truth, prior) + slack
