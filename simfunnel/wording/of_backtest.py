"""Sentences about what a backtest cannot say."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from simfunnel.wording.numbers import percent, plural


def _few_windows(windows: float, origins: int, days: int) -> str:
    return (
        f"{plural(origins, 'origin')}, worth only {windows:.1f} independent windows of {days} days: nothing can "
        "be called better or worse from these, and intervals of scores miss more often than they say"
    )


def _origins_skipped(skipped: int, origins: int, day: dt.date | str, why: str) -> str:
    return f"{skipped:,} of {plural(origins, 'origin')} left out, as on {day}: {why}"


def _coverage_off(share: float, low: float, high: float) -> str:
    which = "too narrow" if share < low else "too wide"
    return (
        f"from {percent(share)} of the origins what came was inside the 80 % range, where a right forecast has "
        f"{percent(low)} to {percent(high)}: the ranges are {which}"
    )


def _biased(bias: float, low: float, high: float) -> str:
    which, ends = ("high", (low, high)) if bias > 0 else ("low", (-high, -low))
    return (
        f"on average the forecast was too {which} by {percent(abs(bias))} of what came (90 % interval "
        f"{percent(ends[0])} to {percent(ends[1])})"
    )


SENTENCES: dict[str, Callable[..., str]] = {
    "few_windows": _few_windows,
    "origins_skipped": _origins_skipped,
    "coverage_off": _coverage_off,
    "biased": _biased,
}
CAUTIONS = frozenset(SENTENCES)
