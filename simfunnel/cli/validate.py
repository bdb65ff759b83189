"""``simfunnel validate``."""

from __future__ import annotations

import click

from simfunnel.cli.options import scenario_argument


@click.command(epilog="Example:  simfunnel validate scenario.yaml")
@scenario_argument
@click.option("--json", "as_json", is_flag=True, help="Print the data-quality report as JSON.")
def command(scenario: str, overrides: tuple[str, ...], as_json: bool) -> None:
    """Check a scenario, its pipeline file and its variants without running."""
    from simfunnel.cli.delivery import deliver
    from simfunnel.forecast.check import check

    deliver(check(scenario, overrides=overrides), out=None, as_json=as_json, quiet=True)
