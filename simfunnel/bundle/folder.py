"""Writing a folder of results: all of its files, or none."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from simfunnel.errors import InputError, Problem


@contextmanager
def staged(target: Path) -> Iterator[Path]:
    """Give a folder to write to; its files move into `target` together when the block ends well, else they vanish.

    Raises
    ------
    InputError
        If `target` cannot be a folder; before anything is written.
    """
    try:
        target.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError):
        raise InputError(Problem("expected a folder to write to, found a file", file=str(target))) from None
    except OSError as error:
        raise InputError(Problem(f"cannot be written: {error.strerror}", file=str(target))) from None
    try:
        with tempfile.TemporaryDirectory(dir=target, prefix=".partial-") as name:
            yield Path(name)
            for path in sorted(Path(name).iterdir()):
                path.replace(target / path.name)
    finally:
        with suppress(OSError):  # an empty folder of ours is not left behind; one with files stays
            target.rmdir()


SUFFIXES = (".json", ".csv", ".npz", ".parquet", ".png", ".svg")
MARKS = (b"simfunnel", b",provenance", b"provenance.npy")
"""What the files of ours have near their beginning or end: the line that says how to make them again."""
NEAR = 65_536


@contextmanager
def renewed(out: Path) -> Iterator[Path]:
    """Give a folder to write to; in the end its files are in `out`, without those that an earlier run left there.

    Parameters
    ----------
    out
        Where the files go, all together.
    """
    with staged(out) as folder:
        yield folder
        written = {path.name for path in folder.iterdir()}
    # only now that the new files are there: an interrupt leaves too much, never too little
    for path in out.iterdir():
        old = path.name not in written and path.suffix in SUFFIXES
        if old and path.is_file() and _made_here(path):
            path.unlink()


def _made_here(path: Path) -> bool:
    """Whether a file is one that simfunnel wrote."""
    with path.open("rb") as file:
        near = file.read(NEAR)
        file.seek(max(path.stat().st_size - NEAR, 0))
        near += file.read()
    return any(mark in near for mark in MARKS)
