"""``simfunnel track``."""

from __future__ import annotations

import click

from simfunnel.cli.options import PeriodLabel, output_options
from simfunnel.cli.store_options import open_store, store_options
from simfunnel.wording.language import tell


@click.command(epilog="Example:  simfunnel track --store simfunnel.db --by owner")
@store_options
@click.option("--history", type=click.Path(), metavar="HISTORY",
              help="What tells what came [default: the snapshots, where they hold won deals].")  # fmt: skip
@click.option("--period", type=PeriodLabel(), help="Score this period only.")
@click.option("--by", type=click.Choice(["owner", "segment"]), help="Score the forecasts of each as well.")
@click.option("--settle", type=click.IntRange(0, 366), default=7, show_default=True, metavar="DAYS",
              help="Days after the end of a period until all of its wins are in a snapshot.")  # fmt: skip
@output_options
def command(
    store: str | None,
    book: str | None,
    history: str | None,
    period: str | None,
    by: str | None,
    settle: int,
    out: str | None,
    force: bool,
    as_json: bool,
    quiet: bool,
) -> None:
    """Say how good the kept forecasts were: each against what came.

    A period is scored when it is over and a snapshot some days later (--settle) holds the deals that were won in it.
    Forecasts of one period are not independent: what is said of chance goes by periods.
    """
    from simfunnel.cli.delivery import check_folder, deliver
    from simfunnel.cli.progress import progress_bar
    from simfunnel.history import read_history
    from simfunnel.record.track import track_record

    check_folder(out)
    told = None
    if history is not None:
        with progress_bar(tell("Reading"), quiet=quiet or as_json, compiles=False) as progress:
            told = read_history(history, progress=progress)
    found = track_record(open_store(store), book=book, history=told, period=period, by=by, settle=settle)
    deliver(found, out=out, force=force, as_json=as_json, quiet=quiet)
