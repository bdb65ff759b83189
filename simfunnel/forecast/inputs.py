"""From whatever a caller has (a path, a mapping, a scenario) to a compiled model with its provenance."""

from __future__ import annotations

import hashlib
import json
import os
import platform
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from simfunnel.crm import PipelineTable, read_pipeline
from simfunnel.engine.run.recent import Recent
from simfunnel.errors import InputError
from simfunnel.forecast.labels import check_labels
from simfunnel.funnel.book import Compiled
from simfunnel.funnel.calendar import Period, fiscal_periods
from simfunnel.funnel.compile import compile_scenario
from simfunnel.funnel.computable import fault_of, written_distributions
from simfunnel.funnel.groups import DIMENSIONS
from simfunnel.funnel.model import Model
from simfunnel.scenario import LoadedScenario, Scenario, load_scenario, parse_scenario
from simfunnel.scenario.schema import TOTAL, Shift, Target
from simfunnel.tabular.table import Table
from simfunnel.values.messages import nearest, show

if TYPE_CHECKING:
    import pandas as pd

ScenarioLike = str | os.PathLike[str] | Mapping[str, Any] | Scenario | LoadedScenario
"""A scenario file, its content, or what `load_scenario` made of it."""


Keep = Callable[[Scenario, PipelineTable, tuple[str, ...], Callable[[], Compiled]], Compiled]
"""See `simfunnel.forecast.kept_models.kept_or_made`."""


@dataclass(frozen=True)
class Prepared:
    """A scenario with its open deals, read and checked, ready to be compiled under any shifts."""

    loaded: LoadedScenario
    table: PipelineTable
    periods: tuple[Period, ...]
    frame_bytes: bytes
    """What a data frame given in place of the pipeline file hashes to; empty without one."""
    recent: Recent = field(default_factory=Recent, init=False, compare=False, repr=False)
    """Models and laws made lately, so that a forecast with another seed, or one moved assumption, starts from them.

    Not given to a copy by `dataclasses.replace`: it belongs to this scenario and these deals alone.
    """

    @property
    def scenario(self) -> Scenario:
        """The scenario."""
        return self.loaded.scenario

    def compiled(
        self, shifts: Sequence[Shift] = (), groups: Iterable[str] = DIMENSIONS, keep: Keep | None = None
    ) -> Compiled:
        """Compile under shifts. The last few are kept and given again: they are not to be changed.

        `keep` reads what was compiled without shifts by an earlier process, or makes and keeps it.
        """
        wanted = tuple(groups)
        key = ("model", shift_key(shifts), wanted)
        anchor = self.scenario.anchor
        first = (Shift(path="win_rate", scale=anchor.factor),) if anchor else ()

        def make() -> Compiled:
            return compile_scenario(self.scenario, self.table, (*first, *shifts), wanted)

        if keep is None or shifts:
            return self.recent.get(key, make)
        return self.recent.get(key, lambda: keep(self.scenario, self.table, wanted, make))

    def model(self, shifts: Sequence[Shift] = (), groups: Iterable[str] = DIMENSIONS) -> Model:
        """Compile under shifts, and give the model alone."""
        return self.compiled(shifts, groups).model

    def variant(self, name: str | None) -> tuple[Shift, ...]:
        """List the shifts of a named variant; none for None."""
        if name is None:
            return ()
        variants = self.scenario.variants
        if name not in variants:
            best = nearest(name, variants)
            known = ", ".join(variants) or "none"
            hint = f"; did you mean '{best}'?" if best else ""
            raise InputError(f"no variant '{name}' in the scenario{hint} (known here: {known})")
        return variants[name].shifts

    def under(self, variant: str | None) -> Prepared:
        """Give the scenario with the targets that a variant has of its own; itself where it has none."""
        self.variant(variant)
        own = self.scenario.variants[variant] if variant is not None else None
        if own is None or not own.targets:
            return self
        scenario = self.scenario.model_copy(update={"targets": own.over(self.scenario.targets)})
        key = ("under", variant)
        return self.recent.get(key, lambda: replace(self, loaded=replace(self.loaded, scenario=scenario)))

    @classmethod
    def of(cls, scenario: ScenarioLike, table: PipelineTable) -> Prepared:
        """Prepare a scenario with a table of open deals that was made in memory, in place of its pipeline.

        Parameters
        ----------
        scenario
            A path, a mapping, a `Scenario` or a `LoadedScenario`; its pipeline file is not read.
        table
            Open and won deals; days in it are relative to the start of the scenario's `as_of`.

        Raises
        ------
        InputError
            If a label is not among the periods, or a deal is in a stage that the scenario does not have.
        """
        loaded = as_loaded(scenario)
        s = loaded.scenario
        periods = fiscal_periods(s.periods, s.as_of)
        check_labels(loaded, periods)
        stages = [stage.name for stage in s.stages]
        if unknown := sorted(set(table.open.stage) - set(stages)):
            raise InputError(f"the table has deals in {', '.join(unknown)}; the stages are {', '.join(stages)}")
        return cls(loaded, table, periods, repr(_content(table)).encode())

    def sha256(self, shifts: Sequence[Shift] = ()) -> str:
        """Hash of the resolved scenario, the shifts and the bytes of the pipeline file: the same on every machine."""
        texts = dict(self.recent.get(("texts",), self._texts))
        texts["shifts"] = _json([shift.model_dump(mode="json") for shift in shifts])
        resolved = ", ".join(f"{_json(key)}: {texts[key]}" for key in sorted(texts))
        digest = hashlib.sha256(f"{{{resolved}}}".encode())
        if self.frame_bytes:
            digest.update(self.frame_bytes)
        elif self.scenario.pipeline.file is not None:
            digest.update(Path(self.scenario.pipeline.file).read_bytes())
        return digest.hexdigest()

    def _texts(self) -> dict[str, str]:
        """JSON of each key of the resolved scenario: together, that of the whole."""
        resolved = self.scenario.model_dump(mode="json")
        resolved["pipeline"]["file"] = self.loaded.pipeline_file
        del resolved["store"]  # where results are kept is no part of what they are
        del resolved["language"]  # nor is the language in which they are told
        if resolved["pipeline"]["store"] is None:
            del resolved["pipeline"]["store"]
        else:
            del resolved["pipeline"]["store"]["url"]
        del resolved["pipeline"]["url"]
        del resolved["pipeline"]["category_map"]  # no forecast reads it
        if resolved["pipeline"]["sql"] is None:
            del resolved["pipeline"]["sql"]
        return {key: _json(value) for key, value in resolved.items()}


def without_anchor(ready: Prepared) -> Prepared:
    """Leave out the correction towards the run-rate; spreads stay as they are written."""
    scenario = ready.scenario.model_copy(update={"anchor": None})
    return replace(ready, loaded=replace(ready.loaded, scenario=scenario))


FIRST_YEAR, LAST_YEAR = 1000, 9000
"""Years that labels can be written for, with room for what is counted from them."""


def _content(table: PipelineTable) -> list[tuple[str, list[Any]]]:
    """What a table made in memory says, column by column: what it is hashed by."""
    parts = (("open", table.open), ("won", table.won), ("won_earlier", table.won_earlier))
    return [(f"{name}.{f.name}", list(getattr(part, f.name))) for name, part in parts for f in fields(part)]


def _json(value: object) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False)


def shift_key(shifts: Sequence[Shift]) -> tuple[tuple[str, str, float], ...]:
    """Give shifts by their content, to keep what follows from them."""
    return tuple((shift.path, shift.operation, shift.value) for shift in shifts)


def prepare(
    scenario: ScenarioLike,
    *,
    overrides: Sequence[str] = (),
    pipeline: pd.DataFrame | Table | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Prepared:
    """Read and check a scenario and its open deals.

    Parameters
    ----------
    scenario
        A path, a mapping, a `Scenario` or a `LoadedScenario`.
    overrides
        ``path=value`` texts, for a path or a mapping.
    pipeline
        Open deals as a data frame or a table, in place of the scenario's pipeline file; columns as in an export.
    progress
        Called with rows read and rows in all.

    Raises
    ------
    InputError
        With every problem found.
    """
    loaded = as_loaded(scenario, overrides)
    s = loaded.scenario
    periods = _periods(loaded)
    check_labels(loaded, periods)
    _check_distributions(loaded)
    table = read_pipeline(
        s.pipeline,
        as_of=s.as_of,
        period_start=periods[0].start,
        stages=[stage.name for stage in s.stages],
        segments=list(s.segments),
        currency=s.currency,
        teams=s.teams,
        table=pipeline,
        book=s.name or None,
        progress=progress,
    )
    if pipeline is not None and not isinstance(pipeline, Table):
        content = pipeline.to_csv().encode()
    else:
        file = pipeline is None and (s.pipeline.file is not None or s.pipeline.inline)
        content = b"" if file else repr(_content(table)).encode()
    return Prepared(loaded, table, periods, content)


def with_target(prepared: Prepared, target: float, period: str | None = None) -> Prepared:
    """Give a scenario with another target for everything in a period, recorded like any other override.

    Parameters
    ----------
    prepared
        The scenario.
    target
        Amount to reach, major units.
    period
        Label, or total; default the first.

    Raises
    ------
    InputError
        If there is no such period.
    """
    labels = [p.label for p in prepared.periods]
    label = labels[0] if period is None else period
    if label not in (*labels, TOTAL):
        raise InputError(f"no period '{label}' in the scenario; known: {', '.join(labels)}, {TOTAL}")
    scenario = prepared.scenario
    kept = [t for t in scenario.targets if t.group is not None or t.period != label]
    targets = (*kept, Target(period=label, amount=target))
    listed = [t.model_dump(mode="json", exclude_none=True, exclude_defaults=True) for t in targets]
    override = f"targets={json.dumps(listed, ensure_ascii=False)}"
    loaded = replace(
        prepared.loaded,
        scenario=scenario.model_copy(update={"targets": targets}),
        overrides=(*prepared.loaded.overrides, override),
    )
    return replace(prepared, loaded=loaded)


def as_loaded(scenario: ScenarioLike, overrides: Sequence[str] = ()) -> LoadedScenario:
    """Load a scenario from whatever a caller has; a pipeline file that it names is not read."""
    if isinstance(scenario, LoadedScenario):
        return scenario
    if isinstance(scenario, Scenario):
        return parse_scenario(scenario.model_dump(mode="json"), overrides)
    if isinstance(scenario, Mapping):
        return parse_scenario(scenario, overrides)
    return load_scenario(scenario, overrides)


def _periods(loaded: LoadedScenario) -> tuple[Period, ...]:
    """The periods, all of them in years of four digits, with one to spare on either side."""
    s = loaded.scenario
    found = show(s.as_of.isoformat())
    try:
        periods = fiscal_periods(s.periods, s.as_of)
    except (ValueError, OverflowError):
        periods = ()
    if not periods or periods[-1].end.year > LAST_YEAR:
        message = f"expected a day from which {s.periods.count} periods end before {LAST_YEAR + 1}, found {found}"
        raise InputError(loaded.problem(("as_of",), message))
    if periods[0].start.year < FIRST_YEAR:
        raise InputError(loaded.problem(("as_of",), f"expected a day after the year {FIRST_YEAR}, found {found}"))
    return periods


def _check_distributions(loaded: LoadedScenario) -> None:
    """Every distribution that is written must be one that can be computed with."""
    faults = ((at, fault_of(written)) for at, written in written_distributions(loaded.scenario))
    if problems := [loaded.problem(at, fault) for at, fault in faults if fault]:
        raise InputError(problems)


def environment() -> dict[str, str]:
    """Versions that could matter for a result."""
    import numba
    import numpy as np

    return {
        "python": platform.python_version(),
        "numpy": np.__version__,
        "numba": numba.__version__,
        "machine": platform.machine(),
    }
