"""``simfunnel compare``."""

from __future__ import annotations

import click

from simfunnel.cli.options import LEAST_TRIALS, PeriodLabel, Trials, output_options
from simfunnel.cli.streams import remark


@click.command(epilog="Example:  simfunnel compare last_week.yaml this_week.yaml --period 2027-Q1")
@click.argument("items", nargs=-1, required=True, type=click.Path(), metavar="SCENARIO...")
@click.option("--set", "overrides", multiple=True, metavar="PATH=VALUE",
              help="Change one value of every scenario; repeatable.")  # fmt: skip
@click.option("--variant", "variants", multiple=True, metavar="NAME",
              help="Also compare a variant of the first scenario; repeatable.")  # fmt: skip
@click.option("--period", type=PeriodLabel(), help="Period of the waterfall, or total [default: the first].")
@click.option("--target", metavar="AMOUNT", help="Amount to reach, such as 3M [default: each scenario's].")
@click.option("--trials", type=Trials(LEAST_TRIALS), help="Simulated futures of each forecast [default: 20,000].")
@click.option("--seed", type=click.IntRange(0, 2**64 - 1), help="Random seed [default: the first scenario's].")
@click.option("--kernel", type=click.Choice(["auto", "paths", "outcomes"]), default="auto", show_default=True,
              help="Walk every path, or draw only the period of each win [auto: outcomes where it can].")  # fmt: skip
@click.option("--threads", type=click.IntRange(1), help="Threads [default: all processors].")
@output_options
def command(
    items: tuple[str, ...],
    overrides: tuple[str, ...],
    variants: tuple[str, ...],
    period: str | None,
    target: str | None,
    trials: int | None,
    seed: int | None,
    kernel: str,
    threads: int | None,
    out: str | None,
    force: bool,
    as_json: bool,
    quiet: bool,
) -> None:
    """Compare scenarios or saved forecasts; explain a week's change.

    SCENARIO is a scenario file, or a folder that `simfunnel run --out` wrote; the first is what the others are compared
    with. Two scenarios of different dates are explained cause by cause: name the earlier one first.
    """
    from simfunnel.cli.delivery import check_folder, deliver
    from simfunnel.cli.forecasting import given_options, note_without_meaning, refuse_to_change_saved
    from simfunnel.cli.progress import progress_bar
    from simfunnel.forecast.storage import is_saved
    from simfunnel.planning.compare.compare import compare

    saved = [item for item in items if is_saved(item)]
    if saved and not variants and len(saved) == len(items):
        refuse_to_change_saved({"--set": overrides})
        given = {"--trials": trials, "--seed": seed, "--kernel": kernel, "--threads": threads}
        note_without_meaning(given_options(given), "saved forecasts", quiet=quiet)
    elif saved and overrides and not quiet:
        remark("note: --set changes the scenarios; what was saved stays as it is")
    check_folder(out)
    with progress_bar("Comparing", quiet=quiet or as_json) as progress:
        result = compare(
            *items, variants=variants, period=period, target=target, overrides=overrides, trials=trials, seed=seed,
            kernel=kernel, threads=threads, progress=progress,
        )  # fmt: skip
    deliver(result, out=out, force=force, as_json=as_json, quiet=quiet)
