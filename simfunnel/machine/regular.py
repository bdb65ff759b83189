"""Opening files that are files: a pipe would wait for ever, a device would never end."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import BinaryIO

from simfunnel.machine.system import open_at_once


class NotRegularError(ValueError):
    """What was named is a folder, a device, a pipe or a socket."""


_KINDS = {
    stat.S_IFDIR: "a folder", stat.S_IFIFO: "a pipe", stat.S_IFSOCK: "a socket", stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}  # fmt: skip


def open_regular(path: str | os.PathLike[str]) -> BinaryIO:
    """Open a regular file for reading.

    Raises
    ------
    NotRegularError
        If it is something else.
    OSError
        If it cannot be opened.
    """
    if Path(path).is_socket():  # opening one fails with a reason that nobody would understand
        raise NotRegularError("this is a socket")
    handle = open_at_once(path)
    mode = os.fstat(handle).st_mode
    if stat.S_ISREG(mode):
        return os.fdopen(handle, "rb")
    os.close(handle)
    raise NotRegularError(f"this is {_KINDS.get(stat.S_IFMT(mode), 'no file')}")
