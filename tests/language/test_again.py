"""A text remembers what it was made of: it is told again in another language, also out of a file."""

from __future__ import annotations

import copy
import datetime as dt
import json
import pickle
from typing import Any

import numpy as np
import pytest

from simfunnel.wording.findings import Finding
from simfunnel.wording.kept import is_told, restored, with_words
from simfunnel.wording.language import again, joined, language, reword, sentences, tell, term
from simfunnel.wording.numbers import capitalized, money, percent, period_told, plural

ENGLISH = "{confidence} sure of {target} {where}"


def made() -> Any:
    where = tell("in {period}", period=period_told("2027-Q1"))
    aim = tell(ENGLISH, confidence=percent(np.float64(0.8)), target=money(3e6), where=where)
    text = tell("No more leads are needed to be {aim}: the chance is {now} already.", aim=aim, now=percent(0.85))
    listed = joined(
        [plural(np.int64(2), "deal"), tell("{rows} worth {amount} left out", rows="甲", amount=money(5))], "; "
    )
    return sentences(text, capitalized(tell("{text}.", text=listed))) + " " + term("owner")


def test_it_is_told_again_in_the_language_that_is_spoken() -> None:
    text = made()
    assert text == (
        "No more leads are needed to be 80 % sure of 3.0M in 2027-Q1: the chance is 85 % already. "
        "2 deals; 甲 worth 5 left out. owner"
    )
    with language("zh"):
        chinese = made()
        assert (
            chinese == "要以80%的把握在2027年第一季度达成300万，无需更多线索：目前概率已为85%。"
            "2笔商机；甲（金额5）未计入。 负责人"
        )
        assert again(text) == chinese
        assert tell("{told}.", told=text) == f"{chinese}。"
    assert again(chinese) == text


@pytest.mark.parametrize("way", [lambda x: pickle.loads(pickle.dumps(x)), copy.deepcopy])
def test_copies_are_told_again_too(way: Any) -> None:
    with language("zh"):
        assert again(way(made_in_english())) == made()


def made_in_english() -> Any:
    with language("en"):
        return made()


def test_words_pass_through_json() -> None:
    words = json.loads(json.dumps(made().words()))
    assert reword(words) == made()
    with language("zh"):
        assert reword(words) == made()


@pytest.mark.parametrize("document", [{}, {"storage": {"groups": []}}])
def test_a_document_keeps_words_beside_english_texts(document: dict[str, Any]) -> None:
    data = {**document, "sentence": made(), "a/b~c": [{"note": made(), "n": 1}], "name": "in all periods together"}
    kept = json.loads(json.dumps(with_words(data)))
    assert kept["sentence"] == kept["a/b~c"][0]["note"] == made() and is_told(kept) and not is_told(document)
    found = restored(kept)
    with language("zh"):
        assert again(found["sentence"]) == again(found["a/b~c"][0]["note"]) == made()
        assert again(found["name"]) == "in all periods together"  # a name that is called like a text of ours


@pytest.mark.parametrize(
    "words",
    [
        {"/sentence": {"text_of": ["a text that no version had", {"fields": {}}]}},
        {"/sentence": {"no_such_kind": [1]}}, {"/nowhere/3": {"money": [1.0]}}, {"/sentence": 7}, {"": {}}, [],
        {"/sentence": {"text_of": ["{x.__class__}", {"fields": {"x": 1}}]}},
        {"/sentence": {"text_of": ["{x:>99999999}", {"fields": {"x": 1}}]}},
        {"/sentence": {"share_of": [1.0, 10**9]}},
        {"/sentence": {"text_of": ["{x}{x}", {"fields": {"x": {"text_of": ["{y}{y}", {"fields": {"y": "told"}}]}}}]}},
    ],
)  # fmt: skip
def test_words_that_do_not_fit_leave_the_text_as_it_was(words: Any) -> None:
    found = restored({"sentence": "told once", "words": words})
    assert found == {"sentence": "told once"} and type(found["sentence"]) is str


def test_findings_are_told_in_both_languages() -> None:
    finding = Finding(
        "closed_missing", {"period": "2027-Q1", "start": dt.date(2027, 1, 1), "as_of": dt.date(2027, 1, 25)}
    )
    stored = Finding.stored(finding.sentence)
    before = finding.sentence
    with language("zh"):
        assert finding.sentence == stored.sentence
        assert finding.sentence.startswith("2027年第一季度始于2027年1月1日，但没有2027年1月25日之前的成交数据")
        assert Finding.stored("as an earlier version told it").sentence == "as an earlier version told it"
    assert before == stored.sentence == str(finding)
