"""The manifest of a folder of results: what it says, and what is refused."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, BinaryIO

from simfunnel.bundle.durable import hash_of
from simfunnel.errors import InputError, Problem

MANIFEST = "manifest.json"


@dataclass(frozen=True, slots=True)
class StoredFile:
    """What is known of one file."""

    sha256: str
    bytes: int
    face: str
    """Name of the face of which it is a part, such as ``forecast``."""

    def is_content_of(self, path: Path) -> bool:
        """Whether a file is there and holds exactly this."""
        try:
            with path.open("rb") as file:
                return hash_of(file) == (self.sha256, self.bytes)
        except (FileNotFoundError, IsADirectoryError):
            return False


@dataclass(frozen=True, slots=True)
class Change:
    """What a manifest says while its files move: enough to finish, whoever comes next."""

    staging: str
    """Folder, inside the folder of results, that holds the new files that have not moved yet."""
    old: Mapping[str, StoredFile]
    """Files that are to go, or to be replaced."""
    new: tuple[str, ...]
    """Files that come; what they hold stands in the manifest's `files`."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """Who made the files of a folder, when, how, and what each holds."""

    folder: Path
    simfunnel: str
    """The version that wrote them."""
    made: str
    """ISO time, UTC."""
    command: tuple[str, ...]
    """Empty where Python wrote them."""
    provenance: str
    """The line that says how to make them again."""
    files: Mapping[str, StoredFile]
    change: Change | None = field(default=None)
    """Not None while files move: then nobody may read."""

    def open(self, name: str) -> BinaryIO:
        """Open a file for reading, once its content is known to be what the manifest says.

        Raises
        ------
        InputError
            If the folder holds no such file, or another content. A writer who comes later changes nothing in what was
            opened.
        """
        path = self.folder / name
        if name not in self.files:
            raise InputError(Problem(f"expected a folder with {name}, but it is missing", file=str(self.folder)))
        try:
            file = path.open("rb")
        except FileNotFoundError:
            raise InputError(Problem(f"{name} is missing; {_AGAIN}", file=str(self.folder))) from None
        except OSError as error:
            raise InputError(Problem(f"cannot be read: {error.strerror}", file=str(path))) from None
        if hash_of(file) != (self.files[name].sha256, self.files[name].bytes):
            file.close()
            message = f"{name} is not what was written: it was changed, damaged, or is just being replaced; {_AGAIN}"
            raise InputError(Problem(message, file=str(self.folder)))
        file.seek(0)
        return file

    def without_change(self) -> Manifest:
        """The same as it is to be when all files have moved."""
        return replace(self, change=None)

    def text(self) -> str:
        """JSON; the same manifest gives the same text."""
        data: dict[str, Any] = {
            "simfunnel": self.simfunnel, "made": self.made, "command": list(self.command),
            "provenance": self.provenance, "files": _listed(self.files),
        }  # fmt: skip
        if self.change is not None:
            data["writing"] = {
                "staging": self.change.staging, "old": _listed(self.change.old), "new": list(self.change.new),
            }  # fmt: skip
        return json.dumps(data, ensure_ascii=False, indent=1) + "\n"


_AGAIN = "write the folder again"


def _listed(files: Mapping[str, StoredFile]) -> dict[str, dict[str, Any]]:
    return {
        name: {"sha256": file.sha256, "bytes": file.bytes, "face": file.face} for name, file in sorted(files.items())
    }


def load(folder: Path) -> Manifest | None:
    """Read the manifest of a folder, also one that says `writing`.

    Returns
    -------
    Manifest or None
        None where there is none: no folder, one of version 0.1, or one with somebody else's ``manifest.json``.

    Raises
    ------
    InputError
        If it is damaged: then nobody can tell which files belong together.
    """
    path = folder / MANIFEST
    try:
        text = path.read_text("utf-8")
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(Problem(f"cannot be read: {error}", file=str(path))) from None
    try:
        data = json.loads(text)
        if isinstance(data, list) or "simfunnel" not in data:
            return None
        return _manifest(folder, data)
    except (ValueError, TypeError, KeyError, AttributeError):
        message = "damaged: nobody can tell which files belong together; write the folder again, with --force"
        raise InputError(Problem(message, file=str(path))) from None


def _manifest(folder: Path, data: Mapping[str, Any]) -> Manifest:
    change = data.get("writing")
    return Manifest(
        folder=folder,
        simfunnel=str(data["simfunnel"]),
        made=str(data["made"]),
        command=tuple(str(part) for part in data["command"]),
        provenance=str(data["provenance"]),
        files=_files(data["files"]),
        change=None if change is None else Change(
            _staging(change["staging"]), _files(change["old"]), tuple(plain(name) for name in change["new"])
        ),
    )  # fmt: skip


def _staging(name: str) -> str:
    """A folder of ours inside: its name begins with a dot, which those of files do not."""
    plain(name.removeprefix("."))
    return name


def _files(data: Mapping[str, Mapping[str, Any]]) -> dict[str, StoredFile]:
    return {
        plain(name): StoredFile(str(file["sha256"]), int(file["bytes"]), str(file["face"]))
        for name, file in data.items()
    }


def plain(name: str) -> str:
    """Let through the name of a file in the folder itself: a manifest must not reach outside.

    Raises
    ------
    ValueError
        For anything else.
    """
    if not name or name.startswith(".") or name == MANIFEST or any(mark in name for mark in "/\\\0:"):
        raise ValueError(f"expected the plain name of a file, found {name!r}")
    return name
