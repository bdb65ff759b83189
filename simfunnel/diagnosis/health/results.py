"""What was found about open deals and their owners."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from simfunnel.diagnosis.results import Times
from simfunnel.estimation.owner_bias import OwnerBias
from simfunnel.forecast.estimates import Estimate
from simfunnel.shown import Shown
from simfunnel.wording.findings import Finding

FLAGS = {
    "stale": "in its stage longer than nine of ten won deals were",
    "beyond_support": "older than the scenario's times allow for",
    "close_date_past": "its close date is past",
    "close_date_implausible": "hardly won by its close date (below 10 %)",
    "pushed": "its close date was moved later at least twice",
    "idle": "no activity for long",
    "amount_missing": "no amount",
    "went_back": "went back to an earlier stage",
    "overloaded_owner": "its owner has more open deals than that owner ever decided within a cycle",
}
"""Flag -> its rule in words, in the order in which they are shown."""
OF_HISTORY = ("pushed", "went_back", "overloaded_owner")
"""Flags that only a history can raise."""


@dataclass(frozen=True)
class DealHealth:
    """One open deal. Money in major units, times in days."""

    id: str
    name: str | None
    owner: str | None
    stage: str
    days_in_stage: float | None
    p_win: float
    """P(won within the periods)."""
    p_by_period: tuple[float, ...]
    amount: float
    """Mean of what it brings if won."""
    expected: float
    """Mean of what it brings within the periods."""
    owner_probability: float | None
    category: str | None
    close_date: dt.date | None
    won_days: Times
    """Days in its stage of deals won in the end."""
    lost_days: Times
    flags: tuple[str, ...]
    drop: bool
    """Whether to drop it or qualify it again."""
    earlier: tuple[tuple[dt.date, float], ...] = ()
    """(day, P(won by the end of the periods)) as it was known on earlier kept days, the oldest first."""
    account: str | None = None


@dataclass(frozen=True)
class OwnerHealth:
    """Load of an owner."""

    owner: str
    open: int
    value: float
    expected: float
    """Within the periods."""
    flagged: int
    drop: int
    decided_in_cycle: int | None
    """Most deals decided within any window of the median cycle; None without a history."""
    won_of_decided: float | None
    """Share of the decided that were won, in the history."""
    commit: OwnerBias | None = None
    """How far the owner's commits were from what came; None where no store tells."""


@dataclass(frozen=True)
class Without:
    """What a forecast loses without the deals to drop: paired."""

    deals: int
    value: float
    mean: Estimate
    p_attain: Estimate | None
    """None without a target."""


@dataclass(frozen=True, eq=False)
class Health(Shown):
    """Open deals, the doubtful ones first."""

    scenario: str | None
    """Name of the scenario."""
    as_of: dt.date
    """Day at whose start the world is known."""
    currency: str
    """Of all amounts."""
    periods: tuple[str, ...]
    """Labels of the periods within which chances are given."""
    goal: str
    """Period of `without`."""
    target: float | None
    """Its target; None without one."""
    deals: tuple[DealHealth, ...]
    """Those to drop first, then the doubtful ones; by amount."""
    owners: tuple[OwnerHealth, ...]
    """By the value of their open deals."""
    without: Without
    """What the forecast loses without the deals to drop."""
    forecast_mean: Estimate
    """Open part of the simulated forecast of all periods: the expected amounts add up to it."""
    idle_days: int
    """Days without activity from which on a deal is idle."""
    history: str | None
    """File of the history; None without one."""
    counts: Mapping[str, int]
    """Deals by flag, in the order of `FLAGS`."""
    cautions: tuple[Finding, ...] = ()
    """What could not be told, and why."""

    @property
    def drop(self) -> tuple[str, ...]:
        """Deals to drop or to qualify again, by id."""
        return tuple(deal.id for deal in self.deals if deal.drop)
