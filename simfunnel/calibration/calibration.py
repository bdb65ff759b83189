"""What was learned from a history, with its uncertainty: the numbers that the scenario is written from."""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from simfunnel.arrays import Floats
from simfunnel.calibration.anchor import Stack
from simfunnel.calibration.blend import Blend
from simfunnel.calibration.dependence import Dependence
from simfunnel.calibration.groups import LearnedGroups
from simfunnel.calibration.months import named_quarters, same_quarters
from simfunnel.calibration.parsed import scenario_data
from simfunnel.errors import InputError
from simfunnel.estimation.amounts import Amounts
from simfunnel.estimation.arrivals import Arrivals
from simfunnel.estimation.holiday_gain import HolidayGain
from simfunnel.estimation.month_gain import MonthGain
from simfunnel.estimation.transitions import StageExits
from simfunnel.estimation.weekday_gain import WeekdayGain
from simfunnel.forecast.inputs import Prepared, prepare
from simfunnel.scenario.periods import Periods
from simfunnel.shown import Shown
from simfunnel.wording.findings import Finding
from simfunnel.wording.shown_text import in_cell

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False)
class Counts:
    """Deals of the view."""

    n: int
    won: int
    lost: int
    void: int
    open: int
    vanished: int
    unseen: int = 0
    """Born and ended between two snapshots, as far as can be estimated; 0 where times are known."""


@dataclass(frozen=True, eq=False)
class Calibration(Shown):
    """Rates, times, inflow, amounts and dependence of a history as of a day. Intervals are 90 %."""

    file: str | None
    """File of the history."""
    as_of: dt.date
    """Day at whose start the world is known."""
    observed_from: dt.date
    """Day from which on ends of deals were recorded."""
    horizon: float
    """Days of the past windows from which the spread was learned."""
    value: str
    """``amount``, or ``count`` where wins are counted."""
    half_life: float | None
    """Days after which what happened weighs half; None: all weighs alike."""
    names: tuple[str, ...]
    """Stages in order."""
    deals: Counts
    """Deals known on the day."""
    stages: tuple[StageExits, ...]
    """Exits of each stage; causes are the stages, then Won, then Lost."""
    win_rate: Floats
    """(K, 3) chance that a deal entering each stage is won within the ages seen, and the ends of its interval."""
    open_count: tuple[int, ...]
    """Open deals of each stage."""
    entry: Floats
    """(K,) share of new deals that begin in each stage."""
    arrivals: Arrivals
    """Inflow of new deals."""
    amounts: Amounts | None
    """Amounts of won deals; None where wins are counted."""
    dependence: Dependence
    """The common factor behind all deals."""
    anchor: Stack | None
    """What the run-rate says; None where it says nothing."""
    oldest_age: float
    """Oldest age in a stage seen at risk, days."""
    open_value_beyond: float
    """Value of open deals that are older than any exit ever seen from their stage."""
    scenario: str
    """The scenario as YAML, with a comment for every number."""
    pipeline: tuple[tuple[str, ...], ...]
    """Rows of the pipeline file that goes with it, the header first."""
    findings: tuple[Finding, ...] = ()
    """What was noticed while the history was read."""
    cautions: tuple[Finding, ...] = ()
    """What may change the decision."""
    total_error: float | None = None
    """Root mean square of the log errors of past windows whose arrivals were not known."""
    weekdays: WeekdayGain | None = None
    """Speeds of weekdays, and whether past windows show a gain from them; None where they cannot be told apart."""
    holidays: HolidayGain | None = None
    """Days of the year on which hardly anything happens; None where they cannot be looked for."""
    months: MonthGain | None = None
    """Factors on the wins of the months of a quarter; None with a prior."""
    periods: Periods = field(default_factory=lambda: Periods(unit="quarter", count=2))
    """Of the scenario, with its fiscal year."""
    daily: Floats = field(default_factory=lambda: np.zeros(0))
    """New deals of each day observed, the last the day before `as_of`."""

    won_amounts: Floats = field(default_factory=lambda: np.zeros(0))
    """Amounts of won deals that `amounts` rests on, rising; empty where wins are counted."""
    open_amounts: Floats = field(default_factory=lambda: np.zeros(0))
    """Amounts listed of open deals, rising; empty where wins are counted."""
    prior: Blend | None = None
    """The prior that the rates are pooled with; None without one."""
    groups: LearnedGroups | None = None
    """What was learned of groups of deals: the segments of the scenario; None without any."""

    @property
    def counts_amounts(self) -> bool:
        """Whether the amounts are those of won deals of the history."""
        return self.amounts is not None and self.amounts.n > 0

    @property
    def pipeline_text(self) -> str:
        """The pipeline file; what a spreadsheet would take for a formula has an apostrophe before it."""
        file = io.StringIO()
        csv.writer(file, lineterminator="\n").writerows([in_cell(cell) for cell in row] for row in self.pipeline)
        return file.getvalue()

    def prepared(self, overrides: Sequence[str] = ()) -> Prepared:
        """Give the scenario with its open deals, ready to be forecast, without a file.

        Parameters
        ----------
        overrides
            ``path=value`` texts, as for any scenario.
        """
        ready = prepare(self.data(), overrides=overrides, pipeline=self.deals_frame())
        if ready.scenario.wins_by_month_of_quarter is not None:
            self._refuse_other_quarters(ready.scenario.periods)
        quality = ready.table.quality
        said = replace(quality, cautions=(*self.cautions, *quality.cautions))
        return replace(ready, table=replace(ready.table, quality=said))

    def _refuse_other_quarters(self, periods: Periods) -> None:
        if self.months is not None and self.months.proved and not same_quarters(periods, self.periods):
            raise InputError(
                f"wins_by_month_of_quarter: the factors were learned {named_quarters(self.periods)}, the scenario has "
                f"months {named_quarters(periods)}: learn them of those (calibrate --fiscal-year-start), or "
                "--set wins_by_month_of_quarter=null"
            )

    def data(self) -> dict[str, Any]:
        """The scenario as data, without its pipeline file."""
        data = scenario_data(self.scenario)
        data["pipeline"] = {key: value for key, value in data["pipeline"].items() if key != "file"}
        return data

    def deals_frame(self) -> pd.DataFrame:
        """The pipeline file as a data frame."""
        import pandas as pd

        return pd.DataFrame(self.pipeline[1:], columns=list(self.pipeline[0]))
