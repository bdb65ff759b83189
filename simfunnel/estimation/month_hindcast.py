"""What was expected of one window in each month of the quarter: wins moved by factors are then sums of these."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np

from simfunnel.arrays import Bools, Floats
from simfunnel.estimation.book import Book, with_amounts
from simfunnel.estimation.hindcast import Hindcast, Hindcasts, content_of, hindcast_from
from simfunnel.estimation.passage import incidences, passage_of
from simfunnel.estimation.present import HalfLife, Present, entering_wins, present_of
from simfunnel.estimation.quarters import MONTHS, Months, Parts, Quarters
from simfunnel.estimation.recent import Recent
from simfunnel.estimation.weekdays import weekday_speeds
from simfunnel.estimation.win_months import exposed_wins, levelled
from simfunnel.estimation.windows import came_in, compared
from simfunnel.history.history import DAY, History


@dataclass(frozen=True, eq=False)
class MonthHindcast:
    """A forecast of a window, by month of the quarter; chances times factors are not cut at 1."""

    then: Hindcast
    """The same without months."""
    parts: Parts
    exposed: Floats
    """(3,) wins that its law was learned from, as it expects them."""
    opened: Floats
    """(3,) expected value of the deals open at the start."""
    square: Floats
    """(3,) the sum of chance x amount² of these."""
    cross: Floats
    """(3, 3) the sum of the products of their chances x amount²."""
    new: Floats
    """(3,) expected value of deals to come, at the inflow of then."""

    def factors(self, factors: Floats) -> Floats:
        """Factors on the level of this law."""
        return levelled(factors, self.exposed)

    def entered(self, whole: Book, came: Bools) -> Floats:
        """(3,) wins expected at the start of deals that came in within the window."""
        then, stage = self.then, whole.first_stage[came]
        begun = np.maximum(whole.begun[came], then.start)
        found, before = np.zeros(MONTHS), 0.0
        for end, month in self.parts:
            left = then.left(begun) - float(then.left(np.array([end]))[0])
            until = float(np.where(left > 0, then.entered(stage, left), 0.0).sum())
            found[month] += until - before
            before = until
        return found

    def compared(self, factors: Floats | None, whole: Book) -> tuple[float, ...]:
        """As `windows.compared`, with factors on the wins of months; None: without."""
        then = self.then
        if factors is None:
            return compared(then, whole)
        f = self.factors(factors)
        q = float(f @ self.entered(whole, came_in(whole, then.start, then.until)))
        opened = float(f @ self.opened)
        variance = max(float(f @ self.square - f @ self.cross @ f), 0.0)
        won = whole.won & (whole.closed >= then.start) & (whole.closed < then.until)
        actual = float(with_amounts(whole, then.won_mean).amount[won].sum())
        return (
            then.start, actual, opened + q * then.won_mean, variance + q * then.won_square,
            opened + float(f @ self.new), float(won.sum()),
        )  # fmt: skip


@dataclass(frozen=True, eq=False)
class MonthHindcasts:
    """Forecasts of windows of one view by month of its quarters, kept by content as `Hindcasts` keeps the others."""

    view: History
    quarters: Quarters
    months: Months
    hindcasts: Hindcasts
    half_life: HalfLife
    count: bool
    weekdays: bool

    def of(self, day: dt.date, days: int) -> MonthHindcast:
        """Forecast the window of so many days that begins at a day."""
        view = self.view.as_of(day)
        until = self.view.midnight(day + dt.timedelta(days=days)) / DAY
        kept: Recent[object, MonthHindcast] = self.hindcasts.by_month
        key = (content_of(view), until, self.count, self.weekdays, self.half_life, self.quarters.name)
        return kept.of(key, lambda: self._made(view, until))

    def _made(self, view: History, until: float) -> MonthHindcast:
        present = present_of(view, self.half_life, count=self.count)
        key = (content_of(view), until, self.count, self.weekdays, self.half_life)
        then = self.hindcasts.kept.of(key, lambda: hindcast_from(present, until, weekdays=self.weekdays))
        return month_hindcast(present, then, self.months)


def month_hindcast(present: Present, then: Hindcast, months: Months) -> MonthHindcast:
    """Split the forecast of a window into the months of its quarters.

    Parameters
    ----------
    present
        The view at its start, laid out.
    then
        Its forecast.
    months
        Of the calendar, from before the first entry until after the window.
    """
    parts, start, book = months.parts(then.start, then.until), then.start, present.book
    if then.clock is None:
        age, passed = book.open_age, [end - start for end, _ in parts]
    else:
        speeds = weekday_speeds(present.view, present.risk, present.weight)
        assert speeds is not None
        clock = speeds.clock(present.view, start - float(book.open_age.max(initial=0.0)), then.until)
        age = clock(start) - clock(start - book.open_age)
        passed = [float(clock(end) - clock(start)) for end, _ in parts]
    curves, oldest = incidences(present.risk, present.weight), float(present.risk.age.max(initial=0.0))
    per_day = present.arrivals(then.until - start).per_day
    until, came = np.zeros((len(parts), len(book.open_age))), np.zeros(len(parts))
    for i, (days, (end, _)) in enumerate(zip(passed, parts, strict=True)):
        if days > 0:
            chances = passage_of(curves, oldest, days)
            until[i] = chances.open(book.open_stage, age)
            came[i] = entering_wins(chances, present.entry, per_day, days) * (end - start) / days
    amount, chance, new = present.open_amounts(), np.zeros((MONTHS, len(book.open_age))), np.zeros(MONTHS)
    which = [month for _, month in parts]
    np.add.at(chance, which, _within(until))
    np.add.at(new, which, _within(came) * present.won_mean)
    square = chance * amount**2
    return MonthHindcast(
        then=then, parts=parts, exposed=exposed_wins(present, months), opened=chance @ amount,
        square=square.sum(axis=1), cross=square @ chance.T, new=new,
    )  # fmt: skip


def _within(until: Floats) -> Floats:
    """What falls into each part of what has come until its end; steps of other lengths may make that fall a little."""
    rising = np.minimum.accumulate(until[::-1])[::-1]
    return np.diff(rising, axis=0, prepend=0.0)
