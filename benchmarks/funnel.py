"""The one funnel that every engine simulates: plain numbers for the twins, and the same as a simfunnel scenario.

Nothing of simfunnel is imported here, so that the peak memory of a twin's process is the twin's own.
"""

from __future__ import annotations

import csv
import datetime as dt
import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from simfunnel.arrays import Floats, Ints

AS_OF = dt.date(2027, 1, 1)
"""The first day of a quarter: nothing of the first period lies in the past."""
SEGMENTS = 4
MARKET, SEGMENT, OWNER = 0.10, 0.05, 0.05
"""Latent correlations."""
_MONTHS = {"month": 1, "quarter": 3}
_CONVERSION = (0.45, 0.55, 0.60, 0.70, 0.80)
_MEDIAN = (14.0, 18.0, 20.0, 16.0, 10.0)
_LOST_MEDIAN = (25.0, 30.0, 32.0, 28.0, 20.0)
_CROWD = (0.35, 0.25, 0.20, 0.12, 0.08)
"""Shares of the open deals in the five stages: most are early, as in any CRM."""
_SIGMA, _LOST_SIGMA = 0.8, 0.9
FEATURES = ("rates", "pace", "realization", "leads")
"""What the bundled sample has and the plain funnel has not; each can be added."""
SAMPLE_N = 120
"""Deals that each conversion rate rests on, with `rates`: a Beta of that many."""
PACE_SD = 0.2
REALIZATION = (0.9, 0.2)
"""Mean and sd of the lognormal factor on a listed amount."""
LEADS_A_DAY, LEAD_AMOUNT = 4.0, (math.log(18_000), 0.9)
"""Poisson leads that enter the first stage, of no segment and no owner; mean and sd of the log of what a win brings."""


class Samples(NamedTuple):
    """What every engine returns: bookings (cents) and wins of every period and trial, (K, trials)."""

    bookings: npt.NDArray[np.integer]
    wins: npt.NDArray[np.integer]


@dataclass(frozen=True)
class Size:
    """What the scaling tables vary."""

    deals: int = 2000
    stages: int = 5
    periods: int = 2
    unit: str = "quarter"
    owners: int = 10
    """0: no owners and no owner factor."""
    features: tuple[str, ...] = ()
    """Some of `FEATURES`."""


@dataclass(frozen=True)
class Problem:
    """A linear funnel with open deals, as numbers. Times in days, money in cents."""

    size: Size
    conversion: Floats
    """(S,)"""
    mu: Floats
    sigma: float
    """Lognormal time in stage of deals that advance, one mu for each stage."""
    lost_mu: Floats
    lost_sigma: float
    stage: Ints
    """(D,)"""
    age: Floats
    amount: Ints
    """Cents."""
    segment: Ints
    owner: Ints
    bound: Floats
    """(K + 1,) day on which each period starts, and the last one ends."""

    @property
    def owner_correlation(self) -> float:
        """Latent correlation of deals of one owner; 0 where there are no owners."""
        return OWNER if self.size.owners else 0.0

    @property
    def correlated(self) -> float:
        """Sum of the latent correlations of a deal."""
        return MARKET + SEGMENT + self.owner_correlation

    def survival(self) -> tuple[Floats, Floats]:
        """P(time in stage >= age) of deals that advance, and of deals that are lost."""
        advancing = _lognormal_survival(self.age, self.mu[self.stage], self.sigma)
        lost = _lognormal_survival(self.age, self.lost_mu[self.stage], self.lost_sigma)
        return advancing, lost

    def win_rate(self) -> Floats:
        """Win probability of each deal given its age: advance, weighted by survival, then every later stage."""
        after = np.append(np.cumprod(self.conversion[::-1])[::-1], 1.0)
        c = self.conversion[self.stage]
        advancing, lost = self.survival()
        return np.asarray(c * advancing / (c * advancing + (1 - c) * lost) * after[self.stage + 1])

    def target(self) -> float:
        """Near the median of the first period's bookings, money in major units: a round share of the open pipeline."""
        return float(round(0.195 * self.amount.sum() / 100, -3))


def _lognormal_survival(x: Floats, mu: Floats, sigma: float) -> Floats:
    z = (np.log(x) - mu) / (sigma * math.sqrt(2.0))
    return np.array([0.5 * math.erfc(v) for v in z.tolist()])


def problem(size: Size, seed: int = 20270101) -> Problem:
    """Make the funnel of a size; the same numbers on every machine."""
    rng = np.random.Generator(np.random.PCG64(seed))
    S, D = size.stages, size.deals
    five = np.linspace(0, 4, S).round().astype(np.int64) if S > 1 else np.array([3])
    # of other than five stages each converts better or worse, so that the win rate, hence the number of paths, stays
    conversion = np.array(_CONVERSION)[five] ** (5.0 / S)
    shares = np.array(_CROWD)[five]
    median = np.array(_MEDIAN)[five] * 5.0 / S
    lost_median = np.array(_LOST_MEDIAN)[five] * 5.0 / S
    stage = rng.choice(S, size=D, p=shares / shares.sum())
    months = _MONTHS[size.unit]
    ends = [_month(AS_OF, months * k) for k in range(size.periods + 1)]
    return Problem(
        size=size,
        conversion=conversion,
        mu=np.log(median),
        sigma=_SIGMA,
        lost_mu=np.log(lost_median),
        lost_sigma=_LOST_SIGMA,
        stage=stage.astype(np.int64),
        age=(0.05 + rng.random(D) * 2.0) * median[stage],
        amount=np.rint(100 * np.exp(np.log(18_000) + 0.9 * rng.standard_normal(D))).astype(np.int64),
        segment=rng.integers(0, SEGMENTS, D),
        owner=rng.integers(0, size.owners, D) if size.owners else np.full(D, -1),
        bound=np.array([float((day - AS_OF).days) for day in ends]),
    )


def _month(day: dt.date, months: int) -> dt.date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return dt.date(year, month + 1, 1)


def scenario(p: Problem, *, listed: bool = True) -> dict[str, Any]:
    """Spell the funnel as a simfunnel scenario.

    Parameters
    ----------
    p
        The funnel.
    listed
        Whether the open deals stand in the scenario; else its pipeline is left to a file.
    """
    label = "2027-Q1" if p.size.unit == "quarter" else "2027-01"
    result: dict[str, Any] = {
        "version": 1,
        "name": "benchmark",
        "as_of": AS_OF.isoformat(),
        "periods": {"unit": p.size.unit, "count": p.size.periods},
        "stages": [
            {
                "name": f"Stage {s + 1}",
                "conversion": float(p.conversion[s]),
                "duration": {"lognormal": {"mu": float(p.mu[s]), "sigma": p.sigma}},
                "lost_duration": {"lognormal": {"mu": float(p.lost_mu[s]), "sigma": p.lost_sigma}},
            }
            for s in range(p.size.stages)
        ],
        "segments": {f"Segment {i + 1}": {} for i in range(SEGMENTS)},
        "correlation": {"market": MARKET, "segment": SEGMENT, "owner": p.owner_correlation},
        "targets": [{"period": label, "amount": p.target()}],
    }
    pipeline = result["pipeline"] = {}
    if listed:
        pipeline["opportunities"] = [_deal(p, d) for d in range(p.size.deals)]
    if "rates" in p.size.features:
        for stage in result["stages"]:
            stage["conversion"] = {"mean": stage["conversion"], "n": SAMPLE_N}
    if "pace" in p.size.features:
        result["pace"] = {"sd": PACE_SD}
    if "realization" in p.size.features:
        mean, sd = REALIZATION
        pipeline["realization"] = {"lognormal": {"mean": mean, "sd": sd}}
    if "leads" in p.size.features:
        mu, sigma = LEAD_AMOUNT
        rate, amount = {"per": "day", "mean": LEADS_A_DAY}, {"lognormal": {"mu": mu, "sigma": sigma}}
        result["leads"] = [{"name": "inbound", "stage": "Stage 1", "rate": rate, "amount": amount}]
    return result


def _deal(p: Problem, d: int) -> dict[str, Any]:
    deal: dict[str, Any] = {
        "id": f"D{d:05d}",
        "stage": f"Stage {p.stage[d] + 1}",
        "age": float(p.age[d]),
        "amount": int(p.amount[d]) / 100,
        "segment": f"Segment {p.segment[d] + 1}",
    }
    if p.owner[d] >= 0:
        deal["owner"] = f"Owner {p.owner[d] + 1}"
    return deal


def write_scenario(folder: Path, size: Size) -> Path:
    """Write a scenario file and its pipeline as a CSV export; return the scenario. Ages are whole minutes there."""
    p = problem(size)
    start = dt.datetime.combine(AS_OF, dt.time())
    with (folder / "pipeline.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["Opportunity ID", "Stage", "Last Stage Change Date", "Amount", "Segment", "Owner"])
        for d in range(size.deals):
            deal = _deal(p, d)
            entered = start - dt.timedelta(minutes=round(p.age[d] * 1440))
            writer.writerow([deal["id"], deal["stage"], entered.isoformat(sep=" "), f"{deal['amount']:.2f}",
                             deal["segment"], deal.get("owner", "")])  # fmt: skip
    columns = {
        "id": "Opportunity ID", "stage": "Stage", "stage_entered": "Last Stage Change Date", "amount": "Amount",
        "segment": "Segment", "owner": "Owner",
    }  # fmt: skip
    content = scenario(p, listed=False)
    content["pipeline"] |= {"file": "pipeline.csv", "columns": columns}
    path = folder / "scenario.yaml"
    path.write_text(json.dumps(content, indent=1), encoding="utf-8")
    return path
