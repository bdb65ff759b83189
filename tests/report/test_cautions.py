"""Cautions of a report stand once: the most costly in the answer, which leads to the others."""

from __future__ import annotations

import dataclasses
import re

import pytest

from simfunnel.report.html.material import Material
from simfunnel.report.html.report import report_html

from .html_scenario import material, scenario

SAID = [f"caution number {i}" for i in range(5)]


@pytest.fixture(scope="module")
def doubtful() -> Material:
    found = material(scenario(), wanted=["provenance"], trials=200)
    cautions = [{"code": "stored", "sentence": sentence, "key": None} for sentence in SAID]
    return dataclasses.replace(found, run={**found.run, "cautions": cautions, "warnings": ["a warning"]})


def at(page: str, section: str) -> str:
    (found,) = re.findall(rf'<section id="{section}".*?</section>', page, flags=re.DOTALL)
    return str(found)


def test_no_caution_stands_twice(doubtful: Material) -> None:
    page = report_html(doubtful, ["answer", "trust"])
    assert [page.count(sentence) for sentence in (*SAID, "a warning")] == [1] * 6
    answer, trust = at(page, "answer"), at(page, "trust")
    assert [sentence in answer for sentence in SAID] == [True, True, True, False, False]
    assert '<a href="#cautions">3 more cautions under “How far it can be trusted”.</a>' in answer
    assert 'id="cautions">Cautions' in trust and "a warning" in trust
    assert '<a href="#answer">What may change the decision most stands at the top.</a>' in trust


def test_all_stand_where_the_other_section_is_not_asked_for(doubtful: Material) -> None:
    trust, answer = report_html(doubtful, ["trust"]), report_html(doubtful, ["answer"])
    assert [trust.count(sentence) for sentence in SAID] == [answer.count(sentence) for sentence in SAID] == [1] * 5
    assert "#answer" not in trust and "more caution" not in answer


def test_every_link_of_a_report_leads_somewhere(doubtful: Material) -> None:
    page = report_html(doubtful)
    assert set(re.findall(r'href="#([^"]+)"', page)) <= set(re.findall(r'id="([^"]+)"', page))
