"""Load a scenario: read, extend, override, check; every problem reported with its place."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from simfunnel.errors import InputError, Problem
from simfunnel.scenario.merge import without_nulls
from simfunnel.scenario.nodes import Node, Place, from_python, problem_at
from simfunnel.scenario.overrides import apply_override
from simfunnel.scenario.problems import translate
from simfunnel.scenario.reading import Reader
from simfunnel.scenario.schema import OVERRIDDEN, Scenario
from simfunnel.scenario.slips import empty_unknown_keys
from simfunnel.values.frozen import FAULT, Loc
from simfunnel.values.redacted import without_passwords


@dataclass(frozen=True)
class LoadedScenario:
    """A scenario, and where every part of it is written."""

    scenario: Scenario
    """The scenario itself."""
    source: str | None
    """The file as the user named it; None for Python data."""
    files: tuple[str, ...]
    """Every scenario file read: the one named first, then what it extends."""
    overrides: tuple[str, ...]
    """The ``path=value`` texts applied."""
    data: Mapping[str, Any]
    """The scenario as plain data after merging and overriding, before defaults."""
    pipeline_file: str | None
    """`pipeline.file` as it was written; `scenario.pipeline.file` is absolute."""
    root: Node = field(repr=False)
    """The tree with the places."""

    def problem(self, loc: Loc, message: str) -> Problem:
        """Make a problem for a part of the scenario, such as ``("targets", 0, "period")``."""
        return problem_at(self.root, loc, message)

    def place(self, loc: Loc) -> tuple[str | None, int | None, int | None]:
        """Find file, line and column of a part of the scenario."""
        found = self.problem(loc, "")
        return found.file, found.line, found.column


def load_scenario(path: str | os.PathLike[str], overrides: Sequence[str] = ()) -> LoadedScenario:
    """Load a scenario file.

    Parameters
    ----------
    path
        A YAML or JSON file.
    overrides
        Texts such as ``stages.Proposal.conversion=0.5``, applied in order after merging.

    Raises
    ------
    InputError
        With every problem found.
    """
    reader = Reader()
    return _finish(reader.read(os.fspath(path)), os.fspath(path), reader, overrides)


def parse_scenario(data: Mapping[str, Any], overrides: Sequence[str] = ()) -> LoadedScenario:
    """Check a scenario given as Python data; relative paths belong to the working directory.

    Parameters
    ----------
    data
        What a scenario file would hold.
    overrides
        Texts such as ``stages.Proposal.conversion=0.5``.

    Raises
    ------
    InputError
        With every problem found.
    """
    reader = Reader()
    root = reader.extended(reader.with_places(from_python(data, Place()), Path()), Path())
    return _finish(root, None, reader, overrides)


def _finish(root: Node, source: str | None, reader: Reader, overrides: Sequence[str]) -> LoadedScenario:
    problems = reader.merger.problems
    for text in overrides:
        try:
            root = reader.with_places(apply_override(root, text), Path())
        except InputError as error:
            problems.extend(error.problems)
    problems += empty_unknown_keys(root, Scenario)
    root = without_nulls(root)
    data = root.plain()
    context = {OVERRIDDEN: bool(overrides)}
    try:
        scenario = Scenario.model_validate(data, context=context)
    except ValidationError as error:
        problems += translate(error, root, Scenario)
        problems += _cross_checks(data, error, root, context)
    if problems:
        order = {file: i for i, file in enumerate(reader.files)}
        raise InputError(sorted(dict.fromkeys(problems), key=lambda p: _order(p, order)))
    file = scenario.pipeline.file
    return LoadedScenario(
        scenario,
        source,
        tuple(reader.files),
        tuple(map(without_passwords, overrides)),
        data,
        reader.written.get(file, file) if file else None,
        root,
    )


def _order(problem: Problem, files: Mapping[str, int]) -> tuple[int, int, int]:
    file = len(files) if problem.file is None else files.get(problem.file, len(files))
    return file, problem.line or 0, problem.column or 0


def _cross_checks(data: dict[str, Any], error: ValidationError, root: Node, context: dict[str, bool]) -> list[Problem]:
    """Check what is left between the parts when parts with errors of their own are set aside."""
    if all(line["type"] == FAULT and len(line["loc"]) == 0 for line in error.errors()):
        return []
    wrong = {line["loc"][0] for line in error.errors() if line["loc"]}
    if "leads" in wrong or "pipeline" in wrong:
        wrong.add("variants")  # their filters could name what is set aside
    kept = {key: value for key, value in data.items() if key not in wrong}
    required = {"version": 1, "as_of": "9999-12-31", "periods": {"unit": "year", "count": 1}}
    kept = {**{key: value for key, value in required.items() if key not in kept}, **kept}
    if "stages" not in kept:
        names = [item["name"] for item in _mappings(data.get("stages")) if isinstance(item.get("name"), str)]
        if not names or len(names) != len(data["stages"]):
            return []  # without all names, every stage named elsewhere would look unknown
        kept["stages"] = [{"name": name, "conversion": 0.5, "duration": 1} for name in dict.fromkeys(names)]
        kept.pop("segments", None)
        kept.pop("variants", None)
    try:
        Scenario.model_validate(kept, context=context)
    except ValidationError as rest:
        lines = {(line["loc"], line["msg"]) for line in error.errors()}
        if all((line["loc"], line["msg"]) in lines for line in rest.errors()):
            return []
        return translate(rest, root, Scenario)
    return []


def _mappings(value: Any) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
