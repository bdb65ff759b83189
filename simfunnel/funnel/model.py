"""The compiled model: frozen, flat NumPy arrays, the only thing kernels see.

Indices: f funnel, s stage, e exit (one transition of one stage of one funnel), d open deal, g group, k period.
With S stages, a destination of S is Won, of S + 1 Lost. Times are operational days from the start of `as_of` unless
they are said to be calendar days; money is in minor units (cents), int64, so that sums are exact in any order.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from simfunnel.arrays import Bools, Floats, Ints
from simfunnel.families.computed import Distribution
from simfunnel.funnel.inflow import Inflow
from simfunnel.funnel.quantile_tables import QuantileTables

ALL = 0
"""Index of the group that holds everything."""
NONE_LABEL = "(none)"
"""Label of the group of what carries no label."""
FORWARD, BACKWARD, TO_LOST = 1, 2, 0
"""Direction of an exit: to a later stage or Won; to the same or an earlier stage; to Lost."""


class Operations(NamedTuple):
    """Shifts of probabilities, as lists of (operation code, value) that a kernel applies in order."""

    code: Ints
    """0 scale, 1 add, 2 odds, 3 set."""
    value: Floats


class Funnels(NamedTuple):
    """Every variant of the funnel: one for each segment, and for each owner or source that a shift singles out."""

    stages: int
    exit_start: Ints
    """(F * S + 1,) first exit of each stage of each funnel; the exits of a stage are neighbours, Lost last."""
    exit_to: Ints
    """(E,) destination."""
    exit_table: Ints
    """(E,) quantile table of the duration."""
    exit_age: Ints
    """(E,) quantile table of the age of deals of unknown entry, -1 where there are none."""
    exit_never: Bools
    """(E,) whether the duration never ends."""
    exit_direction: Ints
    """(E,) FORWARD, BACKWARD or TO_LOST."""
    probability: Floats
    """(E,) probabilities at the mean rates, shifts applied."""
    share: Floats
    """(E,) stick-breaking share: this exit's probability over that of itself and the exits after it."""
    share_draw: Ints
    """(E,) which uncertain draw replaces `share`, -1 if it is certain."""
    win_rate: Floats
    """(F * (S + 2),) win probability on entering each stage at the mean rates, then 1 for Won and 0 for Lost."""
    winnable: Bools
    """(F * S,) whether a deal in the stage can be won in some trial: a shifted drawn rate may be 0 in the mean only."""
    sole_exit: Ints
    """(F * S,) the one exit of a stage that can lead to Won, in any trial; -1 where there are several, or none."""
    given_age: Bools
    """(F * S,) whether the ages of deals of unknown entry were given; else they are those of steady state."""
    uncertain: Bools
    """(F,) whether any rate of the funnel is drawn."""
    acyclic: Bools
    """(F,) whether every exit leads to a later stage or an end."""
    operation_start: Ints
    """(F * S + 1,) the shifts of each stage's forward probability, as ranges of `operations`."""
    operations: Operations


class UncertainRates(NamedTuple):
    """Rates drawn once per trial and shared by all deals."""

    table: Ints
    """(U,) quantile table of each Beta draw."""


class Deals(NamedTuple):
    """Open deals, one column each."""

    funnel: Ints
    stage: Ints
    age: Floats
    """Operational days in the stage; NaN unknown, then it is drawn."""
    oldest: Floats
    """Operational days since the deal was created, the largest its age can be; infinite where that is unknown."""
    weight_start: Ints
    """(D + 1,) ranges of the two columns below: one entry for each exit of the deal's stage."""
    weight: Floats
    """P(duration >= age); of an unknown age the mean duration (cut at the age since creation), or what is open now of
    the stage's inflow since the creation."""
    age_share: Floats
    """Unknown age: the part of the ages, of deals that leave by this exit, that the creation date leaves."""
    judged: Floats
    """Win probability set by judgement (0 for deals beyond support that count as lost); NaN none."""
    not_before: Floats
    """Earliest time of a win; -inf none."""
    amount: Ints
    """Minor units; -1 where it is drawn from `amount_table`."""
    amount_table: Ints
    """Quantile table of the amount of a deal without one, in minor units; -1 none."""
    level: Ints
    """Index of the amount level that multiplies a drawn amount; -1 none."""
    combination: Ints
    """Index into `Factors.combinations`."""
    group_start: Ints
    """(D + 1,) ranges of `group`."""
    group: Ints
    """Groups the deal counts in, ALL first."""
    operation_start: Ints
    """(D + 1,) shifts of the deal's win probability, as ranges of `operations`."""
    operations: Operations


class LeadStreams(NamedTuple):
    """New business: one stream for each owner of each lead source."""

    source: Ints
    mean: Floats
    """Leads per unit of the source at as_of that this stream gets, before growth and season."""
    funnel: Ints
    stage: Ints
    amount_table: Ints
    level: Ints
    combination: Ints
    group_start: Ints
    group: Ints
    operation_start: Ints
    operations: Operations


class Arrivals(NamedTuple):
    """When the leads of each source arrive: a rate that is constant on pieces of at most a day."""

    stream_start: Ints
    """(number of sources + 1,) ranges of streams; the streams of a source are neighbours."""
    piece_start: Ints
    """(number of sources + 1,) ranges of pieces."""
    piece_day: Floats
    """Calendar day (relative to as_of) on which a piece starts."""
    piece_length: Floats
    """Calendar days."""
    piece_clock: Floats
    """Operational time at the start of the piece."""
    piece_speed: Floats
    """Operational days per calendar day."""
    piece_rate: Floats
    """Leads per calendar day for a mean of one lead per unit: growth and season."""
    piece_unit: Ints
    """Which unit (week, month, ...) of the source the piece lies in, counted from as_of."""
    unit_start: Ints
    """(number of sources + 1,) ranges of `unit_shape`."""
    unit_shape: Floats
    """Shape of the gamma factor of each unit; 0 where the source is not dispersed."""
    level_table: Ints
    """Quantile table of the level factor of each source; -1 none."""


class Factors(NamedTuple):
    """What deals share in a trial."""

    segment: Ints
    """(C,) segment factor of each combination of factors that occurs; -1 none."""
    owner: Ints
    """(C,) owner factor; -1 none."""
    market_load: float
    segment_load: float
    owner_load: float
    """Square roots of the latent correlations."""
    correlated: Floats
    """(C,) sum of the latent correlations of the factors that the combination has."""
    pace_table: int
    """Quantile table of the pace; -1 none."""
    level_table: Ints
    """(L,) quantile table of each amount level."""
    market_given: float
    """Score that the market factor has in every trial; NaN where it is drawn."""


class PaymentTerms(NamedTuple):
    """When a won amount is paid."""

    share: Floats
    """Cumulative shares."""
    delay_table: Ints


class WinMonths(NamedTuple):
    """Shares of wins that are kept, by the month of the quarter in which they fall; no months: all of them are."""

    bound: Floats
    """(J + 1,) operational time at which each month starts, and the last one ends; lowered by the tolerance."""
    month: Ints
    """(J,) 0, 1 or 2."""
    factor: Floats
    """(3,) as written."""
    deal: Floats
    """(D, 3) share kept of the wins of each open deal."""
    stream: Floats
    """(streams, 3) share kept of the wins of leads."""


def every_win() -> WinMonths:
    """Months that change nothing."""
    return WinMonths(np.zeros(0), np.zeros(0, dtype=np.int64), np.ones(3), np.zeros((0, 3)), np.zeros((0, 3)))


class Grid(NamedTuple):
    """Bounds of the periods."""

    bound: Floats
    """(K + 1,) operational time at which each period starts, and the last one ends; lowered by the tolerance."""
    day: Floats
    """(K + 1,) the same in calendar days."""
    clock_day: Floats
    """Midnights in calendar days, for the way back from operational time."""
    clock_time: Floats
    """Operational time at those midnights."""
    clock_from: Ints
    """Last midnight at which no more time has passed than at the start of each of some equal cells of `clock_time`."""
    clock_cells: float
    """Cells per unit of operational time; 0 if none passes."""


class ClosedWins(NamedTuple):
    """Wins of the current period before as_of; with payment terms also earlier ones that are still being paid."""

    day: Floats
    """Calendar days relative to as_of; negative."""
    amount: Ints
    wins: Ints
    booked: Bools
    """Whether it is of the current period; of an earlier one only what is still paid counts."""
    group_start: Ints
    group: Ints


@dataclass(frozen=True, slots=True)
class KeyNames:
    """Names that key the random streams: never positions, never what people call a thing."""

    deals: tuple[str, ...]
    rates: tuple[str, ...]
    segments: tuple[str, ...]
    """Of the segment factors."""
    owners: tuple[str, ...]
    """Of the owner factors."""
    levels: tuple[str, ...]
    """Segments of the amount levels; "" is no segment."""
    sources: tuple[str, ...]
    lead_levels: tuple[str, ...]
    """Of the level of each source: its own name; "" for all of them where they share one."""
    streams: tuple[str, ...]
    closed: tuple[str, ...]
    """Of the wins before as_of."""


@dataclass(frozen=True)
class Model:
    """A scenario and its tables, compiled: what kernels and laws read, and nothing that a person reads.

    Copies with other groups, bounds or terms are made by `simfunnel.funnel.copies`, nowhere else.
    """

    funnels: Funnels
    tables: QuantileTables
    distributions: tuple[Distribution, ...]
    """The distribution behind each quantile table, for what is computed rather than drawn."""
    inflows: dict[int, Inflow | None]
    """How the deals of unknown age came in, of each stage (f * S + s) that has some; None: steadily."""
    rates: UncertainRates
    deals: Deals
    win_rate: Floats
    """(D,) win probability of each open deal given its age, at the mean rates: what the forecast uses."""
    beyond_support: Bools
    """(D,) whether the deal has been in its stage for longer than almost any deal that left it."""
    judged: Bools
    """(D,) whether the analyst gave the win probability."""
    streams: LeadStreams
    arrivals: Arrivals
    factors: Factors
    payment: PaymentTerms
    realization_table: int
    """Quantile table of the realization of listed amounts; -1 where it is a fixed number, already applied."""
    closed: ClosedWins
    grid: Grid
    keys: KeyNames
    groups: int
    """How many groups results are added up for; the first is everything."""

    months: WinMonths = field(default_factory=every_win)
    """Which wins are kept. `win_rate` and the shifts of deals and streams hold the largest factor already."""

    @property
    def kept_win_rate(self) -> Floats:
        """(D,) win probabilities with the mean of the three months: what `win_rate` is where there are no months."""
        return self.win_rate * self.months.deal.mean(axis=1) if len(self.months.month) else self.win_rate

    @property
    def periods(self) -> int:
        """How many periods there are."""
        return len(self.grid.bound) - 1
