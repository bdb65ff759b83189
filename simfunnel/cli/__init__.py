"""The command line: parse, call the library, show. One module a command, imported only when it is asked for."""

from __future__ import annotations

import atexit
import gc
import importlib
import os
import sys

import click

from simfunnel import __version__
from simfunnel.machine.process import claim

COMMANDS = {
    "run": ("simfunnel.cli.run", "Forecast bookings and the probability of reaching the target."),
    "calibrate": ("simfunnel.cli.calibrate", "Learn a scenario from the history of past deals."),
    "metrics": ("simfunnel.cli.metrics", "Say where deals are lost, by stage and group, and how sure that is."),
    "health": ("simfunnel.cli.health", "List the open deals that make the forecast doubtful, and what they are worth."),
    "backtest": ("simfunnel.cli.backtest", "Say how good the forecast would have been on your own past."),
    "plot": ("simfunnel.cli.plot", "Draw a forecast: distribution, exceedance, fan, funnel, occupancy."),
    "plan": ("simfunnel.cli.plan", "Say how many leads a target needs, and what the funnel should hold."),
    "levers": ("simfunnel.cli.levers", "Say what leads, deal size, win rate and speed are worth."),
    "stress": ("simfunnel.cli.stress", "Say what each assumption is worth, and how far it may fall."),
    "compare": ("simfunnel.cli.compare", "Compare scenarios or saved forecasts; explain a week's change."),
    "report": ("simfunnel.cli.report", "Write what a manager opens: one HTML file."),
    "batch": ("simfunnel.cli.batch", "Forecast many scenarios; run again, only what is missing."),
    "keep": ("simfunnel.cli.keep", "Keep today's pipeline and its forecast in a store."),
    "track": ("simfunnel.cli.track", "Say how good the kept forecasts were."),
    "store": ("simfunnel.cli.store", "List, show, export, import, check or erase what is kept."),
    "init": ("simfunnel.cli.init", "Write a starter scenario, or copy a sample."),
    "validate": ("simfunnel.cli.validate", "Check a scenario and its pipeline file without running."),
    "schema": ("simfunnel.cli.schema", "Print the JSON Schema of scenario files, for editors."),
    "serve": ("simfunnel.cli.serve", "Open the what-if page: answers while you move a slider."),
    "mcp": ("simfunnel.cli.mcp", "Serve forecasts to an assistant (Model Context Protocol)."),
    "cache": ("simfunnel.cli.cache", "Compile the kernels, show or clear their cache."),
}
"""Name -> (module, one line). The line stands here so that --help imports no command."""
_GARBAGE = 100_000
"""New objects after which garbage is looked for: of those that loading makes, hardly any is."""


class LazyGroup(click.Group):
    """A group whose commands are imported when they are run."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """List the commands in the order of `COMMANDS`."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command's module and return its `command`."""
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = importlib.import_module(COMMANDS[cmd_name][0]).command
        command.name = cmd_name  # in modules all are called `command`; the documentation calls them by this name
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Suggest the nearest command for an unknown one."""
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            import difflib

            best = difflib.get_close_matches(args[0], COMMANDS, n=1)
            hint = f" Did you mean '{best[0]}'?" if best else ""
            ctx.fail(f"No such command '{args[0]}'.{hint}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands from `COMMANDS` alone."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in COMMANDS.items()])


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Start with:  simfunnel init  &&  simfunnel run scenario.yaml",
)
@click.version_option(__version__, message="%(prog)s %(version)s")
def cli() -> None:
    """Simulate a sales pipeline: the chance of reaching the revenue target, and what it rests on."""


def main() -> None:
    """Run the command line; exit with 0, 2 (bad usage or input), 1 (surroundings) or 130 (interrupted)."""
    import warnings

    from simfunnel.cli.failures import show_failure
    from simfunnel.cli.streams import close_streams, prepare_streams, remark

    claim()
    prepare_streams()
    stdout = sys.stdout
    warnings.showwarning = _note
    try:
        _refuse_bytes(sys.argv[1:])
        code = cli.main(prog_name="simfunnel", standalone_mode=False)
    except click.exceptions.Exit as done:
        code = done.exit_code
    except (KeyboardInterrupt, click.Abort) as stop:
        remark(_kept(stop) or f"interrupted; {_written()}")
        code = 130
    except SystemExit as end:  # what a shell's tab key asks; or, with another stdout, the reader of a pipe has gone
        code = end.code if sys.stdout is stdout else 0
    except Exception as error:
        code = show_failure(error)
    close_streams()
    sys.exit(code if isinstance(code, int) else 0)


def program() -> None:
    """Run the command line as a process, and end it with its code.

    What was loaded is left to the system: to take it apart, and free it piece by piece, is a fifteenth of a small run.
    """
    gc.set_threshold(_GARBAGE)
    try:
        main()
    except SystemExit as end:
        atexit._run_exitfuncs()
        os._exit(end.code if isinstance(end.code, int) else 0)


def _refuse_bytes(arguments: list[str]) -> None:
    """Refuse arguments that are no text in the encoding of the terminal: they could be written into no file."""
    for argument in arguments:
        if any("\ud800" <= character <= "\udfff" for character in argument):
            from simfunnel.errors import InputError, shorten

            shown = shorten(argument.encode("ascii", "backslashreplace").decode("ascii"))
            encoding = sys.getfilesystemencoding()
            raise InputError(f"the argument {shown}: expected text in {encoding}, found other bytes; rename it")


def _note(message: Warning | str, *_: object, **__: object) -> None:
    """Show a warning as a sentence, without the line of code it comes from."""
    from simfunnel.cli.streams import remark

    remark(str(message), label="note:", colour="yellow")


def _kept(stop: BaseException) -> str:
    """What the command says of what it keeps for another time; click puts an Abort in place of an interrupt."""
    cause = stop.__cause__ or stop
    return str(cause) if isinstance(cause, KeyboardInterrupt) else ""


def _written() -> str:
    """Say what of an interrupted command is there."""
    from simfunnel.bundle import completed

    return f"written before that: {', '.join(map(str, completed()))}" if completed() else "nothing was written"
