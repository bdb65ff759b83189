"""What calibration has at hand when it writes the scenario."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from simfunnel.arrays import Floats
from simfunnel.calibration.anchor import Stack
from simfunnel.calibration.blend import Blend
from simfunnel.calibration.calibration import Counts
from simfunnel.calibration.dependence import Dependence
from simfunnel.calibration.groups import LearnedGroups
from simfunnel.estimation.amounts import Amounts
from simfunnel.estimation.arrivals import Arrivals
from simfunnel.estimation.book import Book
from simfunnel.estimation.holiday_gain import HolidayGain
from simfunnel.estimation.month_gain import MonthGain
from simfunnel.estimation.realization import Realization
from simfunnel.estimation.risk import Risk
from simfunnel.estimation.transitions import StageExits
from simfunnel.estimation.weekday_gain import WeekdayGain
from simfunnel.history.history import History
from simfunnel.scenario.periods import Periods


@dataclass(frozen=True, eq=False)
class Learned:
    """Every number of the scenario, and what it rests on."""

    view: History
    day: dt.date
    book: Book
    risk: Risk
    deals: Counts
    stages: tuple[StageExits, ...]
    win_rate: Floats
    entry: Floats
    arrivals: Arrivals
    amounts: Amounts | None
    realization: Realization | None
    dependence: Dependence
    anchor: Stack | None
    half_life: float | None
    horizon: float
    observed_from: dt.date
    counted: bool
    currency: str
    currency_told: bool
    """Whether anything said so; else it is supposed."""
    name: str
    periods: Periods
    pipeline: str
    weekdays: WeekdayGain | None
    holidays: HolidayGain | None = None
    months: MonthGain | None = None
    blend: Blend | None = None
    groups: LearnedGroups | None = None

    @property
    def spread(self) -> float:
        """By how much the run-rate narrows what is uncertain."""
        return self.anchor.spread if self.anchor else 1.0
