"""What is known of past deals, and the only gate to what was known on a day of the past."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from simfunnel.arrays import Bools, Floats, Ints
from simfunnel.errors import InputError
from simfunnel.history.decisions import Decisions
from simfunnel.wording.findings import Finding

STILL, WON, LOST, VOID, UNSEEN = -1, -2, -3, -4, -5
"""Where a spell led if not to a stage: nowhere yet; an end; or out of sight (the deal is in no later snapshot)."""
NEVER = int(np.iinfo(np.int64).max)
"""The instant of what has not happened."""
UNDATED = int(np.iinfo(np.int64).min)
"""The instant of a fact without a time: it is known from the creation of its deal on, or never."""
DAY = 86_400_000_000
"""Microseconds of an elapsed day."""
Texts = npt.NDArray[np.object_]


@dataclass(frozen=True, eq=False)
class Deals:
    """Deals in the order of their first appearance; what never changes about them."""

    id: Texts
    created: Ints
    """Instant; of a deal first seen in a snapshot without a date of creation, that of the snapshot before."""
    created_before: Ints
    """Equal to `created` where that is known exactly, else the snapshot in which the deal was first seen."""
    attributes: Mapping[str, Texts] = field(default_factory=dict)
    """Header -> (D,) text, empty where blank: columns that are no field of ours and never change within a deal."""

    def __len__(self) -> int:
        return len(self.id)


@dataclass(frozen=True, eq=False)
class Spells:
    """Stays of deals in stages, by deal and then by time. All columns have one length.

    A change seen between two snapshots happened in ``[x, x_before)``; where a time is known exactly both are equal.
    """

    deal: Ints
    """Position in `Deals`."""
    stage: Ints
    """Position in `History.stages`."""
    entered: Ints
    entered_before: Ints
    left: Ints
    """`NEVER` while the deal is still there."""
    left_before: Ints
    to: Ints
    """Position of the next stage; or STILL, WON, LOST, VOID, UNSEEN."""

    def __len__(self) -> int:
        return len(self.deal)


@dataclass(frozen=True, eq=False)
class Facts:
    """Values of one field as they became known, by deal and then by time.

    `value` is a float for `amount` and `probability` (0 to 1), an instant as float64 microseconds for `close_date` and
    `last_activity`, and text otherwise.
    """

    deal: Ints
    since: Ints
    """Instant from which on the value holds; `UNDATED` for one without a time."""
    since_before: Ints
    """As for spells: later than `since` for a value first seen in a snapshot."""
    value: Floats | Texts


@dataclass(frozen=True, eq=False)
class Ends:
    """Outcomes of deals; a deal that was opened again has several."""

    deal: Ints
    outcome: Ints
    """WON, LOST or VOID."""
    closed: Ints
    closed_before: Ints


@dataclass(frozen=True, eq=False)
class History:
    """Deals, their spells, facts and ends, in microseconds UTC.

    Attributes
    ----------
    stages
        Names in the order of the process. The two-date form has one, ``Open``.
    time_zone
        Days begin at midnight there; a value without a time of day is the midnight of its day.
    last
        The latest instant that the source tells of.
    at
        None for all that is known; else the instant of the view: nothing in it became known at `at` or later.
    since
        Nothing before this instant is used to estimate; deals alive then enter late.
    undated
        Whether facts without a time are known from creation on, or never.
    findings
        What was noticed while reading, counted.
    decisions
        What was decided while reading, to read a part of the source in the same way.
    moments
        Instants of the snapshots, rising, where the source shows the state of deals again and again; else None.
    """

    deals: Deals
    spells: Spells
    facts: Mapping[str, Facts]
    ends: Ends
    stages: tuple[str, ...]
    time_zone: str
    last: int
    form: str
    """Form of the source: ``events``, ``wide``, ``snapshots``, ``changes``, ``two_dates`` or ``xes``."""
    currency: str | None = None
    file: str | None = None
    at: int | None = None
    since: int | None = None
    undated: Literal["known", "unknown"] = "known"
    findings: tuple[Finding, ...] = ()
    decisions: Decisions | None = None
    moments: Ints | None = None

    def midnight(self, day: dt.date) -> int:
        """Instant at which a day begins in the time zone of the history."""
        return midnight(day, self.time_zone)

    def day(self, instant: int) -> dt.date:
        """Day of an instant in the time zone of the history."""
        return dt.datetime.fromtimestamp(instant // 1_000_000, ZoneInfo(self.time_zone)).date()

    @property
    def end(self) -> int:
        """Instant up to which the view tells: `at`, or just after the last thing that is known."""
        return self.last + 1 if self.at is None else self.at

    def known_by(self, instant: int) -> Bools:
        """Whether each deal was known at an instant: the deals that a view of then has, in their order."""
        return _known(self.deals.created, self.deals.created_before, instant)

    def as_of(self, day: dt.date) -> History:
        """Give what was known at the start of a day: no later spell, fact, end or deal.

        A deal closed later is open, and still in the stage it was in.

        Raises
        ------
        InputError
            If this is itself the view of an earlier day.
        """
        at = self.midnight(day)
        if self.at is not None and at > self.at:
            raise InputError(f"the history ends at {self.day(self.at)}: what was known on {day} is not in it")
        there = self.known_by(at)
        place = np.cumsum(there) - 1
        deals = Deals(
            self.deals.id[there], self.deals.created[there], self.deals.created_before[there],
            {name: values[there] for name, values in self.deals.attributes.items()},
        )  # fmt: skip
        s = self.spells
        kept = _known(s.entered, s.entered_before, at) & there[s.deal]
        gone = _known(s.left, s.left_before, at)[kept]
        spells = Spells(
            place[s.deal[kept]], s.stage[kept], s.entered[kept], s.entered_before[kept],
            np.where(gone, s.left[kept], NEVER), np.where(gone, s.left_before[kept], NEVER),
            np.where(gone, s.to[kept], STILL),
        )  # fmt: skip
        facts = {}
        for name, f in self.facts.items():
            known = (f.since == UNDATED) if self.undated == "known" else np.zeros(len(f.since), dtype=np.bool_)
            known = (known | ((f.since != UNDATED) & _known(f.since, f.since_before, at))) & there[f.deal]
            facts[name] = Facts(place[f.deal[known]], f.since[known], f.since_before[known], f.value[known])
        e = self.ends
        over = _known(e.closed, e.closed_before, at) & there[e.deal]
        ends = Ends(place[e.deal[over]], e.outcome[over], e.closed[over], e.closed_before[over])
        moments = None if self.moments is None else self.moments[self.moments <= at]
        return replace(
            self,
            deals=deals,
            spells=spells,
            facts=facts,
            ends=ends,
            last=min(self.last, at - 1),
            at=at,
            moments=moments,
        )


def midnight(day: dt.date, time_zone: str) -> int:
    """Instant, microseconds UTC, at which a day begins in a time zone."""
    local = dt.datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(time_zone))
    return int(local.timestamp()) * 1_000_000


def _known(x: Ints, before: Ints, at: int) -> Bools:
    """Whether what happened at `x`, or in ``[x, before)``, was known at an instant.

    What happens at the very instant is not; a snapshot of that instant is.
    """
    return (x < at) & (before <= at)
