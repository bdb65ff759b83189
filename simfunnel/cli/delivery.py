"""Where the result of a planning command goes: a folder, stdout as JSON, or stdout as a page."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
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


SUFFIXES = (".json", ".csv", ".npz", ".parquet", ".png", ".svg")
MARKS = (b"simfunnel", b",provenance", b"provenance.npy")
"""What the files of ours have near their beginning or end: the line that says how to make them again."""
NEAR = 65_536


@contextmanager
def renewed(out: Path, own: Iterable[str]) -> Iterator[Path]:
    """Give a folder to write to; in the end its files are in `out`, without those that an earlier run left there.

    Parameters
    ----------
    out
        Where the files go, all together.
    own
        Names, without suffix, of all the files that the command can write; ``waterfall*`` is any number of them. A file
        that has such a name but not our line of provenance is somebody else's, and stays.
    """
    from simfunnel.forecast.storage import staged

    with staged(out) as folder:
        yield folder
        written = {path.name for path in folder.iterdir()}
    # only now that the new files are there: an interrupt leaves too much, never too little
    names = re.compile("|".join(re.escape(name).replace(r"\*", r"(_\d+)?") for name in own))
    for path in out.iterdir():
        old = path.name not in written and path.suffix in SUFFIXES and names.fullmatch(path.stem)
        if old and path.is_file() and _made_here(path):
            path.unlink()


def _made_here(path: Path) -> bool:
    """Whether a file is one that simfunnel wrote."""
    with path.open("rb") as file:
        near = file.read(NEAR)
        file.seek(max(path.stat().st_size - NEAR, 0))
        near += file.read()
    return any(mark in near for mark in MARKS)


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
        Names, without suffix, of the tables and pictures that the command can write, for `renewed`.
    """
    text = json.dumps(data, ensure_ascii=False, allow_nan=False, indent=1)
    if out is not None:
        from simfunnel.report.plots.gallery import save_figures

        with renewed(Path(out), (name, *own)) as folder:  # all of it, or nothing
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
