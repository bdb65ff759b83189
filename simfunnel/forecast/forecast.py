"""The result of a run: every trial's bookings, and what can be said about them."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from simfunnel.arrays import Floats, Ints
from simfunnel.crm import DataQuality
from simfunnel.engine.order_statistics import column, order_statistics
from simfunnel.errors import InputError
from simfunnel.forecast.estimates import Attainment, Estimate, attainment, estimate, quantile_rank, summarise
from simfunnel.forecast.implied import ImpliedCorrelation
from simfunnel.forecast.summary import GroupSummary, PeriodSummary, Summary
from simfunnel.funnel.calendar import Period
from simfunnel.funnel.model import ALL
from simfunnel.scenario.schema import TOTAL
from simfunnel.values.numbers import parse_number

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where a forecast comes from: enough to make it again."""

    version: str
    """Of simfunnel."""
    scenario_name: str
    scenario_path: str | None
    sha256: str
    """Of the resolved scenario and the bytes of the pipeline file."""
    overrides: tuple[str, ...]
    variant: str | None
    method: str
    kernel: str | None
    trials: int
    seed: int
    law_error: float | None
    """Error of a probability of a win before a bound, given Won: of the computed law, of the ways left out and of
    reading between the paces of a table (`outcomes` and exact).
    """
    environment: Mapping[str, str]
    """Versions of Python and of the numerical libraries."""

    def line(self) -> str:
        """Say in one line how to make the forecast again; written into every file."""
        parts = [
            f"simfunnel {self.version}", f"scenario {self.scenario_path or self.scenario_name or '-'}",
            f"sha256 {self.sha256}", f"seed {self.seed}", f"trials {self.trials}",
            f"method {self.method}", f"kernel {self.kernel}",
        ]  # fmt: skip
        if self.variant:
            parts.append(f"variant {self.variant}")
        parts += [f"--set {override}" for override in self.overrides]
        return "; ".join(parts)


@dataclass(frozen=True, slots=True)
class Samples:
    """Results of every trial; axes group, period, trial. Money in minor units."""

    open: Ints
    new: Ints
    wins: npt.NDArray[np.int32]
    """Open and new; closed wins are in `closed_wins`."""
    cash: Ints | None
    closed: Ints
    """(G, K) bookings won before as_of: the same in every trial."""
    closed_wins: Ints
    """(G, K)"""


@dataclass(frozen=True, slots=True)
class PipelineValue:
    """The open pipeline of each group at as_of, major units."""

    open: Floats
    weighted: Floats
    weighted_by_close_date: Floats
    """(G, K)"""


@dataclass(frozen=True)
class Forecast:
    """A forecast: every trial of every period, and its summaries.

    Made by `simulate` or `Forecast.load`. Money is in major units of `currency`; only `samples` holds minor units.
    """

    provenance: Provenance
    as_of: dt.date
    currency: str
    minor_units: int
    periods: tuple[Period, ...]
    groups: tuple[tuple[str, str], ...]
    """(dimension, label) of each group; the first is everything."""
    targets: Mapping[tuple[int, int], float]
    """(group, period) -> target; the number of periods stands for the total."""
    pipeline: PipelineValue
    implied: ImpliedCorrelation | None
    quality: DataQuality
    warnings: tuple[str, ...]
    closed_missing: bool
    samples: Samples

    @property
    def trials(self) -> int:
        """Number of trials."""
        return int(self.samples.open.shape[2])

    def bookings(self, period: str | int = 0, *, group: tuple[str, str] | None = None) -> Floats:
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
        """
        k = self._period_index(period)
        return np.asarray(self._bookings(self._group_index(group), k) / self.minor_units)

    def mean(self, period: str | int = 0, *, group: tuple[str, str] | None = None) -> float:
        """Mean bookings of a period."""
        return estimate(self._bookings(self._group_index(group), self._period_index(period)), self.minor_units).mean

    def quantile(self, q: float, period: str | int = 0, *, group: tuple[str, str] | None = None) -> float:
        """Smallest x with P(bookings <= x) >= q."""
        if not 0 < q < 1:
            raise InputError(f"a quantile lies between 0 and 1, found {q:g}")
        values = self._bookings(self._group_index(group), self._period_index(period))
        return float(order_statistics(column(values), [quantile_rank(len(values), q)])[0]) / self.minor_units

    def __repr__(self) -> str:
        """Say what it is a forecast of; the numbers are in `frame()`."""
        p = self.provenance
        labels = ", ".join(period.label for period in self.periods)
        return (
            f"<Forecast {p.scenario_name or p.scenario_path or ''!r} as of {self.as_of}: {labels}; {p.trials:,} trials>"
        )

    def _repr_html_(self) -> str:
        """Show the summary of everything in a notebook."""
        frame = self.frame()
        shown = frame[frame["dimension"] == ""].drop(columns=["dimension", "group"])
        return str(shown.to_html(index=False, na_rep=""))

    def p_attain(
        self, target: float | str | None = None, period: str | int = 0, *, group: tuple[str, str] | None = None
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
        return self._attainment(g, k, target)

    @cached_property
    def summary(self) -> Summary:
        """Everything that tables and reports show."""
        from simfunnel.engine.runner import available_processors

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

    def frame(self) -> pd.DataFrame:
        """Summarise as a data frame: one row for each group and period, the total included."""
        from simfunnel.forecast.tables import summary_frame

        return summary_frame(self.summary)

    def samples_frame(self) -> pd.DataFrame:
        """Bookings of every trial as a data frame: one row for each trial and period, parts in columns."""
        from simfunnel.forecast.tables import samples_frame

        return samples_frame(self)

    def to_dict(self) -> dict[str, Any]:
        """Give the forecast as plain data, as ``run --json`` prints it."""
        from simfunnel.forecast.json_keys import forecast_dict

        return forecast_dict(self)

    def save(self, folder: str | os.PathLike[str], *, force: bool = False) -> Path:
        """Save to a folder: forecast.json, summary.csv, and the samples; all of them, or none. Returns the folder.

        Raises
        ------
        InputError
            If a file is in the way that simfunnel did not write, unless `force`.
        SurroundingsError
            If the disk is full, or the folder may not be written.
        """
        from simfunnel.forecast.storage import save_forecast

        return save_forecast(self, Path(folder), force=force)

    @classmethod
    def load(cls, folder: str | os.PathLike[str]) -> Forecast:
        """Load what `save` wrote."""
        from simfunnel.forecast.storage import load_forecast

        return load_forecast(Path(folder))

    def _group_index(self, group: tuple[str, str] | None) -> int:
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

    def _bookings(self, g: int, k: int) -> Ints:
        s = self.samples
        booked = self._over(s.open, g, k) + self._over(s.new, g, k)
        booked += s.closed[g, k] if k < len(self.periods) else s.closed[g].sum()
        return booked

    def _over(self, values: npt.NDArray[np.integer], g: int, k: int) -> Ints:
        """Row of a group and period, or the sum of its periods, without a copy where there is one row."""
        rows = values[g, k : k + 1] if k < len(self.periods) else values[g]
        if len(rows) == 1:
            return np.asarray(rows[0], dtype=np.int64)
        return np.asarray(rows.sum(axis=0, dtype=np.int64))

    def _attainment(self, g: int, k: int, target: float) -> Attainment:
        return attainment(self._bookings(g, k), target, self.minor_units)

    def _closed(self, g: int, k: int) -> int:
        """Bookings before as_of, minor units."""
        closed = self.samples.closed[g]
        return int(closed[k]) if k < len(self.periods) else int(closed.sum())

    def _period_summary(self, g: int, k: int) -> PeriodSummary:
        K = len(self.periods)
        target = self.targets.get((g, k))
        gap = None if target is None else target - self._closed(g, k) / self.minor_units
        close_dates = self.pipeline.weighted_by_close_date[g, slice(k, k + 1) if k < K else slice(0, K)].sum()
        first, last = self.periods[k if k < K else 0], self.periods[k if k < K else -1]
        return PeriodSummary(
            label=self._period_name(k),
            start=first.start,
            end=last.end,
            **self._distributions(g, k, target),
            target=target,
            open_pipeline=float(self.pipeline.open[g]),
            weighted_pipeline=float(self.pipeline.weighted[g]),
            weighted_pipeline_by_close_date=float(close_dates),
            coverage=float(self.pipeline.open[g]) / gap if gap is not None and gap > 0 else None,
        )

    def _distributions(self, g: int, k: int, target: float | None) -> dict[str, Any]:
        """Summaries of bookings, wins and cash, the parts of the mean, and the chance of the target."""
        s, unit, K = self.samples, float(self.minor_units), len(self.periods)
        closed = self._closed(g, k)
        opened, new = column(self._over(s.open, g, k)), column(self._over(s.new, g, k))
        bookings = column(opened.values + new.values + closed)
        wins = self._over(s.wins, g, k) + s.closed_wins[g, slice(k, k + 1) if k < K else slice(0, K)].sum()
        return {
            "bookings": summarise(bookings, unit),
            "wins": summarise(wins),
            "cash": None if s.cash is None else summarise(self._over(s.cash, g, k), unit),
            "by_origin": {
                "closed": Estimate(closed / unit, 0.0),
                "open": estimate(opened, unit),
                "new": estimate(new, unit),
            },
            "attainment": None if target is None else attainment(bookings, target, self.minor_units),
        }
