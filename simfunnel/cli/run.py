"""``simfunnel run``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from simfunnel.cli.options import PeriodLabel, method_option, quiet_option, run_options, scenario_argument
from simfunnel.errors import InputError, Problem

if TYPE_CHECKING:
    from simfunnel.forecast import Forecast


@click.command(epilog="Example:  simfunnel run scenario.yaml --set leads.inbound.rate.mean=40 --out results")
@scenario_argument
@run_options
@method_option
@click.option("--target", metavar="AMOUNT", help="Amount to reach, such as 3M [default: the scenario's].")
@click.option("--period", type=PeriodLabel(), help="Period of --target, or total [default: the first].")
@click.option("--by", multiple=True, type=click.Choice(["owner", "team", "segment", "source"]),
              help="Also show the forecast by owner, team, segment or source; repeatable.")  # fmt: skip
@click.option("--out", type=click.Path(), metavar="DIR",
              help="Write forecast.json, summary.csv, samples and plots to a folder.")  # fmt: skip
@click.option("--no-samples", is_flag=True, help="With --out: leave out the samples, by far the largest files.")
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
    out: str | None,
    no_samples: bool,
    as_json: bool,
    quiet: bool,
) -> None:
    """Forecast bookings and the probability of reaching the target."""
    from simfunnel.cli.forecasting import make_forecast, note_without_meaning
    from simfunnel.cli.progress import progress_bar
    from simfunnel.forecast.inputs import prepare

    if out is not None and Path(out).is_file():
        raise InputError(Problem("expected a folder to write to, found a file", file=out))
    if target is not None:
        from simfunnel.cli.targets import target_override

        overrides = (*overrides, target_override(scenario, overrides, target, period))
    elif period is not None:
        raise InputError("--period says what --target is to be reached in; give --target as well")
    if no_samples and out is None:
        note_without_meaning(["--no-samples"], "a run without --out", quiet=quiet)
    with progress_bar("Reading", quiet=quiet or as_json, compiles=False) as progress:
        ready = prepare(scenario, overrides=overrides, progress=progress)
    forecast = make_forecast(
        ready, method=method, trials=trials, precision=precision, seed=seed, variant=variant, kernel=kernel,
        threads=threads, quiet=quiet or as_json,
    )  # fmt: skip
    if out is not None:
        from simfunnel.cli.delivery import renewed
        from simfunnel.report.plots import KINDS, NEED_TRIALS, save_plots

        kinds = KINDS if forecast.trials else tuple(kind for kind in KINDS if kind not in NEED_TRIALS)

        with renewed(Path(out), ("forecast", "summary", "samples", *KINDS)) as folder:  # all of it, or nothing
            if no_samples:
                _save_summary(forecast, folder)
            else:
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


def _save_summary(forecast: Forecast, folder: Path) -> None:
    """Write what is known of a forecast besides its trials; without these it cannot be loaded again."""
    import json

    text = json.dumps(forecast.to_dict(), ensure_ascii=False, allow_nan=False, indent=1)
    (folder / "forecast.json").write_text(text + "\n", "utf-8")
    frame = forecast.frame().assign(provenance=forecast.provenance.line())
    frame.to_csv(folder / "summary.csv", index=False)
