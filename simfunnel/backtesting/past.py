"""What was known on days of the past, each day looked at once for all forecasts that ask for it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from simfunnel.arrays import Bools, Floats, Ints
from simfunnel.estimation.book import book_of, with_amounts
from simfunnel.estimation.hindcast import Hindcast, OpenDeals, hindcast_of, open_deals
from simfunnel.estimation.observation import observed_from
from simfunnel.estimation.present import present_of, won_moments
from simfunnel.estimation.recent import Recent
from simfunnel.estimation.weights import FixedHalfLife
from simfunnel.history.flattened import as_two_dates
from simfunnel.history.history import DAY, History


@dataclass(frozen=True, eq=False)
class Standing:
    """The open deals of a day; instants in days from the epoch."""

    at: float
    deal: Ints
    """(n,) position in the whole history."""
    stage: Ints
    created: Floats
    amount: Floats
    """Last known amount; of unknown ones the mean of the won."""
    first: float
    """When a forecast could first have been made: the first deal, or the start of observation."""


@dataclass(frozen=True, eq=False)
class Known:
    """All deals as known on a day, by position in the whole history; instants in days from the epoch."""

    at: float
    created: Floats
    """NaN for deals that were not known."""
    first_stage: Ints
    closed: Floats
    """Last end, NaN while there is none."""
    won: Bools
    amount: Floats
    """Of won deals without one the mean of the others; NaN where unknown."""
    real: Bools
    """Whether the deal came in: it was in a stage, and is not void."""
    won_mean: float
    won_square: float
    """Mean and mean square of the amounts of won deals."""

    def won_between(self, first: float, last: float) -> Bools:
        """Deals whose last end is a win within two instants, the latter excluded."""
        return np.asarray(self.won & (self.closed >= first) & (self.closed < last))

    def value(self, which: Bools) -> float:
        """Sum of amounts."""
        return float(self.amount[which].sum())


@dataclass(eq=False)
class Past:
    """A whole history, opened a day at a time: nothing at or after a day is in what is given for it."""

    history: History
    count: bool
    """Whether wins are counted instead of their money."""
    unseen: bool = True
    """Whether stages are looked for in which deals began before they were seen: what came of a period needs none."""
    _standings: Recent[dt.date, Standing] = field(default_factory=Recent)
    _knowns: Recent[dt.date, Known] = field(default_factory=Recent)
    _flat: Recent[tuple[dt.date, int], Hindcast] = field(default_factory=Recent)
    _means: Recent[tuple[str, dt.date, int], float] = field(default_factory=Recent)

    def view(self, day: dt.date) -> History:
        """What was known at the start of a day."""
        return self.history.as_of(day)

    def standing(self, day: dt.date) -> Standing:
        """Give the open deals of a day."""
        return self._standings.of(day, lambda: self._open(self.view(day)))

    def known(self, day: dt.date) -> Known:
        """Give all deals as known on a day."""
        return self._knowns.of(day, lambda: self._known(day))

    def mean(self, name: str, day: dt.date, days: int, make: Callable[[], float]) -> float:
        """Give what a method of a name expected, on a day, of the window that begins with it."""
        return self._means.of((name, day, days), make)

    def _known(self, day: dt.date) -> Known:
        view = self.view(day)
        book = book_of(view, count=self.count, unseen=self.unseen)
        mean, square = won_moments(book)
        n = len(self.history.deals)
        place = np.flatnonzero(self.history.known_by(view.end))

        def spread(values: Floats | Ints | Bools, nothing: float) -> Floats:
            result = np.full(n, nothing, dtype=np.float64)
            result[place] = values
            return result

        return Known(
            at=view.end / DAY, created=spread(book.begun, np.nan),
            first_stage=spread(book.first_stage, -1).astype(np.int64), closed=spread(book.closed, np.nan),
            won=spread(book.won, 0).astype(np.bool_), amount=spread(with_amounts(book, mean).amount, np.nan),
            real=spread(book.real, 0).astype(np.bool_), won_mean=mean, won_square=square,
        )  # fmt: skip

    def two_dates(self, day: dt.date, days: int) -> Hindcast:
        """Forecast the window of so many days from created and closed alone, all of the past weighing alike."""
        return self._flat.of((day, days), lambda: self._two_dates(day, days)[0])

    def two_dates_by_deal(self, day: dt.date, days: int) -> tuple[Hindcast, OpenDeals]:
        """Do the same, and tell of each open deal."""
        found = self._two_dates(day, days)
        self._flat.put((day, days), found[0])
        return found

    def _two_dates(self, day: dt.date, days: int) -> tuple[Hindcast, OpenDeals]:
        until = self.history.midnight(day + dt.timedelta(days=days)) / DAY
        present = present_of(as_two_dates(self.view(day)), FixedHalfLife(None), count=self.count)
        chances = present.chances(until - present.end)
        opened = open_deals(present, chances)
        return hindcast_of(present, chances, opened, until), opened

    def _open(self, view: History) -> Standing:
        book = book_of(view, count=self.count, unseen=self.unseen)
        place = np.flatnonzero(self.history.known_by(view.end))
        amount, mean = book.amount[book.open], won_moments(book)[0]
        first = float(book.created.min()) if len(book.created) else view.end / DAY
        return Standing(
            at=view.end / DAY, deal=place[book.open], stage=book.open_stage, created=book.begun[book.open],
            amount=np.where(np.isnan(amount), mean, amount), first=max(first, observed_from(view)),
        )  # fmt: skip
