"""One page as somebody would follow it: a folder of its own, the samples in it, block after block."""

from __future__ import annotations

import io
import os
import shlex
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any
from unittest import mock

from .blocks import ROOT, Block, calls
from .outputs import difference
from .scenarios import check_scenario

WIDTH = "120"


class Session:
    """The folder, and the names that the Python blocks of the page have made so far."""

    def __init__(self, folder: Path) -> None:
        shutil.copytree(ROOT / "scenarios", folder / "scenarios")
        self.folder = folder
        self.names: dict[str, Any] = {"__name__": "__main__"}

    def run(self, block: Block) -> None:
        """Execute a block; compare what it writes with what the page shows."""
        with self._here():
            if block.title:
                Path(block.title).write_text(block.text, "utf-8")
            if block.language == "console":
                for call in calls(block):
                    check_output(block, call.output, self.shell(call.command))
            elif block.language == "python":
                written = io.StringIO()
                with redirect_stdout(written):
                    exec(compile(block.text, block.where, "exec"), self.names)
                self.printed = written.getvalue()
            elif block.language == "yaml":
                check_scenario(block.text, block.title)
            elif block.note == "printed":
                check_output(block, block.text, self.printed)

    def shell(self, command: str) -> str:
        """What a line of commands writes to stdout; what it says on stderr depends on the machine."""
        written, said = io.StringIO(), io.StringIO()
        for words in parts(command):
            if words[0] == "cd":
                self.folder = (self.folder / words[1]).resolve()
                os.chdir(self.folder)
            elif words[0] == "simfunnel":
                code = simfunnel(words[1:], written, said)
                assert code == 0, f"{shlex.join(words)} ended with {code}:\n{said.getvalue()}"
            else:
                raise AssertionError(f"{words[0]}: pages use simfunnel and cd alone")
        return written.getvalue()

    @contextmanager
    def _here(self) -> Iterator[None]:
        before = Path.cwd()
        os.chdir(self.folder)
        try:
            yield
        finally:
            os.chdir(before)


def parts(command: str) -> list[list[str]]:
    """Words of each of the commands that ``&&`` joins; comments are left out."""
    found: list[list[str]] = [[]]
    for word in shlex.split(command, comments=True):
        if word == "&&":
            found.append([])
        else:
            found[-1].append(word)
    return found


def simfunnel(arguments: list[str], written: io.StringIO, said: io.StringIO) -> int:
    """Run a command in this process, as in one of its own; return its exit code."""
    from simfunnel.bundle import writer
    from simfunnel.cli import main

    with (
        mock.patch.object(sys, "argv", ["simfunnel", *arguments]),
        mock.patch.object(writer, "_COMPLETED", {}),
        mock.patch.dict(os.environ, {"COLUMNS": WIDTH}),
        redirect_stdout(written),
        redirect_stderr(said),
    ):
        try:
            main()
        except SystemExit as end:
            return int(end.code or 0)
    return 0


def check_output(block: Block, shown: str, written: str) -> None:
    """Fail where a page shows another output than there is."""
    if shown.strip():
        wrong = difference(shown, written)
        assert not wrong, f"{block.where}: {wrong}\n{written}"
