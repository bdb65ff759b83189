"""The catalogue of a language has every text of the package, with the same fields, and no other."""

from __future__ import annotations

import re
import tomllib

import pytest

from simfunnel.wording.catalogue import catalogue, folder
from simfunnel.wording.language import CHINESE

from .texts import Call, fields_of, source

ENGLISH_WORD = re.compile(r"[A-Za-z]{2,}")
LATIN = {"CRPS", "CRM", "CSV", "JSON", "PIT", "UTF", "XES", "PERT", "Brier", "simfunnel", "HISTORY", "DIR"}
"""Words of a Chinese text that are written so."""


@pytest.fixture(scope="module")
def files() -> dict[str, dict[str, str]]:
    """File of the catalogue -> its texts."""
    found = {path.name: tomllib.loads(path.read_text("utf-8")) for path in folder(CHINESE).glob("*.toml")}
    glossary, _ = found.pop("glossary.toml"), found.pop("workbook.toml")
    return {"terms": glossary["terms"], "nouns": glossary["nouns"], **found}


def grammar(name: str) -> bool:
    """Whether a field is English grammar alone."""
    return "_or_" in name


def test_every_text_is_there() -> None:
    chinese = catalogue(CHINESE)
    told = [
        call
        for call in source()[0]
        if call.function == "tell" and ENGLISH_WORD.search(re.sub(r"{[^}]*}", "", call.text))
    ]
    assert len(told) > 900
    assert [(call.text, call.place) for call in told if call.text not in chinese.texts] == []
    counted = {call.text: call.place for call in source()[0] if call.function == "plural"}
    assert {noun: place for noun, place in counted.items() if noun not in chinese.nouns} == {}


def test_no_text_is_there_for_nothing(files: dict[str, dict[str, str]]) -> None:
    unused = {name: sorted(set(texts) - source()[1]) for name, texts in files.items() if name != "nouns"}
    assert {name: texts for name, texts in unused.items() if texts} == {}


def test_no_text_is_there_twice(files: dict[str, dict[str, str]]) -> None:
    texts = [text for name, found in files.items() if name != "nouns" for text in found]
    assert sorted(text for text in set(texts) if texts.count(text) > 1) == []


def test_fields_are_the_same(files: dict[str, dict[str, str]]) -> None:
    wrong = {}
    for name, texts in files.items():
        for english, chinese in texts.items() if name != "nouns" else ():
            missing, more = fields_of(english) - fields_of(chinese), fields_of(chinese) - fields_of(english)
            if more or [field for field in missing if not grammar(field)]:
                wrong[english] = (missing, more)
    assert wrong == {}
    assert all(fields_of(noun) == {"n"} for noun in files["nouns"].values())


def test_every_text_gets_its_fields() -> None:
    def short(call: Call) -> bool:
        return bool(fields_of(call.text) - call.fields)

    assert [(call.text, call.place) for call in source()[0] if call.function == "tell" and short(call)] == []


def test_nothing_is_told_while_modules_are_imported() -> None:
    assert [call.place for call in source()[0] if call.at_import] == []


def test_chinese_texts_are_chinese(files: dict[str, dict[str, str]]) -> None:
    """No English word is left but keys in backquotes, options, fields and a short list; punctuation is full-width."""
    left, half = {}, {}
    keys = tomllib.loads((folder(CHINESE) / "workbook.toml").read_text("utf-8"))
    for texts in (*files.values(), *keys.values()):
        for english, chinese in texts.items():
            bare = re.sub(r"`[^`]*`|--[a-z]\w*|{[^{}]*}", "", chinese)
            if words := set(re.findall(r"[A-Za-z]{3,}", bare)) - LATIN:
                left[english] = words
            if re.search(r"[一-鿿][,;:?!()]|[,;:?!()][一-鿿]", re.sub(r"`[^`]*`|:为(?=})", "", chinese)):
                half[english] = chinese
    assert left == {}
    assert half == {}


def test_sentences_use_the_terms_of_the_trade(files: dict[str, dict[str, str]]) -> None:
    trade = tomllib.loads((folder(CHINESE) / "glossary.toml").read_text("utf-8"))["trade"]
    wrong = {
        english: term
        for texts in files.values()
        for english, chinese in texts.items()
        for term, word in trade.items()
        if re.search(rf"\b{term}s?\b", re.sub(r"`[^`]*`|{[^{}]*}", "", english), re.IGNORECASE) and word not in chinese
    }
    assert wrong == {}
