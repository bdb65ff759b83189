"""Files as they came, compressed, each once: known by the SHA-256 of its bytes."""

from __future__ import annotations

import bz2
import hashlib
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import sqlalchemy as sa

from simfunnel.errors import InputError
from simfunnel.store.tables import raw_file

CODECS: Mapping[str, tuple[Callable[[bytes], bytes], Callable[[bytes], bytes]]] = {
    "none": (bytes, bytes),
    "zlib": (lambda data: zlib.compress(data, 6), zlib.decompress),
    "bz2": (lambda data: bz2.compress(data, 9), bz2.decompress),
}
"""Name -> what packs, and what unpacks."""
DAMAGED = (zlib.error, OSError, EOFError, ValueError, KeyError)
"""What unpacking raises of bytes that are not as they were written."""
LARGE = 8 << 20
"""Bytes above which the slower codec, which takes a quarter less room for tables, is not tried."""


@dataclass(frozen=True, slots=True)
class Packed:
    """A file on its way into a store."""

    hash: str
    size: int
    codec: str
    bytes: bytes

    @classmethod
    def of(cls, data: bytes) -> Packed:
        """Pack a file."""
        found = {name: CODECS[name][0](data) for name in (("zlib",) if len(data) > LARGE else ("zlib", "bz2"))}
        best = min(found, key=lambda name: len(found[name]))
        codec, packed = (best, found[best]) if len(found[best]) < len(data) else ("none", data)
        return cls(hash_of_bytes(data), len(data), codec, packed)


def hash_of_bytes(data: bytes) -> str:
    """SHA-256, hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def put_raw(connection: sa.Connection, data: bytes | Packed, name: str) -> str:
    """Keep a file, unless it is kept already; its hash."""
    digest = data.hash if isinstance(data, Packed) else hash_of_bytes(data)
    known = connection.execute(sa.select(raw_file.c.erased).where(raw_file.c.hash == digest)).first()
    if known is not None and known.erased is not None:
        raise InputError(f"{name}: this very file was erased from the store; it holds what was to be forgotten")
    if known is None:
        packed = data if isinstance(data, Packed) else Packed.of(data)
        values = {
            "hash": digest, "name": name, "size": packed.size, "codec": packed.codec, "bytes": packed.bytes,
            "erased": None,
        }  # fmt: skip
        connection.execute(raw_file.insert().values(**values))
    return digest


def get_raw(connection: sa.Connection, digest: str) -> bytes:
    """Give a file as it came.

    Raises
    ------
    InputError
        If it was not kept, was erased, or is damaged.
    """
    found = connection.execute(sa.select(raw_file).where(raw_file.c.hash == digest)).first()
    if found is None:
        raise InputError(f"the file {digest[:12]} is not in the store")
    if found.bytes is None:
        raise InputError(f"{found.name}: the file was erased, because it held what was to be forgotten")
    data = unpacked(found.codec, found.bytes)
    if data is None or hash_of_bytes(data) != digest:
        raise InputError(f"{found.name}: the file in the store is damaged; `simfunnel store check` lists what is")
    return data


def unpacked(codec: str, packed: bytes) -> bytes | None:
    """Bytes of a file, or None where they cannot be unpacked."""
    try:
        return CODECS[codec][1](bytes(packed))
    except DAMAGED:
        return None
