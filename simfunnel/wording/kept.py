"""Texts kept in a JSON file: in English, and beside them what they were made of, to be worded again in any language."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from simfunnel.wording.language import ENGLISH, Told, language, reword

STORAGE = "storage"
"""Key of what a file holds only to be read back, where it has one: the words stand in it then."""
WORDS = "words"
"""Key of what texts were made of: JSON pointer (RFC 6901) of a text in the file -> that."""


def with_words(data: Mapping[str, Any]) -> dict[str, Any]:
    """Add what every told text of a document was made of."""
    words = {place: told.words() for place, told in _told(data, "")}
    return {**data, STORAGE: {**data[STORAGE], WORDS: words}} if STORAGE in data else {**data, WORDS: words}


def restored(data: dict[str, Any]) -> dict[str, Any]:
    """Give a document that was read back its told texts again; a text that reads otherwise now stays as it was.

    Parameters
    ----------
    data
        As `with_words` made it, or of a version that kept no words.
    """
    found = {key: value for key, value in data.items() if key != WORDS}
    for place, made_of in _words(data).items():
        _put(found, place, made_of)
    return found


def is_told(data: Mapping[str, Any]) -> bool:
    """Whether a document that was read back keeps words."""
    return WORDS in data or WORDS in data.get(STORAGE, {})


def _words(data: Mapping[str, Any]) -> Mapping[str, Any]:
    words = data.get(STORAGE, data).get(WORDS)
    return words if isinstance(words, Mapping) else {}


def _told(thing: Any, place: str) -> Iterator[tuple[str, Told]]:
    if isinstance(thing, Told):
        yield place, thing
    elif isinstance(thing, Mapping):
        for key, value in thing.items():
            yield from _told(value, f"{place}/{str(key).replace('~', '~0').replace('/', '~1')}")
    elif isinstance(thing, list | tuple):
        for i, value in enumerate(thing):
            yield from _told(value, f"{place}/{i}")


def _put(data: dict[str, Any], place: str, made_of: Any) -> None:
    """Put a text in its place, if it is the one that stands there."""
    try:
        *way, last = (key.replace("~1", "/").replace("~0", "~") for key in place.split("/")[1:])
        holder: Any = data
        for key in way:
            holder = holder[int(key) if isinstance(holder, list) else key]
        at: Any = int(last) if isinstance(holder, list) else last
        with language(ENGLISH):
            text = reword(made_of, len(holder[at]))
        if holder[at] == text:
            holder[at] = text
    except (LookupError, TypeError, ValueError, AttributeError, RecursionError):  # of another version, or not of ours
        return
