"""``simfunnel serve``."""

from __future__ import annotations

import os
import sys

import click

from simfunnel.cli.language import asked_language, language_option, note
from simfunnel.cli.options import scenario_argument
from simfunnel.wording.language import ENGLISH, tell

DEFAULT_PORT = 8765


@click.command(epilog="Example:  simfunnel serve scenario.yaml")
@scenario_argument
@click.option("--variant", metavar="NAME", help="Begin with a variant of the scenario.")
@click.option("--seed", type=click.IntRange(0, 2**64 - 1), help="Random seed [default: the scenario's, else 1].")
@click.option("--port", type=click.IntRange(0, 65535), default=DEFAULT_PORT, show_default=True,
              help="Port to listen on; 0 takes one that is free.")  # fmt: skip
@click.option("--host", default="127.0.0.1", show_default=True, metavar="ADDRESS",
              help="Address to listen on; 0.0.0.0 lets others on the network in.")  # fmt: skip
@click.option("--open/--no-open", "opens", default=True, help="Open the page in a browser [default: open].")
@language_option
@click.option("-q", "--quiet", is_flag=True, help="Print nothing but the link and errors.")
def command(
    scenario: str, overrides: tuple[str, ...], variant: str | None, seed: int | None, port: int, host: str,
    opens: bool, quiet: bool,
) -> None:  # fmt: skip
    """Open a page on this machine that answers what-if questions while a slider moves.

    Nothing is written and nothing leaves the machine. When the scenario or its export changes on disk, the page
    follows.
    """
    from simfunnel.cli.progress import progress_bar
    from simfunnel.web.files import Source
    from simfunnel.web.question import MOVING_TRIALS
    from simfunnel.web.server import (
        build_server,
        check_installed,
        is_open_to_others,
        link_of,
        listen,
        run_until_interrupted,
        token,
    )

    check_installed()
    from simfunnel.web.app import Application

    secret = token()
    with listen(host, port) as taken:
        with progress_bar(tell("Simulating"), quiet=quiet) as progress:
            source = Source(scenario, overrides=overrides, variant=variant, seed=seed)
            source.reading.forecast((), MOVING_TRIALS, progress)
        link = link_of(host, taken.getsockname()[1], secret)
        if is_open_to_others(taken):
            note(tell(
                "warning: the page can be opened from other machines, unencrypted; whoever has the link reads all "
                "deals, owners and amounts. Without --host it is for this machine alone."
            ))  # fmt: skip
        click.echo(link)
        sys.stdout.flush()  # it may be a pipe, and this waits for long
        if not quiet:
            note(tell("End it with {keys}.", keys="Ctrl-C"))
        if opens and _has_screen():
            _open(link)
        told_in = asked_language() or source.reading.ready.scenario.language or ENGLISH
        server = build_server(Application(source, told_in), host, taken.getsockname()[1], secret)
        run_until_interrupted(server, taken)


def _has_screen() -> bool:
    """Whether a browser would show something: not in a pipe, nor where there is no desktop."""
    if not sys.stdout.isatty():
        return False
    return sys.platform in ("win32", "darwin") or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def _open(link: str) -> None:
    import webbrowser

    webbrowser.open(link)
