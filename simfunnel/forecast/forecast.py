"""The result of a run: what is known of bookings, wins and cash, and the questions it answers."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from simfunnel.arrays import Floats
from simfunnel.crm import DataQuality
from simfunnel.errors import InputError
from simfunnel.forecast.counted import Counted
from simfunnel.forecast.estimates import Attainment
from simfunnel.forecast.implied import ImpliedCorrelation
from simfunnel.forecast.known import Known, over, refuse_without_trials
from simfunnel.forecast.pipeline_value import PipelineValue
from simfunnel.forecast.provenance import Provenance
from simfunnel.forecast.sampled import Sampled
from simfunnel.forecast.solved import Solved
from simfunnel.forecast.summary import GroupSummary, PeriodSummary, Summary
from simfunnel.funnel.book import Compiled
from simfunnel.funnel.calendar import Period
from simfunnel.funnel.model import ALL
from simfunnel.scenario.schema import TOTAL
from simfunnel.shown import Shown
from simfunnel.values.numbers import parse_number
from simfunnel.wording.findings import CLOSED_MISSING, Finding

if TYPE_CHECKING:
    import pandas as pd

    from simfunnel.engine.paths.occupancy import Occupancy

Group: TypeAlias = tuple[str, str]
"""(dimension, label) of a group, such as ("owner", "Wang Wei")."""


@dataclass(frozen=True)
class Forecast(Shown):
    """A forecast: what is known of every period, its provenance and its summaries.

    Made by `simulate` (every trial is known), `exact_forecast` (distributions are), or `Forecast.load`. Money is in
    major units of `currency`; only `known` holds minor units.
    """

    provenance: Provenance
    """Where it comes from: version, hash, seed, trials, method."""
    as_of: dt.date
    """The day at whose start the world is known."""
    currency: str
    """Of all amounts."""
    minor_units: int
    """How many minor units make a major one."""
    periods: tuple[Period, ...]
    """The periods, in order."""
    groups: tuple[Group, ...]
    """(dimension, label) of each group; the first is everything."""
    targets: Mapping[tuple[int, int], float]
    """(group, period) -> target; the number of periods stands for the total."""
    pipeline: PipelineValue
    """The open pipeline of each group in money: the baseline."""
    implied: ImpliedCorrelation | None
    """Correlation of win indicators that the factors imply; None without open deals that can be won or lost."""
    quality: DataQuality
    """What was read of the pipeline, and what was not, with reasons."""
    findings: tuple[Finding, ...]
    """What was noticed about the scenario and about how the forecast was made; of the data, see `quality`."""
    known: Sampled | Counted | Solved
    """Every trial, sums and counts of them, or distributions."""
    compiled: Compiled | None = field(default=None, compare=False, repr=False)
    """What it was computed from; None where it was loaded."""

    @property
    def trials(self) -> int:
        """Number of trials; 0 where distributions are known instead."""
        return self.known.trials

    @property
    def warnings(self) -> tuple[str, ...]:
        """The findings in words; what may change the decision stands in `cautions` only."""
        return tuple(found.sentence for found in self.findings if not found.caution)

    @property
    def cautions(self) -> tuple[Finding, ...]:
        """What may change the decision, about the data and about the forecast; the most costly first."""
        return (*self.quality.cautions, *(found for found in self.findings if found.caution))

    @property
    def closed_missing(self) -> bool:
        """Whether part of the first period lies before as_of and nothing says what was won in it."""
        return any(found.code == CLOSED_MISSING for found in self.findings)

    @property
    def samples(self) -> Sampled:
        """Every trial. Raises InputError for an exact forecast, and for one that did not keep them."""
        if not isinstance(self.known, Sampled):
            raise refuse_without_trials("samples", counted=isinstance(self.known, Counted))
        return self.known

    @property
    def solved(self) -> Solved:
        """The distributions of an exact forecast. Raises InputError for a simulated one."""
        if not isinstance(self.known, Solved):
            raise InputError("a simulated forecast has trials, not distributions: see `samples`, or `exact_forecast`")
        return self.known

    def bookings(self, period: str | int = 0, *, group: Group | None = None) -> Floats:
        """Bookings of every trial.

        Parameters
        ----------
        period
            Label, position, or ``total`` for all periods together.
        group
            ``("owner", "Wang Wei")`` and the like; default everything.

        Returns
        -------
        ndarray of float, shape (trials,)
            In major units.

        Raises
        ------
        InputError
            If the period or group is unknown, or the forecast is exact and has no trials: `quantile` answers then.
        """
        g, k = self._group_index(group), self._period_index(period)
        if not isinstance(self.known, Sampled):
            raise refuse_without_trials("bookings", counted=isinstance(self.known, Counted))
        return np.asarray(self.known.bookings(g, k) / self.minor_units)

    def mean(self, period: str | int = 0, *, group: Group | None = None) -> float:
        """Mean bookings of a period, major units."""
        return self.known.mean(self._group_index(group), self._period_index(period)).mean

    def quantile(self, q: float, period: str | int = 0, *, group: Group | None = None) -> float:
        """Smallest x with P(bookings <= x) >= q, major units."""
        if not 0 < q < 1:
            raise InputError(f"a quantile lies between 0 and 1, found {q:g}")
        return float(self.quantiles(np.array([q]), period, group=group)[0])

    def quantiles(self, q: Floats, period: str | int = 0, *, group: Group | None = None) -> Floats:
        """Quantiles of a period's bookings for an array of levels strictly between 0 and 1, major units."""
        return self.known.quantiles(q, self._group_index(group), self._period_index(period))

    def p_attain(
        self, target: float | str | None = None, period: str | int = 0, *, group: Group | None = None
    ) -> Attainment:
        """Chance that bookings reach a target, such as 300_000 or "300k"; default the scenario's own."""
        if isinstance(target, str):
            try:
                target = parse_number(target)
            except ValueError as error:
                raise InputError(f"target: {error}") from None
        g, k = self._group_index(group), self._period_index(period)
        if target is None:
            target = self.targets.get((g, k))
        if target is None:
            raise InputError(f"the scenario has no target for {self._period_name(k)}; give one")
        if not target > 0:
            raise InputError(f"a target must be above 0, found {target:g}")
        return self.known.attainment(g, k, target)

    @cached_property
    def summary(self) -> Summary:
        """Everything that tables and reports show."""
        from simfunnel.engine.run.executor import available_processors

        K = len(self.periods)
        places = [(g, k) for g in range(len(self.groups)) for k in range(K + 1)]
        with ThreadPoolExecutor(available_processors()) as pool:
            every = list(pool.map(lambda place: self._period_summary(*place), places))
        each = [GroupSummary(tuple(every[i : i + K]), every[i + K]) for i in range(0, len(every), K + 1)]
        groups: dict[str, dict[str, GroupSummary]] = {}
        for g, (dimension, label) in enumerate(self.groups):
            if g != ALL:
                groups.setdefault(dimension, {})[label] = each[g]
        return Summary(each[ALL], groups)

    def samples_frame(self) -> pd.DataFrame:
        """Bookings of every trial as a data frame: one row for each trial and period, parts in columns."""
        from simfunnel.forecast.tables import samples_frame

        return samples_frame(self)

    def occupancy(self) -> Occupancy:
        """Simulate how many deals will be in each stage, week by week.

        Raises
        ------
        InputError
            If the forecast was loaded (it does not hold the deals), or is exact (it walks no trajectories).
        """
        from simfunnel.forecast.occupancy import simulate_occupancy

        if self.compiled is None:
            raise InputError("occupancy needs the scenario; a saved forecast does not hold the deals")
        if not self.trials:
            raise refuse_without_trials("occupancy")
        return simulate_occupancy(self.compiled, self.provenance.trials, self.provenance.seed)

    @classmethod
    def load(cls, folder: str | os.PathLike[str]) -> Forecast:
        """Load what `save` wrote.

        Raises
        ------
        InputError
            If the folder holds no saved forecast, or a damaged one.
        """
        from simfunnel.forecast.loading import read_forecast

        return cls(**read_forecast(Path(folder)))

    def __repr__(self) -> str:
        """Say what it is a forecast of; the numbers are in `frame()`."""
        p = self.provenance
        labels = ", ".join(period.label for period in self.periods)
        how = f"{p.trials:,} trials" if self.trials else "exact"
        return f"<Forecast {p.scenario_name or p.scenario_path or ''!r} as of {self.as_of}: {labels}; {how}>"

    def _group_index(self, group: Group | None) -> int:
        if group is None:
            return ALL
        if tuple(group) not in self.groups:
            known = ", ".join(label for dimension, label in self.groups if dimension == group[0]) or "none"
            raise InputError(f"no {group[0]} '{group[1]}' in this forecast; known: {known}")
        return self.groups.index((group[0], group[1]))

    def _period_index(self, period: str | int) -> int:
        if isinstance(period, int):
            if not 0 <= period < len(self.periods):
                raise InputError(f"period {period} is not one of 0 to {len(self.periods) - 1}")
            return period
        labels = [p.label for p in self.periods]
        if period == TOTAL:
            return len(labels)
        if period not in labels:
            raise InputError(f"no period '{period}' in this forecast; known: {', '.join(labels)}, {TOTAL}")
        return labels.index(period)

    def _period_name(self, k: int) -> str:
        return self.periods[k].label if k < len(self.periods) else TOTAL

    def _period_summary(self, g: int, k: int) -> PeriodSummary:
        known: Known = self.known
        K = len(self.periods)
        target = self.targets.get((g, k))
        gap = None if target is None else target - over(known.closed[g], k) / self.minor_units
        close_dates = self.pipeline.weighted_by_close_date[g, slice(k, k + 1) if k < K else slice(0, K)].sum()
        first, last = self.periods[k if k < K else 0], self.periods[k if k < K else -1]
        numbers = known.numbers(g, k, target)
        return PeriodSummary(
            label=self._period_name(k),
            start=first.start,
            end=last.end,
            bookings=numbers.bookings,
            wins=numbers.wins,
            cash=numbers.cash,
            by_origin=numbers.by_origin,
            attainment=numbers.attainment,
            target=target,
            open_pipeline=float(self.pipeline.open[g]),
            weighted_pipeline=float(self.pipeline.weighted[g]),
            weighted_pipeline_by_close_date=float(close_dates),
            coverage=float(self.pipeline.open[g]) / gap if gap is not None and gap > 0 else None,
        )
