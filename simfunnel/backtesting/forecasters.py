"""Who forecasts: ours, learned anew at each origin, and whatever a user brings."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeAlias

import numpy as np

from simfunnel.arrays import Floats
from simfunnel.backtesting.choice import DEFAULT, Choice, choose
from simfunnel.backtesting.origin import Origin
from simfunnel.calibration.calibration import Calibration
from simfunnel.calibration.group_labels import AUTO
from simfunnel.calibration.months import in_days
from simfunnel.calibration.recipe import calibrate
from simfunnel.errors import InputError
from simfunnel.estimation.hindcast import Hindcasts
from simfunnel.forecast.forecast import Forecast
from simfunnel.forecast.inputs import Prepared, prepare
from simfunnel.forecast.simulation import simulate
from simfunnel.funnel.model import ALL, NONE_LABEL
from simfunnel.history.flattened import as_two_dates
from simfunnel.history.history import History

Group: TypeAlias = tuple[str, str]
"""(dimension, label)."""


@dataclass(frozen=True)
class Window:
    """Days to forecast: from the start of `first` to the start of `last`."""

    first: dt.date
    last: dt.date


class Forecaster(Protocol):
    """A method that a user scores beside ours."""

    def fit(self, history: History) -> Forecaster:
        """Learn from what was known on a day; nothing later is in it."""

    def forecast(self, as_of: dt.date, windows: Sequence[Window]) -> Sequence[Floats | Mapping[float, float]]:
        """Give for each window draws of what is won in it, or quantiles by their level."""


@dataclass(frozen=True, eq=False)
class Drawn:
    """Draws of what a window brings."""

    opened: Floats
    """(trials,) from deals open at the origin."""
    new: Floats
    """(trials,) from deals not yet created."""

    @property
    def total(self) -> Floats:
        """(trials,)"""
        return self.opened + self.new


@dataclass(frozen=True, eq=False)
class Learned:
    """Our forecast of one window, and what it was learned from."""

    all: Drawn
    groups: Mapping[Group, Drawn]
    calibration: Calibration
    labels: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Dimension -> id of an open deal -> the group in which the forecast counted it."""
    choice: Choice | None = None
    """What past windows decided; None where nothing was to be decided."""
    alone: Mapping[str, Drawn] = field(default_factory=dict)
    """Forecasts with one choice alone, by name of the choice; `DEFAULT` is that of the recipe as it is."""
    unclocked: Drawn | None = None
    """The recipe without its speeds of weekdays, where alternatives are compared and it has written some."""


@dataclass(frozen=True, eq=False)
class _Made:
    """One forecast."""

    calibration: Calibration
    ready: Prepared
    forecast: Forecast

    @property
    def drawn(self) -> Drawn:
        """Draws of everything."""
        return _drawn(self.forecast, ALL)

    @property
    def clocked(self) -> bool:
        """Whether it knows speeds of weekdays."""
        return self.calibration.weekdays is not None and self.calibration.weekdays.proved

    def learned(
        self, by: tuple[str, ...], choice: Choice | None, alone: Mapping[str, Drawn], unclocked: Drawn | None
    ) -> Learned:  # fmt: skip
        """Give it with its groups."""
        groups = {group: _drawn(self.forecast, g) for g, group in enumerate(self.forecast.groups) if g != ALL}
        table = self.ready.table.open
        labels = {
            dimension: dict(zip(table.id, (of or NONE_LABEL for of in getattr(table, dimension)), strict=True))
            for dimension in by
        }
        return Learned(self.drawn, groups, self.calibration, labels, choice, alone, unclocked)


@dataclass(frozen=True, eq=False)
class OurForecaster:
    """The recipe of `calibrate`, and the engine."""

    options: Mapping[str, Any] = field(default_factory=dict)
    """Of `calibrate`."""
    trials: int = 5_000
    by: tuple[str, ...] = ()
    """Dimensions of groups: owner, segment."""
    choose: bool = False
    """Whether alternatives of the recipe are decided by past windows."""
    hindcasts: Hindcasts = field(default_factory=Hindcasts)

    def forecast(self, origin: Origin) -> Learned:
        """Learn from what was known at an origin, and simulate its window.

        Raises
        ------
        InputError
            If the history is too thin then.
        """
        choice = choose(origin, self.hindcasts) if self.choose else None
        others = {} if choice is None else choice.others
        made = self._made(origin, others, self.by)
        usual = self._made(origin, {}, ()) if others else made
        alone = {DEFAULT: usual.drawn} if others else {}
        for name, option in others.items():
            alone[name] = self._made(origin, {name: option}, ()).drawn
        unclocked = None
        if choice is not None and usual.clocked:
            unclocked = self._made(origin, {"weekdays": DEFAULT}, ()).drawn
        return made.learned(self.by, choice, alone, unclocked)

    def _made(self, origin: Origin, others: Mapping[str, str], by: tuple[str, ...]) -> _Made:
        view, options = origin.view, dict(self.options)
        if "form" in others:
            view = as_two_dates(view)
        if "half_life" in others:
            options["half_life"] = None if others["half_life"] == "none" else float(others["half_life"])
        options["speeds"] = "weekdays" not in others
        learned = calibrate(
            view, as_of=origin.day, horizon=origin.days, value="count" if origin.past.count else "amount", check=False,
            hindcasts=self.hindcasts, by=AUTO if "segment" in by else None, **options,
        )  # fmt: skip
        data = learned.data()
        data.pop("closed", None)  # the period begins with the day
        if "anchor" in others:
            data.pop("anchor", None)
        ready = prepare(in_days(data, origin.days), pipeline=learned.deals_frame())
        return _Made(learned, ready, simulate(ready, trials=self.trials, threads=1, groups=by))


def _drawn(forecast: Forecast, group: int) -> Drawn:
    known, unit = forecast.samples, forecast.minor_units
    return Drawn(known.open[group, 0] / unit, known.new[group, 0] / unit)


def asked(forecaster: Forecaster, turn: threading.Lock, origin: Origin) -> Floats | Mapping[float, float]:
    """Ask a user's forecaster for the window of an origin; what it gives must be numbers.

    Origins run side by side: it is asked for one after the other, since `fit` may keep in it what it learned.
    """
    window = Window(origin.day, origin.last_day)
    with turn:
        found = list(forecaster.fit(origin.view).forecast(origin.day, [window]))
    if len(found) != 1:
        raise InputError(f"{_name(forecaster)}: expected a forecast for each of 1 window, found {len(found)}")
    if isinstance(found[0], Mapping):
        levels = np.array(sorted(found[0]), dtype=np.float64)
        values = np.array([found[0][level] for level in sorted(found[0])], dtype=np.float64)
        if not len(levels) or levels[0] <= 0 or levels[-1] >= 1 or not np.isfinite(values).all():
            raise InputError(f"{_name(forecaster)}: expected quantiles by levels between 0 and 1")
        if (np.diff(values) < 0).any():
            raise InputError(f"{_name(forecaster)}: expected quantiles that rise with their levels")
        return dict(zip(levels.tolist(), values.tolist(), strict=True))
    draws = np.asarray(found[0], dtype=np.float64).ravel()
    if not len(draws) or not np.isfinite(draws).all():
        raise InputError(f"{_name(forecaster)}: expected draws that are numbers")
    return draws


def _name(forecaster: Forecaster) -> str:
    return type(forecaster).__name__
