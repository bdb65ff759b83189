"""What the package tells: every text in its source, and where."""

from __future__ import annotations

import ast
import string
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2] / "simfunnel"
TOLD = ("tell", "plural")


@dataclass(frozen=True)
class Call:
    """A text that is told where it stands."""

    function: str
    text: str
    fields: frozenset[str]
    """Those that are given to it."""
    place: str
    at_import: bool
    """Whether it is told when the module is imported: then it would be English for ever."""


@cache
def source() -> tuple[tuple[Call, ...], frozenset[str]]:
    """Every call that tells a constant; and every text of the package, for some are chosen and told by a name."""
    calls: list[Call] = []
    constants: set[str] = set()
    for path in sorted(ROOT.rglob("*.py")):
        text = path.read_text("utf-8")
        tree = ast.parse(text)
        constants |= {n.value for n in ast.walk(tree) if isinstance(n, ast.Constant) and isinstance(n.value, str)}
        if "wording.language" in text or "wording.numbers" in text:
            calls += _calls(tree, str(path.relative_to(ROOT)), inside=False)
    return tuple(calls), frozenset(constants)


def fields_of(text: str) -> set[str]:
    """Names of the fields of a text."""
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def _calls(node: ast.AST, place: str, *, inside: bool) -> Iterator[Call]:
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in TOLD:
        at = TOLD.index(node.func.id)
        told = node.args[at] if len(node.args) > at else None
        if isinstance(told, ast.Constant) and isinstance(told.value, str):
            given = frozenset(keyword.arg for keyword in node.keywords if keyword.arg)
            yield Call(node.func.id, told.value, given, f"{place}:{node.lineno}", not inside)
    inside = inside or isinstance(node, ast.FunctionDef | ast.Lambda)
    for child in ast.iter_child_nodes(node):
        yield from _calls(child, place, inside=inside)
