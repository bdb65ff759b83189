"""The tree of a scenario file: values, and where each of them is written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from simfunnel.errors import Problem
from simfunnel.values.frozen import Loc
from simfunnel.values.names import clean


@dataclass(frozen=True, slots=True)
class Place:
    """Where something is written: a file with line and column, a ``--set``, or nowhere (Python)."""

    file: str | None = None
    line: int | None = None
    column: int | None = None
    override: bool = False


@dataclass(slots=True)
class Node:
    """A value and its place; mappings and lists hold nodes. Never changed after it is built."""

    value: Any
    place: Place
    keys: dict[Any, Place] = field(default_factory=dict)
    """Where each key of a mapping is written."""
    expanded: int = 0
    """How many nodes below stem from aliases."""
    size: int = 1
    """How many nodes there are, this one included, aliases expanded."""

    @property
    def is_mapping(self) -> bool:
        """Whether the value is a mapping."""
        return isinstance(self.value, dict)

    @property
    def is_list(self) -> bool:
        """Whether the value is a list."""
        return isinstance(self.value, list)

    def own_key(self, key: str | int) -> Any:
        """Find the key of a mapping as it is written: a day may be one, and a fault names it by its `repr`."""
        if key in self.value or not isinstance(key, str):
            return key
        return next((own for own in self.value if isinstance(own, date) and repr(own) == key), key)

    def child(self, key: str | int) -> Node | None:
        """Find what stands under a key or an index, or None."""
        if isinstance(self.value, dict):
            found = self.value.get(self.own_key(key))
            return found if isinstance(found, Node) else None
        if isinstance(self.value, list) and isinstance(key, int) and 0 <= key < len(self.value):
            return self.value[key]  # type: ignore[no-any-return]
        return None

    def name(self) -> str | None:
        """Get the `name` of a mapping that has one."""
        named = self.child("name")
        return clean(named.value) if named is not None and isinstance(named.value, str) else None

    def with_child(self, key: Any, node: Node | None, place: Place | None = None) -> Node:
        """Copy a mapping with one key replaced, added, or (None) removed."""
        value, keys = dict(self.value), dict(self.keys)
        if node is None:
            value.pop(key, None)
            keys.pop(key, None)
        else:
            value[key] = node
            keys[key] = place or node.place
        return replace(self, value=value, keys=keys)

    def plain(self) -> Any:
        """Convert to plain dictionaries, lists and scalars."""
        if isinstance(self.value, dict):
            return {key: node.plain() for key, node in self.value.items()}
        if isinstance(self.value, list):
            return [node.plain() for node in self.value]
        return self.value


def from_python(data: Any, place: Place) -> Node:
    """Build a tree from plain Python data; names used as keys are normalised."""
    if isinstance(data, Mapping):
        value = {clean(k) if isinstance(k, str) else k: from_python(v, place) for k, v in data.items()}
        return Node(value, place, dict.fromkeys(value, place))
    if isinstance(data, list | tuple):
        return Node([from_python(item, place) for item in data], place)
    return Node(data, place)


def locate(root: Node, loc: Loc, *, at_key: bool = False) -> tuple[Place, str, Node]:
    """Find place, readable path and node of `loc`; what is not in the tree is skipped.

    A scalar has its own place, a list or a mapping that of its key; so has a scalar with `at_key`.
    """
    node, place, path = root, root.place, ""
    named = False  # whether the elements of this list are known by name
    for part in loc:
        child = node.child(part)
        if child is None:
            continue
        if isinstance(node.value, dict):
            place = node.keys.get(node.own_key(part), child.place)
            path += ("." if path else "") + quote(str(node.own_key(part)))
            named = part in ("stages", "leads") and node is root
        else:
            place = child.place
            name = child.name() if named else None
            path += f"[{part}]" if name is None else f".{quote(name)}"
        node = child
    if not node.is_mapping and not node.is_list and not at_key:
        place = node.place
    return place, path, node


def quote(part: str) -> str:
    """Quote a part of a path that would otherwise be read as several."""
    if part and not any(c in part for c in '."[]='):
        return part
    return '"' + part.replace("\\", "\\\\").replace('"', '\\"') + '"'


def problem_at(root: Node, loc: Loc, message: str, *, at_key: bool = False) -> Problem:
    """Make a problem with the place and path of `loc`."""
    place, path, _ = locate(root, loc, at_key=at_key)
    if place.override:
        path = f"--set {path}"
    return Problem(message, path, place.file, place.line, place.column)
