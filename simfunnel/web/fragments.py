"""Pieces of the page: blocks of the report, laid out by its own template."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from simfunnel.report.html.blocks import Block
from simfunnel.report.html.page import BLOCKS, own, shown, words_of_template

_TEMPLATE = '{% for block in blocks %}{{ show(block, "") }}{% endfor %}'


def fragment(blocks: Sequence[Block]) -> str:
    """Lay out blocks as HTML; tables have no id, and so no buttons to sort by."""
    return str(_template().render(blocks=shown(blocks), words=words_of_template()))


@lru_cache(maxsize=1)
def _template() -> Any:
    import jinja2

    made = jinja2.Environment(undefined=jinja2.StrictUndefined, autoescape=True)
    return made.from_string(own(BLOCKS) + _TEMPLATE)
