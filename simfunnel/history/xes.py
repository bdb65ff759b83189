"""XES logs, read as a stream: an event becomes a row, whatever the size of the log."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any
from xml.etree.ElementTree import ParseError

import numpy as np

from simfunnel.errors import InputError, Problem
from simfunnel.progress import Progress
from simfunnel.tabular.column import Column, Distinct
from simfunnel.tabular.files import check_regular
from simfunnel.tabular.table import Table

VALUES = frozenset({"string", "date", "int", "float", "boolean", "id"})
"""Elements that hold a value."""
CASE = "case:"
"""What stands before the name of an attribute of a case."""
EVERY = 20_000


class _Columns:
    """Columns that appear as the log goes on."""

    def __init__(self) -> None:
        self.rows = 0
        self._distinct: dict[str, Distinct] = {}
        self._codes: dict[str, list[int]] = {}
        self._places: dict[str, list[int]] = {}

    def add(self, values: dict[str, str]) -> None:
        for name, value in values.items():
            if name not in self._distinct:
                self._distinct[name], self._codes[name], self._places[name] = Distinct(text=True), [], []
            self._codes[name] += self._distinct[name].codes([value])
            self._places[name].append(self.rows)
        self.rows += 1

    def table(self, name: str) -> Table:
        columns = []
        for header, distinct in self._distinct.items():
            codes = np.full(self.rows, len(distinct.cells), dtype=np.int32)
            codes[self._places[header]] = self._codes[header]
            full = len(self._places[header]) == self.rows
            columns.append(Column(codes, distinct.cells if full else [*distinct.cells, None], whole=True))
        numbers = np.arange(1, self.rows + 1, dtype=np.int64)
        widths = np.full(self.rows, len(columns), dtype=np.int32)
        return Table(tuple(self._distinct), tuple(columns), numbers, widths, file=name)


def is_xes(path: Path) -> bool:
    """Whether a path is that of an XES log."""
    name = path.name.lower()
    return name.endswith((".xes", ".xes.gz"))


def read_xes(path: Path, progress: Progress | None = None) -> Table:
    """Read a log: columns are `case:` and the attributes of cases, then those of events.

    Raises
    ------
    InputError
        If the file is damaged, no XES log, holds entities, or needs an extra not installed.
    """
    try:
        from defusedxml.ElementTree import iterparse
    except ModuleNotFoundError:
        raise InputError(Problem('XES logs need an extra: pip install "simfunnel[xes]"', file=str(path))) from None
    name = str(path)
    check_regular(path, name)
    size = path.stat().st_size
    columns = _Columns()
    with _damage_said(name), path.open("rb") as raw, _unpacked(path, raw) as stream:
        depth: list[str] = []
        root: Any = None
        trace: dict[str, str] = {}
        event: dict[str, str] = {}
        pending: list[dict[str, str]] = []
        for what, element in iterparse(stream, events=("start", "end"), forbid_dtd=True):
            tag = element.tag.rpartition("}")[2]
            if what == "start":
                root = element if root is None else root
                depth.append(tag)
                if tag == "trace":
                    trace, pending = {}, []
                elif tag == "event":
                    event = {}
                continue
            depth.pop()
            parent = depth[-1] if depth else ""
            if tag in VALUES and parent in {"event", "trace"} and "key" in element.attrib:
                own, prefix = (event, "") if parent == "event" else (trace, CASE)
                own[prefix + element.attrib["key"]] = element.attrib.get("value", "")
            elif tag == "event":
                if parent == "trace":
                    pending.append(event)
                element.clear()
            elif tag == "trace":  # attributes of a case may stand below its events
                for row in pending:
                    columns.add({**trace, **row})
                root.clear()
                if progress is not None and columns.rows // EVERY != (columns.rows - len(pending)) // EVERY:
                    progress(min(raw.tell(), size), size)
    if not columns.rows:
        raise InputError(Problem("no event stands in this file: expected an XES log of traces with events", file=name))
    return columns.table(name)


@contextmanager
def _unpacked(path: Path, raw: IO[bytes]) -> Iterator[IO[bytes]]:
    if path.name.lower().endswith(".gz"):
        with gzip.GzipFile(fileobj=raw) as stream:
            yield stream  # type: ignore[misc]
    else:
        yield raw


@contextmanager
def _damage_said(name: str) -> Iterator[None]:
    """Put whatever a broken or hostile log raises into one sentence."""
    try:
        yield
    except (ParseError, ValueError, EOFError, gzip.BadGzipFile) as error:
        what = "holds entities or a document type, which are not read" if "forbid" in str(error).lower() or hasattr(
            error, "name") else "is no XES log, or is damaged"  # fmt: skip
        raise InputError(Problem(f"this file {what}: export it again", file=name)) from None
    except OSError as error:
        raise InputError(Problem(f"cannot be read: {error.strerror or error}", file=name)) from None
