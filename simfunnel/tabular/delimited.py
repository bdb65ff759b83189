"""Delimited text: which delimiter, then the records with the row numbers a spreadsheet shows."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from simfunnel.errors import InputError, Problem

DELIMITERS = (",", ";", "\t", "|")
NAMES = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
LINES_LOOKED_AT = 60
_LONE_RETURN = re.compile(r"\r(?!\n)")
BACKSLASH_QUOTE = '\\"'
_ESCAPED = re.compile(r'\\(["\\])')


@dataclass(frozen=True, slots=True)
class Delimited:
    """Text that is cut into records."""

    text: str
    delimiter: str
    backslashes: bool
    """Whether a quote inside a quoted cell was written as `\\"`; they are doubled in `text`."""

    def records(self, file: str | None = None) -> Iterator[tuple[int, list[str]]]:
        """Give each record that is not blank with its row number.

        Row numbers are those of a spreadsheet: the first is 1, blank lines are counted, a quoted line break is not.

        Raises
        ------
        InputError
            At a quote that is never closed, or text after a closing quote.
        """
        return _records(self.text, self.delimiter, file)


def detect_delimiter(text: str) -> str:
    """Choose the delimiter that cuts most of the first records into as many cells as each other.

    Quoted cells do not mislead it, nor titles above the header. A file of one column is read as comma-separated.
    """
    head = "".join(text[: LINES_LOOKED_AT * 20_000].splitlines(keepends=True)[:LINES_LOOKED_AT])
    best, best_score = ",", (0.0, 0)
    for delimiter in DELIMITERS:
        try:
            widths = [len(record) for record in csv.reader(io.StringIO(head), delimiter=delimiter) if record]
        except csv.Error:
            continue
        wide = Counter(width for width in widths if width > 1)
        if not wide:
            continue
        width, count = max(wide.items(), key=lambda item: (item[1], item[0]))
        score = (count / len(widths), width)
        if score > best_score:
            best, best_score = delimiter, score
    return best


def cut(text: str, *, delimiter: str | None = None) -> Delimited:
    """Find out how text is cut into records."""
    first = text[:6].lower()
    if first.startswith("sep=") and len(text) > 5 and text[5] in "\r\n":
        delimiter = delimiter or text[4]
        text = text[5:].lstrip("\r").removeprefix("\n")
    backslashes = BACKSLASH_QUOTE in text and not _readable(text, delimiter)
    if backslashes:
        doubled = _ESCAPED.sub(lambda escaped: '""' if escaped[1] == '"' else "\\", text)
        backslashes = _readable(doubled, delimiter)
        text = doubled if backslashes else text
    return Delimited(text, delimiter or detect_delimiter(text), backslashes)


def _readable(text: str, delimiter: str | None) -> bool:
    try:
        for _ in _records(text, delimiter or detect_delimiter(text), None):
            pass
    except InputError:
        return False
    return True


def _lines(text: str) -> Iterator[str]:
    """Lines with their ends, one at a time."""
    if _LONE_RETURN.search(text):
        yield from io.StringIO(text, newline="")
        return
    start = 0
    while (end := text.find("\n", start)) >= 0:
        yield text[start : end + 1]
        start = end + 1
    if start < len(text):
        yield text[start:]


def _records(text: str, delimiter: str, file: str | None) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(_lines(text), delimiter=delimiter, strict=True)
    line = row = 0
    try:
        for record in reader:
            row += 1
            line = reader.line_num
            if record and ((record[0] and not record[0].isspace()) or any(map(str.strip, record))):
                yield row, record
    except csv.Error as error:
        raise InputError(Problem(_quote_message(str(error)), file=file, line=line + 1)) from None


def _quote_message(error: str) -> str:
    if "unexpected end" in error or "field limit" in error:
        return 'a quoted cell that begins in this row is never closed: add the missing ", or write "" inside it'
    if "expected after" in error:
        return 'text follows a closing quote in this row: inside a quoted cell, write a quote as ""'
    return f"this row cannot be read ({error})"
