"""The report on disk: nothing of anybody else is replaced, nothing is half written."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from simfunnel.bundle.durable import write_through
from simfunnel.errors import InputError, Problem, SurroundingsError

MARK = '<meta name="generator" content="simfunnel '
_HEAD = 8192
"""Characters of a file within which the mark stands."""


def check_target(target: Path, *, force: bool) -> None:
    """Refuse, before anything is computed, to replace what is no report of ours.

    Raises
    ------
    InputError
        If the name is not that of a page, is a folder, or is taken by another file.
    """
    if target.suffix.lower() not in (".html", ".htm"):
        raise InputError(Problem("expected a name that ends in .html for the report", file=str(target)))
    if target.is_dir():
        raise InputError(Problem("expected a file to write the report to, found a folder", file=str(target)))
    if target.exists() and not force and not _ours(target):
        message = "is there already, and is no report of simfunnel; name another file, or use --force"
        raise InputError(Problem(message, file=str(target)))


def write_report(text: str, target: Path) -> None:
    """Write a report whole, or leave what was there.

    Raises
    ------
    SurroundingsError
        If the disk is full, or the folder may not be written.
    """
    new = target.with_name(f".{target.name}.{os.getpid()}.partial")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        write_through(new, text)
        new.replace(target)
    except OSError as error:
        raise SurroundingsError(f"{target}: could not be written: {error.strerror or error}") from None
    finally:
        with contextlib.suppress(OSError):  # what is in the way was told
            new.unlink()


def _ours(target: Path) -> bool:
    try:
        with target.open(encoding="utf-8", errors="replace") as file:
            return MARK in file.read(_HEAD)
    except OSError:
        return False
