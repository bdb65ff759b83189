"""``simfunnel levers``."""

from __future__ import annotations

import click

from simfunnel.cli.options import cluster_option, goal_options, output_options, paired_options, scenario_argument
from simfunnel.wording.language import tell


@click.command(epilog="Example:  simfunnel levers scenario.yaml --by 5% --period 2027-Q2")
@scenario_argument
@click.option("--by", default="10%", show_default=True, metavar="SHARE",
              help="How far each lever is moved, up to 100%.")  # fmt: skip
@goal_options
@paired_options
@cluster_option
@output_options
def command(
    scenario: str,
    overrides: tuple[str, ...],
    by: str,
    period: str | None,
    target: str | None,
    confidence: str,
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
    """Say what more leads, bigger deals, a higher win rate and a shorter cycle are worth.

    --confidence mean asks what each lever would have to be for the mean, not P(attain), to reach the target.
    """
    from simfunnel.cli.delivery import check_folder, deliver
    from simfunnel.cli.forecasting import read_scenario
    from simfunnel.cli.progress import progress_bar
    from simfunnel.planning.levers.levers import a_little_more, levers

    check_folder(out)
    ready = read_scenario(scenario, overrides, quiet=quiet or as_json)
    with progress_bar(tell("Moving the levers"), quiet=quiet or as_json) as progress:
        result = levers(
            ready, by=a_little_more(by), period=period, target=target,
            confidence=None if confidence == "mean" else confidence,
            variant=variant, trials=trials, seed=seed, kernel=kernel, threads=threads,
            progress=progress,
        )  # fmt: skip
    deliver(result, out=out, force=force, as_json=as_json, quiet=quiet)
