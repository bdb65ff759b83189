"""The catalogue of a language other than English: its texts by their English, and the terms of the trade.

A folder a language, such as `zh/`: `glossary.toml` holds terms, which stand alone in headings and labels, nouns as they
are counted, and marks between texts; the other files hold sentences.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

_WORD = re.compile(r"[A-Za-z]{2}")
"""What makes a text one that has to be there: figures and names such as P50 are the same everywhere."""


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
    missing: set[str] = field(default_factory=set)
    """Texts that were asked for and are not there: told in English."""

    def tell(self, text: str, fields: Mapping[str, Any]) -> str:
        """Put a text into words."""
        found = self.texts.get(text)
        if found is None:
            if _WORD.search(text):
                self.missing.add(text)
            found = text
        return found.format(**fields)

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
    glossary = tomllib.loads((folder(code) / "glossary.toml").read_text("utf-8"))
    texts: dict[str, str] = dict(glossary["terms"])
    for file in sorted(folder(code).glob("*.toml")):
        if file.name != "glossary.toml":
            texts.update(tomllib.loads(file.read_text("utf-8")))
    return Catalogue(texts, glossary["terms"], glossary["nouns"], glossary["marks"])
