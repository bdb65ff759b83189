"""``simfunnel metrics``."""

from __future__ import annotations

import click

from simfunnel.cli.history_options import history_argument
from simfunnel.cli.options import output_options, xlsx_option
from simfunnel.wording.language import tell


@click.command(epilog="Example:  simfunnel metrics events.csv --by owner --out metrics/")
@history_argument
@click.option("--by", metavar="owner|team|segment|source|COLUMN",
              help="Compare groups of deals: a field, or any column of the history.")  # fmt: skip
@click.option("--as-of", metavar="DAY", help="Day at whose start the world is known [default: the day after the last "
              "event].")  # fmt: skip
@click.option("--every", type=click.Choice(["month", "quarter"]), default="quarter", show_default=True,
              help="Periods of the trend.")  # fmt: skip
@click.option("--since", metavar="DAY", help="Use nothing before this day; deals alive then enter late.")
@click.option("--half-life", default="none", show_default=True, metavar="DAYS|none",
              help="Days after which what happened weighs half.")  # fmt: skip
@click.option("--time-zone", metavar="NAME", help="Where days begin, such as Europe/Berlin [default: UTC].")
@xlsx_option
@output_options
def command(
    history: str,
    by: str | None,
    as_of: str | None,
    every: str,
    since: str | None,
    half_life: str,
    time_zone: str | None,
    out: str | None,
    xlsx: str | None,
    force: bool,
    as_json: bool,
    quiet: bool,
) -> None:
    """Say where deals are lost, by stage and group, and how sure that is.

    HISTORY is a CSV, XLSX, Parquet or XES file, a folder of dated exports, or a YAML file with the key `history`.
    """
    from simfunnel.cli.delivery import check_folder, check_xlsx, deliver
    from simfunnel.cli.history_options import parse_day, parse_half_life
    from simfunnel.cli.progress import progress_bar
    from simfunnel.diagnosis import metrics
    from simfunnel.errors import InputError
    from simfunnel.history import read_history

    check_folder(out)
    check_xlsx(xlsx, force=force)
    day, first = parse_day(as_of), parse_day(since, "--since")
    life = parse_half_life(half_life)
    if isinstance(life, str):
        raise InputError("--half-life: expected days above 0, or none, found 'auto'")
    hidden = quiet or as_json
    with progress_bar(tell("Reading"), quiet=hidden, compiles=False) as progress:
        read = read_history(history, time_zone=time_zone, progress=progress)
    with progress_bar(tell("Measuring"), quiet=hidden, compiles=False) as progress:
        result = metrics(read, by=by, as_of=day, every=every, since=first, half_life=life, progress=progress)  # type: ignore[arg-type]
    deliver(result, out=out, force=force, as_json=as_json, quiet=quiet, xlsx=xlsx)
