"""What must be a folder, or may become one."""

from __future__ import annotations

import os
from pathlib import Path

from simfunnel.errors import InputError, Problem


def expect_folder(folder: str | os.PathLike[str]) -> None:
    """Refuse what cannot be written to as a folder, before anything is computed.

    Raises
    ------
    InputError
        If it, or something that it is to lie in, is a file.
    """
    path = Path(folder)
    there = next((p for p in (path, *path.parents) if _is_there(p)), None)
    if there is not None and not there.is_dir():
        told = "found a file" if there == path else f"but {there} is a file"
        raise InputError(Problem(f"expected a folder to write to, {told}", file=os.fspath(folder)))


def _is_there(path: Path) -> bool:
    """Whether something bears the name; what the system says of the name itself is passed on."""
    try:
        path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    return True
