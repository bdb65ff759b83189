"""``simfunnel stress``."""

from __future__ import annotations

from functools import partial

import click

from simfunnel.cli.options import PeriodLabel, cluster_option, output_options, paired_options, scenario_argument
from simfunnel.errors import InputError
from simfunnel.wording.language import tell


@click.command(epilog="Example:  simfunnel stress scenario.yaml --by 5% --grid win_rate --grid duration=0.8:1.3:11")
@scenario_argument
@click.option("--by", default="10%", show_default=True, metavar="SHARE",
              help="How far each assumption is moved, down and up.")  # fmt: skip
@click.option("--kind", type=click.Choice(["scale", "add", "odds"]), default="scale", show_default=True,
              help="Move rates by a factor, by points, or by odds; everything else is scaled.")  # fmt: skip
@click.option("--assumption", "assumptions", multiple=True, metavar="PATH",
              help="Move this, such as conversion[stage=Proposal], not the usual ones; repeatable.")  # fmt: skip
@click.option("--each", multiple=True, metavar="DIMENSION",
              help="Also move each stage, segment, owner or source alone; repeatable.")  # fmt: skip
@click.option("--threshold", default="0.5", show_default=True, metavar="P", help="P(attain) of the break-evens.")
@click.option("--grid", multiple=True, metavar="PATH[=LOW:HIGH[:N]]",
              help="One of the two assumptions of the grid, with factors [default: win_rate and leads.rate, "
              "0.5:1.5:21].")  # fmt: skip
@click.option("--misses", is_flag=True,
              help="Also list what separates the futures that miss the target from those that reach it.")  # fmt: skip
@click.option("--no-grid", is_flag=True, help="Leave out the grid.")
@click.option("--market-quantile", default="5%", show_default=True, metavar="SHARE",
              help="How bad the bad market is: the quantile of the market factor.")  # fmt: skip
@click.option("--owner", "owners", multiple=True, metavar="NAME",
              help="Owner who may leave; repeatable [default: every one].")  # fmt: skip
@click.option("--period", type=PeriodLabel(), help="Period, or total [default: the first that has a target].")
@click.option("--target", metavar="AMOUNT", help="Amount to reach, such as 3M [default: the scenario's].")
@paired_options
@cluster_option
@output_options
def command(
    scenario: str,
    overrides: tuple[str, ...],
    by: str,
    kind: str,
    assumptions: tuple[str, ...],
    each: tuple[str, ...],
    threshold: str,
    grid: tuple[str, ...],
    misses: bool,
    no_grid: bool,
    market_quantile: str,
    owners: tuple[str, ...],
    period: str | None,
    target: str | None,
    variant: str | None,
    trials: int | None,
    seed: int | None,
    kernel: str,
    threads: int | None,
    out: str | None,
    force: bool,
    as_json: bool,
    quiet: bool,
) -> None:
    """Say what each assumption is worth, how far it may fall, and which deals the target rests on."""
    from simfunnel.cli.delivery import check_folder, deliver
    from simfunnel.cli.forecasting import read_scenario
    from simfunnel.cli.progress import progress_bar
    from simfunnel.planning.stress.stress import stress
    from simfunnel.report.faces.stress import StressFace

    if grid and no_grid:
        raise InputError("--grid asks for a grid and --no-grid for none; give one of them")
    check_folder(out)
    ready = read_scenario(scenario, overrides, quiet=quiet or as_json)
    with progress_bar(tell("Stress-testing"), quiet=quiet or as_json) as progress:
        result = stress(
            ready, by=by, kind=kind, assumptions=assumptions, each=each, threshold=threshold,
            grid=None if no_grid else grid, market_quantile=market_quantile, owners=owners, period=period,
            target=target, variant=variant, trials=trials, seed=seed, kernel=kernel,
            threads=threads, progress=progress,
        )  # fmt: skip
    page = partial(StressFace(result).page, misses=misses)
    deliver(result, out=out, force=force, as_json=as_json, quiet=quiet, page=page)
