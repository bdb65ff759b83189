"""The days of the past at which a backtest forecasts."""

from __future__ import annotations

import datetime as dt

from simfunnel.errors import InputError, Problem
from simfunnel.estimation.book import book_of
from simfunnel.estimation.windows import first_usable
from simfunnel.history.history import DAY, History
from simfunnel.history.silences import silences

LEAST = 3
"""Origins below which nothing is scored."""
LEAST_HISTORY = 28
"""Days of history before the first origin, where nobody says which is the first."""
MOST_SILENT = 366
"""Days of windows within years of which the history tells nothing, beyond which none is forecast."""
QUARTER, MONTH, QUARTERS = 91, 30, 6


def origin_days(
    history: History, days: int, every: int, first: dt.date | None = None, last: dt.date | None = None
) -> list[dt.date]:
    """Days from the first to the last, each the start of a window that is over by the end of the history.

    Parameters
    ----------
    history
        All that is known.
    days
        Length of a window.
    every
        Days between origins.
    first, last
        Default: four weeks or a window after the history begins, whichever is later; and the last day whose window is
        over.

    Raises
    ------
    InputError
        If the window does not fit into the history, the days lie outside it, or fewer than three remain.
    """
    if every < 1:
        raise InputError(f"--every: expected at least 1 day, found {every}")
    begins, ends = span(history)
    if days < 1:
        raise InputError(f"--horizon: expected at least 1 day, found {days}")
    latest = ends - dt.timedelta(days=days)
    if latest <= begins:
        raise InputError(
            f"--horizon {days}d: the history tells of {begins} to {ends}, {(ends - begins).days} days; expected a "
            "shorter window, with history before it to learn from"
        )
    if last is not None and last > latest:
        raise InputError(
            f"--last {last}: a window of {days} days from there ends after {ends}, up to which the history tells; the "
            f"latest possible is {latest}"
        )
    last = last or latest
    usual = begins + dt.timedelta(days=max(LEAST_HISTORY, days))
    if first is not None and first <= begins:
        raise InputError(f"--first {first}: nothing is known before {begins}; choose a later day")
    first = first or usual
    if first > last:
        chosen = "the day given as --first" if first is not usual else f"the first after the history begins on {begins}"
        raise InputError(
            f"no window of {days} days fits between {first}, {chosen}, and {ends}, up to which the history tells: "
            f"the last origin is {last}, and at least {LEAST} are needed; choose a shorter --horizon"
            + ("" if first is usual else ", or an earlier --first")
        )
    _refuse_silence(history, days, first, last)
    found = [first + dt.timedelta(days=i) for i in range(0, (last - first).days + 1, every)]
    if first is usual:  # the latest window counts: it is the one that resembles the next
        found = [last - dt.timedelta(days=i) for i in range(0, (last - first).days + 1, every)][::-1]
    if len(found) < LEAST:
        raise InputError(
            f"{len(found)} windows of {days} days begin every {every} days from {first} to {last}; at least {LEAST} "
            "are needed: choose a smaller --every, a shorter --horizon or an earlier --first"
        )
    return found


def _refuse_silence(history: History, days: int, first: dt.date, last: dt.date) -> None:
    """Raise InputError if windows were to be forecast for years of which the history tells nothing."""
    for silence in silences(history):
        begins, ends = history.day(silence.begins), history.day(silence.ends)
        if (min(last + dt.timedelta(days=days), ends) - max(first, begins)).days <= MOST_SILENT:
            continue
        choice = f"--last {begins - dt.timedelta(days=days - 1)}" if silence.late else f"--first {ends}"
        raise InputError(Problem(
            f"nothing is told of {begins} to {ends}, and windows would be forecast there: "
            f"{silence.finding(history).sentence}, or choose {choice} or "
            f"{'an earlier' if silence.late else 'a later'} day", file=history.file))  # fmt: skip


def usual_horizon(history: History) -> int:
    """A quarter where six of them fit into the history, else a month."""
    begins, ends = span(history)
    return QUARTER if (ends - begins).days >= QUARTERS * QUARTER else MONTH


def span(history: History) -> tuple[dt.date, dt.date]:
    """First day that a forecast can rest on, and the day after the last that the history tells of."""
    if not len(history.deals):
        raise InputError("the history holds no deal")
    begins = history.day(int(first_usable(history, book_of(history)) * DAY))
    return begins, history.day(history.last) + dt.timedelta(days=1)
