"""Files as bytes: regular files only, and never more than there is room for."""

from __future__ import annotations

import difflib
import gzip
import stat
import zipfile
import zlib
from pathlib import Path

from simfunnel.errors import InputError, Problem

LARGEST = 1 << 30
"""Bytes of text a file may have, unpacked: 10 million rows of a usual export."""
LARGEST_WORKBOOK = 2 << 30
"""Bytes of XML a workbook may hold, unpacked."""
_BLOCK = 1 << 24


def check_regular(path: Path, name: str) -> None:
    """Raise what is wrong with a path that is no regular file."""
    if path.is_dir():
        raise InputError(Problem("this is a folder: expected a CSV, XLSX or Parquet file", file=name))
    try:
        mode = path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        raise _missing(path, name) from None
    except OSError as error:
        raise InputError(Problem(f"cannot be read: {error.strerror or error}", file=name)) from None
    if not stat.S_ISREG(mode):
        raise InputError(
            Problem("this is a device or a pipe, not a file: save the export as a file and name that", file=name)
        )


def read_bytes(path: Path, name: str) -> bytes:
    """Read a whole file; a .gz is unpacked."""
    try:
        if path.suffix.lower() == ".gz":
            return _unpacked(path, name)
        if path.stat().st_size > LARGEST:
            raise _too_large(name, "is")
        return path.read_bytes()
    except (EOFError, zlib.error, gzip.BadGzipFile):
        raise InputError(Problem("this gzip file is damaged: copy or export it again", file=name)) from None
    except OSError as error:
        raise InputError(Problem(f"cannot be read: {error.strerror or error}", file=name)) from None


def check_archive(path: Path, name: str) -> None:
    """Raise if a workbook would unpack to more than there is room for."""
    try:
        with zipfile.ZipFile(path) as archive:
            size = sum(entry.file_size for entry in archive.infolist())
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):  # the last: an unknown compression
        return  # whoever opens it says so
    if size > LARGEST_WORKBOOK:
        raise _too_large(name, "unpacks to", LARGEST_WORKBOOK)


def _unpacked(path: Path, name: str) -> bytes:
    blocks: list[bytes] = []
    size = 0
    with gzip.open(path) as stream:
        while block := stream.read(_BLOCK):
            size += len(block)
            if size > LARGEST:
                raise _too_large(name, "unpacks to")
            blocks.append(block)
    return b"".join(blocks)


def _too_large(name: str, how: str, limit: int = LARGEST) -> InputError:
    return InputError(
        Problem(f"{how} more than {limit >> 30} GiB: export fewer rows or columns, or save it as Parquet", file=name)
    )


def _missing(path: Path, name: str) -> InputError:
    if not path.parent.is_dir():
        return InputError(Problem(f"no such file: the folder {str(path.parent)!r} does not exist", file=name))
    try:
        neighbours = [entry.name for entry in path.parent.iterdir() if entry.is_file()]
    except OSError:
        neighbours = []
    near = difflib.get_close_matches(path.name, neighbours, n=1)
    return InputError(Problem("no such file" + (f": did you mean {near[0]!r}?" if near else ""), file=name))
