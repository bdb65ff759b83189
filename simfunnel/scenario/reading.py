"""Read a scenario file and the files it extends, one after the other."""

from __future__ import annotations

import errno
import os
import re
from dataclasses import dataclass, field
from pathlib import Path

from simfunnel.errors import InputError, Problem, SurroundingsError
from simfunnel.machine import NotRegularError, open_regular
from simfunnel.scenario.merge import Merger
from simfunnel.scenario.nodes import Node
from simfunnel.scenario.schema import Scenario
from simfunnel.scenario.yaml_reader import read_yaml
from simfunnel.values.messages import show

LARGEST = 16 << 20
"""Bytes of a scenario file: some 100,000 deals written in it."""
OF_THE_PATH = (errno.ENOTDIR, errno.ENAMETOOLONG, errno.ELOOP, errno.EISDIR, errno.ENXIO, errno.EINVAL)
"""What is wrong with a path, not with the disk."""


class UnreadableError(InputError):
    """The file as a whole cannot be read."""


@dataclass
class Reader:
    """Reads and merges; remembers what it has read."""

    files: list[str] = field(default_factory=list)
    """Every file read: the one named first, then what it extends."""
    merger: Merger = field(default_factory=Merger)
    """Lays each file over what it extends, and keeps what does not go together."""
    written: dict[str, str] = field(default_factory=dict)
    """Absolute path of a pipeline file -> how it was written."""

    def read(self, name: str, chain: tuple[Path, ...] = ()) -> Node:
        """Read a file and what it extends, merged; `chain` holds the files that extend this one."""
        text = read_text(name)
        if chain and not _may_be_scenario(text):
            raise UnreadableError(Problem("this is not a scenario: it holds no key of one", "", name))
        root = read_yaml(text, name)
        self.files.append(name)
        if not root.is_mapping:
            place = root.place
            found = "a list" if root.is_list else "text or a number"  # never its content: it may be no scenario at all
            message = f"expected a mapping that begins with `version: 1`, found {found}"
            raise InputError(Problem(message, "", place.file, place.line, place.column))
        folder = Path(name).parent
        return self.extended(self.with_places(root, folder), folder, (*chain, _resolved(name)))

    def extended(self, root: Node, folder: Path, chain: tuple[Path, ...] = ()) -> Node:
        """Lay a tree over the file it extends, if it does."""
        base = root.child("extends")
        if base is None:
            return root
        root = root.with_child("extends", None)
        if base.value is None:
            return root

        def error(message: str) -> InputError:
            place = base.place
            return InputError(Problem(message, "extends", place.file, place.line, place.column))

        if not isinstance(base.value, str) or not base.value.strip():
            raise error(f"expected the path of a scenario file, found {show(base.plain())}")
        name = str(folder / base.value.strip())
        if _resolved(name) in chain:
            raise error(f"{show(base.value)} extends itself, directly or through others")
        try:
            below = self.read(name, chain)
        except UnreadableError as unreadable:
            raise error(f"{unreadable.problems[0].message}, found {show(name)}") from None
        except RecursionError:
            raise error(f"more than {len(chain)} files extend one another") from None
        return self.merger.merge(below, root)

    def with_places(self, root: Node, folder: Path) -> Node:
        """Make `pipeline.file` and the paths of stores absolute, relative to the folder of the file that says so."""
        root = with_store(self._with_file(root, folder), folder)
        pipeline = root.child("pipeline")
        if pipeline is None or not pipeline.is_mapping or pipeline.child("store") is None:
            return root
        return root.with_child("pipeline", with_store(pipeline, folder), root.keys["pipeline"])

    def _with_file(self, root: Node, folder: Path) -> Node:
        pipeline = root.child("pipeline")
        file = pipeline.child("file") if pipeline is not None else None
        if pipeline is None or file is None or not isinstance(file.value, str) or not file.value.strip():
            return root
        absolute = os.path.normpath(Path(folder, file.value.strip()).absolute())
        if absolute == file.value:
            return root
        self.written[absolute] = file.value
        changed = pipeline.with_child("file", Node(absolute, file.place), pipeline.keys["file"])
        return root.with_child("pipeline", changed, root.keys["pipeline"])


def with_store(node: Node, folder: Path) -> Node:
    """Make the path of a store absolute; a URL stays."""
    store = node.child("store") if node.is_mapping else None
    url = store.child("url") if store is not None and store.is_mapping else store
    if store is None or url is None or not isinstance(url.value, str) or not url.value.strip() or "://" in url.value:
        return node
    absolute = Node(os.path.normpath(Path(folder, url.value.strip()).absolute()), url.place)
    changed = store.with_child("url", absolute, store.keys["url"]) if store.is_mapping else absolute
    return node.with_child("store", changed, node.keys["store"])


def _resolved(name: str) -> Path:
    """One path for each file, whatever it is called; a name that no file can have stays as it is."""
    try:
        return Path(os.path.realpath(name))
    except (OSError, ValueError):
        return Path(name)


def _may_be_scenario(text: str) -> bool:
    """Whether a file holds a key of a scenario: of another file, nothing may stand in a message."""
    keys = "|".join(("extends", *Scenario.model_fields))
    return not text.strip() or re.search(rf"(?m)(^|[{{,])[ \t]*[\"']?({keys})[\"']?[ \t]*:", text) is not None


def read_text(name: str) -> str:
    """Read a text file in UTF-8; say plainly why that is not possible.

    Raises
    ------
    InputError
        If it is not there, not a regular file, too large, or not text in UTF-8.
    SurroundingsError
        If it may not be read, or the disk fails.
    """
    return _decoded(_content(name), name)


def _content(name: str) -> bytes:
    try:
        with open_regular(name) as file:
            content = file.read(LARGEST + 1)
    except FileNotFoundError:
        raise UnreadableError(Problem("there is no such file", "", name)) from None
    except NotRegularError as error:
        raise UnreadableError(Problem(f"{error}; expected a scenario file", "", name)) from None
    except OSError as error:
        reason = f"the file cannot be read: {error.strerror or error}"
        if error.errno in OF_THE_PATH:
            raise UnreadableError(Problem(reason, "", name)) from None
        raise SurroundingsError(f"{name}: {reason}") from None
    except ValueError:
        raise UnreadableError(Problem("a file name cannot hold this character", "", name)) from None
    if len(content) > LARGEST:
        message = f"larger than {LARGEST >> 20} MB; expected a scenario (a table of deals goes to pipeline.file)"
        raise UnreadableError(Problem(message, "", name))
    return content


def _decoded(content: bytes, name: str) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = error.object[: error.start]
        line, column = before.count(b"\n") + 1, error.start - before.rfind(b"\n")
        found = f"found the byte 0x{error.object[error.start]:02x}"
        message = f"expected text in UTF-8, {found}; save the file as UTF-8"
        raise InputError(Problem(message, "", name, line, column)) from None
