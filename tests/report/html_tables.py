"""Tables of an HTML page as a test reads them: by their captions, cell by cell, with what each is sorted by."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser


@dataclass
class Shown:
    """A cell."""

    text: str = ""
    order: float | None = None


@dataclass
class ShownTable:
    """A table."""

    columns: list[str] = field(default_factory=list)
    rows: list[list[Shown]] = field(default_factory=list)

    def column(self, name: str) -> list[Shown]:
        """Give the cells of a column."""
        at = self.columns.index(name)
        return [row[at] for row in self.rows]


class Tables(HTMLParser):
    """All tables of a page, and all attributes that could load something."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: dict[str, list[ShownTable]] = {}
        self.loads: list[str] = []
        self.tags: set[str] = set()
        self._table: ShownTable | None = None
        self._inside, self._caption = "", ""
        self.feed(text)

    def __getitem__(self, caption: str) -> ShownTable:
        (table,) = self.found[caption]
        return table

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = dict(attributes)
        self.tags.add(tag)
        self.loads += [
            f"{tag} {name}={given[name]}" for name in ("src", "href", "srcset", "action", "data") if name in given
        ]
        self.loads += [f"{tag} {name}" for name in given if name.startswith("on") or name == "style"]
        if tag == "table":
            self._table, self._caption = ShownTable(), ""
        elif self._table is None:
            return
        elif tag == "tr":
            self._table.rows.append([])
        elif tag in ("th", "td", "caption"):
            self._inside = tag
            if tag != "caption":
                order = given.get("data-order")
                self._table.rows[-1].append(Shown("", None if order is None else float(order)))

    def handle_endtag(self, tag: str) -> None:
        if tag in ("th", "td", "caption"):
            self._inside = ""
        elif tag == "table" and self._table is not None:
            self._table.columns = [cell.text for cell in self._table.rows.pop(0)]
            self.found.setdefault(self._caption, []).append(self._table)
            self._table = None

    def handle_data(self, data: str) -> None:
        if self._table is None or not self._inside:
            return
        if self._inside == "caption":
            self._caption += data
        else:
            self._table.rows[-1][-1].text += data
