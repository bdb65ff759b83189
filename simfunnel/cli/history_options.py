"""The argument HISTORY, what decides how it is learned from, and the learning itself with a progress bar."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from simfunnel.cli.language import note
from simfunnel.errors import InputError
from simfunnel.values.messages import show
from simfunnel.wording.language import tell
from simfunnel.wording.numbers import plural

if TYPE_CHECKING:
    from simfunnel.calibration import Calibration
    from simfunnel.scenario.periods import Periods

F = TypeVar("F", bound=Callable[..., Any])
DAYS = {"week": 7, "month": 30, "quarter": 91, "year": 365}
OLD = 60
"""Days since the end of a history after which that is said."""


def history_argument(function: F) -> F:
    """Add HISTORY."""
    return click.argument("history", type=click.Path())(function)


def calibration_options(function: F) -> F:
    """Add what decides how a history is learned from."""
    options = [
        click.option("--as-of", metavar="DAY", help="Day at whose start the world is known [default: the day after the "
                     "last event]."),
        click.option("--unit", type=click.Choice(["week", "month", "quarter", "year"]), default="quarter",
                     show_default=True, help="Unit of the periods to forecast."),
        click.option("--count", type=click.IntRange(1, 100), default=2, show_default=True, help="Periods to forecast."),
        click.option("--horizon", metavar="30d|quarter",
                     help="Length of the past windows from which the spread is learned [default: a period]."),
        click.option("--half-life", default="auto", show_default=True, metavar="DAYS|none",
                     help="Days after which what happened weighs half; auto: 45, and 90 from two years on."),
        click.option("--value", type=click.Choice(["auto", "amount", "count"]), default="auto", show_default=True,
                     help="Forecast money, or the number of wins."),
        click.option("--time-zone", metavar="NAME", help="Where days begin, such as Europe/Berlin [default: UTC]."),
        click.option("--prior", type=click.Path(), metavar="SCENARIO",
                     help="For a thin history: rates that are believed; each counts as n deals, 20 where it has no n."),
    ]  # fmt: skip
    for option in reversed(options):
        function = option(function)
    return function


def learn(
    history: str,
    *,
    as_of: str | None,
    unit: str,
    count: int,
    horizon: str | None = None,
    half_life: str = "auto",
    value: str = "auto",
    time_zone: str | None = None,
    quiet: bool,
    name: str | None = None,
    pipeline: str = "pipeline.csv",
    check: bool = True,
    prior: str | None = None,
    by: str = "auto",
    fiscal: Periods | None = None,
) -> Calibration:
    """Read a history and learn from it."""
    from simfunnel.calibration import calibrate
    from simfunnel.cli.progress import progress_bar
    from simfunnel.history import read_history

    day, days, life = parse_day(as_of), parse_horizon(horizon), parse_half_life(half_life)
    with progress_bar(tell("Reading"), quiet=quiet, compiles=False) as progress:
        read = read_history(history, time_zone=time_zone, progress=progress)
    with progress_bar(tell("Learning"), quiet=quiet, compiles=check) as progress:
        result = calibrate(
            read, as_of=day, unit=unit, count=count, horizon=days, half_life=life, value=value, name=name,  # type: ignore[arg-type]
            pipeline=pipeline, check=check, prior=prior, by=by, fiscal=fiscal, progress=progress,
        )  # fmt: skip
    if day is None and not quiet:
        _note_age(result.as_of, dt.date.today())
    return result


def _note_age(as_of: dt.date, today: dt.date) -> None:
    """Say where a history ended long ago: a forecast begins where it ends, whatever the day is."""
    if (today - as_of).days > OLD:
        ago = plural((today - as_of).days, "day")
        note(tell("the history ends {ago} ago: what is learned is as of {as_of}", ago=ago, as_of=as_of))


def parse_day(text: str | None, option: str = "--as-of") -> dt.date | None:
    """Read a day such as 2027-01-31."""
    if text is None:
        return None
    from simfunnel.values.dates import parse_date

    try:
        return parse_date(text)
    except ValueError as error:
        raise InputError(f"{option}: {error}") from None


def parse_horizon(text: str | None) -> int | None:
    """Read a number of days: 30d, 30, or a unit of time."""
    if text is None:
        return None
    return parse_days(text, "--horizon")


def parse_days(text: str, option: str) -> int:
    """Read a number of days from 1 on."""
    word = text.strip().lower()
    if word in DAYS:
        return DAYS[word]
    number = word.removesuffix("d")
    if not (number.isascii() and number.isdecimal() and len(number) < 6) or not 1 <= int(number) <= 3660:
        raise InputError(f"{option}: expected 1 to 3,660 days such as 30d, or {', '.join(DAYS)}, found {show(text)}")
    return int(number)


def parse_half_life(text: str) -> float | str | None:
    """Read days, none, or auto."""
    word = text.strip().lower()
    if word in ("auto", "none"):
        return None if word == "none" else "auto"
    try:
        days = float(word.removesuffix("d"))
    except ValueError:
        days = float("nan")
    if not 0 < days < float("inf"):
        raise InputError(f"--half-life: expected days above 0, none or auto, found '{text}'")
    return days
