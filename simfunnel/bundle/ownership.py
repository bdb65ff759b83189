"""Whose file it is: what simfunnel wrote may be replaced, everything else is somebody's work."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path

from simfunnel.bundle.manifest import MANIFEST, Manifest
from simfunnel.errors import InputError, Problem

SUFFIXES = (".json", ".csv", ".npz", ".parquet", ".png", ".svg")
"""Of the files that version 0.1 took away again."""
MARKS = (b"simfunnel", b",provenance", b"provenance.npy", "simfunnel".encode("utf-16-be"))
"""What files of ours have near their beginning or end: the line that says how to make them again. PDF writes it in
UTF-16 where a name in it is not Latin."""
NEAR = 65_536


def made_here(path: Path) -> bool:
    """Whether a file is one that simfunnel wrote."""
    with path.open("rb") as file:
        near = file.read(NEAR)
        file.seek(max(path.stat().st_size - NEAR, 0))
        near += file.read()
    return any(mark in near for mark in MARKS)


def check(folder: Path, names: Iterable[str], before: Manifest | None, *, force: bool) -> None:
    """Refuse to replace what is not ours.

    Parameters
    ----------
    folder
        Where the files go.
    names
        Files that come.
    before
        What is there, if there is a manifest.
    force
        Whether somebody else's files may be replaced. Folders never are.

    Raises
    ------
    InputError
        Naming every file in the way.
    """
    known = written_names(before)
    problems = []
    for name in sorted({*names, MANIFEST}):
        path = folder / name
        if path.is_dir():
            problems.append(Problem("expected a file to write to, found a folder", file=str(path)))
        elif path.exists() and name not in known and not force and (name == MANIFEST or not made_here(path)):
            message = (
                "this file is not one that simfunnel wrote, and would be replaced; choose another folder, or --force"
            )
            problems.append(Problem(message, file=str(path)))
    if problems:
        raise InputError(problems)


def written_names(before: Manifest | None) -> set[str]:
    """Names that a manifest claims, and its own."""
    if before is None:
        return set()
    return {MANIFEST, *before.files, *(before.change.old if before.change else ())}


def of_first_version(folder: Path, own: Collection[str]) -> Iterator[Path]:
    """Files that version 0.1, which wrote no manifest, left under names that a command can write.

    Parameters
    ----------
    folder
        Where.
    own
        Names without suffix; ``waterfall*`` is any number of them.
    """
    names = re.compile("|".join(re.escape(name).replace(r"\*", r"(_\d+)?") for name in own))
    for path in sorted(folder.iterdir()):
        if path.suffix in SUFFIXES and names.fullmatch(path.stem) and path.is_file() and made_here(path):
            yield path
