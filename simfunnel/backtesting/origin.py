"""One day of the past from which a window was to be forecast, and what may be asked about it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from simfunnel.arrays import Bools
from simfunnel.backtesting.past import Known, Past, Standing
from simfunnel.estimation.hindcast import Hindcast, OpenDeals
from simfunnel.estimation.windows import past_origins
from simfunnel.history.history import DAY, History

DRAWS = 2_000
"""Draws of a baseline."""


@dataclass(frozen=True, eq=False)
class Origin:
    """A day, the window that begins with it, and the past before it."""

    past: Past
    day: dt.date
    days: int
    """Length of the window."""

    @cached_property
    def view(self) -> History:
        """What was known at the start of the day."""
        return self.past.view(self.day)

    @property
    def start(self) -> float:
        """Start of the window, days from the epoch."""
        return self.past.history.midnight(self.day) / DAY

    @property
    def until(self) -> float:
        """End of the window, excluded; days from the epoch."""
        return self.past.history.midnight(self.last_day) / DAY

    @property
    def last_day(self) -> dt.date:
        """The day after the window."""
        return self.day + dt.timedelta(days=self.days)

    @cached_property
    def known(self) -> Known:
        """All deals as known at the start of the day."""
        return self.past.known(self.day)

    @cached_property
    def there(self) -> Bools:
        """Whether each deal of the whole history was known at the start of the day: a snapshot may show it later."""
        return self.past.history.known_by(self.past.history.midnight(self.day))

    @cached_property
    def standing(self) -> Standing:
        """The open deals."""
        return self.past.standing(self.day)

    @cached_property
    def two_dates(self) -> tuple[Hindcast, OpenDeals]:
        """What created and closed alone say of the window, and of each open deal."""
        return self.past.two_dates_by_deal(self.day, self.days)

    @cached_property
    def earlier(self) -> list[Origin]:
        """Origins whose windows are over, the latest first. All are held: ask them for nothing that they keep."""
        days = past_origins(self.view, self.standing.first, self.days)
        return [Origin(self.past, day, self.days) for day in days]

    @cached_property
    def independent(self) -> float:
        """Windows that would lie side by side in the time of the earlier ones."""
        if not self.earlier:
            return 0.0
        return ((self.earlier[0].day - self.earlier[-1].day).days + self.days) / self.days

    def random(self, name: str) -> np.random.Generator:
        """Draws of one forecast of this window: the same whenever and wherever it is made."""
        return np.random.default_rng([self.day.toordinal(), self.days, *name.encode()])

    def won_in(self, origin: Origin) -> float:
        """What was won in an earlier window, as known now."""
        return self.known.value(self.known.won_between(origin.start, origin.until))

    def won_from(self, day: dt.date) -> Bools:
        """Deals won in the window of the same number of days that begins at a day, as known now."""
        ends = (day, day + dt.timedelta(days=self.days))  # by the calendar: a summer has ended in some windows
        first, last = (self.past.history.midnight(end) / DAY for end in ends)
        return self.known.won_between(first, last)
