"""Whether speeds of weekdays would have forecast past windows better: fitted before each, judged on it."""

from __future__ import annotations

from dataclasses import dataclass

from simfunnel.estimation.clock_gain import LEAST_WINDOWS, LEVEL, clock_gains
from simfunnel.estimation.hindcast import Hindcasts
from simfunnel.estimation.long_run import MeanWithError, mean_of_windows
from simfunnel.estimation.present import HalfLife, Present
from simfunnel.estimation.weekdays import WeekdaySpeeds, weekday_speeds
from simfunnel.estimation.windows import Windows, past_windows


@dataclass(frozen=True, eq=False)
class WeekdayGain:
    """Speeds of weekdays, and what they would have gained."""

    fitted: WeekdaySpeeds
    gain: MeanWithError | None
    """Of the score (CRPS) of past windows, without less with them, as a share of the mean of the windows; None where
    there are too few."""
    independent: float
    windows: Windows
    """The past windows, forecast with the speeds."""

    @property
    def proved(self) -> bool:
        """Whether the gain is none of chance."""
        return self.gain is not None and self.independent >= LEAST_WINDOWS and self.gain.low > 0


def weekday_gain(
    present: Present, windows: Windows, horizon: float, half_life: HalfLife, spread: float,
    hindcasts: Hindcasts | None = None,
) -> WeekdayGain | None:  # fmt: skip
    """Fit the speeds of weekdays, and compare forecasts of past windows with and without them.

    Parameters
    ----------
    present
        The view, laid out.
    windows, horizon, half_life
        Its past windows, of so many days, and the half-life they were forecast with.
    spread
        Sd of the log error of a window beyond the luck of independent deals, taken for both.
    hindcasts
        Where forecasts of past windows are kept.

    Returns
    -------
    WeekdayGain or None
        None where weekdays cannot be told apart.
    """
    fitted = weekday_speeds(present.view, present.risk, present.weight)
    if fitted is None:
        return None
    clocked = past_windows(present.view, horizon, half_life, count=present.counted, weekdays=True, hindcasts=hindcasts)
    gains, scale = clock_gains(windows, clocked, spread)
    gain = mean_of_windows(gains[::-1] / scale, windows.independent, LEVEL) if scale > 0 else None
    return WeekdayGain(fitted, gain, windows.independent, clocked)
