"""How fast deals move on each weekday: the exits that came against those that the ages alone would have brought."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from simfunnel.arrays import Floats, Ints
from simfunnel.estimation.incidence import CENSORED, cumulative_incidence
from simfunnel.estimation.laws import AT_ONCE
from simfunnel.estimation.risk import Risk
from simfunnel.history.history import DAY, History

FEWEST_EXITS = 100
"""Exits below which weekdays are not told apart."""
NEGLIGIBLE = 1e-3
"""Weight of a spell, where the heaviest is 1, that is left out."""
_TOLERANCE = 1e-7
"""Days. What happens so close to midnight happens at midnight, on the new day."""
MOST_DAYS = 300_000
"""Days at risk that are counted one by one."""
PHASES = 8
"""Parts of a day in which spells begin, where the days at risk are more."""
_SHORT_DAY = 0.06
"""More than the hour by which a day may be shorter."""


@dataclass(frozen=True, eq=False)
class WeekdaySpeeds:
    """Speeds from Monday to Sunday, 1 in the mean."""

    speed: Floats
    exits: Ints
    """(7,) exits on each weekday, unweighted."""
    holidays: Mapping[tuple[int, int], float] = field(default_factory=dict)
    """Speeds of days of the year, by month and day, as shares of those of their weekdays."""

    def on(self, day: dt.date) -> float:
        """Speed of a day."""
        return float(self.speed[day.weekday()]) * self.holidays.get((day.month, day.day), 1.0)

    def clock(self, history: History, first: float, last: float) -> WeekdayClock:
        """Operational time between two days from the epoch."""
        days = midnights(history, first, last)
        speed = self.speed[days.weekday[:-1]]
        for i, date in enumerate(days.dates[:-1] if self.holidays else ()):
            speed[i] *= self.holidays.get((date.month, date.day), 1.0)
        passed = np.diff(days.at) * speed
        return WeekdayClock(days.at, np.concatenate([[0.0], np.cumsum(passed)]))


@dataclass(frozen=True, eq=False)
class WeekdayClock:
    """Operational time at midnights, straight between them."""

    at: Floats
    time: Floats

    def __call__(self, day: Floats | float) -> Floats:
        """Operational time of days from the epoch."""
        return np.asarray(np.interp(day, self.at, self.time))

    def since(self, day: float) -> WeekdayClock:
        """Forget what lies before the midnight with which a day from the epoch began."""
        first = max(int(np.searchsorted(self.at, day, side="right")) - 1, 0)
        return WeekdayClock(self.at[first:].copy(), self.time[first:].copy())


def weekday_speeds(history: History, risk: Risk, weight: Floats) -> WeekdaySpeeds | None:
    """Fit the speeds by likelihood; hazards by stage and age are those of all days together.

    Parameters
    ----------
    history
        A view, whose time zone says where days begin.
    risk, weight
        Its times at risk, and their weights.

    Returns
    -------
    WeekdaySpeeds or None
        None where there are fewer than `FEWEST_EXITS` exits, or times are known only to lie between two snapshots.

    Notes
    -----
    An exit at age u on weekday v has the hazard speed_v x h(u). Given h the likelihood is that of counts: the estimate
    is exits on v over sum of h over the ages spent at risk on v. Exits within a minute of entry are moved by no clock.
    """
    if history.form == "snapshots" or risk.share is not None or not len(weight):
        return None
    used = weight > NEGLIGIBLE * weight.max()
    mine, weight = risk.of(used), weight[used]
    days = midnights(history, float(mine.entered.min()), mine.end)
    came, expected, counts = np.zeros(7), np.zeros(7), np.zeros(7, dtype=np.int64)
    for k in range(mine.stages):
        of = mine.stage == k
        if of.any():
            found = _of_stage(mine.of(of), weight[of], days)
            came, expected, counts = came + found[0], expected + found[1], counts + found[2]
    if counts.sum() < FEWEST_EXITS:
        return None
    speed = np.where(expected > 0, came / np.where(expected > 0, expected, 1.0), 1.0)
    return WeekdaySpeeds(speed / speed.mean(), counts)


@dataclass(frozen=True, eq=False)
class Days:
    """Days of the history's time zone, one after the other."""

    at: Floats
    """Midnights, in days from the epoch."""
    weekday: Ints
    dates: tuple[dt.date, ...]


def midnights(history: History, first: float, last: float) -> Days:
    """Midnights of the history's time zone, from before one day from the epoch until after another."""
    start = history.day(int(first * DAY)) - dt.timedelta(days=1)
    end = history.day(int(last * DAY)) + dt.timedelta(days=2)
    dates = [start + dt.timedelta(days=i) for i in range((end - start).days + 1)]
    at = np.array([history.midnight(day) for day in dates], dtype=np.int64) / DAY
    return Days(at, np.array([day.weekday() for day in dates], dtype=np.int64), tuple(dates))


def by_date(mine: Risk, days: Days, weight: Floats | None = None) -> tuple[Floats, Floats]:
    """Exits of the spells of one stage that came on each date, and those expected of the law of all days.

    Dates may be any intervals of time; spells all weigh alike where no weights are given.
    """
    weight = mine.shares if weight is None else weight
    ages, reached = _reached(mine, weight)
    gone = (mine.cause != CENSORED) & (mine.age >= AT_ONCE)
    on = np.searchsorted(days.at, mine.left[gone] + _TOLERANCE, side="right") - 1
    dates = replace(days, weekday=np.arange(len(days.at)))
    came = np.asarray(np.bincount(on, weight[gone], minlength=len(days.at)), dtype=np.float64)
    expected = np.zeros(len(days.at))
    begun = np.cumsum(_last_day(mine, days) - _first_day(mine, days) + 1) // MOST_DAYS
    for part in np.unique(begun).tolist():
        of = begun == part
        expected += _expected(mine.of(of), weight[of], dates, ages, reached, len(days.at))
    return came, expected


def _reached(mine: Risk, weight: Floats) -> tuple[Floats, Floats]:
    """Ages of exits, and the hazard passed before each and in all."""
    found = cumulative_incidence(mine.age, mine.cause, mine.stages + 2, entry=mine.entry, weight=weight)
    hazard = found.events.sum(axis=0) / np.where(found.at_risk > 0, found.at_risk, 1.0)
    return found.age, np.concatenate([[0.0], np.cumsum(np.where(found.age < AT_ONCE, 0.0, hazard))])


def _of_stage(mine: Risk, weight: Floats, days: Days) -> tuple[Floats, Floats, Ints]:
    """Exits that came on each weekday and those expected, weighted; and their unweighted number."""
    ages, reached = _reached(mine, weight)
    gone = (mine.cause != CENSORED) & (mine.age >= AT_ONCE)
    on = days.weekday[np.searchsorted(days.at, mine.left[gone] + _TOLERANCE, side="right") - 1]
    came = np.asarray(np.bincount(on, weight[gone], minlength=7), dtype=np.float64)
    counts = np.asarray(np.bincount(on, minlength=7), dtype=np.int64)
    pieces = _last_day(mine, days) - _first_day(mine, days) + 1
    if pieces.sum() <= MOST_DAYS:
        return came, _expected(mine, weight, days, ages, reached), counts
    return came, _expected_by_phase(mine, weight, days, ages, np.diff(reached)), counts


def _first_day(mine: Risk, days: Days) -> Ints:
    begun = mine.entered + np.maximum(mine.entry, 0.0)
    return np.asarray(np.searchsorted(days.at, begun + _TOLERANCE, side="right") - 1)


def _last_day(mine: Risk, days: Days) -> Ints:
    return np.asarray(np.searchsorted(days.at, mine.left + _TOLERANCE, side="right") - 1)


def _expected(mine: Risk, weight: Floats, days: Days, ages: Floats, reached: Floats, kinds: int = 7) -> Floats:
    """Expected exits by kind of day (the weekday): the hazard that each spell passes through on each of its days."""
    first, last = _first_day(mine, days), _last_day(mine, days)
    pieces = last - first + 1
    spell = np.repeat(np.arange(len(pieces)), pieces)
    day = first[spell] + np.arange(len(spell)) - np.repeat(np.cumsum(pieces) - pieces, pieces)
    low = np.searchsorted(ages, days.at[day] - mine.entered[spell] - _TOLERANCE, side="left")
    high = np.searchsorted(ages, days.at[day + 1] - mine.entered[spell] - _TOLERANCE, side="left")
    low = np.where(day == first[spell], np.searchsorted(ages, mine.entry[spell], side="right"), low)
    high = np.where(day == last[spell], np.searchsorted(ages, mine.age[spell], side="right"), high)
    passed = reached[high] - reached[np.minimum(low, high)]
    return np.asarray(np.bincount(days.weekday[day], weight[spell] * passed, minlength=kinds))


def _expected_by_phase(mine: Risk, weight: Floats, days: Days, ages: Floats, hazard: Floats) -> Floats:
    """Do the same with spells that began at one time of the week together: at each age they are on one weekday.

    Exact where only days are known, and all are as long; else times of the week are known to `PHASES` parts of a day.
    """
    day = np.searchsorted(days.at, mine.entered + _TOLERANCE, side="right") - 1
    into = np.clip(mine.entered - days.at[day], 0.0, 1.0 - 1e-9)
    whole = bool(np.all(into < _TOLERANCE))
    part = np.zeros(len(day), dtype=np.int64) if whole else np.floor(into * PHASES).astype(np.int64)
    group = days.weekday[day] * PHASES + part
    expected = np.zeros(7)
    for g in np.unique(group).tolist():
        of = group == g
        at_risk = _summed(mine.entry[of], weight[of], ages) - _summed(mine.age[of], weight[of], ages)
        begun = _SHORT_DAY if whole else (g % PHASES + 0.5) / PHASES
        on = (g // PHASES + np.floor(ages + begun).astype(np.int64)) % 7
        expected += np.bincount(on, hazard * at_risk, minlength=7)
    return expected


def _summed(at: Floats, weight: Floats, ages: Floats) -> Floats:
    """Weight of what lies before each age."""
    order = np.argsort(at, kind="stable")
    sums = np.concatenate([[0.0], np.cumsum(weight[order])])
    return np.asarray(sums[np.searchsorted(at[order], ages, side="left")])
