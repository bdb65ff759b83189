"""Where lines of Chinese are broken: between any two characters, not before a closing mark or behind an opening one.

A terminal library breaks between words alone, and takes what stands between two blanks for one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from rich.cells import cell_len
from rich.console import Group, RenderableType
from rich.text import Text

_OPENING, _CLOSING = "（“《【", "，。；：！？、）”》】%"
_LEFT = rf"\s一-鿿{_OPENING}{_CLOSING}"
_UNIT = re.compile(rf"[{_OPENING}]*(?:[一-鿿]|[^{_LEFT}]+[万亿]?|[{_CLOSING}])?[{_CLOSING}]*\s*|\s+")
"""What is not broken: a Chinese character, a word or an amount, with the marks that belong to it and blanks."""


def broken(page: RenderableType, width: int) -> RenderableType:
    """Break the Chinese lines of a page that are longer than a terminal is wide; tables stay as they are."""
    if isinstance(page, Group):
        return Group(*(broken(part, width) for part in page.renderables), fit=page.fit)
    if not isinstance(page, Text) or not re.search("[一-鿿]", page.plain):
        return page
    return Text("\n").join(part for line in page.split("\n", allow_blank=True) for part in _parts(line, width))


def _parts(line: Text, width: int) -> Iterator[Text]:
    """A line in as many as it takes."""
    ends, used, at = [], 0, 0
    for unit in _UNIT.findall(line.plain):
        if used and used + cell_len(unit.rstrip()) > width:
            ends.append(at)
            used = 0
        used += cell_len(unit)
        at += len(unit)
    for part in line.divide(ends):
        part.rstrip()
        yield part
