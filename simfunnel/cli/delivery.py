"""Where a result goes: a folder, stdout as JSON, or stdout as a page."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from simfunnel.cli.language import note, note_encoding, told_in, told_on
from simfunnel.cli.streams import say, say_json
from simfunnel.errors import InputError
from simfunnel.wording.language import tell

if TYPE_CHECKING:
    from rich.console import RenderableType

    from simfunnel.shown import Shown


def check_folder(out: str | None) -> None:
    """Refuse a file, or nothing, in place of a folder before anything is computed."""
    if out is not None and not out.strip():
        raise InputError("--out names no folder: expected a name, or `.` for the working directory")
    if out is not None:
        from simfunnel.bundle import expect_folder  # most commands print, and write nothing

        expect_folder(out)


def check_xlsx(xlsx: str | None, *, force: bool) -> None:
    """Refuse a workbook that cannot be written before anything is computed."""
    if xlsx is not None:
        from simfunnel.report.xlsx.workbook import check_workbook

        check_workbook(Path(xlsx), force=force)


def command_line() -> list[str]:
    """The command that is running, for the manifest of what it writes."""
    return ["simfunnel", *sys.argv[1:]]


def deliver(
    result: Shown,
    *,
    out: str | None,
    as_json: bool,
    quiet: bool,
    force: bool = False,
    files: bool = True,
    page: Callable[[int], RenderableType] | None = None,
    xlsx: str | None = None,
) -> None:
    """Write a result and show it, in the forms that its face declares.

    Parameters
    ----------
    result
        The result.
    out
        Folder to write to; None writes none.
    as_json
        Print the JSON document, and nothing else.
    quiet
        Do not say where it was written.
    force
        With `out`: also replace files that simfunnel did not write.
    files
        With `out`: whether to write the further files, such as samples.
    page
        Makes the console page for a width; default that of the face.
    xlsx
        Workbook to write as well; None writes none.
    """
    from simfunnel.shown import face_of

    face = face_of(result)
    with told_in():
        if out is not None:
            face.save(Path(out), plots=True, files=files, force=force, command=command_line())
        if xlsx is not None:
            face.workbook(Path(xlsx))
    if as_json:
        say_json(face.json())
        return
    from simfunnel.report.console.layout import page_text, page_width

    with told_on("stdout"):
        text = page_text((page or face.page)(page_width()))
    say(text)
    if not quiet:
        note_encoding()
        note_written(out, xlsx)


def note_written(*places: str | Path | None) -> None:
    """Say where something was written."""
    for place in places:
        if place is not None:
            note(tell("written to {place}", place=str(place)))
