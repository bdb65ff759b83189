"""What stops a command, as a sentence and an exit code: the one place that tells input from surroundings."""

from __future__ import annotations

import errno
import os
from contextlib import suppress

import click

from simfunnel.cli.streams import remark
from simfunnel.errors import InputError, SurroundingsError

NAMED = {errno.ENAMETOOLONG: "the name is too long for this file system", errno.ELOOP: "links lead in a circle"}
"""What is wrong with a path itself, and so with the input."""

FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG}) if hasattr(errno, "EDQUOT") else frozenset({errno.ENOSPC})
UNNAMED = "a file cannot be read or written: "


def show_failure(error: Exception) -> int:
    """Say on stderr what went wrong; the exit code."""
    if isinstance(error, click.ClickException):
        with suppress(OSError, ValueError):
            error.show()
        return error.exit_code
    known = error if isinstance(error, InputError | SurroundingsError) else _translated(error)
    if isinstance(known, InputError):
        for problem in known.problems:
            _error("error:", str(problem))
        return 2
    if known is not None:
        _error("error:", str(known))
        return 1
    if os.environ.get("SIMFUNNEL_DEBUG"):
        raise error
    _error(
        "internal error:",
        f"{type(error).__name__}: {error}\n"
        "This is a fault of simfunnel, not of your files; SIMFUNNEL_DEBUG=1 shows where it happened.",
    )
    return 1


def _error(label: str, text: str) -> None:
    remark(text, label=label, colour="red")


def _translated(error: Exception) -> InputError | SurroundingsError | None:
    """Say in our words what the system refuses; None for what is a fault of ours."""
    if isinstance(error, MemoryError):
        found = f" ({error})" if str(error) else ""
        return SurroundingsError(f"there is not enough memory{found}; ask for fewer trials, periods, groups or deals")
    if isinstance(error, RuntimeError) and "start new thread" in str(error):
        return SurroundingsError("the system gives no more threads; ask for fewer with --threads")
    if not isinstance(error, OSError):
        return None
    about = "" if error.filename is None else f"{os.fsdecode(error.filename)}: "
    if error.errno in NAMED:
        return InputError(about + NAMED[error.errno])
    what = "" if about else "the output cannot be written: " if error.errno in FULL else UNNAMED
    return SurroundingsError(f"{about}{what}{error.strerror or error}")
