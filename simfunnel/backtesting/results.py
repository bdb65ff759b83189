"""What a backtest found: each origin, and all together."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from simfunnel.backtesting.budget import AgeBand, Budget
from simfunnel.estimation.long_run import MeanWithError
from simfunnel.shown import Shown
from simfunnel.wording.findings import Finding

if TYPE_CHECKING:
    import pandas as pd

LEVELS = (0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95)
"""Of the quantiles that are kept."""
INTERVALS = {0.5: (0.25, 0.75), 0.8: (0.1, 0.9), 0.9: (0.05, 0.95)}
"""Central intervals, by the quantiles at their ends."""
TARGETS = (0.8, 1.0, 1.2)
"""Synthetic targets, as multiples of what past windows brought."""


@dataclass(frozen=True)
class Part:
    """A part of a window: forecast and actual."""

    actual: float
    mean: float
    crps: float


@dataclass(frozen=True)
class Rival:
    """A baseline, or a user's forecaster, at one origin."""

    mean: float
    crps: float
    quantiles: Mapping[float, float] | None
    """None of a point; of quantiles that a user gave those that lie between them."""


@dataclass(frozen=True)
class TargetScore:
    """A synthetic target at one origin."""

    multiple: float
    amount: float
    p: float
    attained: bool


@dataclass(frozen=True)
class OriginScore:
    """One window: what was forecast of it, and what came. Money, or wins by number."""

    as_of: dt.date
    days: int
    group: tuple[str, str] | None
    """(dimension, label); None for everything. Groups are scored on the deals open at the origin."""
    actual: float
    mean: float
    quantiles: Mapping[float, float]
    pit: float
    crps: float
    within: Mapping[float, tuple[float, float]]
    """By the level of a central interval: chance that the forecast gives to less, and to no more than its upper end."""
    parts: Mapping[str, Part]
    """``open``: deals open at the origin; ``new``: those created since."""
    rivals: Mapping[str, Rival] = field(default_factory=dict)
    bands: tuple[AgeBand, ...] = ()
    budget: Budget | None = None
    targets: tuple[TargetScore, ...] = ()
    undated: bool = False
    """Whether fields without a time were used."""
    choices: Mapping[str, str] = field(default_factory=dict)
    """What past windows decided, by name; empty where nothing was to be decided."""
    gains: Mapping[str, float] = field(default_factory=dict)
    """CRPS of the recipe as it is less that with one choice alone, where that differs. Speeds of weekdays are
    in the recipe where they are proved: for them CRPS of the recipe without less that of the recipe."""


@dataclass(frozen=True)
class RivalSummary:
    """A baseline over all origins where it has a forecast."""

    n: int
    crps: float
    relative_crps: float
    bias: float
    difference: MeanWithError | None
    """Ours minus theirs, at the same origins; None where too few."""
    coverage: Mapping[float, float] | None
    """None of points."""


@dataclass(frozen=True)
class Reliability:
    """Forecast chances of a synthetic target, and how often it was attained."""

    multiple: float
    brier: float
    p: float
    share: float


@dataclass(frozen=True)
class PartSummary:
    """A part of the windows over all origins."""

    mean_actual: float
    mean: float
    crps: float


@dataclass(frozen=True)
class Summary:
    """Scores over the origins of everything, or of a group."""

    n: int
    independent_windows: float
    mean_actual: float
    crps: float
    relative_crps: float | None
    """CRPS as a share of the mean actual; None where nothing was won."""
    crps_error: MeanWithError | None
    bias: float | None
    """Mean of forecast less actual, as a share of the mean actual."""
    bias_error: MeanWithError | None
    coverage: Mapping[float, float]
    coverage_region: Mapping[float, tuple[float, float]]
    pit_p_value: float | None
    pinball: Mapping[float, float]
    reliability: tuple[Reliability, ...]
    missed_by: float | None
    """Mean |median - actual| / mean actual over windows side by side, the last of them the latest."""
    side_by_side: int
    inside_80: int
    """Of the windows side by side."""
    rivals: Mapping[str, RivalSummary]
    rival_missed_by: Mapping[str, float]
    parts: Mapping[str, PartSummary]
    bands: tuple[AgeBand, ...]
    budget: Budget | None
    """Relative, as the CRPS."""


@dataclass(frozen=True)
class Skipped:
    """An origin at which nothing could be learned."""

    as_of: dt.date
    why: str


@dataclass(frozen=True, eq=False)
class Backtest(Shown):
    """Forecasts of the past against what came."""

    file: str | None
    """File of the history."""
    first: dt.date
    """First origin."""
    last: dt.date
    """Last origin."""
    every: int
    """Days between origins."""
    days: int
    """Length of the windows."""
    value: str
    """``amount`` or ``count``."""
    currency: str
    """Of all amounts."""
    trials: int
    """Simulated futures of each forecast."""
    origins: tuple[OriginScore, ...]
    """Of everything first, by day; then of groups."""
    skipped: tuple[Skipped, ...]
    """Origins at which nothing could be learned."""
    summary: Summary
    """Scores over all origins."""
    groups: Mapping[tuple[str, str], Summary] = field(default_factory=dict)
    """(dimension, label) -> scores of the open deals of a group."""
    cautions: tuple[Finding, ...] = ()
    """What may change the reading of the scores."""
    findings: tuple[Finding, ...] = ()
    """What was noticed while the history was read."""
    choices: Mapping[str, Any] = field(default_factory=dict)
    """What was chosen inside the training parts, and what that gained; empty where nothing was."""
    settings: Mapping[str, Any] = field(default_factory=dict)
    """What was asked of which history: two backtests of equal settings are the same."""

    @property
    def whole(self) -> tuple[OriginScore, ...]:
        """Origins of everything, by day."""
        return tuple(score for score in self.origins if score.group is None)

    def long_frame(self) -> pd.DataFrame:
        """Forecasts in the long form of ``utilsforecast``: unique_id, cutoff, ds, y, a column for each method.

        `ds` is the last day of the window; ``simfunnel-lo-80`` and ``-hi-80`` are the ends of its 80 % interval.
        """
        import pandas as pd

        rows = []
        for score in self.origins:
            row: dict[str, Any] = {
                "unique_id": "total" if score.group is None else "/".join(score.group),
                "cutoff": pd.Timestamp(score.as_of - dt.timedelta(days=1)),  # the last day that was known
                "ds": pd.Timestamp(score.as_of + dt.timedelta(days=score.days - 1)),
                "y": score.actual,
                "simfunnel": score.mean,
                "simfunnel-lo-80": score.quantiles[0.1],
                "simfunnel-hi-80": score.quantiles[0.9],
            }
            for name, rival in score.rivals.items():
                row[name] = rival.mean
                if rival.quantiles is not None and {0.1, 0.9} <= rival.quantiles.keys():
                    row |= {f"{name}-lo-80": rival.quantiles[0.1], f"{name}-hi-80": rival.quantiles[0.9]}
            rows.append(row)
        return pd.DataFrame(rows)
