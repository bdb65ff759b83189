"""What was expected of one past window at its start; made once, and kept by what was known then."""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from simfunnel.arrays import Floats, Ints
from simfunnel.estimation.passage import Passage
from simfunnel.estimation.present import TINY, HalfLife, Present, present_of
from simfunnel.estimation.weekdays import WeekdayClock, WeekdaySpeeds, weekday_speeds
from simfunnel.history.history import DAY, History

AN_INSTANT = 1e-3
"""Days of a window on all of whose days nothing moves."""


@dataclass(frozen=True, eq=False)
class Hindcast:
    """A forecast of a past window, but for what depends on the deals that came within it."""

    start: float
    """Days from the epoch."""
    until: float
    chance: Floats
    """(n,) of each deal open at the start to be won within the window."""
    amount: Floats
    """(n,) what each then brings."""
    new_mean: float
    """Expected value of deals to come, at the inflow of then."""
    won_mean: float
    won_square: float
    """Mean and mean square of the amounts of won deals."""
    passage: Passage
    """Chances of deals that enter; those of open deals are in `chance`."""
    half_chance: Floats
    """(n,) chance of each open deal until the middle."""
    middle: float
    """Day from the epoch at which half of the window has passed: of its operational time, where there is a clock."""
    clock: WeekdayClock | None = None
    """Operational time, where weekdays have speeds; else time is that of the calendar."""

    @cached_property
    def open_mean(self) -> float:
        """Expected value of the deals open at the start."""
        return float(self.chance @ self.amount)

    @cached_property
    def open_variance(self) -> float:
        """Of the sum of independent deals with these chances."""
        return float((self.chance * (1 - self.chance)) @ self.amount**2)

    @property
    def mean(self) -> float:
        """Expected value of the window."""
        return self.open_mean + self.new_mean

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

    kept: dict[tuple[bytes, float, bool, bool, HalfLife], Hindcast] = field(default_factory=dict)

    def of(
        self, history: History, day: dt.date, days: int, half_life: HalfLife, *, count: bool = False,
        weekdays: bool = False,
    ) -> Hindcast:  # fmt: skip
        """Forecast the window of so many days that begins at a day, or give the forecast made before."""
        view = history.as_of(day)
        until = history.midnight(day + dt.timedelta(days=days)) / DAY
        key = (content_of(view), until, count, weekdays, half_life)
        if key not in self.kept:
            self.kept[key] = hindcast(view, until, half_life, count=count, weekdays=weekdays)
        return self.kept[key]


def hindcast(view: History, until: float, half_life: HalfLife, *, count: bool, weekdays: bool = False) -> Hindcast:
    """Forecast a window from its start: until then the view tells; with `weekdays` at the speeds fitted on it."""
    present = present_of(view, half_life, count=count)
    fitted = weekday_speeds(view, present.risk, present.weight) if weekdays else None
    if fitted is not None:
        return hindcast_clocked(present, fitted, until)
    return hindcast_of(present, present.chances(until - present.end), until)


def hindcast_of(present: Present, chances: Passage, until: float) -> Hindcast:
    """Forecast a window from what is there at its start and chances that may come from elsewhere."""
    days = until - present.end
    return Hindcast(
        start=present.end, until=until, chance=chances.open(present.book.open_stage, present.book.open_age),
        amount=present.open_amounts(), new_mean=present.entering_wins(chances, days) * present.won_mean,
        won_mean=present.won_mean, won_square=present.won_square, passage=chances.of_entering(),
        half_chance=chances.open_half(present.book.open_stage, present.book.open_age),
        middle=present.end + chances.half_days,
    )  # fmt: skip


def hindcast_clocked(present: Present, speeds: WeekdaySpeeds, until: float) -> Hindcast:
    """Forecast a window under a clock: ages and the days that are left run through it, the laws stay as they are."""
    book, start = present.book, present.end
    clock = speeds.clock(present.view, start - float(book.open_age.max(initial=0.0)), until)
    days = max(float(clock(until) - clock(start)), AN_INSTANT)
    chances = present.chances(days)
    ages = clock(start) - clock(start - book.open_age)
    return Hindcast(
        start=start, until=until, clock=clock, amount=present.open_amounts(),
        chance=chances.open(book.open_stage, ages), half_chance=chances.open_half(book.open_stage, ages),
        middle=float(np.interp(clock(start) + chances.half_days, clock.time, clock.at)),
        new_mean=present.entering_wins(chances, days) * (until - start) / days * present.won_mean,
        won_mean=present.won_mean, won_square=present.won_square, passage=chances.of_entering(),
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
