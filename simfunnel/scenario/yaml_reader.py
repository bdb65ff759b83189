"""Strict YAML 1.2: duplicate keys, tags, second documents and exploding aliases are errors with a place."""

from __future__ import annotations

import re
import unicodedata
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    StreamEndEvent,
)
from ruamel.yaml.reader import ReaderError

from simfunnel.errors import InputError, Problem
from simfunnel.scenario.nodes import Node, Place
from simfunnel.scenario.yaml_scalars import plain_scalar
from simfunnel.values.full_width import full_width_in
from simfunnel.values.messages import show
from simfunnel.values.names import clean
from simfunnel.values.numbers import without_commas

_PAIR = re.compile("[\ud800-\udbff][\udc00-\udfff]")
MAX_ALIAS_NODES = 100_000
MAX_DEPTH = 100

_SENTENCES = {
    "mapping values are not allowed": "a ':' is not possible here; check the indentation, or quote the text",
    "expected <block end>": "the indentation does not fit the lines above",
    "could not find expected ':'": "expected 'key: value', found no ':' after the key; check the indentation",
    "expected ',' or": "a bracket or brace is not closed, or a ',' is missing",
    "while scanning a quoted scalar": "a quoted text is not closed",
    "unexpected end of stream": "a quoted text is not closed",
    "found undefined alias": "an alias (*name) has no anchor (&name) before it",
    "expected the node content": "a value or a key is expected here; quote text that begins with a sign",
    "sequence entries are not allowed": "a list item '- ' is not possible here; check the indentation",
    "mapping keys are not allowed": "a '? ' is not possible here; put the text in quotes",
    "expected alphabetic or numeric": "& and * need a name; put text that begins with them in quotes",
    "expected a comment or a line break": "after | or > the line must end; put the text in quotes",
    "cannot start any token": "this character cannot stand here; put the text in quotes",
}


def _joined(text: str) -> str:
    """Join the two halves in which JSON writes an emoji, or a rare sign."""
    return _PAIR.sub(lambda pair: pair[0].encode("utf-16", "surrogatepass").decode("utf-16"), text)


class _Builder:
    def __init__(self, file: str | None) -> None:
        self.file = file
        self.anchors: dict[str, Node | None] = {}
        self.problems: list[Problem] = []
        self.events: Any = iter(())

    def place(self, event: Any) -> Place:
        return Place(self.file, event.start_mark.line + 1, event.start_mark.column + 1)

    def stop(self, place: Place, message: str) -> InputError:
        return InputError([*self.problems, Problem(message, "", place.file, place.line, place.column)])

    def build(self, event: Any, depth: int) -> Node:
        place = self.place(event)
        if depth > MAX_DEPTH:
            raise self.stop(place, f"lists and mappings are nested deeper than {MAX_DEPTH} levels")
        if isinstance(event, AliasEvent):
            return self.alias(event, place)
        if event.anchor is not None:
            self.anchors[event.anchor] = None  # not complete: an alias to it inside would be a loop
        tag = str(event.tag) if event.tag is not None else None
        if tag not in (None, "!") and not (tag == "tag:yaml.org,2002:str" and isinstance(event, ScalarEvent)):
            shown = str(tag).replace("tag:yaml.org,2002:", "!!")
            raise self.stop(place, f"tags are not allowed, found {show(shown)}; write the value without it")
        if isinstance(event, ScalarEvent):
            text = unicodedata.normalize("NFC", _joined(event.value))
            if half := next((c for c in text if "\ud800" <= c <= "\udfff"), ""):
                raise self.stop(place, f"expected text, found half a character (U+{ord(half):04X}); write it whole")
            node = Node(plain_scalar(text) if event.style is None and tag is None else text, place)
        elif isinstance(event, MappingStartEvent):
            node = self.mapping(place, depth, flow=bool(event.flow_style))
        else:
            node = self.sequence(place, depth)
        if event.anchor is not None:
            self.anchors[event.anchor] = node
        return node

    def alias(self, event: Any, place: Place) -> Node:
        if event.anchor not in self.anchors:
            raise self.stop(place, f"the alias *{event.anchor} has no anchor &{event.anchor} before it")
        target = self.anchors[event.anchor]
        if target is None:
            raise self.stop(place, f"the alias *{event.anchor} stands inside what it repeats")
        self.check_size(target.size, place)
        return Node(target.value, target.place, target.keys, expanded=target.size, size=target.size)

    def check_size(self, expanded: int, place: Place) -> None:
        if expanded > MAX_ALIAS_NODES:
            message = f"aliases expand to {expanded:,} nodes; at most {MAX_ALIAS_NODES:,} are allowed"
            raise self.stop(place, message)

    def grow(self, node: Node, child: Node) -> None:
        node.size += child.size
        node.expanded += child.expanded
        self.check_size(node.expanded, child.place)

    def mapping(self, place: Place, depth: int, *, flow: bool) -> Node:
        node = Node({}, place)
        written = ""  # the last value, if it is a number: what follows a comma in it becomes a key
        at: Place | None = None
        while not isinstance(event := next(self.events), MappingEndEvent):
            key_place = self.place(event)
            key_node = self.build(event, depth + 1)
            value_event = next(self.events)
            value = self.build(value_event, depth + 1)
            self.grow(node, value)
            text, group = _plain(value_event), _plain(event)
            if flow and written and text == "" and re.fullmatch(r"\d+(\.\d+)?", group or ""):
                at, written = at or key_place, f"{written},{group}"
                continue
            self.comma(at, written)
            at, written = None, text if text and re.fullmatch(r"[+-]?\d+", text) else ""
            key = key_node.value
            if isinstance(key, dict | list):
                self.problem(key_place, "a key must be text or a number, found a list or mapping")
                continue
            if isinstance(key, str):
                key = clean(key)
            if key == "<<":
                message = "merge keys (<<) are not part of YAML 1.2; write the keys out, or use `extends`"
                self.problem(key_place, message)
            elif key in node.value:
                first = node.keys[key].line
                self.problem(key_place, f"the key {show(key)} is given twice, first in line {first}")
            else:
                node.value[key] = value
                node.keys[key] = key_place
        self.comma(at, written)
        return node

    def comma(self, place: Place | None, written: str) -> None:
        """Report a number such as 280,000 that a comma has split into a value and keys."""
        if place is not None:
            whole, *groups = written.split(",")
            thousands = len(groups) > 1 or (re.match(r"\d{3}(\.|$)", groups[0]) and whole != "0")
            write = without_commas(written) if thousands else written.replace(",", ".")
            self.problem(place, f"unknown key {show(groups[0])}; write {write}: a comma separates keys")

    def sequence(self, place: Place, depth: int) -> Node:
        node = Node([], place)
        while not isinstance(event := next(self.events), SequenceEndEvent):
            child = self.build(event, depth + 1)
            self.grow(node, child)
            node.value.append(child)
        return node

    def problem(self, place: Place, message: str) -> None:
        self.problems.append(Problem(message, "", place.file, place.line, place.column))


def _plain(event: Any) -> str | None:
    """Text of an unquoted scalar."""
    return str(event.value) if isinstance(event, ScalarEvent) and event.style is None and event.tag is None else None


def read_yaml(text: str, file: str | None) -> Node:
    """Read one YAML (or JSON) document.

    Parameters
    ----------
    text
        The document.
    file
        Its name, for messages.

    Raises
    ------
    InputError
        If the text is not strict YAML, with line and column.
    """
    builder = _Builder(file)
    builder.events = iter(YAML(typ="safe", pure=True).parse(text))
    try:
        root: Node | None = None
        for event in builder.events:
            if isinstance(event, DocumentStartEvent):
                if root is not None:
                    raise builder.stop(builder.place(event), "a second document begins here; one file holds one")
                root = builder.build(next(builder.events), 0)
            elif isinstance(event, StreamEndEvent):
                break
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark is not None else (None, None)
        raise InputError([*builder.problems, Problem(_sentence(error, text), "", file, line, column)]) from None
    except ReaderError as error:
        before = text[: error.position]
        line, column = before.count("\n") + 1, error.position - before.rfind("\n")
        message = f"the character U+{ord(text[error.position]):04X} is not allowed; remove it"
        raise InputError([*builder.problems, Problem(message, "", file, line, column)]) from None
    if builder.problems:
        raise InputError(builder.problems)
    if root is None or root.value is None:
        raise InputError(Problem("the file is empty; expected a scenario", "", file))
    return root


def _sentence(error: MarkedYAMLError, text: str) -> str:
    found = f"{error.context or ''} {error.problem or ''}"
    mark = error.problem_mark
    if mark is not None:
        lines = text.splitlines()
        line = lines[mark.line] if mark.line < len(lines) else ""
        if "\t" in line[: len(line) - len(line.lstrip())] or line[mark.column : mark.column + 1] == "\t":
            return "a tab cannot indent a line; use spaces"
        near = "\n".join(lines[max(mark.line - 1, 0) : mark.line + 1])
        if wide := full_width_in(near):
            return wide
    for part, sentence in _SENTENCES.items():
        if part in found:
            return sentence
    return f"this is not YAML ({show(error.problem or 'unreadable')}); check indentation, brackets and quotes"
