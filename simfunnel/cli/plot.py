"""``simfunnel plot``."""

from __future__ import annotations

from pathlib import Path

import click

from simfunnel.cli.language import language_option, note, told_in
from simfunnel.cli.options import HowToRun, PeriodLabel, force_option, quiet_option, run_options, scenario_argument
from simfunnel.cli.streams import say
from simfunnel.wording.language import joined, tell


@click.command(epilog="Example:  simfunnel plot scenario.yaml --kind distribution --period 2027-Q1")
@scenario_argument
@run_options
@click.option("--kind", "kinds", multiple=True,
              type=click.Choice(["distribution", "exceedance", "fan", "funnel", "occupancy"]),
              help="Which plot; repeatable [default: all].")  # fmt: skip
@click.option("--period", type=PeriodLabel(), help="Period of the distribution and the exceedance curve, or total.")
@click.option("--format", "formats", multiple=True, type=click.Choice(["png", "svg", "pdf"]),
              help="File format; repeatable [default: png and svg].")  # fmt: skip
@click.option("--out", type=click.Path(file_okay=False), default="plots", show_default=True, metavar="DIR",
              help="Folder to write to.")  # fmt: skip
@language_option
@force_option
@quiet_option
def command(
    scenario: str,
    overrides: tuple[str, ...],
    how: HowToRun,
    kinds: tuple[str, ...],
    period: str | None,
    formats: tuple[str, ...],
    out: str,
    force: bool,
    quiet: bool,
) -> None:
    """Draw a forecast: distribution, exceedance, fan, funnel, occupancy.

    SCENARIO is a scenario file, or a folder that `simfunnel run --out` wrote (then without funnel and occupancy).
    """
    from simfunnel import bundle
    from simfunnel.cli.delivery import check_folder, command_line
    from simfunnel.cli.forecasting import (
        given_options,
        make_forecast,
        note_without_meaning,
        read_scenario,
        refuse_to_change_saved,
    )
    from simfunnel.forecast import Forecast
    from simfunnel.forecast.storage import is_saved
    from simfunnel.report.faces.base import PLOTS
    from simfunnel.report.faces.forecast import NEED_DEALS, ForecastFace

    check_folder(out)
    if is_saved(scenario):
        refuse_to_change_saved({"--set": overrides, "--variant": how.variant})
        given = {name: value for name, value in how.given.items() if name != "--variant"}
        note_without_meaning(given_options(given), "a saved forecast", quiet=quiet)
        forecast = Forecast.load(scenario)
        if not kinds and not quiet:
            note(tell(
                "without {plots}: they need the scenario, not a saved forecast", plots=joined(NEED_DEALS, last=" and ")
            ))  # fmt: skip
    else:
        ready = read_scenario(scenario, overrides, quiet=quiet)
        forecast = make_forecast(ready, how, quiet=quiet)
    face = ForecastFace(forecast)
    face.chosen_figures(kinds, period or 0)  # what cannot be drawn is an error before anything is
    with (
        bundle.writing(
            out, command=command_line(), provenance=face.provenance, force=force, face=PLOTS, renews=()
        ) as writing,
        told_in(),
    ):
        files = face.save_plots(writing.folder, kinds, formats or ("png", "svg"), period or 0)
    for path in files:
        say(str(Path(out) / path.name))
