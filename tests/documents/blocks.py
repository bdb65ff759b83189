"""Blocks of code on the pages of the documentation, with what a comment before a block says of it.

``<!-- slow -->``               executed with the slow tests only; its commands are checked always
``<!-- not run: WHY -->``       never executed; its commands are checked always
``<!-- printed -->``            no code, but what the Python block above prints
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
_FENCE = re.compile(
    r"^(?P<indent> *)(?P<ticks>```+)(?P<info>[^`\n]*)\n(?P<text>.*?)^(?P=indent)(?P=ticks)\s*$", re.M | re.S
)
_COMMENT = re.compile(r"<!--\s*((?:(?!-->).)*?)\s*-->\s*\Z", re.S)


@dataclass(frozen=True)
class Block:
    """One block of a page."""

    page: Path
    line: int
    language: str
    title: str
    text: str
    note: str
    """What the comment right before it says; empty without one."""

    @property
    def slow(self) -> bool:
        return self.note == "slow"

    @property
    def not_run(self) -> str:
        """Why it is never executed; empty where it is."""
        return self.note.removeprefix("not run:").strip() if self.note.startswith("not run:") else ""

    @property
    def where(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"


def pages() -> list[Path]:
    """Pages whose blocks are executed: the README, in any language, and the documentation."""
    return [*sorted(ROOT.glob("README*.md")), *sorted((ROOT / "docs").rglob("*.md"))]


def blocks(page: Path) -> Iterator[Block]:
    """Every block of a page, from top to bottom."""
    text = page.read_text("utf-8")
    for found in _FENCE.finditer(text):
        language, _, rest = found["info"].strip().partition(" ")
        title = re.search(r"title=(\S+)", rest)
        note = _COMMENT.search(text, 0, found.start())
        lines = [line.removeprefix(found["indent"]) for line in found["text"].splitlines()]
        yield Block(
            page,
            text.count("\n", 0, found.start()) + 1,
            language,
            title[1] if title else "",
            "".join(f"{line}\n" for line in lines),
            note[1] if note else "",
        )


@dataclass(frozen=True)
class Call:
    """A command that a block shows, and the output that it shows below."""

    command: str
    output: str


def calls(block: Block) -> list[Call]:
    """Commands of a block of the console, each with what stands below it up to the next."""
    found: list[list[str]] = []
    for line in block.text.splitlines():
        if line.startswith("$ "):
            found.append([line[2:]])
        elif found and len(found[-1]) == 1 and found[-1][0].endswith("\\"):
            found[-1][0] = found[-1][0][:-1] + line
        elif found:
            found[-1].append(line)
        else:
            raise AssertionError(f"{block.where} begins with no command")
    return [Call(command, "\n".join(rest)) for command, *rest in found]
