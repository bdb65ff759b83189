"""From the stage in the file to a stage of the scenario, Won or Lost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from simfunnel.crm.presets.common import CLOSED_STAGES
from simfunnel.errors import InputError, Problem
from simfunnel.values.cells import clean, key, nearest
from simfunnel.wording.findings import Finding

WON, LOST = "Won", "Lost"


@dataclass(frozen=True, slots=True)
class Placed:
    """Where a row belongs, or why nowhere."""

    stage: str | None
    """A stage of the scenario, `Won` or `Lost`; None leaves the row out."""
    reason: Finding | None = None
    unknown: bool = False


class StageNames:
    """Places rows by stage and status.

    In this order: a stage that `stage_map` names with null is dropped; a status of won or lost decides;
    then `stage_map`, the scenario's stages by name, the names of closed stages, and `"*"` of `stage_map`
    for all others.
    """

    def __init__(
        self, stages: Sequence[str], stage_map: Mapping[str, str | None], preset_names: Mapping[str, str]
    ) -> None:
        self._stages = {key(stage): stage for stage in stages} | {"won": WON, "lost": LOST}
        self._listed = {clean(raw): stage for raw, stage in stage_map.items() if raw != "*"}
        self._listed_loosely = {key(raw): stage for raw, stage in self._listed.items()}
        self._rest = stage_map.get("*")
        self._has_rest = "*" in stage_map
        self._preset_names = preset_names
        self._names = list(stages)
        self._memory: dict[tuple[str, str | None], Placed] = {}
        problems = [
            Problem(
                f"{stage!r} is no stage of the scenario: expected one of {', '.join([*stages, WON, LOST])}",
                path=f"pipeline.stage_map[{raw!r}]",
            )
            for raw, stage in stage_map.items()
            if stage is not None and key(stage) not in self._stages
        ]
        if problems:
            raise InputError(problems)

    def place(self, raw: str, status: str | None) -> Placed:
        """Place a row with this stage (cleaned text) and status."""
        found = self._memory.get((raw, status))
        if found is None:
            found = self._memory[raw, status] = self._place(raw, status)
        return found

    def _place(self, raw: str, status: str | None) -> Placed:
        listed = raw in self._listed or key(raw) in self._listed_loosely
        mapped = self._listed.get(raw, self._listed_loosely.get(key(raw)))
        if listed and mapped is None:
            return Placed(None, Finding("stage_dropped", {"stage": raw}))
        if status in {"won", "lost"}:
            return Placed(WON if status == "won" else LOST)
        if mapped is not None:
            return Placed(self._stages[key(mapped)])
        own = self._stages.get(key(raw))
        if own is not None and (own in self._names or status is None):
            return Placed(own)
        named = self._preset_names.get(key(raw)) or CLOSED_STAGES.get(key(raw))
        if named is not None and key(named) in self._stages and (status is None or named not in {WON, LOST}):
            return Placed(self._stages[key(named)])
        if self._has_rest:
            if self._rest is None:
                return Placed(None, Finding("stage_dropped_by_star", {"stage": raw}))
            return Placed(self._stages[key(self._rest)])
        return self._unknown(raw, named if named in {WON, LOST} else None)

    def _unknown(self, raw: str, closed: str | None) -> Placed:
        if not raw:
            return Placed(None, Finding("no_stage"), unknown=True)
        if closed is not None or key(raw) in {"won", "lost"}:
            return Placed(None, Finding("closed_stage_but_open", {"stage": raw}), unknown=True)
        near = nearest(raw, self._names)
        return Placed(None, Finding("unknown_stage", {"stage": raw, "near": near}), unknown=True)


def no_known_stage(raws: Sequence[str], stages: Sequence[str], table_file: str | None) -> Problem:
    """Return the problem of a file none of whose stages the scenario knows."""
    distinct = list(dict.fromkeys(raw for raw in raws if raw))[:8]
    lines = "\n".join(f'    "{raw}": {nearest(raw, stages) or stages[0]}' for raw in distinct)
    return Problem(
        f"no row is in a stage of the scenario ({', '.join(stages)}). Say which stage is which under "
        "`pipeline` (Won, Lost, or null to drop the rows, are possible too), for example\n"
        f"  stage_map:\n{lines}",
        file=table_file)  # fmt: skip
