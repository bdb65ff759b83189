"""The server: the tools, and resources that say what their words mean."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import wraps
from importlib.resources import files
from typing import TYPE_CHECKING, Any, ParamSpec

from simfunnel.assistant.place import Place
from simfunnel.assistant.tools import Answer, Tools
from simfunnel.errors import InputError, SurroundingsError
from simfunnel.version import __version__

if TYPE_CHECKING:
    from mcp.server import MCPServer

P = ParamSpec("P")
INSTRUCTIONS = (
    "Forecasts of sales pipelines by Monte Carlo simulation. Paths are relative to the folder of the server; "
    "`scenarios` lists what is there. Tell the cautions of an answer before its numbers, and a number with its error: "
    "keys that end in _stderr are the standard errors of simulation. Every answer carries the command that gives it "
    "again. To ask what would be if, use `set` or `variant`; nothing is ever written."
)


def build_server(place: Place) -> MCPServer[Any]:
    """Build the server for the scenarios below a folder.

    Raises
    ------
    SurroundingsError
        If the extra `mcp` is missing.
    """
    try:
        from mcp.server import MCPServer
        from mcp.types import ToolAnnotations
    except ImportError:
        raise SurroundingsError(
            "the server for assistants needs the package mcp, version 2 or newer: pip install 'simfunnel[mcp]'"
        ) from None
    server = MCPServer("simfunnel", version=__version__, instructions=INSTRUCTIONS, log_level="WARNING")
    for tool in Tools(place).each:
        # nothing outside is changed, and the same question has the same answer
        hints = ToolAnnotations(read_only_hint=True, idempotent_hint=True, open_world_hint=False)
        server.tool(structured_output=True, annotations=hints)(_told(tool, place))
    _add_resources(server)
    return server


def _told(tool: Callable[P, Answer], place: Place) -> Callable[P, Answer]:
    """Have a tool say what is wrong with its input, which the assistant reads and can mend."""
    from mcp.server.mcpserver.exceptions import ToolError

    @wraps(tool)
    def told(*args: P.args, **kwargs: P.kwargs) -> Answer:
        try:
            return dict(place.relative(tool(*args, **kwargs)))
        except InputError as error:
            raise ToolError(place.relative("; ".join(str(problem) for problem in error.problems))) from error
        except SurroundingsError as error:
            raise ToolError(place.relative(str(error))) from error

    return told


def _add_resources(server: MCPServer[Any]) -> None:
    @server.resource("simfunnel://scenario-format", mime_type="application/schema+json")
    def scenario_format() -> str:
        """JSON Schema of scenario files, with what each key means."""
        from simfunnel.scenario import scenario_json_schema

        return json.dumps(scenario_json_schema(), ensure_ascii=False)

    @server.resource("simfunnel://glossary", mime_type="text/markdown")
    def glossary() -> str:
        """What the words and keys of answers mean."""
        return files("simfunnel.assistant").joinpath("glossary.md").read_text(encoding="utf-8")
