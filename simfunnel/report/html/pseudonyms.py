"""Names that stand for others: the same for the same name and key, and not to be undone without the key."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import secrets
from collections.abc import Iterable
from pathlib import Path

from simfunnel.errors import InputError, Problem, SurroundingsError
from simfunnel.wording.language import tell, term

KEY_FILE = "simfunnel.key"
PSEUDONYM = "{kind} {letters}"
_BYTES, _SHORTEST = 32, 4


def key_beside(scenario: Path) -> bytes:
    """Read the key beside a scenario; made, for its owner's eyes alone, if it is not there.

    Raises
    ------
    InputError
        If the file is there and is no key.
    SurroundingsError
        If it can be neither read nor written.
    """
    path = scenario.parent / KEY_FILE
    try:
        try:
            made = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            text = path.read_text("ascii", errors="replace").strip()
        else:
            text = secrets.token_hex(_BYTES)
            with os.fdopen(made, "w") as file:
                file.write(text + "\n")
    except OSError as error:
        raise SurroundingsError(f"{path}: the key of the pseudonyms: {error.strerror or error}") from None
    try:
        key = bytes.fromhex(text)
    except ValueError:
        key = b""
    if len(key) != _BYTES:
        message = f"expected the key of pseudonyms, {2 * _BYTES} hexadecimal digits; move it away to get a new one"
        raise InputError(Problem(message, file=str(path)))
    return key


def pseudonyms(kind: str, names: Iterable[str], key: bytes) -> dict[str, str]:
    """Call each name something else: a word for what it is, and letters that the key makes of it.

    Parameters
    ----------
    kind
        Such as Owner; told in the language that is spoken, the letters are the same in any.
    names
        Whatever is to be hidden; empty ones stay.
    key
        The secret.
    """
    found: dict[str, str] = {}
    taken: set[str] = set()
    for name in sorted(set(names)):
        if not name:
            continue
        digest = hmac.new(key, f"{kind}\0{name}".encode(), hashlib.sha256).digest()
        letters, size = base64.b32encode(digest).decode("ascii"), _SHORTEST
        while letters[:size] in taken:
            size += 1
        found[name] = tell(PSEUDONYM, kind=term(kind), letters=letters[:size])
        taken.add(letters[:size])
    return found
