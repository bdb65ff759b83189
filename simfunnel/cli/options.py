"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import wraps
from typing import Any, TypeVar

import click

from simfunnel.cli.language import language_option
from simfunnel.errors import InputError

MOST_THREADS = 1024
"""Threads that may be asked for; more than there are processors gain nothing."""
LEAST_TRIALS = 100
"""Trials below which a planning command has nothing to say: a probability would be known to 10 points at best."""

F = TypeVar("F", bound=Callable[..., Any])


class Trials(click.ParamType):  # type: ignore[type-arg,unused-ignore]
    """A whole number, 100k or 1M, or auto."""

    name = "N|auto"

    def __init__(self, least: int = 1) -> None:
        self.least = least

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int | str:
        """Read the number of trials."""
        if isinstance(value, int) or value == "auto":
            return value  # type: ignore[no-any-return]
        text = str(value).strip().lower().replace(",", "").replace("_", "")
        factor = {"k": 1_000, "m": 1_000_000}.get(text[-1:], 1)
        try:
            number = float(text[:-1] if factor > 1 else text) * factor
        except ValueError:
            number = float("nan")
        if not 1 <= number < float("inf") or number != int(number):
            self.fail(f"expected a whole number such as 100000 or 100k, or auto, found '{value}'", param, ctx)
        if number < self.least:
            self.fail(f"expected at least {self.least}: fewer tell no probability, found '{value}'", param, ctx)
        return int(number)


class PeriodLabel(click.ParamType):  # type: ignore[type-arg,unused-ignore]
    """Label of a period in any case: 2027-q1 is 2027-Q1."""

    name = "LABEL"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Write a label as the calendar does: 2027-Q1, FY2027-Q1, 2027-W05, total, 2027-01-04+30d."""
        text = str(value).strip()
        return text.lower() if "+" in text or text.lower() == "total" else text.upper()


def half_width(ctx: click.Context, param: click.Parameter, value: float | None) -> float | None:
    """Refuse a precision that cannot be one, 0 included."""
    if value is not None and not 0 < value < 1:
        raise InputError(f"precision: expected a half-width between 0 and 1, such as 0.005, found {value:g}")
    return value


def scenario_argument(function: F) -> F:
    """Add the scenario file and ``--set``."""
    return click.argument("scenario", type=click.Path())(overrides_option(function))


def overrides_option(function: F) -> F:
    """Add ``--set``."""
    return click.option(
        "--set", "overrides", multiple=True, metavar="PATH=VALUE",
        help="Change one value of the scenario, such as stages.Proposal.conversion=0.5; repeatable.",
    )(function)  # fmt: skip


@dataclass(frozen=True, slots=True)
class HowToRun:
    """How a forecast is computed, as the options say."""

    variant: str | None
    trials: int | str | None
    precision: float | None
    seed: int | None
    kernel: str
    threads: int | None
    method: str

    @property
    def given(self) -> dict[str, object]:
        """Option -> what was given, or what it is by default."""
        return {f"--{field.name}": getattr(self, field.name) for field in fields(self)}


def xlsx_option(function: F) -> F:
    """Add ``--xlsx``."""
    return click.option("--xlsx", type=click.Path(), metavar="FILE",
                        help="Also write a workbook: a sheet for each table, and the pictures.")(function)  # fmt: skip


def run_options(function: F) -> F:
    """Add what decides how a forecast is computed; the command takes it together as `how`."""
    options = [
        click.option("--variant", metavar="NAME", help="Run a variant of the scenario."),
        click.option("--trials", type=Trials(), help="Simulated futures [default: the scenario's, else 100,000]."),
        click.option(
            "--precision", type=float, callback=half_width, metavar="P",
            help="Double the trials until P(attain) is known to +-P, such as 0.005.",
        ),
        click.option(
            "--seed", type=click.IntRange(0, 2**64 - 1), help="Random seed [default: the scenario's, else 1]."
        ),
        click.option(
            "--kernel", type=click.Choice(["auto", "paths", "outcomes"]), default="auto", show_default=True,
            help="Walk every path, or draw only the period of each win; auto takes outcomes where it can.",
        ),
        click.option("--threads", type=click.IntRange(1, MOST_THREADS), help="Threads [default: all processors]."),
        click.option(
            "--method", type=click.Choice(["simulate", "exact"]), default="simulate", show_default=True,
            help="Simulate futures, or compute each distribution exactly, without trials.",
        ),
    ]  # fmt: skip

    @wraps(function)
    def command(**given: Any) -> Any:
        own = {field.name: given.pop(field.name) for field in fields(HowToRun)}
        return function(how=HowToRun(**own), **given)

    found: Any = command
    for option in reversed(options):
        found = option(found)
    return found  # type: ignore[no-any-return]


def cluster_option(function: F) -> F:
    """Add ``--cluster``: the command runs while trials go to a cluster."""

    @wraps(function)
    def command(cluster: str | None, **given: Any) -> Any:
        if cluster is None:
            return function(**given)
        from simfunnel.cluster.connect import on_cluster

        with on_cluster(cluster):
            return function(**given)

    option = click.option(
        "--cluster", metavar="ADDRESS",
        help="Run trials on a Dask cluster: tcp://HOST:PORT of its scheduler, or local:N for N processes here.",
    )  # fmt: skip
    return option(command)  # type: ignore[return-value]


def quiet_option(function: F) -> F:
    """Add ``--quiet``."""
    return click.option("-q", "--quiet", is_flag=True, help="No progress bar, no notes on stderr.")(function)


def paired_options(function: F) -> F:
    """Add what decides how forecasts are computed that are compared with one another."""
    options = [
        click.option("--variant", metavar="NAME", help="Start from a variant of the scenario."),
        click.option(
            "--trials", type=Trials(LEAST_TRIALS), help="Simulated futures of each forecast [default: 20,000]."
        ),
        click.option(
            "--seed", type=click.IntRange(0, 2**64 - 1), help="Random seed [default: the scenario's, else 1]."
        ),
        click.option(
            "--kernel", type=click.Choice(["auto", "paths", "outcomes"]), default="auto", show_default=True,
            help="Walk every path, or draw only the period of each win; auto takes outcomes where it can.",
        ),
        click.option("--threads", type=click.IntRange(1, MOST_THREADS), help="Threads [default: all processors]."),
    ]  # fmt: skip
    for option in reversed(options):
        function = option(function)
    return function


def goal_options(function: F) -> F:
    """Add ``--period``, ``--target`` and ``--confidence``."""
    options = [
        click.option("--period", type=PeriodLabel(), help="Period, or total [default: the first that has a target]."),
        click.option("--target", metavar="AMOUNT", help="Amount to reach, such as 3M [default: the scenario's]."),
        click.option("--confidence", default="0.8", show_default=True, metavar="P",
                     help="Probability of reaching the target that is asked for."),
    ]  # fmt: skip
    for option in reversed(options):
        function = option(function)
    return function


def force_option(function: F) -> F:
    """Add ``--force``."""
    return click.option("--force", is_flag=True, help="With --out: also replace files that simfunnel did not write.")(
        function
    )


def json_options(function: F) -> F:
    """Add ``--json``, ``--language`` and ``--quiet``."""
    return click.option(
        "--json", "as_json", is_flag=True, help="Print one JSON document on stdout and nothing else."
    )(language_option(quiet_option(function)))  # fmt: skip


def output_options(function: F) -> F:
    """Add ``--out``, ``--force``, ``--json``, ``--language`` and ``--quiet``."""
    options = [
        click.option("--out", type=click.Path(), metavar="DIR", help="Write JSON, CSV and plots to a folder."),
        force_option,
    ]
    function = json_options(function)
    for option in reversed(options):
        function = option(function)
    return function
