"""YAML on the pages: scenarios, and parts of one, which stand in the smallest in place of keys of the same name."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from simfunnel import load_scenario, parse_scenario

from .blocks import ROOT, blocks

REQUIRED = {"version", "as_of", "periods", "stages"}
LEADS = "leads: [{name: inbound, stage: Qualification, rate: {per: week, mean: 35}, amount: 18k}]\n"
"""What a block that extends another scenario may change besides."""


def check_scenario(text: str, file: str = "") -> None:
    """Fail where a scenario, that of a file or a part of one, is refused."""
    if file:
        load_scenario(file)
        return
    written = _loaded(text)
    Path("base.yaml").write_text(smallest() + LEADS, "utf-8")
    if written.keys() >= REQUIRED:
        parse_scenario({key: value for key, value in written.items() if key != "extends"})
    elif "extends" in written:
        parse_scenario(written)
    else:
        parse_scenario({**_loaded(smallest()), **written})


@cache
def smallest() -> str:
    """The first scenario of the page on scenarios, into which all others go."""
    return next(block.text for block in blocks(ROOT / "docs" / "scenario.md") if block.language == "yaml")


def _loaded(text: str) -> dict[str, Any]:
    loaded: dict[str, Any] = YAML(typ="safe", pure=True).load(text)
    return loaded
