"""What was known on days of the past, each day looked at once for all forecasts that ask for it."""

from __future__ import annotations

import datetime as dt
import threading
from dataclasses import dataclass, field

import numpy as np

from simfunnel.arrays import Bools, Floats, Ints
from simfunnel.estimation.book import book_of, with_amounts
from simfunnel.estimation.hindcast import Hindcast, hindcast
from simfunnel.estimation.observation import observed_from
from simfunnel.estimation.present import won_moments
from simfunnel.estimation.weights import FixedHalfLife
from simfunnel.history.flattened import as_two_dates
from simfunnel.history.history import DAY, History

LATELY = 8
"""Days whose deals are kept as they were known."""


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
    _standings: dict[dt.date, Standing] = field(default_factory=dict)
    _flat: dict[tuple[dt.date, int], Hindcast] = field(default_factory=dict)
    _knowns: dict[dt.date, Known] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def view(self, day: dt.date) -> History:
        """What was known at the start of a day."""
        return self.history.as_of(day)

    def standing(self, day: dt.date) -> Standing:
        """Give the open deals of a day."""
        if day not in self._standings:
            found = self._open(self.view(day))
            with self._lock:
                self._standings[day] = found
        return self._standings[day]

    def known(self, day: dt.date) -> Known:
        """Give all deals as known on a day; the last few days are kept."""
        found = self._knowns.get(day)
        if found is None:
            found = self._known(day)
            with self._lock:
                while len(self._knowns) >= LATELY:
                    self._knowns.pop(next(iter(self._knowns)))
                self._knowns[day] = found
        return found

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
        key = (day, days)
        if key not in self._flat:
            until = self.history.midnight(day + dt.timedelta(days=days)) / DAY
            found = hindcast(as_two_dates(self.view(day)), until, FixedHalfLife(None), count=self.count)
            with self._lock:
                self._flat[key] = found
        return self._flat[key]

    def _open(self, view: History) -> Standing:
        book = book_of(view, count=self.count, unseen=self.unseen)
        place = np.flatnonzero(self.history.known_by(view.end))
        amount, mean = book.amount[book.open], won_moments(book)[0]
        first = float(book.created.min()) if len(book.created) else view.end / DAY
        return Standing(
            at=view.end / DAY, deal=place[book.open], stage=book.open_stage, created=book.begun[book.open],
            amount=np.where(np.isnan(amount), mean, amount), first=max(first, observed_from(view)),
        )  # fmt: skip
