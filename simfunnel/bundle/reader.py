"""Reading a folder of results: all of it as it was written, or a sentence that says why not."""

from __future__ import annotations

import os
from pathlib import Path

from simfunnel.bundle.manifest import Manifest, load
from simfunnel.errors import InputError, Problem


def read(folder: str | os.PathLike[str]) -> Manifest | None:
    """Read the manifest of a folder of results and check every file of it.

    To read a file afterwards, use `Manifest.open`: it gives what the manifest says even while somebody writes.

    Returns
    -------
    Manifest or None
        None for a folder of version 0.1, which has no manifest; also where there is no folder.

    Raises
    ------
    InputError
        If a writer was interrupted or is at work, or if a file is missing or is not what was written.
    """
    manifest = load(Path(folder))
    if manifest is None:
        return None
    if manifest.change is not None:
        message = "a command that wrote to this folder was interrupted, or is writing just now; run it again to mend it"
        raise InputError(Problem(message, file=str(folder)))
    problems: list[Problem] = []
    for name in manifest.files:
        try:
            manifest.open(name).close()
        except InputError as error:
            problems += error.problems
    if problems:
        raise InputError(problems)
    return manifest
