"""Every public name is documented, and stands on the page of the site that the docstrings fill."""

from __future__ import annotations

import ast
import dataclasses
import importlib
import inspect
import re
import sys
from collections.abc import Iterator
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

import simfunnel

PAGE = (Path(__file__).parents[2] / "docs" / "python.md").read_text("utf-8")
SHOWN = re.findall(r"^\.\. auto\w+:: ([\w.]+)", PAGE, re.MULTILINE)
RESULTS = [name for name in SHOWN if re.search(rf"{re.escape(name)}\(\)\n   :members:", PAGE)]


def thing(name: str) -> Any:
    module, _, last = name.rpartition(".")
    return getattr(importlib.import_module(module), last)


def test_every_public_name_stands_on_the_page_and_no_other_does() -> None:
    public = {f"simfunnel.{name}" for name in simfunnel.__all__}
    assert {name for name in SHOWN if name.count(".") == 1} | {"simfunnel.__version__"} == public
    assert "py:data:: simfunnel.__version__" in PAGE
    assert len(RESULTS) == 10


@pytest.mark.parametrize("name", SHOWN)
def test_what_stands_on_the_page_has_a_docstring(name: str) -> None:
    assert inspect.getdoc(thing(name))


@pytest.mark.parametrize("name", RESULTS)
def test_every_public_member_of_a_result_is_documented(name: str) -> None:
    assert [member for member, text in members(thing(name)) if not text] == []


def members(result: type) -> Iterator[tuple[str, str | None]]:
    """Public fields, properties and methods, with what is said of them."""
    fields = fields_of(result)
    yield from fields.items()
    for name in sorted(set(dir(result)) - set(fields)):
        member = inspect.getattr_static(result, name)
        if isinstance(member, property):
            member = member.fget
        elif isinstance(member, cached_property):
            member = member.func
        if not name.startswith("_"):
            yield name, inspect.getdoc(member)


def fields_of(result: type) -> dict[str, str | None]:
    """Field -> the string that stands below it in the source."""
    module = ast.parse(inspect.getsource(sys.modules[result.__module__]))
    node = next(n for n in module.body if isinstance(n, ast.ClassDef) and n.name == result.__name__)
    found: dict[str, str | None] = {field.name: None for field in dataclasses.fields(result)}
    for field, below in pairwise(node.body):
        match field, below:
            case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(text))):
                found[name] = text
    return {name: text for name, text in found.items() if not name.startswith("_")}


def test_every_name_that_the_package_offers_is_there() -> None:
    for name in simfunnel.__all__:
        assert getattr(simfunnel, name) is not None
    assert dir(simfunnel) == sorted(simfunnel.__all__)
