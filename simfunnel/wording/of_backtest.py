"""Sentences about what a backtest cannot say."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from simfunnel.wording.language import tell
from simfunnel.wording.numbers import day_told, percents, plural


def _few_windows(windows: float, origins: int, days: int) -> str:
    return tell(
        "{origins}, worth only {windows:.1f} independent windows of {days} days: nothing can be "
        "called better or worse from these, and intervals of scores miss more often than they say",
        origins=plural(origins, "origin"),
        windows=windows,
        days=days,
    )


def _origins_skipped(skipped: int, origins: int, day: dt.date | str, why: str) -> str:
    return tell(
        "{skipped:,} of {origins} left out, as on {day}: {why}",
        skipped=skipped,
        origins=plural(origins, "origin"),
        day=day_told(day),
        why=why,
    )


def _coverage_off(share: float, low: float, high: float) -> str:
    which = tell("too narrow") if share < low else tell("too wide")
    came, least, most = percents(share, low, high)
    return tell(
        "from {share} of the origins what came was inside the 80 % range, where a right forecast "
        "has {low} to {high}: the ranges are {which}",
        share=came,
        low=least,
        high=most,
        which=which,
    )


def _biased(bias: float, low: float, high: float) -> str:
    which, ends = (tell("high"), (low, high)) if bias > 0 else (tell("low"), (-high, -low))
    size, least, most = percents(abs(bias), *ends)
    return tell(
        "on average the forecast was too {which} by {bias} of what came (90 % interval {low} to {high})",
        which=which, bias=size, low=least, high=most,
    )  # fmt: skip


SENTENCES: dict[str, Callable[..., str]] = {
    "few_windows": _few_windows,
    "origins_skipped": _origins_skipped,
    "coverage_off": _coverage_off,
    "biased": _biased,
}
CAUTIONS = frozenset(SENTENCES)
