"""``simfunnel mcp``."""

from __future__ import annotations

from pathlib import Path

import click


@click.command(epilog="Example:  simfunnel mcp forecasts")
@click.argument("folder", type=click.Path(), default=".")
def command(folder: str) -> None:
    """Serve forecasts to an assistant, over stdin and stdout (Model Context Protocol).

    FOLDER holds the scenarios that it may ask about, at any depth [default: the working directory]. Nothing is written;
    no file outside is read but those that a scenario there names. An assistant starts this command itself.
    """
    from simfunnel.assistant.place import Place
    from simfunnel.assistant.server import build_server

    build_server(Place(Path(folder))).run("stdio")
