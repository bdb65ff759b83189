"""A commit laid out in a folder of its own, and its command line run there."""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from benchmarks.processes import ROOT

_TAKEN_OUT = ("COLUMNS", "LINES", "FORCE_COLOR", "NO_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE", "SIMFUNNEL_DEBUG",
              "PYTHONDONTWRITEBYTECODE")  # fmt: skip
"""What would change pages, or keep byte code from being stored as in any installation."""


@dataclass(frozen=True)
class Checkout:
    """The sources of a commit. It runs under this interpreter, whose packages have to serve both commits."""

    name: str
    sources: Path
    kernels: Path
    """Kernel cache of this commit alone: a key that forgot a module must not hand one commit the other's kernels."""

    def environment(self, **changes: str) -> dict[str, str]:
        """Environment of a command of this commit."""
        kept = {key: value for key, value in os.environ.items() if key not in _TAKEN_OUT}
        own = {"PYTHONPATH": str(self.sources), "SIMFUNNEL_CACHE_DIR": str(self.kernels), "TERM": "xterm-256color"}
        return {**kept, **own, **changes}

    def check(self, folder: Path) -> None:
        """Make sure that a command run in `folder` is really of this commit."""
        done = subprocess.run(
            [sys.executable, "-c", "import simfunnel; print(simfunnel.__file__)"],
            cwd=folder, env=self.environment(), capture_output=True, text=True, check=True,
        )  # fmt: skip
        found = Path(done.stdout.strip())
        if not found.is_relative_to(self.sources):
            raise RuntimeError(f"{self.name}: expected simfunnel of {self.sources}, found {found}")


def check_out(commit: str, work: Path) -> Checkout:
    """Lay out a commit, or take a folder of sources as it stands.

    Parameters
    ----------
    commit
        What git can name, or a folder such as ``.``.
    work
        Empty folder; the sources and the kernel cache go there.
    """
    work.mkdir(parents=True)
    if Path(commit).is_dir():
        sources = Path(commit).resolve()
    else:
        sources = work / "sources"
        archive = subprocess.run(["git", "archive", commit], cwd=ROOT, stdout=subprocess.PIPE, check=True).stdout
        with tarfile.open(fileobj=BytesIO(archive)) as tar:
            tar.extractall(sources, filter="data")
    return Checkout(commit, sources, work / "kernels")
