"""Where a store, or another database, is: a file, or a URL whose credentials may come from the environment."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

from simfunnel.errors import InputError
from simfunnel.values.redacted import without_passwords

VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
POSTGRES = ("postgres", "postgresql", "postgresql+psycopg")
_SECRET = re.compile(r"://[^/?#]*?:(.*)@")


@dataclass(frozen=True, slots=True)
class Address:
    """A database."""

    url: str
    """With everything that is needed to reach it; never shown."""
    shown: str
    """As messages, provenance and files may hold it: without passwords, and variables by their name."""
    path: Path | None
    """The file, of SQLite."""

    def safe(self, text: str) -> str:
        """A message of a driver without what must not be seen."""
        secret = _SECRET.search(self.url)
        if secret and secret[1]:
            text = text.replace(secret[1], "***")
        return without_passwords(text).replace(self.url, self.shown)


def expanded(text: str) -> str:
    """Put the values of ``${VAR}`` in.

    Raises
    ------
    InputError
        If a variable is not set: its name, and never its value, is in the message.
    """

    def value(match: re.Match[str]) -> str:
        found = os.environ.get(match[1])
        if found is None:
            raise InputError(f"the environment variable {match[1]} is not set: {without_passwords(text)} needs it")
        return found

    return VARIABLE.sub(value, text)


def address_of(text: str | os.PathLike[str]) -> Address:
    """Read where a store is.

    Parameters
    ----------
    text
        Path of a SQLite file, or ``sqlite:///PATH``, or ``postgresql://USER:PASSWORD@HOST/DATABASE``, in which
        ``${VAR}`` stands for an environment variable.

    Raises
    ------
    InputError
        If it is empty, or of another kind.
    """
    written = os.fspath(text).strip()
    shown, full = without_passwords(written), expanded(written)
    scheme, mark, rest = full.partition("://")
    if not full:
        raise InputError("the store has no name: expected the path of a SQLite file, or a URL of PostgreSQL")
    if not mark:
        return Address(full, shown, Path(full))
    kind = scheme.casefold()
    if kind in ("sqlite", "sqlite+pysqlite"):
        name = rest.removeprefix("/")
        if not name or name == ":memory:":
            raise InputError(f"{shown}: expected a file, such as sqlite:///simfunnel.db")
        return Address(name, shown, Path(name))
    if kind in POSTGRES:
        return Address(f"postgresql+psycopg://{rest}", shown, None)
    raise InputError(
        f"{shown}: expected the path of a SQLite file, or postgresql://USER@HOST/DATABASE, found {scheme}://"
    )
