"""Files as they came, compressed, each once: known by the SHA-256 of its bytes."""

from __future__ import annotations

import bz2
import hashlib
import lzma
import zlib
from collections.abc import Callable, Mapping

import sqlalchemy as sa

from simfunnel.errors import InputError
from simfunnel.store.tables import raw_file

CODECS: Mapping[str, tuple[Callable[[bytes], bytes], Callable[[bytes], bytes]]] = {
    "none": (bytes, bytes),
    "zlib": (lambda data: zlib.compress(data, 9), zlib.decompress),
    "bz2": (lambda data: bz2.compress(data, 9), bz2.decompress),
    "xz": (lambda data: lzma.compress(data, preset=6), lzma.decompress),
}
"""Name -> what packs, and what unpacks."""
DAMAGED = (zlib.error, OSError, lzma.LZMAError, EOFError, ValueError, KeyError)
"""What unpacking raises of bytes that are not as they were written."""
LARGE = 32 << 20
"""Bytes above which the slower codecs are not tried."""


def hash_of_bytes(data: bytes) -> str:
    """SHA-256, hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def put_raw(connection: sa.Connection, data: bytes, name: str) -> str:
    """Keep a file, unless it is kept already; its hash."""
    digest = hash_of_bytes(data)
    known = connection.execute(sa.select(raw_file.c.erased).where(raw_file.c.hash == digest)).first()
    if known is not None and known.erased is not None:
        raise InputError(f"{name}: this very file was erased from the store; it holds what was to be forgotten")
    if known is None:
        codec, packed = _packed(data)
        values = {"hash": digest, "name": name, "size": len(data), "codec": codec, "bytes": packed, "erased": None}
        connection.execute(raw_file.insert().values(**values))
    return digest


def _packed(data: bytes) -> tuple[str, bytes]:
    tried = ("zlib",) if len(data) > LARGE else ("zlib", "bz2", "xz")
    found = {name: CODECS[name][0](data) for name in tried}
    best = min(found, key=lambda name: len(found[name]))
    return (best, found[best]) if len(found[best]) < len(data) else ("none", data)


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
