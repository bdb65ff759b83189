"""What every face has: it is written to a folder, printed as JSON, and shown in a notebook in the same way."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

from simfunnel.wording.kept import with_words
from simfunnel.wording.language import ENGLISH, language, tell, told_key
from simfunnel.wording.shown_text import in_cell

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure
    from rich.console import RenderableType

R = TypeVar("R")
PLOTS = "plots"
"""Face of pictures that were drawn alone."""


class ResultFace(ABC, Generic[R]):
    """The forms in which a result is shown; a subclass declares them."""

    name: ClassVar[str]
    """Of the JSON file, and of the face in a manifest."""
    former: ClassVar[tuple[str, ...]] = ()
    """Names, without suffix, of the other files that version 0.1 wrote without a manifest; ``name*``: any number."""

    def __init__(self, result: R) -> None:
        self.result = result

    @abstractmethod
    def keys(self) -> dict[str, Any]:
        """The result as plain data: null for what is unknown, never NaN."""

    @abstractmethod
    def frames(self) -> Mapping[str, pd.DataFrame]:
        """The tables, by file name."""

    @abstractmethod
    def page(self, width: int) -> RenderableType:
        """The console page, for a number of characters in a line."""

    @property
    @abstractmethod
    def provenance(self) -> str:
        """How to make the result again, in a line; written into every file."""

    def figures(self) -> Mapping[str, Callable[[], Figure]]:
        """The pictures, by file name: what draws each."""
        return {}

    def texts(self) -> Sequence[str]:
        """Names that the pictures show, for the choice of a font."""
        return ()

    def files(self) -> Mapping[str, Callable[[Path], None]]:
        """Further files, by name: what writes each."""
        return {}

    def stored(self) -> dict[str, Any]:
        """What the JSON file holds."""
        return self.keys()

    def json(self) -> str:
        """The result as one JSON document."""
        with language(ENGLISH):  # for machines
            return as_json(self.keys())

    def html(self) -> str:
        """The first table, for a notebook."""
        return str(next(iter(self.frames().values())).to_html(index=False, na_rep=""))

    def workbook(self, target: Path) -> None:
        """Write what finance opens: a sheet of what it is, one for each table, and the pictures.

        Raises
        ------
        SurroundingsError
            If the disk is full, or the folder may not be written.
        """
        from simfunnel.report.xlsx.heads import told_sheet
        from simfunnel.report.xlsx.sheets import sheets_of
        from simfunnel.report.xlsx.workbook import Contents, write_workbook

        keys = self.keys()
        about: list[tuple[str, str]] = []
        about += [(tell("Answer"), str(keys["sentence"]))] if keys.get("sentence") else []
        about += [(tell("Caution"), str(one["sentence"])) for one in keys.get("cautions", ())]
        about += [(tell("Money"), tell("in {currency}", currency=keys["currency"]))] if keys.get("currency") else []
        about.append((tell("Made by"), self.provenance))
        sheets = [told_sheet(sheet) for sheet in sheets_of(self.frames())]
        contents = Contents(told_key("sheets", self.name), about, sheets, self.figures(), self.texts())
        write_workbook(contents, target)

    def save(
        self, folder: Path, *, plots: bool = False, files: bool = True, force: bool = False, command: Sequence[str] = ()
    ) -> Path:
        """Write JSON, tables, further files, and pictures if asked for: all of them, or none.

        Parameters
        ----------
        folder
            Where to; what an earlier result of ours left there is replaced.
        plots
            Whether to draw the pictures.
        files
            Whether to write the further files, such as samples.
        force
            Whether files in the way that simfunnel did not write are replaced.
        command
            The command line, for the manifest.

        Raises
        ------
        InputError
            If the folder is a file, is being written by somebody else, or a file in the way is not ours.
        SurroundingsError
            If the disk is full, or the folder may not be written.
        """
        from simfunnel import bundle  # most commands print, and write nothing

        with bundle.writing(
            folder, command=command, provenance=self.provenance, force=force, face=self.name,
            renews=(self.name, PLOTS), former=(self.name, *self.former),
        ) as writing:  # fmt: skip
            where = writing.folder
            with language(ENGLISH):  # for machines; with the words to tell it again in another language
                stored, frames = as_json(with_words(self.stored())), self.frames()
            (where / f"{self.name}.json").write_text(stored + "\n", "utf-8")
            for name, frame in frames.items():
                csv_frame(frame.assign(provenance=self.provenance)).to_csv(where / f"{name}.csv", index=False)
            for name, write in self.files().items() if files else ():
                write(where / name)
            if plots:
                from simfunnel.report.plots.files import save_figures

                save_figures(self.figures(), where, texts=self.texts(), provenance=self.provenance)
        return folder


def csv_frame(frame: pd.DataFrame) -> pd.DataFrame:
    """A table as a spreadsheet may open it: text that would be a formula begins with an apostrophe, numbers stay."""
    safe = frame.copy()
    for name in frame.columns:
        if frame[name].dtype.kind not in "biufc":
            safe[name] = frame[name].map(in_cell)
    safe.columns = safe.columns.map(in_cell)
    return safe


def as_json(data: Mapping[str, Any]) -> str:
    """Write plain data as every command does."""
    return json.dumps(data, ensure_ascii=False, allow_nan=False, indent=1)
