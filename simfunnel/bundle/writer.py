"""Writing a folder of results: all files of it, or none."""

from __future__ import annotations

import datetime as dt
import os
import shutil
import tempfile
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from simfunnel.bundle.commit import PARTIAL, commit, mend
from simfunnel.bundle.durable import hash_of, sealed
from simfunnel.bundle.interrupts import uninterrupted
from simfunnel.bundle.lock import locked
from simfunnel.bundle.manifest import Change, Manifest, StoredFile, load, plain
from simfunnel.bundle.ownership import check, of_first_version
from simfunnel.errors import InputError, SurroundingsError
from simfunnel.values.redacted import without_passwords
from simfunnel.version import __version__

_COMPLETED: dict[Path, None] = {}


def completed() -> tuple[Path, ...]:
    """Folders that this process has written to the end: what to say after an interrupt."""
    return tuple(_COMPLETED)


@dataclass(frozen=True)
class Writing:
    """Files on their way to a folder of results."""

    target: Path
    """Where they go in the end."""
    folder: Path
    """Where they wait. What is written here without having been named by `file` comes too."""
    face: str
    """Face of files that `file` does not name."""
    before: Manifest | None
    force: bool
    _faces: dict[str, str] = field(default_factory=dict)

    def file(self, name: str, *, face: str | None = None) -> Path:
        """Where to write a file.

        Parameters
        ----------
        name
            Its plain name, such as ``summary.csv``.
        face
            Name of the face of which it is a part.

        Raises
        ------
        InputError
            If a file of that name is in the way that is not ours.
        """
        check(self.target, [plain(name)], self.before, force=self.force)
        self._faces[name] = self.face if face is None else face
        return self.folder / name

    def files(self) -> dict[str, StoredFile]:
        """Every file that waits, written through to the disk."""
        paths = sorted(self.folder.iterdir())
        if missing := self._faces.keys() - {path.name for path in paths}:
            raise ValueError(f"announced and not written: {', '.join(sorted(missing))}")
        return {plain(path.name): StoredFile(*sealed(path), self._faces.get(path.name, self.face)) for path in paths}


@contextmanager
def writing(
    folder: str | os.PathLike[str],
    *,
    command: Sequence[str] = (),
    provenance: str,
    force: bool = False,
    face: str = "",
    renews: Collection[str] | None = None,
    former: Collection[str] = (),
) -> Iterator[Writing]:
    """Write files to a folder of results, together: when the block ends well they are there, else nothing has changed.

    Parameters
    ----------
    folder
        Where; made if it is missing.
    command
        The command line, for the manifest; passwords in it are left out. Empty from Python.
    provenance
        The line that says how to make the files again.
    force
        Whether files in the way that are not ours are replaced.
    face
        Face of files that are written without being named by `Writing.file`.
    renews
        Faces whose earlier files go; None: all of them. Files of other faces stay, in the manifest too.
    former
        Names, without suffix, under which version 0.1 wrote what is renewed; see `of_first_version`.

    Raises
    ------
    InputError
        If `folder` is a file, or is being written by somebody else, or a file in the way is not ours.
    SurroundingsError
        If the disk is full, or the folder may not be written.
    """
    target, staging = Path(folder), None
    try:
        with locked(target):
            try:
                with uninterrupted():
                    before = _mended(target, force=force)
                    staging = Path(tempfile.mkdtemp(prefix=PARTIAL, dir=target))
                out = Writing(target, staging, face, before, force)
                yield out
                manifest = _manifest(out, command, provenance, renews, former)
                with uninterrupted():
                    commit(manifest)
                    _COMPLETED[target] = None
            finally:
                if staging is not None and not _waits(target, staging):
                    with uninterrupted():
                        shutil.rmtree(staging, ignore_errors=True)
    except OSError as error:
        told = _told(error, target)
        if told is error:
            raise
        raise told from error


def _mended(folder: Path, *, force: bool) -> Manifest | None:
    try:
        before = load(folder)
    except InputError:
        if not force:
            raise
        before = None
    return mend(folder, before)


def _manifest(
    out: Writing, command: Sequence[str], provenance: str, renews: Collection[str] | None, former: Collection[str]
) -> Manifest:
    """What is to be brought in, once all of it is on the disk and nothing is in the way."""
    new = out.files()
    check(out.target, new, out.before, force=out.force)
    there = _there(out.target, out.before, former)
    kept = {
        name: file for name, file in there.items()
        if name not in new and renews is not None and out.before is not None and file.face not in renews
    }  # fmt: skip
    old = {name: file for name, file in there.items() if name not in kept}
    return Manifest(
        folder=out.target,
        simfunnel=__version__,
        made=dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        command=tuple(without_passwords(part) for part in command),
        provenance=without_passwords(provenance),
        files=new | kept,
        change=Change(out.folder.name, old, tuple(new)),
    )


def _there(folder: Path, before: Manifest | None, former: Collection[str]) -> dict[str, StoredFile]:
    """Files of ours that are there as they were written; one that was changed since is not ours to remove."""
    if before is None:
        return {path.name: _found(path) for path in of_first_version(folder, former)}
    versions = [*before.files.items(), *(before.change.old.items() if before.change else ())]
    return {name: file for name, file in versions if file.is_content_of(folder / name)}


def _found(path: Path) -> StoredFile:
    with path.open("rb") as file:
        return StoredFile(*hash_of(file), "")


def _waits(folder: Path, staging: Path) -> bool:
    """Whether the manifest needs the files that wait: then the next writer will finish."""
    try:
        now = load(folder)
    except (InputError, OSError):
        return True  # nobody knows: the next writer will clear it away
    return now is not None and now.change is not None and now.change.staging == staging.name


def _told(error: OSError, folder: Path) -> Exception:
    """Say what stands in the way; an error about a file elsewhere is none of ours."""
    about = None if error.filename is None else Path(os.fsdecode(error.filename)).absolute()
    if about is not None and not about.is_relative_to(folder.absolute()):
        return error
    try:
        now = load(folder)
    except (InputError, OSError):
        now = None
    half = now is not None and now.change is not None
    state = "; it is half written, and the next command that writes there will mend it" if half else ""
    return SurroundingsError(f"{folder}: cannot be written: {error.strerror or error}{state}")
