"""The pages load nothing from elsewhere: the build fails where one would."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sphinx.application import Sphinx


LOADS = {
    **dict.fromkeys(("script", "img", "iframe", "source", "video", "audio", "embed"), "src"),
    "object": "data",
}
"""Element -> the attribute that names what a browser fetches for it; of `link` it depends on what the link is."""
FETCHED_LINKS = {"stylesheet", "preload", "prefetch", "preconnect", "dns-prefetch", "modulepreload", "icon", "manifest"}
REMOTE = re.compile(r"\s*(?:https?:)?//", re.IGNORECASE)
IN_STYLES = re.compile(r"""(?:@import\s+|url\()\s*["']?(\s*(?:https?:)?//[^"')\s]+)""", re.IGNORECASE)


class _Fetched(HTMLParser):
    """Addresses of what a browser fetches with a page."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what an element loads."""
        given = {name: value or "" for name, value in attrs}
        address = given.get(LOADS.get(tag, ""), "")
        if tag == "link" and FETCHED_LINKS & set(given.get("rel", "").lower().split()):
            address = given.get("href", "")
        if REMOTE.match(address):
            self.found.append(address)


def fetched(page: str) -> list[str]:
    """Addresses elsewhere from which a page of HTML, or a style sheet in it, would load something."""
    parser = _Fetched()
    parser.feed(page)
    return parser.found + IN_STYLES.findall(page)


def _check(app: Sphinx, exception: Exception | None) -> None:
    from sphinx.errors import SphinxError

    if exception is not None:
        return
    for file in sorted(Path(app.outdir).rglob("*")):
        if file.suffix in (".html", ".css", ".svg") and (found := fetched(file.read_text("utf-8"))):
            raise SphinxError(f"{file} would load {', '.join(found)}")


def setup(app: Sphinx) -> dict[str, Any]:
    """Look through the pages when they are written."""
    app.connect("build-finished", _check)
    return {"parallel_read_safe": True}
