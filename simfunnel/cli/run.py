"""``simfunnel run``."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import click

from simfunnel.cli.options import (
    HowToRun,
    PeriodLabel,
    cluster_option,
    force_option,
    json_options,
    overrides_option,
    run_options,
    xlsx_option,
)
from simfunnel.errors import InputError


@click.command(epilog="Example:  simfunnel run scenario.yaml --set leads.inbound.rate.mean=40 --out results")
@click.argument("scenario", type=click.Path(), required=False)
@overrides_option
@click.option("--history", type=click.Path(), metavar="HISTORY",
              help="In place of a scenario: learn it from the history of past deals (see calibrate).")  # fmt: skip
@click.option("--unit", type=click.Choice(["week", "month", "quarter", "year"]),
              help="With --history: unit of the periods [default: quarter].")  # fmt: skip
@click.option("--count", type=click.IntRange(1, 100), help="With --history: how many periods [default: 2].")
@click.option("--as-of", metavar="DAY", help="With --history: the day at whose start the world is known.")
@click.option("--prior", type=click.Path(), metavar="SCENARIO",
              help="With --history: rates that are believed, for a thin history (see calibrate).")  # fmt: skip
@click.option("--rates-by", metavar="segment|owner|COLUMN|none",
              help="With --history: groups whose rates are learned, shown with --by segment (see calibrate --by) "
              "[default: segment, where there are several].")  # fmt: skip
@run_options
@click.option("--target", metavar="AMOUNT", help="Amount to reach, such as 3M [default: the scenario's].")
@click.option("--period", type=PeriodLabel(), help="Period of --target, or total [default: the first].")
@click.option("--by", multiple=True, type=click.Choice(["owner", "team", "segment", "source"]),
              help="Also show the forecast by owner, team, segment or source; repeatable.")  # fmt: skip
@click.option("--no-anchor", is_flag=True, help="Leave the scenario's correction towards the run-rate out.")
@click.option("--out", type=click.Path(), metavar="DIR",
              help="Write forecast.json, summary.csv, samples and plots to a folder.")  # fmt: skip
@click.option(
    "--no-samples",
    is_flag=True,
    help="With --out: leave out the samples, by far the largest files; a long run that was stopped goes on.",
)
@xlsx_option
@force_option
@cluster_option
@json_options
def command(
    scenario: str | None,
    history: str | None,
    unit: str | None,
    count: int | None,
    as_of: str | None,
    prior: str | None,
    rates_by: str | None,
    overrides: tuple[str, ...],
    how: HowToRun,
    target: str | None,
    period: str | None,
    by: tuple[str, ...],
    no_anchor: bool,
    out: str | None,
    no_samples: bool,
    xlsx: str | None,
    force: bool,
    as_json: bool,
    quiet: bool,
) -> None:
    """Forecast bookings and the probability of reaching the target.

    SCENARIO is a scenario file; or give --history, and the scenario is learned from past deals.
    """
    from simfunnel.cli.delivery import check_folder, check_xlsx, deliver
    from simfunnel.cli.forecasting import given_options, make_forecast, note_without_meaning, read_scenario
    from simfunnel.cli.history_options import learn
    from simfunnel.cli.interrupts import going_on
    from simfunnel.forecast.inputs import with_target, without_anchor
    from simfunnel.forecast.kept_counts import NAME, clear
    from simfunnel.planning.pairs.goal import resolve_target
    from simfunnel.report.faces.forecast import ForecastFace

    check_folder(out)
    check_xlsx(xlsx, force=force)
    if period is not None and target is None:
        raise InputError("--period says what --target is to be reached in; give --target as well")
    if no_samples and out is None:
        note_without_meaning(["--no-samples"], "a run without --out", quiet=quiet)
    learning = {"--unit": unit, "--count": count, "--as-of": as_of, "--prior": prior, "--rates-by": rates_by}
    if history is not None:
        if scenario is not None:
            raise InputError(f"give a scenario or --history, not both; found {scenario} and {history}")
        learned = learn(
            history, as_of=as_of, unit=unit or "quarter", count=count or 2, quiet=quiet or as_json, check=False,
            prior=prior, by=rates_by or "auto",
        )  # fmt: skip
        ready = learned.prepared(overrides)
    elif scenario is None:
        raise click.UsageError("Missing argument 'SCENARIO': name a scenario file, or give --history.")
    else:
        if names := given_options(learning):
            raise InputError(
                f"{' and '.join(names)}: for --history only; a scenario says it itself (`periods`, `as_of`)"
            )
        ready = read_scenario(scenario, overrides, quiet=quiet or as_json)
    if no_anchor:
        if ready.scenario.anchor is None:
            note_without_meaning(["--no-anchor"], "a scenario without `anchor`", quiet=quiet)
        ready = without_anchor(ready)
    if target is not None:
        ready = with_target(ready, resolve_target(target), period)
    wanted = True if out is not None and not no_samples else None
    resume = out if no_samples and how.method != "exact" else None
    with going_on(resume, NAME, force=force):
        forecast = make_forecast(ready, how, quiet=quiet or as_json, samples=wanted, resume=resume, force=force)
    page = partial(ForecastFace(forecast).page, by=by)
    deliver(forecast, out=out, force=force, as_json=as_json, quiet=quiet, xlsx=xlsx, files=not no_samples, page=page)
    if resume is not None:
        clear(Path(resume))
