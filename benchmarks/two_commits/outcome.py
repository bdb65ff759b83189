"""What one command gave: exit code, stdout, stderr, files."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys
import termios
from pathlib import Path
from typing import Any

from benchmarks.two_commits.cases import Case
from benchmarks.two_commits.checkout import Checkout
from benchmarks.two_commits.differences import table, without

LEGITIMATE = {
    "simfunnel": "the version: commits may have different ones",
    "environment": "Python, NumPy, Numba, machine: not of the commit",
    "made": "the time at which a folder was written",
    "sha256": "of files in a manifest; the files themselves are compared, and plots hold a time",
    "bytes": "likewise",
}
"""Keys of JSON that are left out of the comparison, each with its reason."""
LEGITIMATE_FILES = {
    ".png": "drawn by matplotlib from what the tables hold; the tests of plots look at them",
    ".svg": "likewise",
    ".parquet": "the same samples as samples.npz",
}
"""Suffixes of files whose presence is compared, and not their content."""
_VERSION = re.compile(r"simfunnel \d+\.\d+(\.\w+)*")
"""In lines of provenance."""


def outcome(case: Case, checkout: Checkout, folder: Path) -> dict[str, Any]:
    """Run a command of a commit.

    Parameters
    ----------
    case
        Which command.
    checkout
        The commit.
    folder
        Where it runs: relative paths in what it prints are then the same for both commits.

    Returns
    -------
    dict
        exit, stdout (data where it is JSON, else text), stderr, files (name -> data).
    """
    command = [sys.executable, "-m", "simfunnel", *case.arguments]
    if case.columns is None:
        done = subprocess.run(command, cwd=folder, env=checkout.environment(), capture_output=True, check=False)
        code, stdout, stderr = done.returncode, done.stdout.decode(), done.stderr.decode()
    else:
        code, stdout, stderr = _in_terminal(command, checkout, folder, case.columns)
    files = {} if case.out is None else _files(folder / case.out)
    return {"exit": code, "stdout": _data(stdout), "stderr": _text(stderr), "files": files}


def _in_terminal(command: list[str], checkout: Checkout, folder: Path, columns: int) -> tuple[int, str, str]:
    """Give the command a terminal of that width as stdout: no variable makes every library believe in one."""
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (50, columns))
    process = subprocess.Popen(
        command, cwd=folder, env=checkout.environment(), stdin=subprocess.DEVNULL, stdout=theirs,
        stderr=subprocess.PIPE,
    )  # fmt: skip
    os.close(theirs)
    page = b""
    try:
        while part := os.read(ours, 65_536):
            page += part
    except OSError:  # Linux says so when the last writer has gone
        pass
    os.close(ours)
    stderr = process.communicate()[1]
    return process.returncode, page.decode().replace("\r\n", "\n"), stderr.decode()


def _data(text: str) -> Any:
    try:
        return _of_json(text)
    except ValueError:
        return _text(text)


def _of_json(text: str) -> Any:
    return _versions_out(without(json.loads(text), LEGITIMATE))


def _versions_out(data: Any) -> Any:
    if isinstance(data, dict):
        return {key: _versions_out(value) for key, value in data.items()}
    if isinstance(data, list):
        return [_versions_out(value) for value in data]
    return _text(data) if isinstance(data, str) else data


def _text(text: str) -> str:
    return _VERSION.sub("simfunnel VERSION", text)


def _files(folder: Path) -> dict[str, Any]:
    return {path.name: _file(path) for path in sorted(folder.iterdir())} if folder.is_dir() else {}


def _file(path: Path) -> Any:
    import numpy as np

    if path.suffix in LEGITIMATE_FILES:
        return "present"
    if path.suffix == ".npz":
        with np.load(path, allow_pickle=False) as arrays:
            return {name: arrays[name] for name in arrays.files if name != "provenance"}
    text = path.read_text("utf-8")
    if path.suffix == ".json":
        return _of_json(text)
    return table(_text(text)) if path.suffix == ".csv" else _text(text)
