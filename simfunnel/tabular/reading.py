"""Read any supported file, or a data frame, as a table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING

from simfunnel.errors import InputError, Problem
from simfunnel.progress import Progress
from simfunnel.tabular.delimited import cut
from simfunnel.tabular.encoding import WEB_PAGE_MESSAGE, decode, is_web_page
from simfunnel.tabular.files import check_regular, read_bytes
from simfunnel.tabular.layout import LOOKED_AT, Vocabulary, find_header, titles_of
from simfunnel.tabular.table import CHUNK, Table, columns_of
from simfunnel.values.cells import clean
from simfunnel.wording.findings import Finding

if TYPE_CHECKING:
    import pandas as pd

TEXT = (".csv", ".tsv", ".tab", ".txt")
WORKBOOK = (".xlsx", ".xlsm")
PARQUET = (".parquet", ".pq")
EMPTY = "the file is empty: expected a header row and one row per deal"


@dataclass(frozen=True, slots=True)
class Settings:
    """What the user states about a file; everything else is found out."""

    sheet: str | None = None
    """Sheet of a workbook."""
    encoding: str | None = None
    """Of delimited text."""
    delimiter: str | None = None
    """Of delimited text."""
    header_row: int | None = None
    """Row of the headers as a spreadsheet counts."""
    section: str = "pipeline"
    """Key under which it is stated."""


def read_table(
    path: str | Path,
    *,
    sheet: str | None = None,
    encoding: str | None = None,
    delimiter: str | None = None,
    header_row: int | None = None,
    section: str = "pipeline",
    vocabulary: Vocabulary | None = None,
    progress: Progress | None = None,
) -> Table:
    """Read a CSV (or .tsv, .txt, also .gz), XLSX or Parquet file.

    Parameters
    ----------
    path
        The file; its extension says what it is. Regular files only, and of limited size once unpacked.
    sheet
        Sheet of a workbook; by default the visible one with the most known headers.
    encoding, delimiter
        Of delimited text; detected by default.
    header_row
        Row of the headers; by default the one of the first rows with the most known words.
    section
        Key of the scenario under which these are stated: what messages name.
    vocabulary
        The words that are looked for; without it the header is the first row.
    progress
        Called with rows read and rows in all.

    Raises
    ------
    InputError
        If the file is missing, empty, damaged, too large or of an unsupported kind, or needs an extra not installed.
    """
    name, path = str(path), Path(path)
    mark = None if delimiter is None else _one_character(delimiter, section)
    settings = Settings(sheet, encoding, mark, header_row, section)
    check_regular(path, name)
    suffix = path.suffixes[-2].lower() if path.suffix.lower() == ".gz" and len(path.suffixes) > 1 else path.suffix
    suffix = suffix.lower()
    if suffix in WORKBOOK:
        from simfunnel.tabular.workbook import read_workbook

        return read_workbook(path, name, settings, vocabulary)
    if suffix in PARQUET:
        from simfunnel.tabular.columnar import read_parquet

        return read_parquet(path, name)
    if suffix not in TEXT:
        raise _unsupported(path, name, suffix)
    return parse_delimited(read_bytes(path, name), settings, file=name, vocabulary=vocabulary, progress=progress)


def parse_delimited(
    data: bytes,
    settings: Settings | None = None,
    *,
    file: str | None = None,
    vocabulary: Vocabulary | None = None,
    progress: Progress | None = None,
) -> Table:
    """Read the bytes of a delimited file."""
    settings = settings or Settings()
    text, encoding = decode(data, encoding=settings.encoding, file=file, section=settings.section)
    del data
    if not text or text.isspace():
        raise InputError(Problem(EMPTY, file=file))
    if "\x00" in text:
        raise InputError(Problem("this is not text (it holds NUL characters): export the deals as CSV", file=file))
    pieces = cut(text, delimiter=settings.delimiter)
    total = max(text.count("\n"), 1)
    del text
    records = pieces.records(file)
    first = list(islice(records, max(LOOKED_AT, settings.header_row or 0)))
    if not first:
        raise InputError(Problem(EMPTY, file=file))
    header = find_header(first, vocabulary, settings.header_row, file, settings.section)
    headers = tuple(clean(cell) for cell in first[header.at][1])
    rows = columns_of(_counted(chain(first[header.at + 1 :], records), total, progress), len(headers), text=True)
    warnings: list[Finding] = []
    if not encoding.startswith("UTF") and settings.encoding is None:
        key = f"{settings.section}.encoding"
        warnings.append(Finding("not_utf8", {"encoding": encoding, "key": key}, key=key))
    warnings += titles_above(header.at, header.number, settings.section)
    return Table(
        headers, rows.columns, rows.numbers, rows.widths, file=file, encoding=encoding, delimiter=pieces.delimiter,
        header_row=header.number, warnings=tuple(warnings), titles=titles_of(first, header),
    )  # fmt: skip


def titles_above(at: int, number: int, section: str = "pipeline") -> list[Finding]:
    """Say that the header is not the first row."""
    return [Finding("titles_above_header", {"row": number, "count": at}, key=f"{section}.header_row")] if at else []


def table_from_frame(frame: pd.DataFrame) -> Table:
    """Take a data frame as a table; its columns are the headers, its first row is row 2."""
    from simfunnel.tabular.columnar import from_frame

    return from_frame(frame)


def _counted(
    records: Iterator[tuple[int, list[str]]], total: int, progress: Progress | None
) -> Iterator[tuple[int, Sequence[str]]]:
    if progress is None:
        yield from records
        return
    for done, record in enumerate(records):
        if done % CHUNK == 0:
            progress(min(done, total), total)
        yield record


def _unsupported(path: Path, name: str, suffix: str) -> InputError:
    advice = ""
    if suffix == ".xls":
        if is_web_page(read_bytes(path, name)):
            return InputError(Problem(WEB_PAGE_MESSAGE, file=name))
        advice = "; save it as .xlsx or CSV"
    return InputError(
        Problem(
            f"files of type {suffix or '(none)'!r} are not supported: expected .csv, .tsv, .txt "
            f"(also .gz), .xlsx or .parquet{advice}",
            file=name,
        )
    )


def _one_character(delimiter: str, section: str) -> str:
    delimiter = {"\\t": "\t", "tab": "\t"}.get(delimiter, delimiter)
    if len(delimiter) != 1 or delimiter in '"\r\n':
        raise InputError(Problem(f"expected one character, or 'tab', found {delimiter!r}", path=f"{section}.delimiter"))
    return delimiter
