"""``simfunnel run``."""

from __future__ import annotations

from pathlib import Path

import click

from simfunnel.cli.options import method_option, quiet_option, run_options, scenario_argument
from simfunnel.errors import InputError, Problem


@click.command(epilog="Example:  simfunnel run scenario.yaml --set leads.inbound.rate.mean=40 --out results")
@scenario_argument
@run_options
@method_option
@click.option("--by", multiple=True, type=click.Choice(["owner", "team", "segment", "source"]),
              help="Also show the forecast by owner, team, segment or source; repeatable.")  # fmt: skip
@click.option("--out", type=click.Path(), metavar="DIR",
              help="Write forecast.json, summary.csv, samples and plots to a folder.")  # fmt: skip
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
    by: tuple[str, ...],
    out: str | None,
    as_json: bool,
    quiet: bool,
) -> None:
    """Forecast bookings and the probability of reaching the target."""
    from simfunnel.cli.forecasting import make_forecast
    from simfunnel.forecast.inputs import prepare

    if out is not None and Path(out).is_file():
        raise InputError(Problem("expected a folder to write to, found a file", file=out))
    ready = prepare(scenario, overrides=overrides)
    forecast = make_forecast(
        ready, method=method, trials=trials, precision=precision, seed=seed, variant=variant, kernel=kernel,
        threads=threads, quiet=quiet or as_json,
    )  # fmt: skip
    if out is not None:
        from simfunnel.forecast.storage import staged
        from simfunnel.report.plots import KINDS, NEED_TRIALS, save_plots

        kinds = KINDS if forecast.trials else tuple(kind for kind in KINDS if kind not in NEED_TRIALS)

        with staged(Path(out)) as folder:  # all of it, or nothing
            forecast.save(folder)
            save_plots(forecast, ready, folder, variant=variant, kinds=kinds)
    if as_json:
        import json

        click.echo(json.dumps(forecast.to_dict(), ensure_ascii=False, allow_nan=False, indent=1))
        return
    from simfunnel.report.console import forecast_page, print_page

    print_page(forecast_page(forecast, by))
    if out is not None and not quiet:
        click.echo(f"written to {out}", err=True)
