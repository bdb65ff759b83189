"""Where a table begins: titles above the header, cover sheets, a header that is missing."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from simfunnel.errors import InputError, Problem, shorten
from simfunnel.values.cells import Cell, clean

LOOKED_AT = 20
"""Rows among which the header is looked for."""
CLEAR = 2
"""Known headers that a row below the first must have to be taken for the header."""
_VALUE = re.compile(r"[\s\d.,:/+\-()%€$£¥]*\d[\s\d.,:/+\-()%€$£¥]*([TZ][\d:.Z+\-]*)?")
Numbered = Sequence[tuple[int, Sequence[Cell]]]


class Vocabulary(Protocol):
    """The words that whoever reads a table looks for."""

    def fields(self, cells: Sequence[str]) -> int:
        """Count the different fields that cells would name if they were headers."""

    def is_value(self, text: str) -> bool:
        """Whether a text stands in rows, never in a header."""


@dataclass(frozen=True, slots=True)
class Header:
    """The row that holds the headers."""

    at: int
    """Position among the first rows."""
    number: int
    """Row number as a spreadsheet shows it."""
    fields: int
    """Fields it names."""


def find_header(
    rows: Numbered, vocabulary: Vocabulary | None, stated: int | None, file: str | None, section: str = "pipeline"
) -> Header:  # fmt: skip
    """Choose the header among the first rows: the stated one, else the row with the most known words, else the first.

    Parameters
    ----------
    rows
        First rows that are not blank, with their numbers.
    stated
        The row that was stated as `header_row`.
    section
        Key under which it is stated.

    Raises
    ------
    InputError
        If the stated row is not there, or the first row is a row of values.
    """
    if stated is not None:
        for at, (number, _) in enumerate(rows):
            if number == stated:
                return Header(at, number, 0)
        raise InputError(Problem(
            f"row {stated} is blank, or not among the first rows of the file: expected the row of the headers",
            f"{section}.header_row", file))  # fmt: skip
    if vocabulary is None or not rows:
        return Header(0, rows[0][0] if rows else 1, 0)
    texts = [[text for cell in row if (text := clean(cell))] for _, row in rows[:LOOKED_AT]]
    fields = [vocabulary.fields(row) for row in texts]
    best = max(range(len(fields)), key=lambda at: (fields[at], -at))
    if fields[best] < CLEAR or fields[best] == fields[0]:
        best = 0
    if fields[best] < CLEAR and _is_row_of_values(texts[0], vocabulary):
        raise InputError(Problem(_headerless(texts[0], section), file=file, line=rows[0][0]))
    return Header(best, rows[best][0], fields[best])


def titles_of(rows: Numbered, header: Header) -> tuple[str, ...]:
    """The rows above the header, each as one text."""
    return tuple(", ".join(text for cell in row if (text := clean(cell))) for _, row in rows[: header.at])


def _is_row_of_values(texts: Sequence[str], vocabulary: Vocabulary) -> bool:
    values = sum(_VALUE.fullmatch(text) is not None for text in texts)
    named = any(vocabulary.is_value(text) for text in texts)
    return values > 0 and (named or 2 * values >= max(len(texts), 2))


def _headerless(texts: Sequence[str], section: str) -> str:
    return (
        f"the file has no header row: its first row is a row of values ({shorten(', '.join(texts))}). Put the names of "
        f"the columns above it, or say under `{section}` in which row they are, for example `header_row: 3`"
    )
