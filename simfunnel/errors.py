"""What simfunnel raises: one exception for bad input, holding every problem found; one for the surroundings."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

MAX_FOUND_CHARACTERS = 80


def shorten(value: object, limit: int = MAX_FOUND_CHARACTERS) -> str:
    """Show an offending value on one line, cut at `limit` characters."""
    text = " ".join(str(value).split())
    return text if len(text) <= limit else text[: limit - 1] + "…"


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with the input: where, what was found, what to do about it."""

    message: str
    """What is wrong, what was expected, what to do: a sentence for an analyst."""
    path: str = ""
    """Key path inside the scenario, such as ``stages[1].conversion.mean``; empty for whole files."""
    file: str | None = None
    """File as the user named it, or None for input that is in no file (``--set``, Python)."""
    line: int | None = None
    """Line in `file`, counted from 1."""
    column: int | None = None
    """Column in `line`, counted from 1."""

    def __str__(self) -> str:
        place = ""
        if self.file is not None:
            numbers = [str(n) for n in (self.line, self.column) if n is not None]
            place = ":".join([self.file, *numbers]) + ": "
        return place + (f"{self.path}: " if self.path else "") + self.message


class SimfunnelError(Exception):
    """Base of everything simfunnel raises on purpose."""


class SurroundingsError(SimfunnelError):
    """The machine does not let us: a disk is full, a folder may not be written. One sentence that names it."""


class InputError(SimfunnelError):
    """The input cannot be used as it is.

    Parameters
    ----------
    problems
        Every problem found, in the order of the input; a plain string is one problem without a place.
    """

    def __init__(self, problems: str | Problem | Iterable[Problem]) -> None:
        if isinstance(problems, str):
            problems = Problem(problems)
        if isinstance(problems, Problem):
            problems = (problems,)
        self.problems: tuple[Problem, ...] = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))
