"""Alternatives of the recipe, decided by past windows alone, at each origin anew."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from simfunnel.arrays import Floats
from simfunnel.backtesting.judge import LEAST_WINDOWS
from simfunnel.backtesting.origin import Origin
from simfunnel.calibration.anchor import run_rates, stack
from simfunnel.calibration.dependence import error_sd
from simfunnel.estimation.hindcast import Hindcasts
from simfunnel.estimation.long_run import mean_of_windows
from simfunnel.estimation.present import HalfLife, Present, present_of
from simfunnel.estimation.weights import FixedHalfLife, default_half_life
from simfunnel.estimation.window_scores import normal_crps, window_scores
from simfunnel.estimation.windows import Windows, past_windows
from simfunnel.history.flattened import as_two_dates

HALF_LIVES: Mapping[str, HalfLife] = {
    "45": FixedHalfLife(45.0), "90": FixedHalfLife(90.0), "none": FixedHalfLife(None),
}  # fmt: skip
DEFAULT = "default"


@dataclass(frozen=True)
class Choice:
    """What past windows decided: options by what is chosen; `DEFAULT` where nothing else was proved better."""

    half_life: str = DEFAULT
    form: str = DEFAULT
    """``two_dates``: created and closed alone instead of stages."""
    anchor: str = DEFAULT
    """``off``: the model without its correction towards the run-rate."""
    gains: Mapping[str, float] = field(default_factory=dict)
    """Mean CRPS gained over past windows, as a share of what they brought, of options that were looked at."""

    @property
    def others(self) -> dict[str, str]:
        """What differs from the recipe."""
        found = {"half_life": self.half_life, "form": self.form, "anchor": self.anchor}
        return {name: option for name, option in found.items() if option != DEFAULT}


def choose(origin: Origin, hindcasts: Hindcasts) -> Choice:
    """Compare alternatives on windows that were over at an origin.

    An alternative is taken where, over at least five windows that do not overlap, its mean CRPS is lower and the 90 %
    interval of the difference excludes 0; of several the one that gains most.
    """
    count, days = origin.past.count, origin.days
    present = present_of(origin.view, default_half_life, count=count)
    base = past_windows(origin.view, days, default_half_life, count=count, hindcasts=hindcasts)
    spread = error_sd(base, present.end - present.started)
    gains: dict[str, float] = {}
    half_life, best = DEFAULT, 0.0
    for name, life in HALF_LIVES.items():
        if life(present.end - present.started) == present.half_life:
            continue
        other = past_windows(origin.view, days, life, count=count, hindcasts=hindcasts)
        gain = _proved(window_scores(base, spread), window_scores(other, spread), base)
        gains[f"half_life {name}"] = gain[0]
        if gain[1] and gain[0] > best:
            half_life, best = name, gain[0]
    flat = past_windows(as_two_dates(origin.view), days, default_half_life, count=count, hindcasts=hindcasts)
    gains["form two_dates"], two_dates = _proved(window_scores(base, spread), window_scores(flat, spread), base)
    gains["anchor off"], off = _without_anchor(present, base, days, spread)
    return Choice(half_life, "two_dates" if two_dates else DEFAULT, "off" if off else DEFAULT, gains)


def _proved(base: Floats, other: Floats, windows: Windows) -> tuple[float, bool]:
    """Mean gain of another method, relative; and whether it is proved."""
    scale = float(windows.actual.mean()) if len(windows.actual) else 0.0
    if len(base) != len(other) or scale <= 0:
        return 0.0, False
    found = mean_of_windows((base - other)[::-1] / scale, windows.independent)
    if found is None:
        return 0.0, False
    return found.mean, windows.independent >= LEAST_WINDOWS and found.low > 0


def _without_anchor(present: Present, windows: Windows, days: int, spread: float) -> tuple[float, bool]:
    """Gain of leaving the anchor out: each past window anchored by what was over before it began."""
    if not windows.usable.any():
        return 0.0, False
    rates = run_rates(present.book, windows.origin, days, present.started)
    factor = np.ones(len(windows.origin))
    for i, start in enumerate(windows.origin.tolist()):
        over = windows.origin + days <= start + 1e-9
        independent = (start - days - windows.origin.min()) / days + 1.0
        if over.any() and windows.unknown[i] > 0 and rates[i] > 0:
            now = (float(windows.unknown[i]), float(rates[i]))
            found = stack(windows.actual[over], windows.unknown[over], rates[over], independent, now, spread)
            factor[i] = 1.0 if found is None else found.factor
    anchored = factor * windows.unknown
    scores = [
        normal_crps(mean, np.sqrt(windows.variance + (spread * mean) ** 2), windows.actual)
        for mean in (anchored, windows.unknown)
    ]
    return _proved(scores[0], scores[1], windows)
