"""The page as HTML: words, style and script. No data: these are asked for with the token of the link."""

from __future__ import annotations

from functools import lru_cache
from importlib import resources

import jinja2
from markupsafe import Markup

from simfunnel.report.html.page import STYLE, own, policy
from simfunnel.version import __version__
from simfunnel.web.page.words import words_of_page
from simfunnel.wording.language import CHINESE, spoken

SCRIPTS = ("state", "amounts", "server", "answer", "changes", "controls", "deals", "begin")
"""What the script is put together from, in this order."""


def page() -> tuple[str, str]:
    """Give the page in the language that is spoken, and its Content-Security-Policy."""
    return _page(spoken())


@lru_cache(maxsize=4)
def _page(code: str) -> tuple[str, str]:
    style, script = own(STYLE) + _beside("page.css"), "\n".join(_beside(f"{name}.js") for name in SCRIPTS)
    made = jinja2.Environment(undefined=jinja2.StrictUndefined, autoescape=True)
    text = made.from_string(_beside("page.html.j2")).render(
        language="zh-CN" if code == CHINESE else "en", generator=f"simfunnel {__version__}", style=Markup(style),
        script=Markup(script), words=words_of_page(), code=code,
    )  # fmt: skip
    return text, policy(style, script, "; connect-src 'self'; frame-ancestors 'none'; img-src data:")


def _beside(name: str) -> str:
    return resources.files(__package__).joinpath(name).read_text("utf-8")
