"""One writer at a time."""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from simfunnel.bundle.interrupts import uninterrupted
from simfunnel.errors import InputError, Problem, SurroundingsError

if TYPE_CHECKING:
    from filelock import BaseFileLock

LOCK = ".simfunnel.lock"
PATIENCE = 10.0
"""Seconds a writer waits for another."""
_PAUSE = 0.05


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the lock of a folder, which is made where it is missing, and goes again where nothing was written.

    Raises
    ------
    InputError
        If `folder` is a file, or another writer holds the lock for too long.
    SurroundingsError
        If the file system knows no locks.
    """
    deadline = time.monotonic() + PATIENCE
    lock, made = None, False
    try:
        while True:
            with uninterrupted():
                made |= _made(folder)
                lock = _taken(folder)
            if lock is not None:
                break
            if time.monotonic() > deadline:
                message = f"another simfunnel has been writing to this folder for {PATIENCE:g} seconds; try again later"
                raise InputError(Problem(message, file=str(folder)))
            time.sleep(_PAUSE)
        yield
    finally:
        with uninterrupted():
            _give_back(folder, lock, made=made)


def _give_back(folder: Path, lock: BaseFileLock | None, *, made: bool) -> None:
    if lock is not None:
        with suppress(OSError):  # Windows does not remove what is open; a disk may have become read-only
            (folder / LOCK).unlink()
    if made:
        with suppress(OSError):  # a folder with files stays
            folder.rmdir()
    if lock is not None:
        lock.release()


def _made(folder: Path) -> bool:
    """Make the folder; False where it is there already."""
    try:
        folder.mkdir(parents=True)
    except FileExistsError:
        if _in_the_way(folder):
            raise InputError(Problem("expected a folder to write to, found a file", file=str(folder))) from None
        return False
    except NotADirectoryError:
        raise InputError(Problem("expected a folder to write to, found a file", file=str(folder))) from None
    return True


def _in_the_way(folder: Path) -> bool:
    """Whether something else bears the name: asked once, since other writers make and remove the folder meanwhile."""
    try:
        return not stat.S_ISDIR(folder.stat().st_mode)
    except FileNotFoundError:  # a link to nowhere, or gone again this very moment
        return folder.is_symlink()


def _taken(folder: Path) -> BaseFileLock | None:
    """Take the lock, or None where somebody else has it.

    The lock file goes when its holder is done. So a lock is good only if the file of that name is still the one that
    was locked: it is kept open meanwhile, so that no other file can be given its number.
    """
    from filelock import FileLock, Timeout

    path = folder / LOCK
    try:
        known = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    except FileNotFoundError:  # another writer has just removed the folder
        return None
    try:
        lock = FileLock(path)
        lock.acquire(timeout=0)
        with suppress(FileNotFoundError):
            if os.path.samestat(os.fstat(known), path.stat()):
                return lock
        lock.release()
    except (Timeout, FileNotFoundError):
        pass
    except NotImplementedError:  # so filelock says that a file system has no locks
        raise SurroundingsError(f"{folder}: this file system has no locks; choose a folder on another") from None
    finally:
        os.close(known)
    return None
