"""What `metrics` finds."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from simfunnel.estimation.incidence import Incidence
from simfunnel.shown import Shown
from simfunnel.wording.findings import Finding

FLAG = 0.9
"""Probability from which on a stage of a group is called a bottleneck."""
LEAST_N = 10.0
"""Effective deals of its own without which no stage of a group is called one."""


@dataclass(frozen=True, slots=True)
class Rate:
    """A rate of one group; intervals are 90 %."""

    raw: float | None
    """From the group's own deals alone; None where none is decided."""
    shrunk: float | None
    """With what the pool says of a group of which little is known; None where nothing is known of the pool."""
    interval: tuple[float, float]
    n_effective: float
    """Independent deals that the raw rate is worth."""

    def apart_from(self, pool: float | None) -> int:
        """Give 1 or -1 if the interval lies above or below the pool's rate, else 0: it cannot be told apart."""
        if pool is None or self.shrunk is None:
            return 0
        return 1 if self.interval[0] > pool else -1 if self.interval[1] < pool else 0


@dataclass(frozen=True, slots=True)
class Times:
    """Days; None where nobody has left that way."""

    median: float | None
    p90: float | None


@dataclass(frozen=True, slots=True)
class StageMetrics:
    """One stage of one group."""

    name: str
    entered: int
    decided: int
    open: int
    undecided: float
    """Share of entrants of which the group's own deals do not say what becomes of them."""
    conversion: Rate
    """Chance to go on to a later stage or to be won."""
    win_rate: Rate
    """Chance that a deal entering the stage is won in the end."""
    days: Times
    """Of those who leave, in any way."""
    days_won: Times
    """Of deals that are won in the end."""
    days_lost: Times


@dataclass(frozen=True, eq=False)
class GroupMetrics:
    """One group of deals."""

    label: str
    n: int
    won: int
    lost: int
    open: int
    stages: tuple[StageMetrics, ...]
    win_rate: Rate
    """Of deals that come in."""
    cycle: float | None
    """Median days from creation to the win."""
    average_won: float | None
    velocity: float | None
    """Open deals x win rate x average won / cycle: money a day."""
    value_now: float
    course: Incidence
    """Won, then lost, by days since creation."""

    @property
    def signing_rate(self) -> Rate:
        """Win share of deals that entered the last stage."""
        return self.stages[-1].win_rate

    @property
    def decided(self) -> int:
        """Deals that are won or lost."""
        return self.won + self.lost


@dataclass(frozen=True, slots=True)
class Bottleneck:
    """A stage of a group, beside the same stage of all deals."""

    group: str
    stage: str
    p_below: float
    """P(its conversion is more than 10 % below the pool's)."""
    flagged: bool
    conversion: float
    pool: float
    entrants: float
    """Entrants a quarter."""
    wins_lost: float
    """Wins a quarter that the pool's conversion would bring more, all else as it is."""
    stderr: float


@dataclass(frozen=True, slots=True)
class Cohort:
    """Deals created in a month, at the end of a later one."""

    month: dt.date
    months_since: int
    deals: int
    won: int
    lost: int
    void: int
    vanished: int
    open: int


@dataclass(frozen=True, slots=True)
class TrendPeriod:
    """Conversion of the deals that entered a stage in one period; None where too few of them are decided."""

    start: dt.date
    entered: int
    decided: int
    conversion: float | None
    interval: tuple[float, float] | None
    n_effective: float


@dataclass(frozen=True, eq=False)
class Trend:
    """Conversion of a stage by period of entry."""

    stage: str
    periods: tuple[TrendPeriod, ...]
    per_year: float | None
    """Slope of the conversion, a year; None from fewer than three periods."""
    interval: tuple[float, float] | None


@dataclass(frozen=True, eq=False)
class Metrics(Shown):
    """Conversion, times, value and bottlenecks of a history, for all deals and by group.

    Attributes
    ----------
    by
        What the deals are grouped by; None: by nothing, and `groups` holds all of them as one.
    groups
        Groups that can be told from the pool stand first (above it) and last (below it); within these, by shrunk win
        rate.
    bottlenecks
        Every stage of every group; those that are flagged first, by what they cost.
    """

    file: str | None
    """File of the history."""
    as_of: dt.date
    """Day at whose start the world is known."""
    observed_from: dt.date
    """Day from which on ends of deals were recorded."""
    by: str | None
    """What deals are grouped by; None: nothing."""
    every: str
    """Periods of the trend: month or quarter."""
    half_life: float | None
    """Days after which what happened weighs half; None: all weighs alike."""
    names: tuple[str, ...]
    """Stages in order."""
    currency: str | None
    """Currency of the history, if it says."""
    whole: GroupMetrics
    """All deals."""
    groups: tuple[GroupMetrics, ...]
    """Groups, those above the pool first."""
    bottlenecks: tuple[Bottleneck, ...]
    """Stages of groups below the pool, by what they cost."""
    cohorts: tuple[Cohort, ...]
    """What has become of the deals of each month."""
    trend: tuple[Trend, ...]
    """Conversion of each stage by period."""
    findings: tuple[Finding, ...] = ()
    """What was noticed while the history was read."""
    cautions: tuple[Finding, ...] = ()
    """What may change the decision."""
