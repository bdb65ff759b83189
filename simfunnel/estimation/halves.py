"""Past windows by their halves: a change of speed shows in the first, a change of luck in both alike."""

from __future__ import annotations

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
    weekdays: bool = False, hindcasts: Hindcasts | None = None,
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

    Notes
    -----
    Errors are relative, not logs: of a few wins the square of a relative error less the variance of independent deals
    is 0 on the mean where nothing is shared, that of a log error is more.
    """
    kept = Hindcasts() if hindcasts is None else hindcasts
    whole = book_of(history, count=count)
    rows = []
    for origin in windows.origin.tolist():
        day = history.day(round(origin * DAY))
        then = kept.of(history, day, round(horizon), half_life, count=count, weekdays=weekdays)
        rows.append(_squares(then, whole))
    early, late = np.array(rows, dtype=np.float64).reshape(-1, 2).T
    usable = ~np.isnan(early) & ~np.isnan(late)
    share = float(usable.mean()) if len(usable) else 0.0
    return Halves(early[usable], late[usable], windows.independent * share)


def _squares(then: Hindcast, whole: Book) -> tuple[float, float]:
    """Squared relative error of each half, less its variance; NaN where nothing was expected of one."""
    both = given_arrivals(then, whole, came_in(whole, then.start, then.until))
    first = given_arrivals(then, whole, came_in(whole, then.start, then.middle), less=then.passage.half_days)
    amount = with_amounts(whole, then.won_mean).amount
    found = []
    for opened, entered, start, until in (
        (then.early, first, then.start, then.middle), (then.late, both - first, then.middle, then.until)
    ):  # fmt: skip
        mean = opened.mean + entered * then.won_mean
        if mean <= 0:
            return np.nan, np.nan
        won = whole.won & (whole.closed >= start) & (whole.closed < until)
        variance = opened.variance + entered * then.won_square
        found.append((float(amount[won].sum()) / mean - 1) ** 2 - variance / mean**2)
    return found[0], found[1]
