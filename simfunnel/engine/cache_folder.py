"""Where compiled kernels are kept. Whoever can write there can have anything run as us: Numba's files are pickles.

So a folder that another user could have written is not used, and one that cannot be used is no error either: the
process then has a private temporary folder, or compiles for itself alone. Never is a kernel kept beside the sources.
"""

from __future__ import annotations

import atexit
import errno
import os
import re
import shutil
import stat
import tempfile
import warnings
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from simfunnel.machine import close_to_others, open_to_others, owned_by_others

CACHE_VARIABLE = "SIMFUNNEL_CACHE_DIR"
KEY = re.compile(r"[0-9a-f]{16}")
"""Name of the folder of one set of sources."""
_FILE = re.compile(r"(.+\.nb[ic]|[0-9a-f]{64}\.model)(\.tmp\.[0-9a-f]+)?")
"""Numba's index and data files, compiled models, and those that were being written."""
PROBE = 1 << 16
"""Bytes written to see whether there is room; all kernels together take some MB."""


@dataclass(frozen=True)
class Cleared:
    """What clearing the cache did."""

    files: int
    """Files removed."""
    size: int
    """Their bytes."""
    left: tuple[tuple[Path, str], ...]
    """What was left alone, and why."""


def cache_root() -> Path:
    """Folder that holds the kernel caches of all versions: `SIMFUNNEL_CACHE_DIR`, else the user's cache folder."""
    if named := os.environ.get(CACHE_VARIABLE):
        return Path(named).absolute()
    from platformdirs import user_cache_path

    return user_cache_path("simfunnel", appauthor=False) / "kernels"


@cache
def usable_folder(key: str) -> Path | None:
    """Folder for the kernels of one set of sources, made if it is not there, and safe to read pickles from.

    Parameters
    ----------
    key
        Of the sources: the name of the folder within the root.

    Returns
    -------
    Path or None
        That folder; where it cannot or must not be used a private temporary one, with one warning that says why; None
        where not even that can be had.
    """
    folder = cache_root() / key
    try:
        return _checked(folder)
    except OSError as error:
        why = f"the kernel cache {folder.parent} cannot be used ({error.strerror or error})"
    except _NotOursError as error:
        why = str(error)
    private = _private()
    instead = "into a temporary folder" if private else "for this process alone"
    warnings.warn(f"{why}; kernels are compiled {instead}", stacklevel=2)
    return private


class _NotOursError(Exception):
    """A folder that another user could have written."""


def _checked(folder: Path) -> Path:
    """Make and check a folder and its root; raise if one of them is not ours alone or cannot be written."""
    root = folder.parent
    if not root.exists():
        root.parent.mkdir(parents=True, exist_ok=True)
        root.mkdir(mode=0o700, exist_ok=True)
    if not root.is_dir():
        raise NotADirectoryError(errno.ENOTDIR, "not a folder")
    if not os.environ.get(CACHE_VARIABLE):
        close_to_others(root)
    _refuse_if_open(root, root.stat())
    folder.mkdir(mode=0o700, exist_ok=True)
    _refuse_if_open(folder, folder.lstat())
    close_to_others(folder)
    for place, folders, names in os.walk(folder):  # what was planted while others could write belongs to them
        for path in (Path(place, name) for name in (*folders, *names)):
            _refuse_if_foreign(path, path.lstat())
    with tempfile.TemporaryFile(dir=folder) as probe:
        probe.write(b"\0" * PROBE)
        probe.flush()
    return folder


def _refuse_if_open(path: Path, status: os.stat_result) -> None:
    _refuse_if_foreign(path, status)
    _refuse(path, open_to_others(status))


def _refuse_if_foreign(path: Path, status: os.stat_result) -> None:
    _refuse(path, "is a link" if stat.S_ISLNK(status.st_mode) else owned_by_others(status))


def _refuse(path: Path, why: str) -> None:
    if why:
        raise _NotOursError(
            f"the kernel cache {path} {why} and is not used, because what somebody else put there would be run; "
            f"remove it, or name a folder of your own in {CACHE_VARIABLE}"
        )


def _private() -> Path | None:
    """Make a folder for this process, removed when it ends; None where none can be made."""
    try:
        folder = Path(tempfile.mkdtemp(prefix="simfunnel-kernels-"))
    except OSError:
        return None
    owner = os.getpid()
    atexit.register(lambda: shutil.rmtree(folder, ignore_errors=True) if os.getpid() == owner else None)
    return folder


def clear_cache(root: Path | None = None) -> Cleared:
    """Remove the compiled kernels of all versions and the models beside them, and nothing else.

    Parameters
    ----------
    root
        The folder; default that of this user.

    Returns
    -------
    Cleared
        What was removed. Only folders whose name is a key and that hold nothing but Numba's files are ours.
    """
    root = root or cache_root()
    files = size = 0
    left: list[tuple[Path, str]] = []
    try:
        found = sorted(root.iterdir())
    except FileNotFoundError:
        found = []
    except OSError as error:
        return Cleared(0, 0, ((root, error.strerror or str(error)),))
    for folder in found:
        try:
            if why := _foreign(folder):
                left.append((folder, why))
                continue
            for path in [path for path in folder.rglob("*") if not path.is_dir()]:
                length = path.lstat().st_size
                path.unlink()
                files, size = files + 1, size + length
            for inner in sorted((path for path in folder.rglob("*")), reverse=True):
                inner.rmdir()
            folder.rmdir()
        except OSError as error:
            left.append((folder, error.strerror or str(error)))
    return Cleared(files, size, tuple(left))


def _foreign(folder: Path) -> str:
    """Why a folder in the cache is not taken for one of ours; empty if it is."""
    if not KEY.fullmatch(folder.name):
        return "not named like a kernel cache"
    if folder.is_symlink() or not folder.is_dir():
        return "not a folder"
    for place, folders, names in os.walk(folder, onerror=_raise):
        for name in (*folders, *names):
            path = Path(place, name)
            if path.is_symlink() or not (path.is_dir() or (path.is_file() and _FILE.fullmatch(name))):
                return f"holds {path.relative_to(folder)}, which is not a compiled kernel"
    return ""


def _raise(error: OSError) -> None:
    raise error
