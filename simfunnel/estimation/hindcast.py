"""What was expected of one past window at its start, in sums; made once, and kept by what was known then."""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from simfunnel.arrays import Floats, Ints
from simfunnel.estimation.passage import Passage
from simfunnel.estimation.present import TINY, HalfLife, Present, present_of
from simfunnel.estimation.recent import Recent
from simfunnel.estimation.weekdays import WeekdayClock, WeekdaySpeeds, weekday_speeds
from simfunnel.history.history import DAY, History

AN_INSTANT = 1e-3
"""Days of a window on all of whose days nothing moves."""


@dataclass(frozen=True)
class Moments:
    """Mean and variance of what deals bring that are independent of each other."""

    mean: float
    variance: float

    @classmethod
    def of(cls, chance: Floats, amount: Floats) -> Moments:
        """Add up deals, each won with its chance for its amount."""
        return cls(float(chance @ amount), float((chance * (1 - chance)) @ amount**2))


@dataclass(frozen=True, eq=False)
class OpenDeals:
    """The deals open at the start of a window, one by one; all columns have one length."""

    chance: Floats
    """Of being won within the window."""
    half_chance: Floats
    """Of being won until its middle."""
    amount: Floats
    """What each then brings."""


@dataclass(frozen=True, eq=False)
class Hindcast:
    """A forecast of a past window, but for what depends on the deals that came within it.

    Of open deals sums are all that is asked for later: a hindcast is small whatever the history, and is kept.
    """

    start: float
    """Days from the epoch."""
    until: float
    opened: Moments
    """Of the deals open at the start, within the window."""
    early: Moments
    """Of them until the middle."""
    late: Moments
    """Of them from the middle on."""
    new_mean: float
    """Expected value of deals to come, at the inflow of then."""
    won_mean: float
    won_square: float
    """Mean and mean square of the amounts of won deals."""
    passage: Passage
    """Chances of deals that enter."""
    middle: float
    """Day from the epoch at which half of the window has passed: of its operational time, where there is a clock."""
    clock: WeekdayClock | None = None
    """Operational time of the window, where weekdays have speeds; else time is that of the calendar."""

    @property
    def mean(self) -> float:
        """Expected value of the window."""
        return self.opened.mean + self.new_mean

    @property
    def new_variance(self) -> float:
        """Of the sum of a Poisson number of new deals."""
        return self.new_mean * self.won_square / max(self.won_mean, TINY)

    def left(self, day: Floats) -> Floats:
        """Days of the window that are left after days from the epoch; operational ones where there is a clock."""
        return self.until - day if self.clock is None else self.clock(self.until) - self.clock(day)

    def entered(self, stage: Ints, days_left: Floats) -> Floats:
        """Chance of deals that enter a stage with so many days of the window left."""
        return self.passage.entered(stage, days_left)


@dataclass
class Hindcasts:
    """Forecasts of past windows, by the content of the view that they were made from.

    Views of one past day taken at different later days are the same unless the past was rewritten (a deal is void
    since): keeping by content shares the work, and nothing else.
    """

    kept: Recent[tuple[bytes, float, bool, bool, HalfLife], Hindcast] = field(default_factory=Recent)
    by_month: Recent[Any, Any] = field(default_factory=Recent)
    """The same by month of the quarter (`simfunnel.estimation.month_hindcast`)."""

    def of(
        self, history: History, day: dt.date, days: int, half_life: HalfLife, *, count: bool = False,
        weekdays: bool = False,
    ) -> Hindcast:  # fmt: skip
        """Forecast the window of so many days that begins at a day, or give the forecast made before."""
        view = history.as_of(day)
        until = history.midnight(day + dt.timedelta(days=days)) / DAY
        key = (content_of(view), until, count, weekdays, half_life)
        return self.kept.of(key, lambda: hindcast(view, until, half_life, count=count, weekdays=weekdays))


def hindcast(view: History, until: float, half_life: HalfLife, *, count: bool, weekdays: bool = False) -> Hindcast:
    """Forecast a window from its start: until then the view tells; with `weekdays` at the speeds fitted on it."""
    return hindcast_from(present_of(view, half_life, count=count), until, weekdays=weekdays)


def hindcast_from(present: Present, until: float, *, weekdays: bool) -> Hindcast:
    """Do the same from a view that is laid out."""
    fitted = weekday_speeds(present.view, present.risk, present.weight) if weekdays else None
    if fitted is not None:
        return hindcast_clocked(present, fitted, until)
    chances = present.chances(until - present.end)
    return hindcast_of(present, chances, open_deals(present, chances), until)


def open_deals(present: Present, chances: Passage, age: Floats | None = None) -> OpenDeals:
    """Lay out the open deals of a view; their ages are those of the calendar, or given."""
    stage, age = present.book.open_stage, present.book.open_age if age is None else age
    return OpenDeals(chances.open(stage, age), chances.open_half(stage, age), present.open_amounts())


def hindcast_of(present: Present, chances: Passage, opened: OpenDeals, until: float) -> Hindcast:
    """Forecast a window from what is there at its start and chances that may come from elsewhere."""
    new_mean = present.entering_wins(chances, until - present.end) * present.won_mean
    return _summed(present, chances, opened, until, new_mean, present.end + chances.half_days)


def hindcast_clocked(present: Present, speeds: WeekdaySpeeds, until: float) -> Hindcast:
    """Forecast a window under a clock: ages and the days that are left run through it, the laws stay as they are."""
    book, start = present.book, present.end
    clock = speeds.clock(present.view, start - float(book.open_age.max(initial=0.0)), until)
    days = max(float(clock(until) - clock(start)), AN_INSTANT)
    chances = present.chances(days)
    opened = open_deals(present, chances, clock(start) - clock(start - book.open_age))
    new_mean = present.entering_wins(chances, days) * (until - start) / days * present.won_mean
    middle = float(np.interp(clock(start) + chances.half_days, clock.time, clock.at))
    return _summed(present, chances, opened, until, new_mean, middle, clock.since(start))


def _summed(
    present: Present, chances: Passage, opened: OpenDeals, until: float, new_mean: float, middle: float,
    clock: WeekdayClock | None = None,
) -> Hindcast:  # fmt: skip
    late = np.clip(opened.chance - opened.half_chance, 0.0, 1.0)
    return Hindcast(
        start=present.end, until=until, opened=Moments.of(opened.chance, opened.amount),
        early=Moments.of(opened.half_chance, opened.amount), late=Moments.of(late, opened.amount), new_mean=new_mean,
        won_mean=present.won_mean, won_square=present.won_square, passage=chances.of_entering(), middle=middle,
        clock=clock,
    )  # fmt: skip


def content_of(view: History) -> bytes:
    """A hash of the deals, spells, ends and amounts of a view, and of how far it tells: all that a hindcast reads."""
    found = hashlib.blake2b(repr((view.at, view.since, view.undated)).encode(), digest_size=16)
    spells, ends = view.spells, view.ends
    columns = [
        view.deals.created, view.deals.created_before, spells.deal, spells.stage, spells.entered, spells.entered_before,
        spells.left, spells.left_before, spells.to, ends.deal, ends.outcome, ends.closed,
    ]  # fmt: skip
    columns += [] if view.moments is None else [view.moments]
    amounts = view.facts.get("amount")
    if amounts is not None:
        columns += [amounts.deal, amounts.since, np.asarray(amounts.value, dtype=np.float64)]
    for column in columns:
        found.update(len(column).to_bytes(8, "little"))
        found.update(np.ascontiguousarray(column).data)
    return found.digest()
