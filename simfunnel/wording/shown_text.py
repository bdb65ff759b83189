"""One gate for text that others wrote, such as names, where it is shown: console, picture, spreadsheet.

JSON needs none: there a name stays exactly what it is.
"""

from __future__ import annotations

import re
import unicodedata

REPLACED = "\ufffd"
"""Stands for a character that cannot be shown."""
JOINERS = "\u200c\u200d\u00ad"
"""Invisible, and part of how some scripts and emoji are written."""
FORMULA = re.compile(r"\s*[=+\-@\t\r\uff1d\uff0b\uff0d\uff20]")
"""How a cell begins that a spreadsheet would compute; the last four are the full-width signs."""
LONGEST_LINE, LONGEST_NAME = 110, 48
"""Characters of a line, and of a name beside others, for which a picture has room."""


def _hidden(character: str) -> bool:
    """Whether a character is no sign but an order to whoever shows it: control, direction, line, half a character."""
    return unicodedata.category(character) in ("Cc", "Cf", "Cs", "Zl", "Zp") and character not in JOINERS


def on_console(text: str, *, keep: str = "\n") -> str:
    """Text as a terminal may be given it: control characters, escapes and marks of direction are replaced.

    Parameters
    ----------
    text
        Anything.
    keep
        Control characters that stay.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(c if c in keep or not _hidden(c) else " " if c in "\t\r\n\u2028\u2029" else REPLACED for c in text)


def as_name(text: str) -> str:
    """Text in one line, as a name in a table."""
    return on_console(text, keep="")


def hides(text: str) -> bool:
    """Whether a text holds a character that orders something and shows nothing."""
    return any(map(_hidden, text))


def escaped(text: str) -> str:
    """Text within quotes of YAML or JSON, in which what is hidden is written as they write it, and so is seen."""
    return "".join(
        c if not _hidden(c) else f"\\u{ord(c):04x}" if ord(c) < 0x10000 else f"\\U{ord(c):08x}" for c in text
    )


def in_picture(text: str, longest: int = LONGEST_LINE) -> str:
    """Text as a picture may hold it: also without what XML cannot write, and with lines that are not too long."""
    lines = (_without_noncharacters(line) for line in on_console(text).split("\n"))
    return "\n".join(line if len(line) <= longest else line[: longest - 1] + "…" for line in lines)


def _without_noncharacters(text: str) -> str:
    return "".join(REPLACED if ord(c) & 0xFFFE == 0xFFFE else c for c in text)


def in_cell(value: object) -> object:
    """What a cell of a CSV file holds: an apostrophe before text that a spreadsheet would take for a formula.

    Numbers stay numbers; text stays text, and only loses what it would have done.
    """
    if isinstance(value, str) and FORMULA.match(value):
        return f"'{value}"
    return value


def from_cell(text: str) -> str:
    """What a cell of a CSV file means: without the apostrophe that `in_cell` puts before a formula."""
    return text[1:] if text[:1] == "'" and FORMULA.match(text[1:]) else text
