"""How a scenario that `extends` another is laid over it, and what null removes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum

from simfunnel.errors import Problem
from simfunnel.scenario.nodes import Node, Place, quote


class Way(Enum):
    """How two values of one key are merged."""

    KEYS = "key by key; null removes"
    VALUES = "key by key; null is a value"
    NAMED = "a list whose elements are merged by name"
    WHOLE = "the new value replaces the old one"


@dataclass(frozen=True)
class Rule:
    """The way of merging here and below."""

    way: Way = Way.KEYS
    below: Mapping[str, Rule] = field(default_factory=dict)
    each: Rule | None = None

    def under(self, key: object) -> Rule:
        """Find the rule for what stands under a key."""
        return self.each or self.below.get(str(key), _DEFAULT)


_DEFAULT = Rule()
_WHOLE = Rule(Way.WHOLE)
_VALUES = Rule(Way.VALUES)
_STAGE = Rule(below=dict.fromkeys(("conversion", "win_rate", "duration", "lost_duration"), _WHOLE))
_LEADS = Rule(below={"amount": _WHOLE, "owner": _WHOLE, "segment": _WHOLE})
_SEGMENT = Rule(below={"amount": _WHOLE, "stages": Rule(each=_STAGE)})
SCENARIO = Rule(
    below={
        "amount": _WHOLE,
        "stages": Rule(Way.NAMED, each=_STAGE),
        "segments": Rule(each=_SEGMENT),
        "pipeline": Rule(
            below={
                "realization": _WHOLE,
                "store": _WHOLE,
                **dict.fromkeys(("columns", "stage_map", "segment_map", "status_map", "category_map"), _VALUES),
            }
        ),
        "leads": Rule(Way.NAMED, each=_LEADS),
        "store": _WHOLE,
    }
)
"""Everything that is not merged key by key."""

_FORMS = ({"transitions"}, {"conversion", "win_rate", "duration", "lost_duration"})
_ORIGINS = ({"file"}, {"opportunities"}, {"store"}, {"url", "sql"})
"""Where the open deals of a pipeline may come from: from one of these."""


_Pair = tuple[set[str], set[str]]


@dataclass
class Merger:
    """Merges trees and collects what does not go together."""

    problems: list[Problem] = field(default_factory=list)

    def merge(self, base: Node, over: Node, rule: Rule = SCENARIO, path: str = "") -> Node:
        """Lay `over` over `base`."""
        if rule.way in (Way.KEYS, Way.VALUES) and base.is_mapping and over.is_mapping:
            return self._mappings(base, over, rule, path)
        if rule.way is Way.NAMED and base.is_list and over.is_list:
            return self._lists(base, over, rule, path)
        return over

    def _mappings(self, base: Node, over: Node, rule: Rule, path: str) -> Node:
        value, keys = dict(base.value), dict(base.keys)
        for key, node in over.value.items():
            below = f"{path}.{quote(str(key))}" if path else quote(str(key))
            value[key] = self.merge(value[key], node, rule.under(key), below) if key in value else node
            keys[key] = over.keys[key]
        merged = Node(value, over.place, keys)
        for pair in (_FORMS, _FORMS[::-1]) if rule is _STAGE else ():
            merged = self._exclusive(base, over, merged, pair, path)
        if path == "pipeline":
            for own in _ORIGINS:
                others = {key for other in _ORIGINS if other is not own for key in other}
                merged = self._exclusive(base, over, merged, (own, others), path)
        return merged

    def _exclusive(self, base: Node, over: Node, merged: Node, pair: _Pair, path: str) -> Node:
        """Report keys of the base that cannot stand beside new ones, with the null that removes them."""
        new, old = pair
        given = [key for key in over.value if key in new and over.value[key].value is not None]
        clash = [key for key in base.value if key in old and key not in over.value and _is_given(base.value[key])]
        already = any(key in base.value and _is_given(base.value[key]) for key in given)
        if not given or not clash or already:
            return merged
        place: Place = over.keys[given[0]]
        there = base.keys[clash[0]]
        found = f"{_listed(clash)} of {there.file or 'the base'}" + (f":{there.line}" if there.line else "")
        remove = " and ".join(f"`{key}: null`" for key in clash)
        prefix = "--set " if place.override else ""
        message = f"'{given[0]}' cannot stand beside {found}; remove what is extended with {remove}"
        self.problems.append(Problem(message, f"{prefix}{path}.{given[0]}", place.file, place.line, place.column))
        for key in clash:
            merged = merged.with_child(key, None)
        return merged

    def _lists(self, base: Node, over: Node, rule: Rule, path: str) -> Node:
        each = rule.under(None)
        items: list[Node] = list(base.value)
        index = {name: i for i, node in enumerate(items) if (name := node.name()) is not None}
        touched: set[str] = set()
        for node in over.value:
            name = node.name()
            if name is None or name not in index or name in touched:  # twice: reported as a duplicate later
                items.append(node)
                continue
            touched.add(name)
            items[index[name]] = self.merge(items[index[name]], node, each, f"{path}.{quote(name)}")
        return replace(over, value=items)


def without_nulls(node: Node, rule: Rule = SCENARIO) -> Node:
    """Remove the keys whose value is null, except where null means something."""
    if rule.way is Way.NAMED and node.is_list:
        return replace(node, value=[without_nulls(item, rule.under(None)) for item in node.value])
    if rule.way is Way.KEYS and node.is_mapping:
        kept = {
            key: without_nulls(child, rule.under(key)) for key, child in node.value.items() if child.value is not None
        }
        return replace(node, value=kept, keys={key: node.keys[key] for key in kept})
    return node


def _is_given(node: Node) -> bool:
    return node.value not in (None, [])


def _listed(keys: list[str]) -> str:
    return " and ".join(f"'{key}'" for key in keys)
