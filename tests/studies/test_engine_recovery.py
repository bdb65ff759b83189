"""What is learned of histories that the engine itself walked: ``python -m pytest -o addopts= -m slow -s
tests/studies/test_engine_recovery.py``.

A scenario is drawn anew for each history: chances, laws of the days (exponential, Weibull, lognormal), the rate of
leads, the days known. One trial of it is written in one form, in turn, and read back, as in `test_recovery.py`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from estimation import made
from scipy import stats

from simfunnel.calibration import calibrate
from simfunnel.engine.paths.occupancy import stage_occupancy
from simfunnel.forecast.inputs import prepare

from .test_recovery import FORMS, HISTORIES, LATE, Hits, begun_late, told
from .walked import walked_history, walks

pytestmark = pytest.mark.slow
LAWS = ("exponential", "weibull", "lognormal")
SHAPES, SIGMAS = (0.7, 2.0), (0.5, 1.2)
"""Of Weibull and lognormal days."""
CHANCES = {"on": (0.2, 0.8), "won": (0.2, 0.7)}
DAYS = {"on": (3.0, 20.0), "out": (3.0, 30.0), "won": (5.0, 40.0), "lost": (5.0, 40.0)}
"""Means of the days from Demo to Offer and to Lost, from Offer to Won and to Lost."""


def drawn_law(rng: np.random.Generator, mean: float) -> tuple[dict[str, Any], Any]:
    """A law of a mean as a scenario writes it, and SciPy's."""
    kind = LAWS[int(rng.integers(len(LAWS)))]
    if kind == "exponential":
        return {kind: {"mean": mean}}, stats.expon(scale=mean)
    if kind == "weibull":
        shape = float(rng.uniform(*SHAPES))
        law = stats.weibull_min(shape, scale=mean / stats.weibull_min(shape).mean())
        return {kind: {"shape": shape, "scale": float(law.kwds["scale"])}}, law
    sigma = float(rng.uniform(*SIGMAS))
    mu = float(np.log(mean) - sigma**2 / 2)
    return {kind: {"mu": mu, "sigma": sigma}}, stats.lognorm(sigma, scale=np.exp(mu))


def drawn_scenario(rng: np.random.Generator) -> tuple[dict[str, Any], int, dict[str, float]]:
    """A scenario, the days that are known of it, and what is true in it."""
    p = {name: float(rng.uniform(*span)) for name, span in CHANCES.items()}
    laws = {name: drawn_law(rng, float(rng.uniform(*span))) for name, span in DAYS.items()}
    days, per_day = int(rng.uniform(150, 400)), float(rng.uniform(1.5, 3.7))
    exits = (("Demo", "Offer", "on", "out", p["on"]), ("Offer", "Won", "won", "lost", p["won"]))
    scenario = {
        "version": 1, "as_of": made.START.isoformat(), "periods": {"unit": "days", "length": days, "count": 1},
        "stages": [
            {"name": stage, "transitions": [{"to": to, "probability": chance, "duration": laws[on][0]},
                                            {"to": "Lost", "probability": 1 - chance, "duration": laws[out][0]}]}
            for stage, to, on, out, chance in exits
        ],
        "pipeline": {"opportunities": []},
        "leads": [{"name": "web", "stage": "Demo", "rate": {"per": "day", "mean": per_day}, "amount": 100}],
    }  # fmt: skip
    truth = {"inflow of the next 30 days": per_day, "Demo to Offer": p["on"], "Offer to Won": p["won"],
             "win rate of Demo": p["on"] * p["won"]}  # fmt: skip
    for what, law in (("Demo to Offer", laws["on"][1]), ("Offer to Won", laws["won"][1])):
        truth |= {f"median days {what}": float(law.ppf(0.5)), f"P90 days {what}": float(law.ppf(0.9))}
    return scenario, days, truth


def test_the_walks_are_those_whose_stages_the_engine_counts() -> None:
    scenario, days, _ = drawn_scenario(np.random.default_rng(5))
    model = prepare(scenario).compiled().model
    at = np.arange(0.5, days)
    lead, stage, day = walks(model, 7, trial=1)
    until = np.where(np.append(lead[1:] == lead[:-1], False), np.append(day[1:], np.inf), np.inf)
    counted = [[int(((stage == s) & (day <= x) & (until > x)).sum()) for x in at] for s in range(2)]
    np.testing.assert_array_equal(counted, stage_occupancy(model, at, 2, 7).count[:, :, 1])


@pytest.mark.usefixtures("without_past_windows")
def test_intervals_cover_the_truth_of_the_engine() -> None:
    rng = np.random.default_rng(20270106)
    hits = Hits()
    for number in range(HISTORIES):
        scenario, days, truth = drawn_scenario(rng)
        history = walked_history(scenario, days, number)
        late = number % 3 == 0
        if late:
            history = begun_late(history, LATE)
        life = None if number % 2 else "auto"
        form = FORMS[number // 6 % len(FORMS)]
        history = told(history, form, LATE if late else 0)
        found = calibrate(history, unit="month", half_life=life, check=False, speeds=False)  # type: ignore[arg-type]
        hits.add(found, truth, form=form, life=life, late=late)
    hits.judge()
