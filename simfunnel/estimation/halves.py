"""Past windows by their halves: a change of speed shows in the first, a change of luck in both alike."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from simfunnel.arrays import Floats
from simfunnel.estimation.book import Book, book_of, with_amounts
from simfunnel.estimation.hindcast import Hindcast, Hindcasts
from simfunnel.estimation.present import HalfLife
from simfunnel.estimation.windows import Windows, came_in, given_arrivals
from simfunnel.history.history import DAY, History


@dataclass(frozen=True, eq=False)
class Halves:
    """Errors of the halves of past windows, both forecast from the start of the window; the latest first."""

    early: Floats
    """(n,) square of the relative error of the first half, what independent deals bring taken off."""
    late: Floats
    """(n,) the same of the second half."""
    independent: float
    """Windows that do not overlap."""


def past_halves(
    history: History, windows: Windows, horizon: float, half_life: HalfLife, *, count: bool = False,
    weekdays: bool = False, hindcasts: Hindcasts | None = None, stop: Callable[[], None] | None = None,
) -> Halves:  # fmt: skip
    """Compare what both halves of past windows brought with what was forecast at their start.

    Parameters
    ----------
    history
        A view; nothing at or after its end is asked for.
    windows
        Its past windows: the same origins are taken.
    horizon, half_life, count, weekdays, hindcasts
        As of `past_windows`.
    stop
        Called for each origin.

    Notes
    -----
    Errors are relative, not logs: of a few wins the square of a relative error less the variance of independent deals
    is 0 on the mean where nothing is shared, that of a log error is more.
    """
    kept = Hindcasts() if hindcasts is None else hindcasts
    whole, length = book_of(history, count=count), round(horizon)
    rows = []
    for origin in windows.origin.tolist():
        day = history.day(round(origin * DAY))
        short, full = (
            kept.of(history, day, days, half_life, count=count, weekdays=weekdays) for days in (length // 2, length)
        )
        rows.append(_squares(short, full, whole))
        if stop is not None:
            stop()
    early, late = np.array(rows, dtype=np.float64).reshape(-1, 2).T
    usable = ~np.isnan(early) & ~np.isnan(late)
    share = float(usable.mean()) if len(usable) else 0.0
    return Halves(early[usable], late[usable], windows.independent * share)


def _squares(short: Hindcast, full: Hindcast, whole: Book) -> tuple[float, float]:
    """Squared relative error of each half, less its variance; NaN where nothing was expected of one."""
    first, both = (given_arrivals(then, whole, came_in(whole, then.start, then.until)) for then in (short, full))
    later = np.clip(full.chance - short.chance, 0.0, 1.0)
    halves = (
        (short.open_mean, first, short.open_variance, short.start, short.until),
        (float(later @ full.amount), both - first, float((later * (1 - later)) @ full.amount**2), short.until,
         full.until),
    )  # fmt: skip
    amount = with_amounts(whole, full.won_mean).amount
    found = []
    for open_mean, entered, open_variance, start, until in halves:
        mean = open_mean + entered * full.won_mean
        if mean <= 0:
            return np.nan, np.nan
        won = whole.won & (whole.closed >= start) & (whole.closed < until)
        variance = open_variance + entered * full.won_square
        found.append((float(amount[won].sum()) / mean - 1) ** 2 - variance / mean**2)
    return found[0], found[1]
