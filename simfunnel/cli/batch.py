"""``simfunnel batch``."""

from __future__ import annotations

import click

from simfunnel.cli.options import (
    MOST_THREADS,
    Trials,
    cluster_option,
    force_option,
    json_options,
    overrides_option,
)
from simfunnel.cli.store_options import store_options
from simfunnel.errors import InputError


@click.command(epilog="Example:  simfunnel batch scenarios --out results")
@click.argument("jobs", nargs=-1, type=click.Path())
@overrides_option
@click.option("--table", type=click.Path(), metavar="FILE",
              help="CSV for one scenario: a row is a job; columns: its `name`, and paths of --set.")  # fmt: skip
@store_options
@click.option(
    "--from", "first", metavar="DAY", help="One scenario on every day that the store keeps, from this one on."
)
@click.option("--to", "last", metavar="DAY", help="The last of those days.")
@click.option("--out", type=click.Path(), metavar="DIR", required=True, help="Folder in which each job writes its own.")
@click.option("--trials", type=Trials(), help="Simulated futures of each job [default: each scenario's].")
@click.option("--seed", type=click.IntRange(0, 2**64 - 1), help="Random seed [default: each scenario's].")
@click.option("--kernel", type=click.Choice(["auto", "paths", "outcomes"]), default="auto", show_default=True,
              help="As of `run`.")  # fmt: skip
@click.option("--threads", type=click.IntRange(1, MOST_THREADS), help="Threads [default: all processors].")
@click.option("--no-samples", is_flag=True, help="Leave out the samples, by far the largest files.")
@click.option("--plots", is_flag=True, help="Draw the pictures too.")
@force_option
@cluster_option
@json_options
def command(
    jobs: tuple[str, ...],
    overrides: tuple[str, ...],
    table: str | None,
    store: str | None,
    book: str | None,
    first: str | None,
    last: str | None,
    out: str,
    trials: int | str | None,
    seed: int | None,
    kernel: str,
    threads: int | None,
    no_samples: bool,
    plots: bool,
    force: bool,
    as_json: bool,
    quiet: bool,
) -> None:
    """Forecast many scenarios, each into a folder of its own; run again, only what is missing or has changed.

    JOBS are scenario files, folders of them, or .txt files with one a line. With --store, --book, --from or --to one
    scenario is forecast on every day that `keep` has kept, with the deals of that day. Exit code 1 if any job failed.
    """
    from simfunnel.batch.batch import HowToForecast, run_batch
    from simfunnel.batch.jobs import jobs_of
    from simfunnel.batch.kept_days import jobs_of_store
    from simfunnel.cli.delivery import check_folder, command_line, deliver
    from simfunnel.cli.history_options import parse_day
    from simfunnel.cli.progress import progress_bar

    if trials == "auto":
        raise InputError("--trials: expected a number; a scenario may say `auto` itself")
    check_folder(out)
    days = any(given is not None for given in (store, book, first, last))
    if days and table is not None:
        raise InputError("--table and the days of a store exclude each other; give one of them")
    listed = jobs_of(jobs, table, overrides)
    if days:
        listed = jobs_of_store(listed, store, book, parse_day(first, "--from"), parse_day(last, "--to"))
    with progress_bar("Forecasting", quiet=quiet or as_json) as progress:
        how = HowToForecast(trials if isinstance(trials, int) else None, seed, kernel, threads)
        result = run_batch(listed, out, how, samples=not no_samples, plots=plots, force=force, progress=progress)
    result.save(out, force=force, command=command_line())
    deliver(result, out=None, as_json=as_json, quiet=quiet)
    if result.failed:
        click.get_current_context().exit(1)
