"""The catalogue of a language other than English: its texts by their English, and the terms of the trade.

A folder a language, such as `zh/`: `glossary.toml` holds terms, which stand alone in headings and labels, nouns as they
are counted, and marks between texts; `workbook.toml` names of sheets and columns; the other files hold sentences.
"""

from __future__ import annotations

import re
import string
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

_WORD = re.compile(r"[A-Za-z]{2}")
"""What makes a text one that has to be there: figures and names such as P50 are the same everywhere."""


IS = "为"
"""Format of a field of a Chinese text that follows its noun: 概率为58%, but 概率不到1%."""
_BEYOND = {"<": "不到", ">": "超过"}


class _Formatter(string.Formatter):
    """Fills in fields; knows what stands before a chance."""

    def format_field(self, value: Any, format_spec: str) -> Any:
        if format_spec != IS:
            return super().format_field(value, format_spec)
        text = str(value)
        text = _BEYOND.get(text[:1], text[:1]) + text[1:]
        return text if text.startswith(tuple(_BEYOND.values())) else IS + text


_FORMATTER = _Formatter()


@dataclass(frozen=True)
class Catalogue:
    """The texts of one language."""

    texts: Mapping[str, str]
    """English text -> text."""
    terms: Mapping[str, str]
    """English term -> term; part of `texts` as well."""
    nouns: Mapping[str, str]
    """English noun -> how so many of it are counted, with ``{n}``."""
    marks: Mapping[str, str]
    """What stands between texts in English -> what stands there."""
    keys: Mapping[str, Mapping[str, str]]
    """What is told by keys, such as names of columns: table -> key -> text."""
    missing: set[str] = field(default_factory=set)
    """Texts that were asked for and are not there: told in English."""

    def tell(self, text: str, fields: Mapping[str, Any]) -> str:
        """Put a text into words."""
        found = self.texts.get(text)
        if found is None:
            if _WORD.search(text):
                self.missing.add(text)
            found = text
        return _FORMATTER.vformat(found, (), fields) if f":{IS}}}" in found else found.format(**fields)

    def counted(self, count: int, noun: str) -> str:
        """Say how many of something."""
        pattern = self.nouns.get(noun)
        if pattern is None:
            self.missing.add(noun)
            return f"{count:,} {noun}"
        return pattern.format(n=f"{count:,}")

    def between(self, mark: str) -> str:
        """What stands between two texts."""
        return self.marks.get(mark, mark)


def folder(code: str) -> Path:
    """Where the catalogue of a language is."""
    return Path(__file__).parent / code


@cache
def catalogue(code: str) -> Catalogue:
    """Read the catalogue of a language."""
    tables = {file.name: tomllib.loads(file.read_text("utf-8")) for file in sorted(folder(code).glob("*.toml"))}
    glossary = tables.pop("glossary.toml")
    texts: dict[str, str] = dict(glossary["terms"])
    keys = {"terms": glossary["terms"], **tables.pop("workbook.toml")}
    for found in tables.values():
        texts.update(found)
    return Catalogue(texts, glossary["terms"], glossary["nouns"], glossary["marks"], keys)
