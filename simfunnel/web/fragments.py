"""Pieces of the page: blocks of the report, laid out by its own template."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from simfunnel.report.html.blocks import Block
from simfunnel.report.html.page import BLOCKS, own, shown, words_of_template

_PERIOD = re.compile(r"\b(\d{4})-([QWP]\d)")
_TEMPLATE = '{% for block in blocks %}{{ show(block, "") }}{% endfor %}'


def fragment(blocks: Sequence[Block]) -> str:
    """Lay out blocks as HTML; tables have no id, and so no buttons to sort by."""
    return unbroken(str(_template().render(blocks=shown(blocks), words=words_of_template())))


def unbroken(text: str) -> str:
    """Keep a number and its % in one line, and a period."""
    return _PERIOD.sub("\\1\N{NON-BREAKING HYPHEN}\\2", text.replace(" %", "\N{NO-BREAK SPACE}%"))


@lru_cache(maxsize=1)
def _template() -> Any:
    import jinja2

    made = jinja2.Environment(undefined=jinja2.StrictUndefined, autoescape=True)
    return made.from_string(own(BLOCKS) + _TEMPLATE)
