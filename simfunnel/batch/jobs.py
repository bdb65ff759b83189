"""What is to be forecast: scenario files, folders and lists of them, or one scenario under the rows of a table.

The days of a store: `kept_days`.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from simfunnel.errors import InputError, Problem
from simfunnel.forecast.inputs import Prepared, prepare
from simfunnel.values.messages import show

if TYPE_CHECKING:
    from simfunnel.batch.kept_days import KeptDay

SCENARIOS = (".yaml", ".yml")
LIST = ".txt"
_NAME = re.compile(r"[^\W_][\w .+=@-]*", re.UNICODE)
"""What the folder of a job may be called on every system."""
_LONGEST = 100


@dataclass(frozen=True, slots=True)
class Job:
    """One forecast of a batch."""

    name: str
    """Of its folder among the results."""
    scenario: str
    overrides: tuple[str, ...] = ()
    kept: KeptDay | None = None
    """Whose deals they are, in place of those of the scenario."""

    def prepare(self) -> Prepared:
        """Read the scenario and its deals."""
        if self.kept is not None:
            return self.kept.prepare(self.scenario, self.overrides)
        return prepare(self.scenario, overrides=self.overrides)


def jobs_of(paths: Sequence[str], table: str | None = None, overrides: Sequence[str] = ()) -> tuple[Job, ...]:
    """List the jobs.

    Parameters
    ----------
    paths
        Scenario files; folders, of which every scenario file is taken, and ``scenario.yaml`` of every folder in them;
        ``.txt`` files with one of these a line.
    table
        CSV file for one scenario: a row is a job, the column ``name`` its name, every other column a path of ``--set``;
        an empty cell leaves the scenario as it is.
    overrides
        ``path=value`` for all jobs, before those of the table.

    Raises
    ------
    InputError
        If there is no job, if two have one name, or if a name cannot be that of a folder.
    """
    files = [file for path in paths for file in _files(Path(path))]
    if table is not None:
        if len(files) != 1:
            raise InputError(f"--table changes one scenario; found {len(files):,} scenarios")
        jobs = list(_rows(table, str(files[0]), tuple(overrides)))
    else:
        jobs = [Job(_called(file), str(file), tuple(overrides)) for file in files]
    if not jobs:
        raise InputError("there is no job: name scenario files, or a folder that holds some")
    _check_names(jobs)
    return tuple(jobs)


def _files(path: Path) -> list[Path]:
    if path.is_dir():
        found = sorted(file for file in path.iterdir() if file.suffix in SCENARIOS and file.is_file())
        found += sorted(file for suffix in SCENARIOS for file in path.glob(f"*/scenario{suffix}"))
        if not found:
            message = "no scenario file is in this folder: expected names that end in .yaml"
            raise InputError(Problem(message, file=str(path)))
        return found
    if path.suffix == LIST:
        return [file for line in _lines(path) for file in _files(path.parent / line)]
    return [path]


def _lines(path: Path) -> list[str]:
    try:
        lines = [line.strip() for line in path.read_text("utf-8-sig").splitlines()]
    except FileNotFoundError:
        raise InputError(Problem("there is no such file", file=str(path))) from None
    except UnicodeDecodeError:
        raise InputError(Problem("expected a list of scenario files in UTF-8", file=str(path))) from None
    listed = [line for line in lines if line and not line.startswith("#")]
    if not listed:
        raise InputError(Problem("the list is empty: expected one scenario file a line", file=str(path)))
    return listed


def _called(file: Path) -> str:
    return file.resolve().parent.name if file.stem == "scenario" else file.stem


def _rows(table: str, scenario: str, overrides: tuple[str, ...]) -> Iterable[Job]:
    try:
        with Path(table).open(encoding="utf-8-sig", newline="") as stream:
            rows = list(csv.reader(stream))
    except FileNotFoundError:
        raise InputError(Problem("there is no such file", file=table)) from None
    except (UnicodeDecodeError, csv.Error) as error:
        raise InputError(Problem(f"expected a CSV file in UTF-8: {error}", file=table)) from None
    heads = [head.strip() for head in rows[0]] if rows else []
    if "name" not in heads or len(heads) < 2:
        raise InputError(Problem(
            "expected a column `name`, and a column for each value that is changed, such as leads.web.rate.mean; found "
            f"{', '.join(map(show, heads)) or 'nothing'}", file=table,
        ))  # fmt: skip
    if len(set(heads)) < len(heads) or "" in heads:
        raise InputError(Problem("two columns have one name, or one has none", file=table))
    for number, cells in enumerate(rows[1:], 2):
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) != len(heads):
            raise InputError(Problem(f"expected {len(heads)} cells, found {len(cells)}", file=table, line=number))
        row = dict(zip(heads, (cell.strip() for cell in cells), strict=True))
        name = row.pop("name")
        if not name:
            raise InputError(Problem("the row has no name", file=table, line=number))
        yield Job(name, scenario, (*overrides, *(f"{path}={value}" for path, value in row.items() if value)))


def _check_names(jobs: Sequence[Job]) -> None:
    seen: dict[str, Job] = {}
    problems = []
    for job in jobs:
        if not _NAME.fullmatch(job.name) or len(job.name) > _LONGEST or job.name.endswith((".", " ")):
            problems.append(Problem(f"{show(job.name)} cannot be the name of a folder: call the job otherwise"))
        other = seen.setdefault(job.name.casefold(), job)
        if other is not job:
            both = f"{other.scenario} and {job.scenario}"
            problems.append(Problem(f"two jobs are called {job.name}: {both}; each needs a name of its own"))
    if problems:
        raise InputError(problems)
