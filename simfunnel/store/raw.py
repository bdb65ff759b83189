"""Files as they came, compressed, each once: known by the SHA-256 of its bytes."""

from __future__ import annotations

import bz2
import hashlib
import zlib
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

import sqlalchemy as sa

from simfunnel.errors import InputError
from simfunnel.store.delta import base_of, delta_of, from_delta
from simfunnel.store.tables import raw_file

CODECS: Mapping[str, tuple[Callable[[bytes], bytes], Callable[[bytes], bytes]]] = {
    "none": (bytes, bytes),
    "zlib": (lambda data: zlib.compress(data, 6), zlib.decompress),
    "bz2": (lambda data: bz2.compress(data, 9), bz2.decompress),
}
"""Name -> what packs, and what unpacks."""
DELTA = "delta"
"""Codec of files that are told by another."""
DAMAGED = (zlib.error, OSError, EOFError, ValueError, LookupError, TypeError)
"""What unpacking raises of bytes that are not as they were written."""
SLOWER = 0.6
"""What the best codec takes of the room that the fastest does, of tables."""
LARGE = 8 << 20
"""Bytes above which the slower codec, which takes a quarter less room for tables, is not tried."""


@dataclass(frozen=True, slots=True)
class Packed:
    """A file on its way into a store."""

    hash: str
    size: int
    codec: str
    data: bytes

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


def put_raw(connection: sa.Connection, data: bytes | Packed, name: str, like: str | None = None) -> str:
    """Keep a file, unless it is kept already; its hash.

    Parameters
    ----------
    like
        Hash of a kept file that it may be much like: then it is told by that one, where this takes less than half the
        room. A file that another is told by is itself whole.
    """
    digest = data.hash if isinstance(data, Packed) else hash_of_bytes(data)
    known = connection.execute(sa.select(raw_file.c.erased).where(raw_file.c.hash == digest)).first()
    if known is not None and known.erased is not None:
        raise InputError(f"{name}: this very file was erased from the store; it holds what was to be forgotten")
    if known is None:
        packed = data if isinstance(data, Packed) else _by_another(connection, data, like) or Packed.of(data)
        values = {
            "hash": digest, "name": name, "size": packed.size, "codec": packed.codec, "bytes": packed.data,
            "erased": None,
        }  # fmt: skip
        connection.execute(raw_file.insert().values(**values))
    return digest


def _by_another(connection: sa.Connection, data: bytes, like: str | None) -> Packed | None:
    """The file told by another; None where this takes more than half of the room that it takes by itself."""
    if like is None or len(data) > LARGE:
        return None
    row = connection.execute(sa.select(raw_file).where(raw_file.c.hash == like)).first()
    if row is None or row.bytes is None:
        return None
    digest = base_of(row.bytes) if row.codec == DELTA else like
    base = raw_bytes(connection, digest)
    if base is None or hash_of_bytes(base) != digest:  # damaged: nothing more is to rest on it
        return None
    delta = delta_of(base, digest, data)
    whole = SLOWER * len(zlib.compress(data, 1))
    if len(delta) * 2 > whole or from_delta(base, delta) != data:
        return None
    return Packed(hash_of_bytes(data), len(data), DELTA, delta)


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
    data = raw_bytes(connection, digest)
    if data is None or hash_of_bytes(data) != digest:
        raise InputError(f"{found.name}: the file in the store is damaged; `simfunnel store check` lists what is")
    return data


def raw_bytes(connection: sa.Connection, digest: str) -> bytes | None:
    """Bytes of a file as they can be unpacked, right or wrong; None where they cannot."""
    row = connection.execute(sa.select(raw_file).where(raw_file.c.hash == digest)).first()
    if row is None or row.bytes is None:
        return None
    try:
        if row.codec != DELTA:
            return CODECS[row.codec][1](bytes(row.bytes))
        base = connection.execute(sa.select(raw_file).where(raw_file.c.hash == base_of(row.bytes))).first()
        if base is None or base.bytes is None or base.codec == DELTA:
            return None
        return from_delta(CODECS[base.codec][1](bytes(base.bytes)), row.bytes)
    except DAMAGED:
        return None


def make_whole(connection: sa.Connection, doomed: Collection[str]) -> None:
    """Keep files whole that are told by one of those that are about to go."""
    rows = connection.execute(sa.select(raw_file.c.hash, raw_file.c.bytes).where(raw_file.c.codec == DELTA)).all()
    for row in rows:
        if row.bytes is not None and row.hash not in doomed and base_of(row.bytes) in doomed:
            packed = Packed.of(get_raw(connection, row.hash))
            own = raw_file.update().where(raw_file.c.hash == row.hash)
            connection.execute(own.values(codec=packed.codec, bytes=packed.data))
