"""Read any supported file, or a data frame, as a table."""

from __future__ import annotations

import difflib
import gzip
import zlib
from pathlib import Path
from typing import TYPE_CHECKING

from simfunnel.errors import InputError, Problem
from simfunnel.tabular.delimited import read_records
from simfunnel.tabular.encoding import WEB_PAGE_MESSAGE, decode, is_web_page
from simfunnel.tabular.table import Table
from simfunnel.values.cells import clean
from simfunnel.wording.findings import Finding

if TYPE_CHECKING:
    import pandas as pd

TEXT = (".csv", ".tsv", ".tab", ".txt")
WORKBOOK = (".xlsx", ".xlsm")
PARQUET = (".parquet", ".pq")


def read_table(
    path: str | Path, *, sheet: str | None = None, encoding: str | None = None, delimiter: str | None = None
) -> Table:
    """Read a CSV (or .tsv, .txt, also .gz), XLSX or Parquet file.

    Parameters
    ----------
    path
        The file; its extension says what it is.
    sheet
        Sheet of a workbook; the first visible one by default.
    encoding, delimiter
        Of delimited text; detected by default.

    Raises
    ------
    InputError
        If the file is missing, empty, damaged or of an unsupported kind, or needs an extra not installed.
    """
    name, path = str(path), Path(path)
    if delimiter is not None:
        delimiter = _one_character(delimiter)
    _check_exists(path, name)
    suffix = path.suffixes[-2].lower() if path.suffix.lower() == ".gz" and len(path.suffixes) > 1 else path.suffix
    suffix = suffix.lower()
    if suffix in WORKBOOK:
        from simfunnel.tabular.workbook import read_workbook

        return read_workbook(path, name, sheet)
    if suffix in PARQUET:
        from simfunnel.tabular.columnar import read_parquet

        return read_parquet(path, name)
    if suffix not in TEXT:
        raise _unsupported(path, name, suffix)
    return parse_delimited(_read_bytes(path, name), file=name, encoding=encoding, delimiter=delimiter)


def parse_delimited(
    data: bytes, *, file: str | None = None, encoding: str | None = None, delimiter: str | None = None
) -> Table:
    """Read the bytes of a delimited file."""
    text, found_encoding = decode(data, encoding=encoding, file=file)
    if not text.strip():
        raise InputError(Problem("the file is empty: expected a header row and one row per deal", file=file))
    if "\x00" in text:
        raise InputError(Problem("this is not text (it holds NUL characters): export the deals as CSV", file=file))
    records, numbers, found_delimiter = read_records(text, delimiter=delimiter, file=file)
    if not records:
        raise InputError(Problem("the file is empty: expected a header row and one row per deal", file=file))
    warnings: tuple[Finding, ...] = ()
    if not found_encoding.startswith("UTF") and encoding is None:
        warnings = (Finding("not_utf8", {"encoding": found_encoding}, key="pipeline.encoding"),)
    return Table(
        headers=tuple(clean(cell) for cell in records[0]), rows=records[1:], numbers=numbers[1:], file=file,
        encoding=found_encoding, delimiter=found_delimiter, warnings=warnings,
    )  # fmt: skip


def table_from_frame(frame: pd.DataFrame) -> Table:
    """Take a data frame as a table; its first row has number 2, as in a sheet."""
    from simfunnel.tabular.columnar import from_frame

    return from_frame(frame)


def _unsupported(path: Path, name: str, suffix: str) -> InputError:
    advice = ""
    if suffix == ".xls":
        if is_web_page(_read_bytes(path, name)):
            return InputError(Problem(WEB_PAGE_MESSAGE, file=name))
        advice = "; save it as .xlsx or CSV"
    return InputError(
        Problem(
            f"files of type {suffix or '(none)'!r} are not supported: expected .csv, .tsv, .txt "
            f"(also .gz), .xlsx or .parquet{advice}",
            file=name,
        )
    )


def _one_character(delimiter: str) -> str:
    delimiter = {"\\t": "\t", "tab": "\t"}.get(delimiter, delimiter)
    if len(delimiter) != 1 or delimiter in '"\r\n':
        raise InputError(Problem(f"expected one character, or 'tab', found {delimiter!r}", path="pipeline.delimiter"))
    return delimiter


def _read_bytes(path: Path, name: str) -> bytes:
    try:
        if path.suffix.lower() == ".gz":
            with gzip.open(path) as stream:
                return stream.read()
        return path.read_bytes()
    except (EOFError, zlib.error, gzip.BadGzipFile):
        raise InputError(Problem("this gzip file is damaged: copy or export it again", file=name)) from None
    except OSError as error:
        raise InputError(Problem(f"cannot be read: {error.strerror or error}", file=name)) from None


def _check_exists(path: Path, name: str) -> None:
    if path.is_dir():
        raise InputError(Problem("this is a folder: expected a CSV, XLSX or Parquet file", file=name))
    if path.exists():
        return
    if not path.parent.is_dir():
        raise InputError(Problem(f"no such file: the folder {str(path.parent)!r} does not exist", file=name))
    neighbours = [entry.name for entry in path.parent.iterdir() if entry.is_file()]
    near = difflib.get_close_matches(path.name, neighbours, n=1)
    raise InputError(Problem("no such file" + (f": did you mean {near[0]!r}?" if near else ""), file=name))
