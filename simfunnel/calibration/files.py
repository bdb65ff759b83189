"""The scenario and its pipeline file on disk: nothing of anybody else is lost, nothing is half written."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from simfunnel.bundle.durable import write_through
from simfunnel.calibration.calibration import Calibration
from simfunnel.calibration.pipeline_file import COLUMNS
from simfunnel.calibration.written import MARK, changed_since
from simfunnel.errors import InputError, Problem, SurroundingsError


def pipeline_name(target: Path) -> str:
    """Name of the pipeline file beside a scenario."""
    return "pipeline.csv" if target.stem == "scenario" else f"{target.stem}_pipeline.csv"


def check_target(target: Path, *, force: bool) -> None:
    """Refuse to replace what was not learned by us.

    Raises
    ------
    InputError
        If the scenario, or the pipeline file beside it, is there and not ours.
    """
    if target.suffix.lower() not in (".yaml", ".yml"):
        raise InputError(Problem("expected a name that ends in .yaml for the scenario", file=str(target)))
    if target.is_dir():
        raise InputError(Problem("expected a file to write the scenario to, found a folder", file=str(target)))
    if force:
        return
    beside = target.with_name(pipeline_name(target))
    if target.exists() and not _ours(target):
        raise InputError(
            Problem(
                "is there already, and calibrate did not write it; name another file, or use --force", file=str(target)
            )
        )
    if target.exists() and changed_since(target.read_text("utf-8")):
        raise InputError(
            Problem(
                f"was changed since calibrate wrote it; `--update {target.name}` renews its numbers and keeps what you "
                "wrote, --force replaces all of it", file=str(target),
            )
        )  # fmt: skip
    if beside.exists() and not (target.exists() and _our_table(beside)):
        raise InputError(
            Problem(
                "the open deals would be written here, and the file is there already; name another scenario, or use "
                "--force", file=str(beside),
            )
        )  # fmt: skip


def write_scenario(result: Calibration, target: Path, *, force: bool = False) -> None:
    """Write the scenario, and the pipeline file beside it.

    Raises
    ------
    InputError
        If a file in the way is not ours.
    SurroundingsError
        If the disk is full, or the folder may not be written.
    """
    check_target(target, force=force)
    beside = target.with_name(pipeline_name(target))
    written = [(beside, result.pipeline_text), (target, result.scenario)]
    partial = [(path.with_name(f".{path.name}.{os.getpid()}.partial"), path, text) for path, text in written]
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        for new, _, text in partial:
            write_through(new, text)
        for new, path, _ in partial:  # the scenario last: it names the other
            new.replace(path)
    except OSError as error:
        raise SurroundingsError(f"{target}: could not be written: {error.strerror or error}") from None
    finally:
        for new, _, _ in partial:
            with contextlib.suppress(OSError):  # what is in the way was told
                new.unlink()


def _our_table(path: Path) -> bool:
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            return file.readline().startswith(",".join(COLUMNS))
    except OSError:
        return False


def _ours(target: Path) -> bool:
    try:
        with target.open(encoding="utf-8", errors="replace") as file:
            return MARK in file.readline()
    except OSError:
        return False
