"""The protocol: after any step of it, a reader has the old files, the new ones, or a manifest that says `writing`."""

from __future__ import annotations

import shutil
from pathlib import Path

from simfunnel.bundle.durable import sync_folder, write_through
from simfunnel.bundle.manifest import MANIFEST, Manifest, load

PARTIAL = ".partial-"
"""Beginning of the names of folders in which files wait."""
_WRITING = ".writing"


def commit(manifest: Manifest) -> None:
    """Bring in the files that wait.

    Parameters
    ----------
    manifest
        With its `change`: every new file is in the staging folder, and on the disk.
    """
    assert manifest.change is not None
    staging = manifest.folder / manifest.change.staging
    # both manifests before anything moves: from then on no step needs room on the disk
    write_through(staging / MANIFEST, manifest.without_change().text())
    write_through(staging / _WRITING, manifest.text())
    sync_folder(staging)
    (staging / _WRITING).replace(manifest.folder / MANIFEST)
    sync_folder(manifest.folder)
    finish(manifest)


def finish(manifest: Manifest) -> None:
    """Move what has not moved yet; the same from wherever an earlier writer was interrupted."""
    assert manifest.change is not None
    folder, change = manifest.folder, manifest.change
    staging = folder / change.staging
    for name in change.new:
        if (staging / name).exists():
            (staging / name).replace(folder / name)
    for name, file in change.old.items():
        if name not in change.new and file.is_content_of(folder / name):  # what was changed since is not ours to remove
            (folder / name).unlink()
    if not (staging / MANIFEST).exists():
        staging.mkdir(exist_ok=True)
        write_through(staging / MANIFEST, manifest.without_change().text())
    sync_folder(folder)  # all files, before the manifest that vouches for them
    (staging / MANIFEST).replace(folder / MANIFEST)
    sync_folder(folder)
    shutil.rmtree(staging, ignore_errors=True)


def mend(folder: Path, before: Manifest | None) -> Manifest | None:
    """Finish what an interrupted writer left, and clear away what waits for nobody. Under the lock.

    Returns
    -------
    Manifest or None
        What is there now. It still says `writing` where new files are lost, so that nothing can be finished: the folder
        stays refused until its next files are complete.
    """
    if before is not None and before.change is not None and _can_be_finished(before):
        finish(before)
        before = load(folder)
    for path in folder.glob(PARTIAL + "*"):
        shutil.rmtree(path, ignore_errors=True)
    return before


def _can_be_finished(manifest: Manifest) -> bool:
    assert manifest.change is not None
    staging = manifest.folder / manifest.change.staging
    return all(
        manifest.files[name].is_content_of(staging / name) or manifest.files[name].is_content_of(manifest.folder / name)
        for name in manifest.change.new
    )
