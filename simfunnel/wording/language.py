"""The language in which people are told things: English, unless somebody asks for another one.

A text is written in English where it is told, and that English is its key in the catalogue of another language. What is
told remembers what it was made of, so that a text kept in a file can be worded again, in any language.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, ParamSpec

from simfunnel.errors import shorten

ENGLISH, CHINESE = "en", "zh"
LANGUAGES = (ENGLISH, CHINESE)
P = ParamSpec("P")
Words = Mapping[str, Any]
"""What a text is made of, as JSON holds it: its kind and what that is given."""
LONGEST = 100_000
"""Characters of a text that is worded again."""
_FIELD = re.compile(r"\{\{|\}\}|\{[a-z_]\w*(?:![rs])?(?::\+?,?(?:\.\d\d?)?[a-z%]?)?\}")
_NOTHING = re.compile(r"^-(0(?:\.0+)?%?)$")
MARK = "\0"
"""Stands for a field in `literal`; no text holds it."""
_SPOKEN: ContextVar[str] = ContextVar("language", default=ENGLISH)


@contextmanager
def language(code: str) -> Iterator[None]:
    """Tell things in a language: pages, pictures and reports that are made within the block.

    JSON and CSV stay as they are, in English; so do errors.

    Parameters
    ----------
    code
        ``en`` or ``zh``.

    Raises
    ------
    ValueError
        If it is another one.
    """
    if code not in LANGUAGES:
        raise ValueError(f"language: expected one of {', '.join(LANGUAGES)}, found {code!r}")
    before = _SPOKEN.set(code)
    try:
        yield
    finally:
        _SPOKEN.reset(before)


def spoken() -> str:
    """The language in which things are told now."""
    return _SPOKEN.get()


def in_english() -> bool:
    """Whether things are told in English now."""
    return _SPOKEN.get() == ENGLISH


class Told(str):
    """A text that remembers what it was made of."""

    __slots__ = ("kind", "made_of", "spoken")

    kind: str
    """One of `KINDS`."""
    made_of: tuple[Any, ...]
    """What its kind is given."""
    spoken: str
    """The language it is in."""

    def __new__(cls, text: str, kind: str, *made_of: Any) -> Told:
        """Make a text of a kind."""
        told = super().__new__(cls, text)
        told.kind, told.made_of, told.spoken = kind, made_of, _SPOKEN.get()
        return told

    def __add__(self, other: str) -> Told:
        return together(self, other)

    def __radd__(self, other: str) -> Told:
        return together(other, self)

    def again(self) -> Told:
        """Tell the same in the language that is spoken now."""
        if self.spoken == _SPOKEN.get():
            return self
        return KINDS[self.kind](*(again(part) for part in self.made_of))

    def __reduce__(self) -> tuple[Any, ...]:
        return _remade, (str(self), self.spoken, self.kind, self.made_of)

    def words(self) -> Words:
        """What it was made of, as JSON holds it."""
        return {self.kind: [_kept(part) for part in self.made_of]}


def _remade(text: str, told_in: str, kind: str, made_of: tuple[Any, ...]) -> Told:
    with language(told_in):
        return Told(text, kind, *made_of)


NESTED = ("together", "sentences", "capitalized", "uncapitalized")
"""Kinds that are made of other texts alone, beside `joined`."""
SHOWN: dict[type, Callable[[Any], Told]] = {}
"""Type of a field -> what shows it in another language than English; `numbers` says how days are shown."""
KINDS: dict[str, Callable[..., Told]] = {}
"""Kind of a text -> what makes it, in the language that is spoken."""


def kind(function: Callable[P, Told]) -> Callable[P, Told]:
    """Register what makes a kind of text under its name."""
    KINDS[function.__name__] = function
    return function


def tell(text: str, /, **fields: Any) -> Told:
    """Put a text into words.

    Parameters
    ----------
    text
        The text in English, with the names of its fields in braces; the key of the catalogue. A field that is English
        grammar alone has ``_or_`` in its name: another language may do without it.
    **fields
        What stands in their place.
    """
    return text_of(text, fields)


def text_of(text: str, fields: Mapping[str, Any] | None = None) -> Told:
    """Do what `tell` does, with the fields in a mapping."""
    fields = {name: again(value) for name, value in (fields or {}).items()}
    if _SPOKEN.get() == ENGLISH:
        return Told(text.format(**_signed(fields)), "text_of", text, fields)
    from simfunnel.wording.catalogue import catalogue  # English needs none

    shown = {name: _shown(value) for name, value in _signed(fields).items()}
    return Told(catalogue(_SPOKEN.get()).tell(text, shown), "text_of", text, fields)


class _Negative(float):
    """A number below zero, or -0.0: what rounds to nothing has no minus."""

    def __format__(self, spec: str) -> str:
        text = super().__format__(spec)
        return _NOTHING.sub(r"+\1" if spec.startswith("+") else r"\1", text)


def _signed(fields: Mapping[str, Any]) -> Mapping[str, Any]:
    """Fields as they are formatted: no number reads -0."""
    return {
        name: _Negative(value) if isinstance(value, float) and (value < 0 or value == 0) else value
        for name, value in fields.items()
    }


def heading(text: str) -> str:
    """Tell the heading of a column, which may be a name or a label that somebody gave: what is unknown stays."""
    if isinstance(text, Told):
        return text.again()
    if _SPOKEN.get() == ENGLISH:
        return text
    from simfunnel.wording.catalogue import catalogue

    return catalogue(_SPOKEN.get()).texts.get(text, text)


def is_ours(text: str) -> bool:
    """Whether a word is one of ours that a catalogue knows, and not somebody's."""
    from simfunnel.wording.catalogue import catalogue

    return text in catalogue(CHINESE).terms


def told_key(table: str, key: str) -> str:
    """Tell a key, such as the name of a column, by a table of the catalogue; one that it has not stays as it is."""
    if in_english():
        return key
    from simfunnel.wording.catalogue import catalogue

    return catalogue(_SPOKEN.get()).keys[table].get(key, key)


def literal(text: str) -> str:
    """What a text says in the language that is spoken, with a mark in place of every field."""
    return _FIELD.sub(lambda found: found.group()[0] if found.group() in ("{{", "}}") else MARK, heading(text))


def term(text: str) -> Told:
    """Tell a word that may be ours, such as a dimension or a flag, or somebody's: what is unknown stays."""
    return Told(str(heading(str(text))), "term", str(text))


def quoted(text: str) -> Told:
    """Quote a text found in a file, shortened to one line."""
    short = shorten(text)
    return Told(repr(short) if in_english() else f"“{short}”", "quoted", text)


def joined(parts: Iterable[Any], between: str = ", ", last: str | None = None) -> Told:
    """Join texts: a, b, c.

    Parameters
    ----------
    parts
        The texts.
    between
        What stands between two of them: a comma, a semicolon, a blank.
    last
        What stands before the last one instead, such as " and ".
    """
    of = [again(part) for part in parts]
    comma, ending = between, between if last is None else last
    if _SPOKEN.get() != ENGLISH:
        from simfunnel.wording.catalogue import catalogue

        comma, ending = catalogue(_SPOKEN.get()).between(comma), catalogue(_SPOKEN.get()).between(ending)
    texts = [str(part) for part in of]
    whole = comma.join(texts) if len(texts) < 2 else comma.join(texts[:-1]) + ending + texts[-1]
    return Told(whole, "joined", of, between, last)


def together(*texts: str) -> Told:
    """Put texts one behind the other."""
    texts = tuple(again(text) for text in texts)
    return Told("".join(texts), "together", *texts)


def sentences(*texts: str) -> Told:
    """Put sentences one behind the other."""
    texts = tuple(again(text) for text in texts)
    return Told((" " if in_english() else "").join(texts), "sentences", *texts)


def again(part: Any) -> Any:
    """Tell a part of a text in the language that is spoken; what was not told, such as a name, stays as it is."""
    if isinstance(part, Told):
        return part.again()
    if isinstance(part, dict):
        return {name: again(value) for name, value in part.items()}
    return [again(one) for one in part] if isinstance(part, list | tuple) else part


def words_of(text: str) -> Words | None:
    """What a text was made of; None for text that comes from elsewhere, such as a name."""
    return text.words() if isinstance(text, Told) else None


def reword(words: Any, longest: int = LONGEST) -> Any:
    """Make a text again of what it was made of, in the language that is spoken.

    Parameters
    ----------
    words
        As `Told.words` gives them, also read back from a file, which anybody may have written.
    longest
        Characters that neither the text nor a part of it may pass.

    Raises
    ------
    LookupError
        If the text is of a version that had other ones, or no text of ours.
    """
    if isinstance(words, list):
        return [reword(one, longest) for one in words]
    if not isinstance(words, Mapping):
        return words
    if len(words) != 1:
        raise LookupError("expected one kind of text")
    ((name, made_of),) = words.items()
    if name == "day":
        return dt.date.fromisoformat(made_of)
    if name == "fields":
        return {key: reword(value, longest) for key, value in made_of.items()}
    parts = [reword(part, longest) for part in made_of]
    if name == "text_of" and "{" in _FIELD.sub("", parts[0]):
        raise LookupError("expected a text with plain fields")
    told = KINDS[name](*parts)
    if len(told) > longest:
        raise LookupError("expected a shorter text")
    return told


def _kept(part: Any) -> Any:
    if isinstance(part, Told):
        return part.words()
    if isinstance(part, dt.date):
        return {"day": part.isoformat()[:10]}
    if isinstance(part, Mapping):
        return {"fields": {key: _kept(value) for key, value in part.items()}}
    if isinstance(part, list | tuple):
        return [_kept(one) for one in part]
    if part is None or isinstance(part, str | bool | int | float):
        return part if not isinstance(part, float) else float(part)
    return part.item() if hasattr(part, "item") else str(part)


for _function in (text_of, term, quoted, joined, together, sentences):
    kind(_function)


def _shown(value: Any) -> Any:
    """A field as it is shown in the language that is spoken."""
    return next((show(value) for kind_of, show in SHOWN.items() if isinstance(value, kind_of)), value)
