"""``simfunnel validate``."""

from __future__ import annotations

import click

from simfunnel.cli.language import language_option, state_language
from simfunnel.cli.options import quiet_option, scenario_argument
from simfunnel.wording.language import tell


@click.command(epilog="Example:  simfunnel validate scenario.yaml")
@scenario_argument
@click.option("--json", "as_json", is_flag=True, help="Print the data-quality report as JSON.")
@language_option
@quiet_option
def command(scenario: str, overrides: tuple[str, ...], as_json: bool, quiet: bool) -> None:
    """Check a scenario, its pipeline file and its variants without running."""
    from simfunnel.scenario import load_scenario

    loaded = load_scenario(scenario, overrides)  # what is refused here is so before anything that computes is imported
    from simfunnel.cli.delivery import deliver
    from simfunnel.cli.progress import progress_bar
    from simfunnel.forecast.check import check

    state_language(loaded.scenario.language)
    with progress_bar(tell("Reading"), quiet=quiet or as_json, compiles=False) as progress:
        found = check(loaded, progress=progress)
    deliver(found, out=None, as_json=as_json, quiet=quiet)
