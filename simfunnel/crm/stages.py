"""From the stage in the file to a stage of the scenario, or to what its name says of the deal."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal

from simfunnel.crm.words.outcome_words import looks_closed, outcome
from simfunnel.errors import InputError, Problem
from simfunnel.values.cells import clean, key, nearest
from simfunnel.wording.findings import Finding

WON, LOST = "Won", "Lost"
REST = "*"

_NUMBERED = re.compile(
    r"\s*(?:[(\[\uff08]\s*\d{1,3}\s*[)\]\uff09]\s*[.:\-\u2013\u2014|]?|\d{1,3}(?:\.\d{1,2})?\s*[.):\-\u2013\u2014_|/\uff0e\u3001\uff1a\uff09]+)\s*(?=[^\W\d_])"
)
Says = Literal["stage", "won", "lost", "closed", "void", "hold", "nothing", "dropped"]


@dataclass(frozen=True, slots=True)
class StageReading:
    """What the stage of a row says."""

    says: Says
    """`stage`: a stage of the scenario; `nothing`: no stage anybody knows, why is in `reason`."""
    stage: str | None = None
    """Stage of the scenario."""
    stated: bool = False
    """Whether `stage_map` says so."""
    by_star: bool = False
    """Whether `"*"` of `stage_map` says so."""
    numbered: bool = False
    """Whether a number stands before its name."""
    reason: Finding | None = None
    """Why a row of this stage is left out, if it is open."""


def without_number(text: str) -> str:
    """Take off the number that orders stages: `01 - Qualification`, `2. Proposal`, `(3) Negotiation`."""
    found = _NUMBERED.match(text)
    return text[found.end() :] if found and found.end() < len(text) else text


class StageNames:
    """Reads stages.

    In this order: a stage that `stage_map` lists; the scenario's stages by name; the names of the CRM; keys of
    `stage_map` that match a beginning, the longest first; names that say won or lost in some language; and `"*"` of
    `stage_map` for all others that are filled and do not sound closed.
    """

    def __init__(
        self, stages: Sequence[str], stage_map: Mapping[str, str | None], preset_names: Mapping[str, str]
    ) -> None:
        self._names = list(stages)
        self._stages = {key(stage): stage for stage in stages} | {"won": WON, "lost": LOST}
        listed = {clean(raw): stage for raw, stage in stage_map.items() if not raw.endswith(REST)}
        self._listed = {key(raw): stage for raw, stage in listed.items()} | listed
        self._beginnings = {key(raw.removesuffix(REST)): to for raw, to in stage_map.items()
                            if raw.endswith(REST) and raw != REST}  # fmt: skip
        self._rest = stage_map.get(REST)
        self._has_rest = REST in stage_map
        self._preset_names = preset_names
        self.read = lru_cache(maxsize=100_000)(self._read)
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

    def is_own(self, raw: str) -> bool:
        """Whether a text is the name of a stage of the scenario."""
        return self._stages.get(key(raw)) in self._names

    def _read(self, raw: str) -> StageReading:
        """Tell what a stage says (cleaned text)."""
        compared = key(raw)
        if raw in self._listed or compared in self._listed:
            return self._stated(raw, self._listed.get(raw, self._listed.get(compared)), "stage_dropped")
        if (own := self._stages.get(compared)) is not None and own in self._names:
            return StageReading("stage", own)
        named = self._preset_names.get(compared)
        if named is not None and key(named) in self._stages:
            return self._of(self._stages[key(named)])
        for start in sorted(self._beginnings, key=len, reverse=True):
            if compared.startswith(start):
                return self._stated(raw, self._beginnings[start], "stage_dropped")
        if (bare := without_number(raw)) != raw:
            read = self._read(bare)
            if read.says == "stage" and not read.by_star:
                return replace(read, numbered=True)
        if not raw:
            return StageReading("nothing", reason=Finding("no_stage", key="pipeline.stage_map"))
        said = outcome(raw)
        if said is not None and said != "open":
            return StageReading(said)
        if self._has_rest and self._rest is None:
            return self._stated(raw, None, "stage_dropped_by_star")
        if self._has_rest and not looks_closed(raw):
            assert self._rest is not None
            return StageReading(
                self._of(self._stages[key(self._rest)]).says, self._stages[key(self._rest)], by_star=True
            )
        return StageReading("nothing", reason=self._unknown(raw))

    def _stated(self, raw: str, stage: str | None, code: str) -> StageReading:
        if stage is None:
            return StageReading("dropped", stated=True, reason=Finding(code, {"stage": raw}, key="pipeline.stage_map"))
        found = self._of(self._stages[key(stage)])
        return StageReading(found.says, found.stage, stated=True)

    @staticmethod
    def _of(stage: str) -> StageReading:
        if stage in {WON, LOST}:
            return StageReading("won" if stage == WON else "lost")
        return StageReading("stage", stage)

    def _unknown(self, raw: str) -> Finding:
        if self._has_rest:
            return Finding("closed_looking_stage", {"stage": raw}, key="pipeline.stage_map")
        return Finding("unknown_stage", {"stage": raw, "near": nearest(raw, self._names)}, key="pipeline.stage_map")


def no_known_stage(raws: Sequence[str], stages: Sequence[str], table_file: str | None) -> Problem:
    """Return the problem of a file none of whose stages the scenario knows."""
    distinct = list(dict.fromkeys(raw for raw in raws if raw))[:8]
    lines = "\n".join(f'    "{raw}": {nearest(raw, stages) or stages[0]}' for raw in distinct)
    return Problem(
        f"no row is in a stage of the scenario ({', '.join(stages)}). Say which stage is which under "
        "`pipeline` (Won, Lost, or null to drop the rows, are possible too), for example\n"
        f"  stage_map:\n{lines}",
        file=table_file)  # fmt: skip
