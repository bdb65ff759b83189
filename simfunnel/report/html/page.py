"""One self-contained HTML file from sections: nothing is loaded, and nothing but our own script runs."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, fields, is_dataclass
from importlib import resources
from typing import Any

import jinja2
from markupsafe import Markup, escape

from simfunnel.report.html.blocks import Paragraph, Section, Table
from simfunnel.version import __version__
from simfunnel.wording.language import again, tell
from simfunnel.wording.shown_text import as_name

BLOCKS, TEMPLATE, STYLE, SCRIPT = "blocks.html.j2", "page.html.j2", "style.css", "table.js"
_IN_BACKTICKS = re.compile(r"`([^`]+)`")


@dataclass(frozen=True)
class Page:
    """What the file holds beside the sections."""

    title: str
    subtitle: str
    footer: str
    language: str
    sections: Sequence[Section]


def render(page: Page, environment: jinja2.Environment | None = None) -> str:
    """Lay out a page.

    Parameters
    ----------
    page
        All of it as strings.
    environment
        In place of the usual one; text is escaped in any.

    Returns
    -------
    str
        HTML.
    """
    made = environment or jinja2.Environment(undefined=jinja2.StrictUndefined)
    made.autoescape, made.trim_blocks, made.lstrip_blocks = True, False, False
    style, script = own(STYLE), own(SCRIPT)
    return made.from_string(own(BLOCKS) + own(TEMPLATE)).render(
        title=as_name(page.title), subtitle=as_name(page.subtitle), footer=as_name(page.footer),
        language=page.language, sections=shown(page.sections),
        generator=f"simfunnel {__version__}", style=Markup(style), script=Markup(script),
        policy=policy(style, script), words=words_of_template(),
    )  # fmt: skip


def words_of_template() -> dict[str, str]:
    """What the template itself says."""
    return {
        "numbers": tell("The numbers"),
        "find": tell("Search:"),
        "shown": tell("rows shown: {n}", n="{n}"),
        "contents": tell("Contents"),
        "more": tell("Wider than the screen: move it sideways."),
        "printed": tell("On paper the first 15 rows; all are in the file."),
    }


def policy(style: str, script: str, more: str = "") -> str:
    """Allow our own style and script by their hashes, and nothing else but what `more` names."""
    return (
        f"default-src 'none'; style-src {_hash(style)}; script-src {_hash(script)}; base-uri 'none'; "
        f"form-action 'none'{more}"
    )


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def own(name: str) -> str:
    """Read a file that stands beside this module."""
    return resources.files(__package__).joinpath(name).read_text("utf-8")


def _with_code(text: str) -> Markup:
    """Set what stands in backticks, keys and commands, as code; the text is escaped first."""
    return Markup(_IN_BACKTICKS.sub(r"<code>\1</code>", str(escape(text))))


def shown(thing: Any) -> Any:
    """Everything as the template reads it: text has passed the gate; drawings and code alone are markup."""
    if isinstance(thing, str):
        return as_name(again(thing))
    if isinstance(thing, Sequence):
        return [shown(one) for one in thing]
    if not is_dataclass(thing):
        return thing
    found = {f.name: shown(getattr(thing, f.name)) for f in fields(thing) if f.name not in ("svg", "every")}
    if isinstance(thing, Paragraph):
        found["text"] = _with_code(found["text"])
    if isinstance(thing, Table):
        found["note"] = _with_code(found["note"])
    if hasattr(thing, "svg"):
        found["svg"] = Markup(thing.svg)  # our own, from a library that escapes
    return {"block": getattr(thing, "block", ""), **found}
