"""``simfunnel health``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from simfunnel.cli.language import note
from simfunnel.cli.options import (
    LEAST_TRIALS,
    MOST_THREADS,
    PeriodLabel,
    Trials,
    output_options,
    scenario_argument,
    xlsx_option,
)
from simfunnel.cli.store_options import store_options
from simfunnel.errors import InputError, SurroundingsError
from simfunnel.wording.language import tell

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping

    from simfunnel.estimation.owner_bias import OwnerBias
    from simfunnel.forecast.inputs import Prepared
    from simfunnel.scenario import LoadedScenario


@click.command(epilog="Example:  simfunnel health scenario.yaml --history events.csv")
@scenario_argument
@click.option("--history", type=click.Path(), metavar="HISTORY",
              help="Past deals: times in stages, pushed dates and the load of owners then rest on them.")  # fmt: skip
@store_options
@click.option("--idle-days", type=click.IntRange(1, 3650), default=30, show_default=True,
              help="Days without activity from which on a deal is idle.")  # fmt: skip
@click.option("--period", type=PeriodLabel(),
              help="Period that loses deals, or total [default: the first that has a target].")  # fmt: skip
@click.option("--target", metavar="AMOUNT", help="Its target, such as 3M [default: the scenario's].")
@click.option("--variant", metavar="NAME", help="Look at a variant of the scenario.")
@click.option("--trials", type=Trials(LEAST_TRIALS), help="Simulated futures of each forecast [default: 20,000].")
@click.option("--seed", type=click.IntRange(0, 2**64 - 1), help="Random seed [default: the scenario's, else 1].")
@click.option("--threads", type=click.IntRange(1, MOST_THREADS), help="Threads [default: all processors].")
@xlsx_option
@output_options
def command(
    scenario: str,
    overrides: tuple[str, ...],
    history: str | None,
    store: str | None,
    book: str | None,
    idle_days: int,
    period: str | None,
    target: str | None,
    variant: str | None,
    trials: int | None,
    seed: int | None,
    threads: int | None,
    out: str | None,
    xlsx: str | None,
    force: bool,
    as_json: bool,
    quiet: bool,
) -> None:
    """List the open deals that make the forecast doubtful, and what it loses without those to drop.

    Every deal stands beside the deals of its stage that were won and lost, its owner's own probability, category and
    close date beside the model's. Where a store holds what owners committed (`keep --submissions`), each owner stands
    beside how far the commits were from what came.
    """
    from simfunnel.cli.delivery import check_folder, check_xlsx, deliver
    from simfunnel.cli.forecasting import read_scenario
    from simfunnel.cli.progress import progress_bar
    from simfunnel.diagnosis.health import health
    from simfunnel.history import read_history

    check_folder(out)
    check_xlsx(xlsx, force=force)
    hidden = quiet or as_json
    ready = read_scenario(scenario, overrides, quiet=hidden)
    past = None
    if history is not None:
        with progress_bar(tell("Reading the history"), quiet=hidden, compiles=False) as progress:
            past = read_history(history, progress=progress)
    commits = _commits(ready.loaded, store, book, quiet=hidden)
    earlier = _earlier(ready, store, book, quiet=hidden)
    with progress_bar(tell("Looking at the deals"), quiet=hidden) as progress:
        result = health(
            ready, history=past, idle_days=idle_days, period=period, target=target, variant=variant, trials=trials,
            seed=seed, threads=threads, commits=commits, earlier=earlier, progress=progress,
        )  # fmt: skip
    deliver(result, out=out, force=force, as_json=as_json, quiet=quiet, xlsx=xlsx)


def _commits(loaded: LoadedScenario, store: str | None, book: str | None, *, quiet: bool) -> dict[str, OwnerBias]:
    """What a store tells of owners; one that nobody named and that cannot be read is passed over, with a note."""
    from simfunnel.cli.progress import progress_bar
    from simfunnel.record.place import book_of, store_there
    from simfunnel.record.track import commit_biases
    from simfunnel.store import Store

    where = store or store_there(loaded)
    if where is None:
        return {}
    try:
        with progress_bar(tell("Reading the store"), quiet=quiet, compiles=False):
            return commit_biases(
                Store.open(where), book=book, likely=book_of(loaded), until=loaded.scenario.as_of
            )  # fmt: skip
    except (InputError, SurroundingsError) as error:
        if store is not None or book is not None:
            raise
        note(tell("note: what owners committed is not shown: {error}", error=str(error)))
        return {}


def _earlier(
    ready: Prepared, store: str | None, book: str | None, *, quiet: bool
) -> list[tuple[dt.date, Mapping[str, float]]]:
    """What chances were on earlier kept days; a store that nobody named and that cannot be read is passed over."""
    from simfunnel.cli.progress import progress_bar
    from simfunnel.record.place import store_there

    where = store or store_there(ready.loaded)
    if where is None:
        return []
    from simfunnel.record.earlier import chances_before

    try:
        with progress_bar(tell("Looking back"), quiet=quiet, compiles=False):
            return chances_before(ready, where, book)
    except (InputError, SurroundingsError) as error:
        if store is not None or book is not None:
            raise
        note(tell("note: what chances were is not shown: {error}", error=str(error)))
        return []
