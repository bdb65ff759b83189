"""Read a scenario file and the files it extends, one after the other."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

from simfunnel.errors import InputError, Problem
from simfunnel.scenario.merge import Merger
from simfunnel.scenario.nodes import Node
from simfunnel.scenario.yaml_reader import read_yaml
from simfunnel.values.messages import show


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
        root = read_yaml(read_text(name), name)
        self.files.append(name)
        if not root.is_mapping:
            place = root.place
            message = f"expected a mapping that begins with `version: 1`, found {show(root.plain())}"
            raise InputError(Problem(message, "", place.file, place.line, place.column))
        folder = Path(name).parent
        return self.extended(self.with_pipeline(root, folder), folder, (*chain, Path(name).resolve()))

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
        if Path(name).resolve() in chain:
            raise error(f"{show(base.value)} extends itself, directly or through others")
        try:
            below = self.read(name, chain)
        except UnreadableError as unreadable:
            raise error(f"{unreadable.problems[0].message}, found {show(name)}") from None
        return self.merger.merge(below, root)

    def with_pipeline(self, root: Node, folder: Path) -> Node:
        """Make `pipeline.file` absolute, relative to the folder of the file that says so."""
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


def read_text(name: str) -> str:
    """Read a text file in UTF-8; say plainly why that is not possible."""
    path = Path(name)
    try:
        if path.is_dir():
            raise UnreadableError(Problem("this is a folder; expected a scenario file", "", name))
        return path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        raise UnreadableError(Problem("there is no such file", "", name)) from None
    except UnicodeDecodeError as error:
        before = error.object[: error.start]
        line, column = before.count(b"\n") + 1, error.start - before.rfind(b"\n")
        found = f"found the byte 0x{error.object[error.start]:02x}"
        message = f"expected text in UTF-8, {found}; save the file as UTF-8"
        raise InputError(Problem(message, "", name, line, column)) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise UnreadableError(Problem(f"the file cannot be read: {reason}", "", name)) from None
