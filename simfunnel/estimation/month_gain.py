"""Whether factors on the wins of the months of a quarter would have forecast past windows better: by other quarters."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Literal

import numpy as np

from simfunnel.arrays import Floats
from simfunnel.estimation.book import book_of
from simfunnel.estimation.clock_gain import LEAST_WINDOWS, LEVEL, clock_gains
from simfunnel.estimation.hindcast import Hindcasts
from simfunnel.estimation.long_run import MeanWithError, mean_of_windows
from simfunnel.estimation.month_hindcast import MonthHindcast, MonthHindcasts
from simfunnel.estimation.present import HalfLife, Present
from simfunnel.estimation.quarters import Quarters
from simfunnel.estimation.win_months import WinsByMonth, wins_by_month
from simfunnel.estimation.windows import Windows, first_usable, past_origins, windows_of
from simfunnel.history.history import DAY

LEAST_QUARTERS, LEAST_OTHERS = 2, 1
"""Whole quarters with wins below which months are a trend in disguise; and of those that judge a window."""

Why = Literal["few_quarters", "no_wins", "all_alike", "few_windows", "no_gain"]
"""Why factors are not written: too few whole quarters; some month of which nothing is known; months that luck alone
would make as different; too few windows that do not overlap; no gain that is none of chance."""


@dataclass(frozen=True, eq=False)
class MonthGain:
    """Factors on the wins of the months of a quarter, and what they would have gained."""

    wins: Floats
    """(3,) wins by month of the quarter."""
    quarters: int
    """Whole quarters with wins."""
    factors: Floats | None
    """(3,) as a scenario has them, on the level of the law as of now; None where there is nothing to tell."""
    gain: MeanWithError | None = None
    """Of the score (CRPS) of past windows, without less with them, as a share of the mean of the windows."""
    independent: float = 0.0
    """Windows that do not overlap."""
    windows: Windows | None = None
    """The past windows, forecast with the factors of other quarters."""
    ahead: MonthHindcast | None = None
    """The window to come, by month."""

    @property
    def proved(self) -> bool:
        """Whether the gain is none of chance."""
        return self.gain is not None and self.independent >= LEAST_WINDOWS and self.gain.low > 0

    @property
    def why(self) -> Why | None:
        """Why the factors are not written; None where they are."""
        if self.proved:
            return None
        if self.quarters < LEAST_QUARTERS:
            return "few_quarters"
        if self.factors is None:
            return "no_wins"
        if float(np.ptp(self.factors)) == 0:
            return "all_alike"
        return "no_gain" if self.gain is not None and self.independent >= LEAST_WINDOWS else "few_windows"


@dataclass(frozen=True, eq=False)
class MonthsTold:
    """What the months of a view tell, before any past window is looked at."""

    told: WinsByMonth
    factors: Floats | None
    """(3,) 1 on the mean of the wins; None where there is nothing to tell."""
    kept: MonthHindcasts

    @property
    def differ(self) -> bool:
        """Whether there are factors to be judged."""
        return self.factors is not None and float(np.ptp(self.factors)) > 0

    def past(self, days: int) -> Windows:
        """The same past windows as `windows.past_windows`, each with the factors of other quarters."""
        view, rows = self.kept.view, []
        whole = book_of(view, count=self.kept.count)
        origins = past_origins(view, first_usable(view, whole), days)
        for day in origins:
            start, until = (view.midnight(day + dt.timedelta(days=d)) / DAY for d in (0, days))
            mine = self.told.months.touched(start, until)
            others = len(set(self.told.whole) - mine) >= LEAST_OTHERS
            rows.append(self.kept.of(day, days).compared(self.told.factors(mine) if others else None, whole))
        return windows_of(rows, ((origins[0] - origins[-1]).days + days) / days if origins else 0.0)


def months_told(
    present: Present, horizon: float, half_life: HalfLife, quarters: Quarters, *, weekdays: bool = False,
    hindcasts: Hindcasts | None = None,
) -> MonthsTold:  # fmt: skip
    """Count wins by month; arguments are those of `month_gain`."""
    months = quarters.months(present.view, float(present.risk.entered.min(initial=present.end)), present.end + horizon)
    told = wins_by_month(present, months)
    factors = told.factors() if len(told.whole) >= LEAST_QUARTERS else None
    kept = MonthHindcasts(
        present.view, quarters, months, hindcasts or Hindcasts(), half_life, present.counted, weekdays
    )
    return MonthsTold(told, factors, kept)


def month_gain(
    present: Present, windows: Windows, horizon: float, half_life: HalfLife, spread: float, quarters: Quarters, *,
    weekdays: bool = False, hindcasts: Hindcasts | None = None,
) -> MonthGain:  # fmt: skip
    """Learn the factors, and compare forecasts of past windows with and without them.

    Parameters
    ----------
    present
        The view, laid out.
    windows, horizon, half_life
        Its past windows, of so many days, and the half-life they were forecast with.
    spread
        Sd of the log error of a window beyond the luck of independent deals, taken for both.
    quarters
        The fiscal calendar.
    weekdays
        Whether windows are forecast with the speeds of weekdays.
    hindcasts
        Where forecasts of past windows are kept.

    Notes
    -----
    Each window is forecast with the factors of quarters of which it holds no day; where none of these is whole, without
    factors. Rates and inflow are those known at its start. A law learned of weighted wins stands at the level of the
    months that weigh most; factors are put on that level, so that law and factors together are right.
    """
    x = months_told(present, horizon, half_life, quarters, weekdays=weekdays, hindcasts=hindcasts)
    wins, whole = x.told.by_month(), len(x.told.whole)
    if x.factors is None or not x.differ:
        return MonthGain(wins, whole, x.factors)
    judged = x.past(round(horizon))
    gains, scale = clock_gains(windows, judged, spread)
    gain = mean_of_windows(gains[::-1] / scale, windows.independent, LEVEL) if scale > 0 else None
    ahead = x.kept.of(present.view.day(present.view.end), round(horizon))
    return MonthGain(wins, whole, ahead.factors(x.factors), gain, windows.independent, judged, ahead)
