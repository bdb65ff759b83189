"""``simfunnel keep``."""

from __future__ import annotations

import click

from simfunnel.cli.options import HowToRun, json_options, run_options, scenario_argument
from simfunnel.cli.store_options import store_options


@click.command(epilog="Example:  simfunnel keep scenario.yaml --valid 2027-01-11")
@scenario_argument
@store_options
@click.option("--valid", metavar="DAY",
              help="Day at whose start the file holds, in place of the scenario's as_of.")  # fmt: skip
@click.option("--correct", is_flag=True, help="Tell a day anew that is kept, or one before the newest.")
@click.option("--late-dates", is_flag=True, help="Dates in the file on that day or later are slips.")
@click.option("--forecast", "saved", type=click.Path(), metavar="DIR",
              help="Keep this saved forecast (`run --out`) instead of making one.")  # fmt: skip
@click.option("--samples", is_flag=True, help="Keep every trial as well.")
@click.option("--submissions", type=click.Path(), metavar="FILE",
              help="Keep what owners say will come: owner, period, commit, best case.")  # fmt: skip
@click.option("--no-raw", is_flag=True, help="Do not keep the file as it came, only its rows.")
@run_options
@json_options
def command(
    scenario: str,
    overrides: tuple[str, ...],
    store: str | None,
    book: str | None,
    valid: str | None,
    correct: bool,
    late_dates: bool,
    saved: str | None,
    samples: bool,
    submissions: str | None,
    no_raw: bool,
    how: HowToRun,
    as_json: bool,
    quiet: bool,
) -> None:
    """Keep today's pipeline and its forecast, to be asked later what was said and what came.

    Every deal is kept as it stands on the day, the file as it came, the scenario, and the forecast: all of it in one
    transaction. A deal that has not changed takes no room. The store is a SQLite file beside the scenario unless
    something else is named; a team takes PostgreSQL. Of a column of forecast categories commits and best cases are kept
    too, by owner, and said; what --submissions says of the same week counts before them.
    """
    from simfunnel.cli.delivery import deliver
    from simfunnel.cli.forecasting import given_options, make_forecast, note_without_meaning
    from simfunnel.cli.history_options import parse_day
    from simfunnel.forecast import Forecast
    from simfunnel.forecast.inputs import Prepared
    from simfunnel.record.keep import keep

    if saved is not None:
        note_without_meaning(given_options(how.given), "a saved forecast", quiet=quiet)

    def made(ready: Prepared) -> Forecast:
        return make_forecast(ready, how, quiet=quiet or as_json)

    result = keep(
        scenario, store=store, book=book, valid=parse_day(valid, "--valid"), correct=correct, late=late_dates,
        overrides=overrides, forecast=saved or made, samples=samples, raw=not no_raw,
        submissions=submissions,
    )  # fmt: skip
    deliver(result, out=None, as_json=as_json, quiet=quiet)
