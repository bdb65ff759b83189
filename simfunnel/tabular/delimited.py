"""Delimited text: which delimiter, then the records with the row numbers a spreadsheet shows."""

from __future__ import annotations

import csv
import io

from simfunnel.errors import InputError, Problem

DELIMITERS = (",", ";", "\t", "|")
NAMES = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
LINES_LOOKED_AT = 60


def detect_delimiter(text: str) -> str:
    """Choose the delimiter that cuts the first records into as many cells as the header has.

    Quoted cells do not mislead it. A file of one column is read as comma-separated.
    """
    head = "".join(text.splitlines(keepends=True)[:LINES_LOOKED_AT])
    best, best_score = ",", (0.0, 0)
    for delimiter in DELIMITERS:
        try:
            widths = [len(record) for record in csv.reader(io.StringIO(head), delimiter=delimiter) if record]
        except csv.Error:
            continue
        if not widths or widths[0] < 2:
            continue
        score = (sum(width == widths[0] for width in widths) / len(widths), widths[0])
        if score > best_score:
            best, best_score = delimiter, score
    return best


def read_records(
    text: str, *, delimiter: str | None = None, file: str | None = None
) -> tuple[list[list[str]], list[int], str]:
    """Cut text into records.

    Returns
    -------
    tuple
        Records (lists of cells; blank lines left out), their row numbers (first row 1, blank lines counted,
        a quoted line break not), and the delimiter.
    """
    first = text[:6].lower()
    if first.startswith("sep=") and len(text) > 5 and text[5] in "\r\n":
        delimiter = delimiter or text[4]
        text = text[5:].lstrip("\r").removeprefix("\n")
    if delimiter is None:
        delimiter = detect_delimiter(text)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    records: list[list[str]] = []
    numbers: list[int] = []
    line = 0
    row = 0
    try:
        for record in reader:
            row += 1
            line = reader.line_num
            if record and any(cell and not cell.isspace() for cell in record):
                records.append(record)
                numbers.append(row)
    except csv.Error as error:
        raise InputError(Problem(_quote_message(str(error)), file=file, line=line + 1)) from None
    return records, numbers, delimiter


def _quote_message(error: str) -> str:
    if "unexpected end" in error or "field limit" in error:
        return 'a quoted cell that begins in this row is never closed: add the missing ", or write "" inside it'
    if "expected after" in error:
        return 'text follows a closing quote in this row: inside a quoted cell, write a quote as ""'
    return f"this row cannot be read ({error})"
