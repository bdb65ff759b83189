"""``simfunnel calibrate``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from simfunnel.cli.history_options import calibration_options, history_argument
from simfunnel.cli.language import note, told_on
from simfunnel.cli.options import output_options
from simfunnel.errors import InputError
from simfunnel.wording.language import tell

if TYPE_CHECKING:
    from simfunnel.scenario.periods import Periods


@click.command(epilog="Example:  simfunnel calibrate events.csv -o learned.yaml  &&  simfunnel run learned.yaml")
@history_argument
@click.option("-o", "--scenario", "target", type=click.Path(dir_okay=False), metavar="FILE",
              help="Write the scenario here, and its open deals as a CSV beside it.")  # fmt: skip
@click.option("--update", type=click.Path(dir_okay=False), metavar="FILE",
              help="Replace the numbers of this scenario; targets, names, judgement and comments stay.")  # fmt: skip
@calibration_options
@click.option("--by", default="auto", show_default=True, metavar="segment|owner|COLUMN|none",
              help="Learn the rates of groups too, as segments of the scenario; auto: segment, where the history has "
              "several.")  # fmt: skip
@click.option("--fiscal-year-start", type=click.IntRange(1, 12), metavar="MONTH",
              help="First month of the fiscal year, whose quarters wins are learned by [default: that of --update, "
              "else 1].")  # fmt: skip
@output_options
def command(
    history: str,
    target: str | None,
    update: str | None,
    as_of: str | None,
    unit: str,
    count: int,
    horizon: str | None,
    half_life: str,
    value: str,
    time_zone: str | None,
    prior: str | None,
    by: str,
    fiscal_year_start: int | None,
    out: str | None,
    force: bool,
    as_json: bool,
    quiet: bool,
) -> None:
    """Learn rates, times, inflow and dependence from a history, and write them as a scenario.

    HISTORY is a CSV, XLSX, Parquet or XES file, a folder of dated exports, or a YAML file with the key `history`.
    """
    from pathlib import Path

    from simfunnel.calibration.files import check_target, pipeline_name, write_scenario
    from simfunnel.calibration.update import write_update
    from simfunnel.cli.delivery import check_folder, deliver
    from simfunnel.cli.history_options import learn
    from simfunnel.cli.streams import say

    check_folder(out)
    if target is not None and update is not None:
        raise InputError("give -o for a new scenario or --update for one that is there, not both")
    if target is not None:
        check_target(Path(target), force=force)
    result = learn(
        history, as_of=as_of, unit=unit, count=count, horizon=horizon, half_life=half_life, value=value,
        time_zone=time_zone, prior=prior, by=by, fiscal=fiscal_of(fiscal_year_start, update), quiet=quiet or as_json,
        name=None if target is None else Path(target).stem,
        pipeline="pipeline.csv" if target is None else pipeline_name(Path(target)),
    )  # fmt: skip
    if target is not None:
        write_scenario(result, Path(target), force=force)
    difference = None if update is None else write_update(result, Path(update))
    deliver(result, out=out, force=force, as_json=as_json, quiet=quiet)
    if target is not None and not quiet:
        note(tell(
            "written to {target} and {pipeline}. Next:  {command}", target=target,
            pipeline=pipeline_name(Path(target)), command=f"simfunnel run {target}",
        ))  # fmt: skip
    elif difference is not None:
        if not quiet and not as_json:
            with told_on("stdout"):
                say(difference or tell("nothing has changed"))
    elif out is None and not as_json and not quiet:
        note(tell("nothing was written: -o scenario.yaml writes the scenario"))


def fiscal_of(start: int | None, update: str | None) -> Periods | None:
    """Whose fiscal year it is: that which is asked for, else that of the scenario that is kept."""
    from simfunnel.scenario import load_scenario
    from simfunnel.scenario.periods import Periods

    if start is not None:
        return Periods(unit="quarter", count=1, fiscal_year_start=start)
    return None if update is None else load_scenario(update).scenario.periods
