"""Slips of the pen that YAML takes without a word: a colon left out, a key without a value, full-width punctuation."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pydantic import BaseModel

from simfunnel.errors import Problem
from simfunnel.scenario.nodes import Node, problem_at
from simfunnel.scenario.problems import known_keys
from simfunnel.values.frozen import Loc
from simfunnel.values.full_width import narrow
from simfunnel.values.messages import nearest, show, unknown


def empty_unknown_keys(root: Node, model: type[BaseModel]) -> Iterator[Problem]:
    """Keys that the format does not have and that hold nothing: null removes a key, and would remove the slip too."""
    yield from _below(root, root, model, ())


def _below(root: Node, node: Node, model: type[BaseModel], loc: Loc) -> Iterator[Problem]:
    if node.is_list:
        for i, item in enumerate(node.value):
            yield from _below(root, item, model, (*loc, i))
    if not node.is_mapping:
        return
    known: list[str] | None = None  # looked up where a key is empty: a scenario may hold thousands of deals
    for key, child in node.value.items():
        if child.is_list or child.is_mapping:
            yield from _below(root, child, model, (*loc, key))
        elif child.value is None:
            known = known_keys(model, loc) if known is None else known
            if known and key not in known:
                yield problem_at(root, (*loc, key), slip(str(key), known), at_key=True)


def slip(key: str, known: Sequence[str]) -> str:
    """Say what a key without a value may have been meant to be."""
    plain = narrow(key)
    for mark in (":", "=", " "):
        first, found, rest = plain.partition(mark)
        name = nearest(first, known)
        if found and rest.strip() and name is not None:
            why = "; full-width punctuation is not YAML's" if plain != key else ""
            return f"unknown key {show(key)}; did you mean '{name}: {rest.strip()}'{why}?"
    return unknown("key", key, known)
