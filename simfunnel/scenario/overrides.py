"""``--set path=value``: one value of the scenario replaced, addressed by names."""

from __future__ import annotations

import re
from dataclasses import replace

from simfunnel.errors import InputError, Problem
from simfunnel.scenario.nodes import Node, Place, quote
from simfunnel.scenario.problems import known_keys
from simfunnel.scenario.schema import Scenario
from simfunnel.scenario.yaml_reader import read_yaml
from simfunnel.values.messages import show, unknown
from simfunnel.values.names import clean

_PART = re.compile(r'"((?:[^"\\]|\\.)*)"|([^."\[\]=]+)|\[(\d+)\]')
_PLACE = Place(override=True)
EXAMPLE = "such as stages.Proposal.conversion=0.5"


def split_override(text: str) -> tuple[list[str], str]:
    """Split ``stages."A.B".conversion=0.5`` into the parts of its path and its value."""
    parts: list[str] = []
    at = 0
    while match := _PART.match(text, at):
        quoted, plain, index = match.groups()
        parts.append(clean(re.sub(r"\\(.)", r"\1", quoted) if quoted is not None else plain or index))
        at = match.end()
        if text[at : at + 1] == "=":
            return parts, text[at + 1 :]
        if text[at : at + 1] == ".":
            at += 1
        elif text[at : at + 1] != "[":
            break
    raise _error(text, f"expected path=value, {EXAMPLE}")


def apply_override(root: Node, text: str) -> Node:
    """Replace one value of the tree; null removes it."""
    parts, written = split_override(text)
    if parts[0] == "extends":
        raise _error("extends", "the scenario to extend is named in the file, it cannot be set")
    value = _value(parts, written)
    _check_first(root, parts, written)
    return _replaced(root, parts, value, 0)


def _check_first(root: Node, parts: list[str], written: str) -> None:
    """Say where a path begins that begins inside a stage."""
    first = parts[0]
    if first in root.value or first in known_keys(Scenario, ()):
        return
    stages = root.child("stages")
    items = stages.value if stages is not None and stages.is_list else []
    names = [name for item in items if (name := item.name()) is not None]
    if first in names:
        raise _error(_path(parts), f"unknown key {show(first)}; did you mean stages.{_path(parts)}={written}?")
    if first not in known_keys(Scenario, ("stages", 0)) or not names:
        return
    named = [name for item in items if (name := item.name()) is not None and item.child(first) is not None]
    example = _path(["stages", (named or names)[0], *parts])
    rest = _path(parts)
    raise _error(rest, f"unknown key {show(first)}; did you mean stages.NAME.{rest}, such as {example}={written}?")


def _value(parts: list[str], written: str) -> Node:
    if not written.strip():
        raise _error(_path(parts), "expected a value after '='; null removes")
    try:
        node = read_yaml(written, None)
    except InputError as error:
        if written.strip().lower() not in ("null", "~"):
            raise _error(_path(parts), f"{error.problems[0].message}, found {show(written)}") from None
        return Node(None, _PLACE)
    return _placed(node)


def _placed(node: Node) -> Node:
    """Mark everything in a value as coming from the command line."""
    if isinstance(node.value, dict):
        value = {key: _placed(child) for key, child in node.value.items()}
        return Node(value, _PLACE, dict.fromkeys(value, _PLACE))
    if isinstance(node.value, list):
        return Node([_placed(child) for child in node.value], _PLACE)
    return Node(node.value, _PLACE)


def _replaced(node: Node, parts: list[str], value: Node, depth: int) -> Node:
    if depth == len(parts):
        return value
    part = parts[depth]
    if node.is_mapping:
        key = _key(node, part)
        if depth == len(parts) - 1 and value.value is None and not _null_is_value(parts):
            if key not in node.value:
                raise _error(_path(parts), "there is nothing to remove")
            return node.with_child(key, None)
        child = node.value.get(key)
        if child is None or (child.value is None and depth < len(parts) - 1):
            if parts[0] in ("stages", "leads") and depth == 0:
                raise _error(_path(parts), f"the scenario has no '{parts[0]}'")
            child = Node({}, _PLACE)
        return node.with_child(key, _replaced(child, parts, value, depth + 1), _PLACE)
    if node.is_list:
        return _in_list(node, parts, value, depth)
    here = _path(parts[:depth])
    raise _error(_path(parts), f"{here} is {show(node.value)} and has no parts; set {here} itself")


def _in_list(node: Node, parts: list[str], value: Node, depth: int) -> Node:
    part = parts[depth]
    items = list(node.value)
    if parts[:depth] in (["stages"], ["leads"]):
        names = [item.name() or "" for item in items]
        if part not in names:
            what = "stage" if parts[0] == "stages" else "lead source"
            raise _error(_path(parts), unknown(what, part, names))
        index = names.index(part)
    else:
        if not part.isdigit() or int(part) >= len(items):
            raise _error(_path(parts), f"expected an index from 0 to {len(items) - 1}, found {show(part)}")
        index = int(part)
    new = _replaced(items[index], parts, value, depth + 1)
    if depth == len(parts) - 1 and value.value is None:
        del items[index]
    else:
        items[index] = new
    return replace(node, value=items)


def _key(node: Node, part: str) -> str | int:
    """Find the key as it stands in the mapping: months of a seasonality are numbers."""
    if part not in node.value and part.isdigit() and int(part) in node.value:
        return int(part)
    return part


def _null_is_value(parts: list[str]) -> bool:
    maps = ("columns", "stage_map", "segment_map", "status_map", "category_map")
    return len(parts) == 3 and parts[0] == "pipeline" and parts[1] in maps


def _path(parts: list[str]) -> str:
    return ".".join(quote(part) for part in parts)


def _error(path: str, message: str) -> InputError:
    return InputError(Problem(message, f"--set {path}"))
