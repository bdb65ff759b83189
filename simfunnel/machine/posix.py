"""What only POSIX systems tell: owners and modes of files, opening without waiting, limits of memory."""

from __future__ import annotations

import os
import resource
import stat
from pathlib import Path

UNLIMITED = 1 << 60
"""Bytes from which on a limit is none: control groups write the largest number there is."""


def owned_by_others(status: os.stat_result) -> str:
    """Say that a file or folder with this status belongs to another user; empty if it is ours."""
    return "" if status.st_uid == os.geteuid() else f"belongs to another user (number {status.st_uid})"


def open_to_others(status: os.stat_result) -> str:
    """Say that others may write a file or folder with this status; empty if they may not."""
    if status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        return f"can be written by others (mode {stat.S_IMODE(status.st_mode):04o})"
    return ""


def close_to_others(folder: Path) -> None:
    """Give a folder the mode 0700, if it is ours and has another."""
    status = folder.stat()
    if not owned_by_others(status) and stat.S_IMODE(status.st_mode) != 0o700:
        folder.chmod(0o700)


def open_at_once(path: str | os.PathLike[str]) -> int:
    """Open a file for reading, without waiting for whoever writes to a pipe."""
    return os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)


def memory_limits() -> dict[str, int]:
    """Bytes that this process may still take, by what limits it.

    Returns
    -------
    dict
        The limit of its address space (RLIMIT_AS) and that of its control group, less what is taken of them already;
        what the system has available, else what it has at all. What is not known or unlimited is left out.
    """
    found = {"the limit of address space (ulimit -v)": _address_space(), "the control group": _control_group()}
    found["this machine"] = _available()
    return {name: max(size, 0) for name, size in found.items() if size is not None and size < UNLIMITED}


def _address_space() -> int | None:
    soft, _ = resource.getrlimit(resource.RLIMIT_AS)
    if soft == resource.RLIM_INFINITY:
        return None
    pages = _text("/proc/self/statm").split()
    return soft - (int(pages[0]) * resource.getpagesize() if pages else 0)


def _control_group() -> int | None:
    """Least of what is left in this process' groups and those above them, version 2 or 1."""
    left = []
    for line in _text("/proc/self/cgroup").splitlines():
        number, controllers, path = line.split(":", 2)
        second = number == "0" and not controllers
        if not second and "memory" not in controllers.split(","):
            continue
        root = Path("/sys/fs/cgroup") if second else Path("/sys/fs/cgroup/memory")
        names = ("memory.max", "memory.current") if second else ("memory.limit_in_bytes", "memory.usage_in_bytes")
        own = root / path.lstrip("/")
        # inside a container the path is often that of the host: then the root of what is mounted is the group
        for folder in {own, *own.parents, root}:
            if not folder.is_relative_to(root):
                continue
            limit, used = (_text(folder / name).strip() for name in names)
            if limit.isdigit():
                left.append(int(limit) - _less_cache(folder, int(used) if used.isdigit() else 0))
    return min(left, default=None)


def _less_cache(folder: Path, used: int) -> int:
    """Memory in use that cannot be given back: a group's use counts the cache of the files it has read."""
    for line in _text(folder / "memory.stat").splitlines():
        name, _, size = line.partition(" ")
        if name in ("inactive_file", "total_inactive_file") and size.isdigit():
            return max(used - int(size), 0)
    return used


def _available() -> int | None:
    for line in _text("/proc/meminfo").splitlines():
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) * 1024
    if "SC_PHYS_PAGES" in os.sysconf_names:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return None


def _text(path: str | Path) -> str:
    try:
        return Path(path).read_text("ascii", "replace")
    except OSError:
        return ""
