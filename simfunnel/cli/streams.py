"""stdout and stderr as they are found: closed, full, or unable to show a character. All printing goes through here.

What a terminal cannot show is replaced by something that can be read; JSON is escaped instead, and stays exact.
"""

from __future__ import annotations

import codecs
import errno
import io
import json
import os
import sys
import unicodedata
from contextlib import suppress
from pathlib import Path
from typing import IO, Any, TextIO

import click

from simfunnel.errors import SurroundingsError
from simfunnel.wording.shown_text import on_console

READABLE = "simfunnel-readable"
"""Name of the way in which characters are replaced, for `codecs`."""
_INSTEAD = {
    "…": "...", "·": "-", "–": "-", "—": "-", "−": "-", "±": "+-", "×": "x", "→": "->", "≤": "<=", "≥": ">=",
    "‘": "'", "’": "'", "“": '"', "”": '"', "•": "*", "\u00a0": " ", "\u202f": " ", "\u2009": " ",
}  # fmt: skip


def _replaced(error: UnicodeError) -> tuple[str, int]:
    """Replace what an encoding has not: a sign by its likeness, a letter by the letter it is built on, else by ?."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    found = (_plain(character, error.encoding) for character in error.object[error.start : error.end])
    return "".join(found), error.end


def _plain(character: str, encoding: str) -> str:
    decomposed = unicodedata.normalize("NFKD", character)
    without_marks = "".join(c for c in decomposed if not unicodedata.combining(c))
    for candidate in (_INSTEAD.get(character, ""), decomposed, without_marks):
        if candidate and _has(encoding, candidate):
            return candidate
    return "?"


def _has(encoding: str, text: str) -> bool:
    try:
        text.encode(encoding)
    except (UnicodeEncodeError, LookupError):
        return False
    return True


codecs.register_error(READABLE, _replaced)


class _Ascii(io.TextIOWrapper):
    """A stream that takes ASCII alone, and says UTF-8: click would write UTF-8 to one that says ASCII."""

    def write(self, text: str) -> int:
        super().write(text.encode("ascii", READABLE).decode("ascii"))
        return len(text)


def prepare_streams() -> None:
    """Make stdout and stderr fit to be written to, whatever they are connected with."""
    for name in ("stdout", "stderr"):
        stream: Any = getattr(sys, name)
        if stream is None:  # closed by whoever started us: nobody wants to read it
            setattr(sys, name, _nowhere())
        elif _is_ascii(stream) and hasattr(stream, "buffer"):
            setattr(sys, name, _Ascii(stream.detach(), "utf-8", READABLE, line_buffering=name == "stderr"))
        elif hasattr(stream, "reconfigure"):
            stream.reconfigure(errors=READABLE)


def _nowhere() -> TextIO:
    return Path(os.devnull).open("w", encoding="utf-8", errors=READABLE)


def _is_ascii(stream: Any) -> bool:
    try:
        return codecs.lookup(stream.encoding).name == "ascii"
    except (LookupError, TypeError, AttributeError):
        return False


def say(text: str) -> None:
    """Print what was asked for, to stdout.

    Raises
    ------
    BrokenPipeError
        If the reader has gone.
    SurroundingsError
        If it cannot be written, as on a full disk.
    """
    _write(text)


def say_json(text: str) -> None:
    """Print a JSON document to stdout; what the encoding there has not is escaped, which is the same document."""
    narrow = not can_show(text, "stdout")
    _write("".join(c if c.isascii() else json.dumps(c)[1:-1] for c in text) if narrow else text)


def can_show(text: str, name: str) -> bool:
    """Whether the encoding of ``stdout`` or ``stderr`` has all characters of a text."""
    stream: Any = getattr(sys, name)
    if isinstance(stream, _Ascii):
        return text.isascii()
    return stream.encoding is None or _has(stream.encoding, text)  # text in memory has none, and takes all


def _write(text: str) -> None:
    try:
        sys.stdout.write(text if text.endswith("\n") else text + "\n")
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        if error.errno == errno.EBADF:  # closed after we began: nobody wants to read it
            return
        raise SurroundingsError(f"the output cannot be written: {error.strerror or error}") from None


def remark(text: str, *, label: str = "", colour: str | None = None) -> None:
    """Say something beside the result, on stderr; where that cannot be written nobody listens.

    Parameters
    ----------
    text
        What is said; control characters in it are replaced.
    label, colour
        What stands before it, such as ``error:``, and in what colour.
    """
    before = f"{click.style(label, fg=colour, bold=colour == 'red')} " if label else ""
    with suppress(OSError, ValueError):
        click.echo(before + on_console(text), err=True)


def close_streams() -> None:
    """Flush what is left; a stream that fails is silenced, or Python would complain at the very end."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):
            silence(stream)


def silence(stream: IO[str]) -> None:
    """Lead a stream into nothing."""
    with suppress(OSError, ValueError):
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, stream.fileno())
        os.close(null)
