"""Writing a workbook: real numbers and dates, a first sheet that says what it is, pictures; no formula, no macro."""

from __future__ import annotations

import contextlib
import datetime as dt
import io
import os
import re
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from simfunnel.errors import InputError, Problem, SurroundingsError
from simfunnel.report.xlsx.sheets import Sheet, Value
from simfunnel.wording.language import told_key
from simfunnel.wording.shown_text import as_name

if TYPE_CHECKING:
    from matplotlib.figure import Figure

CREATOR = "simfunnel"
FORMATS = {"share": "0.0%", "money": "#,##0", "number": "#,##0.00", "count": "#,##0", "day": "yyyy-mm-dd", "text": "@"}
LONGEST_CELL, MOST_ROWS = 32_767, 1_048_576
"""Characters of a cell, and rows of a sheet, that a spreadsheet can hold."""
_WIDEST, _NARROWEST = 60, 9
LONGEST_NAME = 31
"""Characters of the name of a sheet."""
_OF_A_WORD = r"[^\W一-鿿]"
"""A letter or figure; Chinese ones are words of their own."""
_NO_NAME = re.compile(r"[\[\]:*?/\\]")


@dataclass(frozen=True)
class Contents:
    """What a workbook holds."""

    title: str
    about: Sequence[tuple[str, str]]
    """What it is and rests on, line by line: a word and a sentence."""
    sheets: Sequence[Sheet]
    pictures: Mapping[str, Callable[[], Figure]] = field(default_factory=dict)
    texts: Sequence[str] = ()
    """Names that the pictures show, for the choice of a font."""


def check_workbook(target: Path, *, force: bool) -> None:
    """Refuse, before anything is computed, a name that is none, and a file that is not ours.

    Raises
    ------
    InputError
        If the name does not end in .xlsx, is a folder or another's file, or openpyxl is not installed.
    """
    if target.suffix.lower() != ".xlsx":
        raise InputError(Problem("--xlsx: expected a name that ends in .xlsx", file=str(target)))
    if target.is_dir():
        raise InputError(Problem("--xlsx: expected a file, found a folder", file=str(target)))
    try:
        import openpyxl  # noqa: F401
    except ImportError:
        raise InputError("--xlsx needs openpyxl, which is not installed: pip install 'simfunnel[excel]'") from None
    if target.exists() and not force and not _ours(target):
        message = "is there already, and is no workbook of simfunnel; name another file, or use --force"
        raise InputError(Problem(message, file=str(target)))


def write_workbook(contents: Contents, target: Path) -> None:
    """Write a workbook whole, or leave what was there.

    Raises
    ------
    SurroundingsError
        If the disk is full, or the folder may not be written.
    """
    from openpyxl import Workbook

    book = Workbook()
    book.properties.creator, book.properties.title = CREATOR, as_name(contents.title)
    names: set[str] = set()
    _about(book.active, contents)
    book.active.title = _unique(told_key("sheets", "About"), names)
    for sheet in contents.sheets:
        _table(book.create_sheet(_unique(sheet.name, names)), sheet)
    kept = _pictures(book, contents, names)
    new = target.with_name(f".{target.name}.{os.getpid()}.partial")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        book.save(new)
        new.replace(target)
    except OSError as error:
        raise SurroundingsError(f"{target}: could not be written: {error.strerror or error}") from None
    finally:
        del kept
        with contextlib.suppress(OSError):  # what is in the way was told
            new.unlink()


def _about(page: Any, contents: Contents) -> None:
    from openpyxl.styles import Alignment, Font

    _put(page.cell(1, 1), contents.title, "text")
    page.cell(1, 1).font = Font(bold=True, size=14)
    for i, (word, text) in enumerate(contents.about, start=3):
        _put(page.cell(i, 1), word, "text")
        _put(page.cell(i, 2), text, "text")
        page.cell(i, 1).font = Font(bold=True)
        for column in (1, 2):
            page.cell(i, column).alignment = Alignment(vertical="top", wrap_text=True)
    page.column_dimensions["A"].width, page.column_dimensions["B"].width = 22, 100


def _table(page: Any, sheet: Sheet) -> None:
    from openpyxl.styles import Alignment, Font
    from openpyxl.utils import get_column_letter

    widths = [len(as_name(name)) + 4 for name in sheet.columns]
    for j, name in enumerate(sheet.columns, start=1):
        cell = page.cell(1, j)
        _put(cell, name, "text")
        cell.font = Font(bold=True)
        cell.alignment = Alignment(wrap_text=True, vertical="top")
    for i, row in enumerate(sheet.rows[: MOST_ROWS - 1], start=2):
        for j, (value, form) in enumerate(zip(row, sheet.formats, strict=True), start=1):
            _put(page.cell(i, j), value, form)
            if i < 200:
                widths[j - 1] = max(widths[j - 1], len(_seen(value)) + 2)
    for j, width in enumerate(widths, start=1):
        page.column_dimensions[get_column_letter(j)].width = min(max(width, _NARROWEST), _WIDEST)
    page.freeze_panes = "B2" if len(sheet.columns) > 1 else "A2"
    page.auto_filter.ref = page.dimensions


def _put(cell: Any, value: Value, form: str) -> None:
    """Fill a cell; text that a spreadsheet would run is text, and is marked as such."""
    if value is None or value == "":
        return
    if isinstance(value, str):
        text = as_name(value)[:LONGEST_CELL]
        cell.value = text
        cell.data_type = "s"  # never a formula, whatever it begins with
        cell.quotePrefix = text[:1] in "=+-@\t"
        return
    cell.value = value
    if not isinstance(value, bool):
        cell.number_format = FORMATS["day"] if isinstance(value, dt.date) else FORMATS[form]


def _seen(value: Value) -> str:
    if isinstance(value, float):
        return f"{value:z,.2f}" if abs(value) < 1000 else f"{value:,.0f}"
    return "" if value is None else str(value)


def _pictures(book: Any, contents: Contents, names: set[str]) -> list[io.BytesIO]:
    """Draw the pictures on a sheet of their own; what holds them must live until the book is saved."""
    if not contents.pictures:
        return []
    from openpyxl.drawing.image import Image

    from simfunnel.report.plots.style import plot_style

    page, kept, row = book.create_sheet(_unique(told_key("sheets", "Pictures"), names)), [], 1
    with plot_style(contents.texts):
        for name, draw in contents.pictures.items():
            png = io.BytesIO()
            draw().savefig(png, format="png", dpi=90)
            picture = Image(png)
            _put(page.cell(row, 1), told_key("pictures", name).replace("_", " "), "text")
            page.add_image(picture, f"A{row + 1}")
            row += int(picture.height / 20) + 4
            kept.append(png)
    return kept


def _unique(name: str, taken: set[str]) -> str:
    """A name of a sheet: at most 31 characters, none of those that are forbidden, and none twice."""
    whole = _NO_NAME.sub(" ", as_name(name)).strip().strip("'") or "Sheet"
    found, n = _cut(whole, LONGEST_NAME), 2
    while found.casefold() in taken:
        found, n = f"{_cut(whole, LONGEST_NAME - len(str(n)) - 1)} {n}", n + 1
    taken.add(found.casefold())
    return found


def _cut(name: str, most: int) -> str:
    """So much of a name as there is room for, without half a word or number at its end."""
    if len(name) <= most:
        return name
    short = name[: most - 1]
    if re.match(_OF_A_WORD, name[most - 1]):
        short = re.sub(rf"{_OF_A_WORD}+$", "", short) or short
    return short.rstrip(" ,;:-(（，；：、") + "…"


def _ours(target: Path) -> bool:
    try:
        with zipfile.ZipFile(target) as archive:
            return f"<dc:creator>{CREATOR}</dc:creator>".encode() in archive.read("docProps/core.xml")
    except (OSError, KeyError, zipfile.BadZipFile):
        return False
