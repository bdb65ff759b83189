"""``simfunnel compare``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from simfunnel.cli.language import note
from simfunnel.cli.options import LEAST_TRIALS, PeriodLabel, Trials, output_options
from simfunnel.errors import InputError
from simfunnel.wording.language import tell

if TYPE_CHECKING:
    from simfunnel.planning.compare.compare import Comparison


@click.command(epilog="Example:  simfunnel compare last_week.yaml this_week.yaml --period 2027-Q1")
@click.argument("items", nargs=-1, type=click.Path(), metavar="SCENARIO...")
@click.option("--store", metavar="PATH|URL", help="Compare two days of this store, with --from and --to.")
@click.option("--from", "first", metavar="DAY", help="With --store: the earlier day.")
@click.option("--to", "last", metavar="DAY", help="With --store: the later day.")
@click.option("--book", metavar="NAME", help="With --store: which pipeline [default: the scenario's name].")
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
    store: str | None,
    first: str | None,
    last: str | None,
    book: str | None,
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

    With --store, --from and --to two days that `keep` has kept are compared, cause by cause and deal by deal, each
    under the scenario that was kept with it, or both under SCENARIO.
    """
    from simfunnel.cli.delivery import check_folder, deliver
    from simfunnel.cli.forecasting import given_options, note_without_meaning, refuse_to_change_saved
    from simfunnel.cli.progress import progress_bar
    from simfunnel.forecast.storage import is_saved
    from simfunnel.planning.compare.compare import compare

    if store is not None or first is not None or last is not None:
        if variants or len(items) > 1:
            raise InputError("--store compares two kept days: give one scenario at most, and no --variant")
        check_folder(out)
        result = _kept_days(
            items, store, first, last, book, overrides=overrides, period=period, target=target, trials=trials,
            seed=seed, kernel=kernel, threads=threads, quiet=quiet or as_json,
        )  # fmt: skip
        deliver(result, out=out, force=force, as_json=as_json, quiet=quiet)
        return
    if not items:
        raise click.UsageError("Missing argument 'SCENARIO...': name scenarios, or give --store, --from and --to.")
    saved = [item for item in items if is_saved(item)]
    if saved and not variants and len(saved) == len(items):
        refuse_to_change_saved({"--set": overrides})
        given = {"--trials": trials, "--seed": seed, "--kernel": kernel, "--threads": threads}
        note_without_meaning(given_options(given), "saved forecasts", quiet=quiet)
    elif saved and overrides and not quiet:
        note(tell("note: --set changes the scenarios; what was saved stays as it is"))
    check_folder(out)
    with progress_bar(tell("Comparing"), quiet=quiet or as_json) as progress:
        result = compare(
            *items, variants=variants, period=period, target=target, overrides=overrides, trials=trials, seed=seed,
            kernel=kernel, threads=threads, named=True, progress=progress,
        )  # fmt: skip
    deliver(result, out=out, force=force, as_json=as_json, quiet=quiet)


def _kept_days(
    items: tuple[str, ...], store: str | None, first: str | None, last: str | None, book: str | None, *, quiet: bool,
    **more: Any,
) -> Comparison:  # fmt: skip
    """Compare two days of a store."""
    from simfunnel.cli.history_options import parse_day
    from simfunnel.cli.progress import progress_bar
    from simfunnel.cli.store_options import open_store
    from simfunnel.record.explain import explain

    days = parse_day(first, "--from"), parse_day(last, "--to")
    if days[0] is None or days[1] is None:
        raise InputError("--store compares two kept days: give both --from and --to")
    with progress_bar(tell("Comparing"), quiet=quiet) as progress:
        return explain(
            open_store(store), days[0], days[1], book=book, scenario=items[0] if items else None, progress=progress,
            **more,
        )  # fmt: skip
