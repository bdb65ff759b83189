"""Comments of the stages that somebody keeps, put back after the stages are replaced by learned ones.

A comment that was learned itself is renewed, not kept. What stood beside or below a key of a stage stands below its
name; what stood at the end of a stage, where comments about the next one or the next key are, stays there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

_LEARNED = re.compile(
    r"#\s*(entered by [\d,]+ deals?; finally won|[\d,]+ exits?(?:, prior [\d.]+ %)?, worth [\d,]+ independent|"
    r"still undecided after [\d,]+ days|independent deals that the rates of this stage are worth|"
    r"days so far of the [\d,]+ open deals|pooled: [\d,.e+-]+ deals of the prior|the law of the prior: [\d,]+ exit)"
)
_BESIDE = re.compile(r"""^((?:[^'"#]|"(?:\\.|[^"\\])*"|'(?:''|[^'])*'|(?<=\S)\#)*?)(?:(?<=\s)|^)(\#.*)$""")


def with_comments_of(before: str, old: Any, after: str, new: Any, replaced: frozenset[str]) -> str:
    """Put the comments of replaced stages back.

    Parameters
    ----------
    before, old
        Text of the scenario that is kept, and what ruamel reads from it.
    after, new
        The same with new stages, without the comments of the old ones.
    replaced
        Names of the stages that were replaced.

    Returns
    -------
    str
        `after` with these comments.
    """
    lines = after.splitlines()
    kept = {name: _comments(before.splitlines()[first:end]) for name, first, end in _stages(old, before)}
    for name, first, end in reversed(list(_stages(new, after))):
        if name not in replaced or name not in kept:
            continue
        inner, closing = kept[name]
        indent = " " * (len(lines[first]) - len(lines[first].lstrip()) + 2)
        at = _without_trailing(lines, first, end)
        if not {line.strip() for line in closing} <= {"", *(line.strip() for line in lines[at:end])}:
            lines[at:at] = closing  # where the reader has not kept them with what follows
        lines[first + 1 : first + 1] = [indent + text for text in inner]
    return "\n".join(lines) + "\n"


def with_comments_below(before: str, old: Any, after: str, new: Any, key: str) -> str:
    """Put comments back that stood below the last line of a top-level key, whose value was replaced."""
    lines, kept = after.splitlines(), before.splitlines()
    if key not in old or key not in new:
        return after
    first, end = _block(old, before, key)
    closing = kept[_without_trailing(kept, first, end) : end]
    first, end = _block(new, after, key)
    at = _without_trailing(lines, first, end)
    if {line.strip() for line in closing} <= {"", *(line.strip() for line in lines[at:end])}:
        return after
    lines[at:at] = closing
    return "\n".join(lines) + "\n"


def _block(document: Any, text: str, key: str) -> tuple[int, int]:
    """First line of a top-level key, and the line after its last."""
    first = document.lc.key(key)[0]
    later = [document.lc.key(other)[0] for other in document]
    return first, min((line for line in later if line > first), default=len(text.splitlines()))


def _stages(document: Any, text: str) -> Iterator[tuple[str, int, int]]:
    """Name, first line and line after the last of each stage."""
    stages = document.get("stages")
    if not stages:
        return
    first = [stages.lc.item(i)[0] for i in range(len(stages))]
    later = [document.lc.key(key)[0] for key in document]
    last = min((line for line in later if line > first[-1]), default=len(text.splitlines()))
    for stage, start, end in zip(stages, first, [*first[1:], last], strict=True):
        yield str(stage["name"]), start, end


def _comments(lines: list[str]) -> tuple[list[str], list[str]]:
    """Comments within a stage, without their indentation, and the lines of comments that close it, as they are."""
    end = _without_trailing(lines, 0, len(lines))
    closing = [line for line in lines[end:] if not _LEARNED.match(line.strip())]
    while closing and not closing[-1].strip():
        closing.pop()
    found = [beside.group(2) for line in lines[:end] if (beside := _BESIDE.match(line)) is not None]
    return [text for text in found if not _LEARNED.match(text)], closing


def _without_trailing(lines: list[str], first: int, end: int) -> int:
    """Line after the last that is more than a comment or blank."""
    while end > first + 1 and (not lines[end - 1].strip() or lines[end - 1].lstrip().startswith("#")):
        end -= 1
    return end
