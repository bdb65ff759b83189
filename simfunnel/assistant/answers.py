"""What an assistant is answered: the JSON of a command, its cautions first, and how to get the same again."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from simfunnel.version import __version__

if TYPE_CHECKING:
    from simfunnel.forecast.inputs import Prepared
    from simfunnel.shown import Shown


def answer(
    result: Shown, ready: Prepared, command: str, files: Sequence[str], options: Mapping[str, Any],
    leave_out: Sequence[str] = (),
) -> dict[str, Any]:  # fmt: skip
    """Lay a result out for an assistant.

    Parameters
    ----------
    result
        What a public function gave.
    ready
        The scenario: its cautions stand first where the result has none of its own.
    command
        The command that prints the same.
    files
        Scenarios, by their paths below the folder.
    options
        Option of the command -> what was given; None, False and nothing were not.
    leave_out
        Keys of the result that were not asked for.

    Returns
    -------
    dict
        ``cautions``; ``sentence``, where the result has one; ``provenance`` with the version, the files and the
        ``command`` line; and ``result``, the other keys as ``--json`` prints them.
    """
    from simfunnel.shown import face_of

    keys = face_of(result).keys()
    cautions = keys.pop("cautions", None)
    found: dict[str, Any] = {"cautions": _cautions(ready) if cautions is None else cautions}
    if "sentence" in keys:
        found["sentence"] = keys.pop("sentence")
    for key in ("schema_version", "simfunnel", *leave_out):
        keys.pop(key, None)
    line = command_line(command, files, options)
    found["provenance"] = {"simfunnel": __version__, "files": list(files), "command": line}
    if environment := keys.pop("environment", None):
        found["provenance"]["environment"] = environment
    return {**found, "result": keys}


def _cautions(ready: Prepared) -> Any:
    from simfunnel.forecast.check import check
    from simfunnel.shown import face_of

    return face_of(check(ready.loaded)).keys()["cautions"]


def command_line(command: str, files: Sequence[str], options: Mapping[str, Any]) -> str:
    """Write the command that gives an answer again, for a shell in the folder."""
    # a file may be called like an option
    words = ["simfunnel", command, *(f"./{name}" if name.startswith("-") else name for name in files)]
    for name, value in options.items():
        if value is None or value is False:
            continue
        if isinstance(value, list | tuple):
            words += [word for each in value for word in (name, str(each))]
        else:
            words += [name] if value is True else [name, str(value)]
    return shlex.join([*words, "--json"])
