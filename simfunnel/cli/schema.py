"""``simfunnel schema``."""

from __future__ import annotations

import click

from simfunnel.cli.streams import say_json


@click.command(epilog="Example:  simfunnel schema > simfunnel.schema.json")
def command() -> None:
    """Print the JSON Schema of scenario files.

    With the first line ``# yaml-language-server: $schema=simfunnel.schema.json`` of a scenario, editors complete and
    check it while you type.
    """
    import json

    from simfunnel.scenario import scenario_json_schema

    say_json(json.dumps(scenario_json_schema(), ensure_ascii=False, indent=2))
