"""What is said of an interrupt that loses nothing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from simfunnel.cli.language import told_on
from simfunnel.wording.language import tell


@contextmanager
def going_on(folder: str | None, name: str, *, force: bool) -> Iterator[None]:
    """Say of an interrupt that the same command goes on from what is kept in a folder.

    Parameters
    ----------
    folder
        None: nothing is kept.
    name
        Of the file that is there once something is kept.
    force
        Whether the command has ``--force``, which drops what is kept.
    """
    try:
        yield
    except KeyboardInterrupt:
        if folder is None or not (Path(folder) / name).is_file():
            raise
        with told_on("stderr"):  # outside of the command nobody knows what language it was asked for
            told = tell(
                "interrupted; what is done is kept in {folder}: the same command goes on from there", folder=folder
            )
            if force:
                told = tell("{told} (without --force)", told=told)
        raise KeyboardInterrupt(told) from None
