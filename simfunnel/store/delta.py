"""A text file as what it has that an earlier one has not: exports of one week are nearly those of the week before."""

from __future__ import annotations

import json
import zlib
from collections.abc import Sequence

HASH = 64
"""Bytes at the beginning that name the file it is told by."""


def delta_of(base: bytes, digest: str, data: bytes) -> bytes:
    """Tell a file by another.

    Lines that the other has too are told by their numbers there, runs of them together.

    Parameters
    ----------
    base
        The other file.
    digest
        Its SHA-256.
    """
    place: dict[bytes, int] = {}
    for number, line in enumerate(base.splitlines(keepends=True)):
        place.setdefault(line, number)
    runs: list[list[int]] = []
    own: list[bytes] = []
    for line in data.splitlines(keepends=True):
        at = place.get(line)
        if at is None:
            own.append(line)
            if runs and runs[-1][0] == -1:
                runs[-1][1] += 1
            else:
                runs.append([-1, 1])
        elif runs and runs[-1][0] >= 0 and runs[-1][0] + runs[-1][1] == at:
            runs[-1][1] += 1
        else:
            runs.append([at, 1])
    head = json.dumps(runs, separators=(",", ":")).encode()
    return digest.encode() + zlib.compress(head + b"\n" + b"".join(own), 9)


def base_of(delta: bytes) -> str:
    """SHA-256 of the file that another is told by."""
    return bytes(delta[:HASH]).decode("ascii", "replace")


def from_delta(base: bytes, delta: bytes) -> bytes:
    """Give the file again.

    Raises
    ------
    ValueError, zlib.error, IndexError
        If it is damaged.
    """
    head, _, rest = zlib.decompress(bytes(delta[HASH:])).partition(b"\n")
    runs: Sequence[Sequence[int]] = json.loads(head)
    there, own = base.splitlines(keepends=True), rest.splitlines(keepends=True)
    found: list[bytes] = []
    at = 0
    for first, count in runs:
        if first < 0:
            found += own[at : at + count]
            at += count
        else:
            found += there[first : first + count]
    return b"".join(found)
