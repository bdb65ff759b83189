"""What the site is made of: the keys of a scenario, a check that pages load nothing, the citation."""

from __future__ import annotations

import re
import sys
from typing import Any

import pytest
from ruamel.yaml import YAML

import simfunnel
from simfunnel.scenario import scenario_json_schema

from .blocks import ROOT


@pytest.fixture(scope="module", autouse=True)
def _parts_of_the_site() -> Any:
    sys.path.insert(0, str(ROOT / "docs"))
    yield
    sys.path.remove(str(ROOT / "docs"))


def keys_of_schema() -> set[str]:
    schema = scenario_json_schema()
    forms = [schema, *schema["$defs"].values()]
    forms += [form for part in forms for form in part.get("anyOf", [])]
    return {key for part in forms for key in part.get("properties", {})}


def test_every_key_of_the_schema_stands_on_the_page_of_scenarios_and_in_the_tables() -> None:
    from site_parts.scenario_keys import tables

    page, made = (ROOT / "docs" / "scenario.md").read_text("utf-8"), tables()
    words = set(re.findall(r"\w+", " ".join(re.findall(r"`[^`]+`|^```.*?^```", page, re.M | re.S))))
    assert keys_of_schema() - words == set()
    assert (
        keys_of_schema() - set(re.findall(r"^\| `(\w+)`", made, re.MULTILINE)) == {"alpha", "beta"} & keys_of_schema()
    )
    assert "|  |  |" not in made, "a key of which the table says neither what stands there nor what it means"


@pytest.mark.parametrize("text", [
    '<script src="https://cdn.example/x.js"></script>', '<link rel="stylesheet" href="//fonts.example/a.css">',
    '<img src="http://elsewhere.example/a.png">', "<style>@import 'https://fonts.example/a.css';</style>",
    "a { background: url(https://elsewhere.example/a.png) }",
])  # fmt: skip
def test_a_page_that_loads_something_from_elsewhere_is_found(text: str) -> None:
    from site_parts.self_contained import fetched

    assert len(fetched(text)) == 1


def test_a_page_that_only_links_elsewhere_is_fine() -> None:
    from site_parts.self_contained import fetched

    page = (
        '<a href="https://elsewhere.example">x</a><img src="images/a.png"><script src="_static/a.js"></script>'
        '<link rel="canonical" href="https://elsewhere.example">'
    )
    assert fetched(page) == []


def test_the_citation_names_this_version_and_this_licence() -> None:
    cited = YAML(typ="safe", pure=True).load((ROOT / "CITATION.cff").read_text("utf-8"))
    assert {"cff-version", "message", "title", "authors", "version"} <= cited.keys()
    assert (cited["cff-version"], cited["type"]) == ("1.2.0", "software")
    assert str(cited["version"]) == simfunnel.__version__
    assert f'license = "{cited["license"]}"' in (ROOT / "pyproject.toml").read_text("utf-8")
    assert all(
        author.keys() <= {"name", "website", "family-names", "given-names", "orcid"} for author in cited["authors"]
    )
