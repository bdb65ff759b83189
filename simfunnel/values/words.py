"""Text as words, whatever its spelling: `stageEnteredDate`, `Stage_Entered_Date` and `STAGE ENTERED DATE` are one."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

_RUN = re.compile(r"[^\W\d_]+|\d+")
SEGMENT = 3
"""A known word inside an unseparated one, such as `deal` in `dealstage`, has at least so many letters,"""
SHORT = frozenset({"is", "id"})
"""or is one of these."""
GLUED = 5
"""A word is taken apart from this length on."""


def fold(text: str) -> str:
    """One form for all spellings: full width, capitals and accents are taken away."""
    text = unicodedata.normalize("NFKC", text)
    if text.isascii():
        return text.casefold()
    bare = "".join(c for c in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(c))
    return unicodedata.normalize("NFC", bare)


def is_ideographic(character: str) -> bool:
    """Whether words of the script are written without spaces: Chinese and Japanese."""
    return "\u3040" <= character <= "\u30ff" or "\u3400" <= character <= "\u9fff" or "\uf900" <= character <= "\ufaff"


def split_words(text: str) -> tuple[str, ...]:
    """Split text at everything that is no letter or digit, at capitals, and between digits and letters; not folded."""
    found: list[str] = []
    for run in _RUN.findall(unicodedata.normalize("NFKC", text)):
        if _is_one_word(run):
            found.append(run)
            continue
        start = 0
        for i in range(1, len(run)):
            before, here = run[i - 1], run[i]
            after = run[i + 1] if i + 1 < len(run) else ""
            camel = here.isupper() and (before.islower() or (before.isupper() and after.islower()))
            if camel or is_ideographic(before) != is_ideographic(here):
                found.append(run[start:i])
                start = i
        found.append(run[start:])
    return tuple(found)


def _is_one_word(run: str) -> bool:
    """Whether nothing in a run can part it: told without looking at each character, as most words of a lexicon can."""
    return run.isascii() and (run[1:].islower() or run.isupper() or run.isdigit())


def words(text: str) -> tuple[str, ...]:
    """Split text into folded words."""
    return tuple(fold(word) for word in split_words(text))


@lru_cache(maxsize=10_000)
def bare_letters(text: str) -> str:
    """Letters and digits only, folded: one text for every spelling."""
    return "".join(c for c in fold(text) if c.isalnum())


@dataclass(frozen=True, slots=True)
class Meaning:
    """What the words of a text say."""

    said: tuple[str, ...]
    """Meanings in the order of the text."""
    unknown: tuple[str, ...] = ()
    """Words that stand in no list."""

    @property
    def set(self) -> frozenset[str]:
        """The meanings, whatever their order."""
        return frozenset(self.said)


class Lexicon:
    """Words and phrases of several languages, each with one meaning.

    Parameters
    ----------
    meanings
        Meaning -> words and phrases, separated by commas; of a word listed twice the first meaning stays.
    """

    def __init__(self, meanings: Mapping[str, str]) -> None:
        self._meanings = meanings
        self.read = lru_cache(maxsize=20_000)(self._read)

    @cached_property
    def _phrases(self) -> dict[tuple[str, ...], str]:
        """Folded words -> their meaning; made when it is first asked, since most commands read few words."""
        found: dict[tuple[str, ...], str] = {}
        for meaning, listed in self._meanings.items():
            for phrase in listed.split(","):
                if parts := words(phrase):
                    found.setdefault(parts, meaning)
        return found

    @cached_property
    def _ideographic(self) -> dict[str, str]:
        joined = (("".join(parts), meaning) for parts, meaning in self._phrases.items())
        found: dict[str, str] = {}
        for word, meaning in joined:
            if all(map(is_ideographic, word)):
                found.setdefault(word, meaning)
        return found

    @cached_property
    def _longest(self) -> int:
        return max(map(len, self._phrases))

    @cached_property
    def _widest(self) -> int:
        return max(map(len, self._ideographic), default=1)

    def _read(self, parts: tuple[str, ...]) -> Meaning:
        """Tell the meanings of folded words; the longest phrase first."""
        said: list[str] = []
        unknown: list[str] = []
        at = 0
        while at < len(parts):
            for size in range(min(self._longest, len(parts) - at), 0, -1):
                if (meaning := self._phrases.get(parts[at : at + size])) is not None:
                    said.append(meaning)
                    break
            else:
                size = 1
                inside = self._inside(parts[at])
                said += inside.said
                unknown += inside.unknown
            at += size
        return Meaning(tuple(said), tuple(unknown))

    def text(self, text: str) -> Meaning:
        """Tell the meanings of a text."""
        return self.read(words(text))

    def _inside(self, word: str) -> Meaning:
        if word and is_ideographic(word[0]):
            return self._characters(word)
        found = self._glued(word) if len(word) >= GLUED else None
        return Meaning((), (word,)) if found is None else Meaning(tuple(found))

    def _characters(self, word: str) -> Meaning:
        """Cut a word without spaces into known ones: the fewest unknown characters, then the fewest words."""
        best: list[tuple[int, int, tuple[str, ...], str]] = [(0, 0, (), "")]
        for end in range(1, len(word) + 1):
            strange, pieces, said, unknown = best[-1]
            found = (strange + 1, pieces, said, unknown + word[end - 1])
            for start in range(max(0, end - self._widest), end):
                if (meaning := self._ideographic.get(word[start:end])) is not None:
                    strange, pieces, said, unknown = best[start]
                    if (strange, pieces + 1) < found[:2]:
                        found = (strange, pieces + 1, (*said, meaning), unknown)
            best.append(found)
        return Meaning(best[-1][2], (best[-1][3],) if best[-1][3] else ())

    def _glued(self, word: str) -> Sequence[str] | None:
        """Cut `dealstage` into known words, all of it or not at all; the fewest words win."""
        best: list[list[str] | None] = [[], *([None] * len(word))]
        for end in range(2, len(word) + 1):
            for start in range(end - 1):
                part, before = word[start:end], best[start]
                if before is None or (len(part) < SEGMENT and part not in SHORT):
                    continue
                if (meaning := self._phrases.get((part,))) is not None:
                    here = best[end]
                    if here is None or len(before) + 1 < len(here):
                        best[end] = [*before, meaning]
        return best[-1]


def shared_ends(texts: Iterable[tuple[str, ...]], share: float, least: int) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Find the words that begin, and that end, most of the texts: a prefix or suffix that tells none from another.

    Parameters
    ----------
    texts
        Texts as folded words.
    share, least
        Part of the texts, and number of texts, that must have it.
    """
    many = [text for text in texts if text]

    def common(turned: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
        found: tuple[str, ...] = ()
        while True:
            heads: dict[tuple[str, ...], int] = {}
            size = len(found) + 1
            for text in turned:
                if len(text) > size and text[: len(found)] == found:  # something must be left of it
                    heads[text[:size]] = heads.get(text[:size], 0) + 1
            best = max(heads, key=lambda head: heads[head], default=())
            if not best or heads[best] < max(least, share * len(turned)):
                return found
            found = best

    return common(many), common([text[::-1] for text in many])[::-1]
