"""Bytes that begin with the SHA-256 of the rest: what would be run as it is read is not read with one wrong bit."""

from __future__ import annotations

import hashlib

_LENGTH = 32


def sealed(body: bytes) -> bytes:
    """Put the seal before some bytes."""
    return hashlib.sha256(body).digest() + body


def unsealed(content: bytes) -> bytes | None:
    """Give what is behind the seal; None if it is damaged."""
    seal, body = content[:_LENGTH], content[_LENGTH:]
    return body if hashlib.sha256(body).digest() == seal else None
