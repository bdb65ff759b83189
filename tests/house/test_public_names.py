"""Every public name is documented, and every documented name exists."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import simfunnel

DOCS = Path(__file__).parents[2] / "docs"


def page_maker() -> ModuleType:
    spec = importlib.util.spec_from_file_location("python_reference", DOCS / "python_reference.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_reference_is_what_the_docstrings_say() -> None:
    """It fails for a name without a docstring; `python docs/python_reference.py` writes the page anew."""
    assert (DOCS / "python.md").read_text("utf-8") == page_maker().reference()


def test_every_public_name_stands_in_the_reference_and_no_other_does() -> None:
    text = (DOCS / "python.md").read_text("utf-8")
    named = set(re.findall(r"^### `(\w+)`|^- `(\w+)`:", text.split("## Other names")[0], re.MULTILINE))
    headed = {first for first, _ in named if first}
    others = set(re.findall(r"^- `(\w+)`:", text.split("## Other names")[1], re.MULTILINE))
    results = {result.__name__ for result in page_maker().RESULTS}
    assert headed | others == set(simfunnel.__all__) | results


def test_every_name_that_the_package_offers_is_there() -> None:
    for name in simfunnel.__all__:
        assert getattr(simfunnel, name) is not None
    assert dir(simfunnel) == sorted(simfunnel.__all__)
