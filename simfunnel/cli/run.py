"""``simfunnel run``."""

from __future__ import annotations

from functools import partial

import click

from simfunnel.cli.options import PeriodLabel, force_option, method_option, quiet_option, run_options, scenario_argument
from simfunnel.errors import InputError


@click.command(epilog="Example:  simfunnel run scenario.yaml --set leads.inbound.rate.mean=40 --out results")
@scenario_argument
@run_options
@method_option
@click.option("--target", metavar="AMOUNT", help="Amount to reach, such as 3M [default: the scenario's].")
@click.option("--period", type=PeriodLabel(), help="Period of --target, or total [default: the first].")
@click.option("--by", multiple=True, type=click.Choice(["owner", "team", "segment", "source"]),
              help="Also show the forecast by owner, team, segment or source; repeatable.")  # fmt: skip
@click.option("--no-anchor", is_flag=True, help="Leave the scenario's correction towards the run-rate out.")
@click.option("--out", type=click.Path(), metavar="DIR",
              help="Write forecast.json, summary.csv, samples and plots to a folder.")  # fmt: skip
@click.option("--no-samples", is_flag=True, help="With --out: leave out the samples, by far the largest files.")
@force_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document on stdout and nothing else.")
@quiet_option
def command(
    scenario: str,
    overrides: tuple[str, ...],
    variant: str | None,
    trials: int | str | None,
    precision: float | None,
    seed: int | None,
    kernel: str,
    threads: int | None,
    method: str,
    target: str | None,
    period: str | None,
    by: tuple[str, ...],
    no_anchor: bool,
    out: str | None,
    no_samples: bool,
    force: bool,
    as_json: bool,
    quiet: bool,
) -> None:
    """Forecast bookings and the probability of reaching the target."""
    from simfunnel.cli.delivery import check_folder, deliver
    from simfunnel.cli.forecasting import make_forecast, note_without_meaning, read_scenario
    from simfunnel.forecast.inputs import with_target, without_anchor
    from simfunnel.planning.pairs.goal import resolve_target
    from simfunnel.report.faces.forecast import ForecastFace

    check_folder(out)
    if period is not None and target is None:
        raise InputError("--period says what --target is to be reached in; give --target as well")
    if no_samples and out is None:
        note_without_meaning(["--no-samples"], "a run without --out", quiet=quiet)
    ready = read_scenario(scenario, overrides, quiet=quiet or as_json)
    if no_anchor:
        if ready.scenario.anchor is None:
            note_without_meaning(["--no-anchor"], "a scenario without `anchor`", quiet=quiet)
        ready = without_anchor(ready)
    if target is not None:
        ready = with_target(ready, resolve_target(target), period)
    forecast = make_forecast(
        ready, method=method, trials=trials, precision=precision, seed=seed, variant=variant, kernel=kernel,
        threads=threads, quiet=quiet or as_json,
    )  # fmt: skip
    page = partial(ForecastFace(forecast).page, by=by)
    deliver(forecast, out=out, force=force, as_json=as_json, quiet=quiet, files=not no_samples, page=page)
