"""Where the error comes from: the same forecast with what nobody could know, the arrivals and the hazards to come."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from simfunnel.arrays import Floats
from simfunnel.backtesting.baselines.draws import normals, of_sum
from simfunnel.backtesting.origin import DRAWS, Origin
from simfunnel.backtesting.past import Known
from simfunnel.backtesting.scores import crps
from simfunnel.calibration.calibration import Calibration
from simfunnel.calibration.months import moved_by_months
from simfunnel.estimation.hindcast import Hindcast, OpenDeals, hindcast_of, open_deals
from simfunnel.estimation.passage import passage
from simfunnel.estimation.present import TINY, present_of
from simfunnel.estimation.risk import risk_of
from simfunnel.estimation.weights import FixedHalfLife, time_weights


@dataclass(frozen=True)
class Budget:
    """CRPS of the model in closed form, without the run-rate: as it is, and with parts of the future known."""

    neither: float
    arrivals_known: float
    hazards_known: float
    both: float


@dataclass(frozen=True)
class AgeBand:
    """Open deals of an age at the origin: what the hazards made of them, and what came."""

    first: float
    """Days since creation."""
    last: float | None
    deals: int
    expected: float
    """Expected wins of the window by the learned hazards; the correction towards the run-rate is not in it."""
    came: int


AT_A_TIME = 40
"""Draws of all open deals that are in memory together: as many as divide all without rest."""
BANDS = ((0.0, 30.0), (30.0, 60.0), (60.0, None))


@dataclass(frozen=True, eq=False)
class InClosedForm:
    """The model without simulation, at one origin, with hazards of the past and with those that came."""

    learned: Hindcast
    hindsight: Hindcast
    opened: OpenDeals
    """With hazards of the past."""
    calibration: Calibration
    arriving: float = 1.0
    """By what the months of the window multiply what deals to come bring."""

    @classmethod
    def at(cls, origin: Origin, calibration: Calibration) -> InClosedForm:
        """Work out both."""
        days = origin.until - origin.start
        present = present_of(origin.view, FixedHalfLife(calibration.half_life), count=origin.past.count)
        later = risk_of(origin.past.view(origin.last_day), origin.start)  # what was at risk within the window, alone
        seen = passage(later, time_weights(later, None), days)
        chances = present.chances(days)
        opened = open_deals(present, chances)
        moved, arriving = moved_by_months(calibration.months)
        opened = replace(opened, chance=np.minimum(opened.chance * moved, 1.0))
        learned = hindcast_of(present, chances, opened, origin.until)
        return cls(
            learned=replace(learned, new_mean=learned.new_mean * arriving),
            hindsight=hindcast_of(present, seen, open_deals(present, seen), origin.until),
            opened=opened,
            calibration=calibration,
            arriving=arriving,
        )

    def independent(self, origin: Origin) -> Floats:
        """Draws where every deal has its luck alone: of open deals one by one, of a Poisson number of new ones."""
        rng, x, opened = origin.random("independent"), self.learned, self.opened
        anchor = self.calibration.anchor
        factor = 1.0 if anchor is None else anchor.factor
        chance = np.minimum(factor * opened.chance, 1.0)
        won = np.concatenate([
            (rng.random((AT_A_TIME, len(chance)), dtype=np.float32) < chance) @ opened.amount
            for _ in range(DRAWS // AT_A_TIME)
        ])  # fmt: skip
        known = origin.known.amount[origin.known.won]
        number = rng.poisson(max(factor * x.new_mean / max(x.won_mean, TINY), 0.0), DRAWS)
        drawn = np.append(0.0, np.cumsum(rng.choice(known, int(number.sum())))) if len(known) else np.zeros(1)
        end = np.minimum(np.cumsum(number), len(drawn) - 1)
        return np.asarray(won + drawn[end] - drawn[np.append(0, end[:-1])])

    def budget(self, origin: Origin, came: Known, actual: float) -> Budget:
        """Score it with parts of the future known."""
        level, factor = self.calibration.arrivals.error_sd, self.calibration.dependence.error_sd
        return Budget(
            neither=crps(self._drawn(origin, self.learned, None, factor, level), actual),
            arrivals_known=crps(self._drawn(origin, self.learned, came, factor, 0.0), actual),
            hazards_known=crps(self._drawn(origin, self.hindsight, None, 0.0, level), actual),
            both=crps(self._drawn(origin, self.hindsight, came, 0.0, 0.0), actual),
        )

    def bands(self, origin: Origin, came: Known) -> tuple[AgeBand, ...]:
        """Expected and actual wins of the deals open at the origin, by age."""
        there = origin.standing
        age = there.at - there.created
        won = came.won_between(origin.start, origin.until)[there.deal]
        found = []
        for first, last in BANDS:
            of = (age >= first) & (age < (math.inf if last is None else last))
            expected = float(self.opened.chance[of].sum())
            found.append(AgeBand(first, last, int(of.sum()), expected, int(won[of].sum())))
        return tuple(found)

    def _drawn(self, origin: Origin, x: Hindcast, came: Known | None, factor: float, level: float) -> Floats:
        """Draws with one factor on all deals, and one on the inflow where it is not known."""
        rng = origin.random("budget")
        f = _lognormal(factor, rng)
        if came is None:
            new, variance = x.new_mean, x.new_variance
        else:
            begun = ~origin.there & (came.created < x.until) & came.real
            q = x.entered(came.first_stage[begun], x.left(np.maximum(came.created[begun], origin.start)))
            wins = float(q.sum()) * (self.arriving if x is self.learned else 1.0)
            new, variance = wins * x.won_mean, wins * x.won_square
        opened = of_sum(x.opened.mean, x.opened.variance, rng, f)
        return opened + of_sum(new, variance, rng, f * _lognormal(level, rng))


def _lognormal(sd: float, rng: np.random.Generator) -> Floats:
    """Draws of a factor of mean 1; all of them 1 where nothing is uncertain."""
    return np.exp(sd * normals(rng) - sd**2 / 2) if sd > 0 else np.ones(DRAWS)
