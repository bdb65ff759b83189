"""``simfunnel backtest``."""

from __future__ import annotations

import click

from simfunnel.cli.history_options import history_argument
from simfunnel.cli.options import cluster_option, output_options, xlsx_option
from simfunnel.wording.language import tell


@click.command(epilog="Example:  simfunnel backtest events.csv --horizon 30d --every 7d")
@history_argument
@click.option("--horizon", metavar="30d|quarter",
              help="Length of the windows to forecast [default: a quarter where six fit, else a month].")  # fmt: skip
@click.option("--every", default="7d", show_default=True, metavar="DAYS", help="Days between forecasts.")
@click.option("--first", metavar="DAY", help="First day of the past to forecast from [default: as early as possible].")
@click.option("--last", metavar="DAY", help="Last one [default: the last whose window is over].")
@click.option("--value", type=click.Choice(["auto", "amount", "count"]), default="auto", show_default=True,
              help="Forecast money, or the number of wins.")  # fmt: skip
@click.option("--half-life", default="auto", show_default=True, metavar="DAYS|none",
              help="Days after which what happened weighs half; auto: 45, and 90 from two years on.")  # fmt: skip
@click.option("--by", multiple=True, type=click.Choice(["owner", "segment"]),
              help="Also score the open deals of each.")  # fmt: skip
@click.option("--choose", is_flag=True,
              help="Let past windows decide half-life, form and anchor at each day; say what it gained.")  # fmt: skip
@click.option("--fiscal-year-start", type=click.IntRange(1, 12), default=1, show_default=True, metavar="MONTH",
              help="First month of the fiscal year, by whose quarters wins are learned.")  # fmt: skip
@click.option("--forecasts", type=click.Path(), metavar="DIR",
              help="Score the forecasts saved in this folder (`run --out`) instead of making new ones.")  # fmt: skip
@click.option("--trials", type=click.IntRange(100, 1_000_000), default=5_000, show_default=True,
              help="Simulated futures of each forecast.")  # fmt: skip
@click.option("--time-zone", metavar="NAME", help="Where days begin, such as Europe/Berlin [default: UTC].")
@xlsx_option
@cluster_option
@output_options
def command(
    history: str,
    horizon: str | None,
    every: str,
    first: str | None,
    last: str | None,
    value: str,
    half_life: str,
    by: tuple[str, ...],
    choose: bool,
    fiscal_year_start: int,
    forecasts: str | None,
    trials: int,
    time_zone: str | None,
    out: str | None,
    xlsx: str | None,
    force: bool,
    as_json: bool,
    quiet: bool,
) -> None:
    """Say how good the forecast would have been on your own past.

    At days of the past the recipe of `calibrate` learns from what was known then and forecasts the days that follow;
    that is compared with what came, beside forecasts that need no model. With --out an interrupted backtest goes on
    where it was.

    HISTORY is a CSV, XLSX, Parquet or XES file, a folder of dated exports, or a YAML file with the key `history`.
    """
    from pathlib import Path

    from simfunnel.backtesting import backtest, track
    from simfunnel.backtesting.checkpoint import NAME, clear
    from simfunnel.backtesting.origins import usual_horizon
    from simfunnel.cli.delivery import check_folder, check_xlsx, deliver
    from simfunnel.cli.history_options import parse_day, parse_days, parse_half_life, parse_horizon
    from simfunnel.cli.interrupts import going_on
    from simfunnel.cli.progress import progress_bar
    from simfunnel.history import read_history

    check_folder(out)
    check_xlsx(xlsx, force=force)
    days, step = parse_horizon(horizon), parse_days(every, "--every")
    begins, ends, life = parse_day(first, "--first"), parse_day(last, "--last"), parse_half_life(half_life)
    hidden = quiet or as_json
    with progress_bar(tell("Reading"), quiet=hidden, compiles=False) as progress:
        read = read_history(history, time_zone=time_zone, progress=progress)
    if forecasts is not None:
        deliver(track(read, forecasts), out=out, force=force, as_json=as_json, quiet=quiet)
        return
    with going_on(out, NAME, force=force), progress_bar(tell("Forecasting the past"), quiet=hidden) as progress:
        result = backtest(
            read, horizon=days or usual_horizon(read), every=step, first=begins, last=ends, value=value,  # type: ignore[arg-type]
            half_life=life, by=by, choose=choose, trials=trials, resume=out, force=force, progress=progress,  # type: ignore[arg-type]
            fiscal_year_start=fiscal_year_start,
        )  # fmt: skip
    deliver(result, out=out, force=force, as_json=as_json, quiet=quiet, xlsx=xlsx)
    if out is not None:
        clear(Path(out))
