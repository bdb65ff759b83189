"""Where the result of a planning command goes: a folder, stdout as JSON, or stdout as a page."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from simfunnel.errors import InputError, Problem

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure
    from rich.console import RenderableType


def check_folder(out: str | None) -> None:
    """Refuse a file in place of a folder before anything is computed."""
    if out is not None and Path(out).is_file():
        raise InputError(Problem("expected a folder to write to, found a file", file=out))


def command_line() -> list[str]:
    """The command that is running, for the manifest of what it writes."""
    return ["simfunnel", *sys.argv[1:]]


def deliver(
    name: str,
    data: Mapping[str, Any],
    *,
    page: Callable[[int], RenderableType],
    frames: Callable[[], Mapping[str, pd.DataFrame]],
    figures: Callable[[], Mapping[str, Callable[[], Figure]]],
    provenance: str,
    texts: tuple[str, ...],
    own: tuple[str, ...],
    out: str | None,
    force: bool,
    as_json: bool,
    quiet: bool,
) -> None:
    """Write a result and show it.

    Parameters
    ----------
    name
        Of the JSON file.
    data
        The result as plain data.
    page
        Makes the console page for a width.
    frames
        Gives file name -> table.
    figures
        Gives file name -> what draws the picture.
    provenance
        How to make the result again; written into every file.
    texts
        Names that the pictures show, for the choice of a font.
    own
        Names, without suffix, of the tables and pictures that the command can write; ``waterfall*`` is any number.
    """
    text = json.dumps(data, ensure_ascii=False, allow_nan=False, indent=1)
    if out is not None:
        from simfunnel import bundle
        from simfunnel.report.plots.gallery import save_figures

        with bundle.writing(
            out, command=command_line(), provenance=provenance, force=force, face=name, renews=(name,),
            former=(name, *own),
        ) as writing:  # fmt: skip
            folder = writing.folder
            (folder / f"{name}.json").write_text(text + "\n", "utf-8")
            for file, frame in frames().items():
                frame.assign(provenance=provenance).to_csv(folder / f"{file}.csv", index=False)
            save_figures(figures(), folder, texts=texts, provenance=provenance)
    if as_json:
        click.echo(text)
        return
    from simfunnel.report.console import page_width, print_page

    print_page(page(page_width()))
    if out is not None and not quiet:
        click.echo(f"written to {out}", err=True)
