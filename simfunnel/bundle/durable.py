"""Files that outlast a power cut: written through to the disk, replaced whole. POSIX, with what Windows has instead."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import BinaryIO

CHUNK = 1 << 20


def hash_of(file: BinaryIO) -> tuple[str, int]:
    """SHA-256 and length of the rest of a file."""
    digest, length = hashlib.sha256(), 0
    while part := file.read(CHUNK):
        digest.update(part)
        length += len(part)
    return digest.hexdigest(), length


def sealed(path: Path) -> tuple[str, int]:
    """Write a file through to the disk; its SHA-256 and length."""
    with path.open("rb+") as file:  # for writing, without which Windows does not flush
        os.fsync(file.fileno())
        return hash_of(file)


def write_through(path: Path, text: str) -> None:
    """Write a small text file, through to the disk."""
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def sync_folder(folder: Path) -> None:
    """Write the names in a folder through to the disk; on Windows they are written with the files."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
