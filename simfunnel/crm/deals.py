"""The pipeline table: open deals, and deals already won in the current period, as columns."""

from __future__ import annotations

from dataclasses import dataclass

from simfunnel.arrays import Floats
from simfunnel.crm.quality import DataQuality

Labels = tuple[str | None, ...]


@dataclass(frozen=True, slots=True)
class OpenDeals:
    """Open deals. Dates are days relative to the start of `as_of`, negative before it, NaN unknown."""

    id: tuple[str, ...]
    row: tuple[int, ...]
    """Row in the file (the header is row 1); place in the list for deals written in the scenario."""
    stage: tuple[str, ...]
    entered: Floats
    """When the deal entered its stage: minus its age."""
    created: Floats
    close_date: Floats
    amount: Floats
    """In the currency of the scenario; NaN if the deal has none."""
    owner: Labels
    team: Labels
    segment: Labels
    source: Labels
    win_rate: Floats
    """Judgement of the analyst, in [0, 1]."""
    not_before: Floats
    probability: Floats
    """The CRM's own probability, in [0, 1]; for comparison only."""
    forecast_category: Labels
    last_activity: Floats
    name: Labels
    """What people call the deal; for display only, like the account."""
    account: Labels

    def __len__(self) -> int:
        return len(self.id)


@dataclass(frozen=True, slots=True)
class WonDeals:
    """Deals won before `as_of`."""

    id: tuple[str, ...]
    row: tuple[int, ...]
    closed: Floats
    """Day of the win relative to the start of `as_of`: negative."""
    amount: Floats
    owner: Labels
    team: Labels
    segment: Labels
    source: Labels

    def __len__(self) -> int:
        return len(self.id)


@dataclass(frozen=True, slots=True)
class PipelineTable:
    """Everything a pipeline file says about the forecast."""

    open: OpenDeals
    won: WonDeals
    """Won in the current period, before `as_of`."""
    won_earlier: WonDeals
    """Won before the current period: their instalments may still be coming in. Amounts may be NaN."""
    quality: DataQuality
    lost: frozenset[str] = frozenset()
    """Ids of the deals that the file says are lost."""
