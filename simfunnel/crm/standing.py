"""How a deal stands: one decision from all that a row says, its status, outcome, flags, reasons and stage.

Open needs evidence for it, or none against it. What nobody understands, and what contradicts itself, is used by
nothing and named.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from simfunnel.crm.flags import FLAGS, flag_value, truth
from simfunnel.crm.no_reason import says_nothing
from simfunnel.crm.stages import StageNames, StageReading
from simfunnel.crm.words.header_words import LEXICON as HEADER_WORDS
from simfunnel.crm.words.outcome_words import Outcome, outcome
from simfunnel.tabular.column import Column, Mask
from simfunnel.values.cells import clean, key
from simfunnel.wording.findings import Finding
from simfunnel.wording.language import tell

Kind = Literal["open", "won", "lost", "out"]
STAGE_MAP, STATUS_MAP = "pipeline.stage_map", "pipeline.status_map"
FILLED: dict[str, Literal["reason", "dated_won", "dated_lost"]] = {
    "lost_reason": "reason", "won_date": "dated_won", "lost_date": "dated_lost",
}  # fmt: skip
"""Columns that say something by being filled."""
DATED: dict[str, Literal["won", "lost"]] = {"dated_won": "won", "dated_lost": "lost"}
WORDS = ("outcome", "status", "status_detail")


@dataclass(frozen=True, slots=True)
class Standing:
    """What becomes of rows that say the same."""

    kind: Kind
    stage: str | None = None
    """Stage of the scenario an open deal is in."""
    by_star: bool = False
    """Whether `"*"` of `stage_map` put it there."""
    reason: Finding | None = None
    """Why it is left out."""
    numbered: bool = False
    """Whether the file has a number before the name of that stage."""
    by_reason: bool = False
    """Whether a filled reason of loss is all that says so."""
    unknown: tuple[str, ...] = ()
    """Status words nobody knows; of an open deal, which flags say is open all the same."""
    doubtful: bool = False
    """Whether it is left out because it was not understood, not because of what it says."""


@dataclass(frozen=True, slots=True)
class Signal:
    """What one column of a row says."""

    says: Outcome | Literal["deleted", "archived", "unknown", "dropped", "not_won", "reason", "past",
                  "dated_won", "dated_lost"]  # fmt: skip
    field: str
    shown: str
    """As it is shown in messages: `status 'Open'`."""
    word: str = ""
    """The word alone."""


class Evidence:
    """The columns that say how deals stand.

    Parameters
    ----------
    columns
        Field -> column, of status, outcome, flags and lost_reason.
    headers
        Field -> header, for messages.
    status_map
        Status word -> open, won, lost, void, or None to leave its rows out.
    statuses
        Status words of the CRM.
    ended
        (rows,) whether the actual closing day of a row is past; None if no column states it.
    """

    def __init__(
        self, columns: Mapping[str, Column], headers: Mapping[str, str], status_map: Mapping[str, str | None],
        statuses: Mapping[str, str], ended: Mask | None,
    ) -> None:  # fmt: skip
        self._columns = columns
        self._headers = headers
        self._map = {key(clean(word)): says for word, says in status_map.items()}
        self._statuses = {key(word): says for word, says in statuses.items()}
        self._ended = ended
        self._blank_is_no = {
            name: all(flag_value(text, name) is not False for text in columns[name].words)
            for name in FLAGS if name in columns
        }  # fmt: skip
        self._can_win = {
            name: any(self._word(text) == "won" for text in columns[name].words) for name in WORDS if name in columns
        }

    def read(self, stages: Column, names: StageNames) -> tuple[npt.NDArray[np.intp], list[Standing]]:
        """Decide every row: the number of its standing, and the standings."""
        parts = [stages.identity]
        for name, column in self._columns.items():
            parts.append(column.marks(_speaks).astype(np.int64) if name in FILLED else column.identity)
        if self._ended is not None:
            parts.append(self._ended.astype(np.int64))
        codes = np.zeros(len(stages), dtype=np.int64)
        for part in parts:
            width = int(part.max(initial=0)) + 1
            codes = np.unique(codes * width + part, return_inverse=True)[1]
        _, first, number = np.unique(codes, return_index=True, return_inverse=True)
        can_win = any(names.read(text).says == "won" for text in stages.words)
        return number, [
            self._decide(
                self._signals(row, names), names.read(stages.text(row)), stages.text(row), stage_can_win=can_win
            )
            for row in first.tolist()
        ]

    def _word(self, text: str) -> str | None:
        """Read a status word: by `status_map`, the CRM's own words, then the words of nine languages."""
        compared = key(text)
        if compared in self._map:
            return self._map[compared] or "dropped"
        said = self._statuses.get(compared) or outcome(text)
        return "deleted" if said == "void" and HEADER_WORDS.text(text).set == {"deleted"} else said

    def _signals(self, row: int, names: StageNames) -> list[Signal]:
        found: list[Signal] = []
        for name, column in self._columns.items():
            text = column.text(row)
            shown = f"{self._headers.get(name, name)} {text!r}"
            if name in WORDS:
                says = self._word(text) if text else None
                if says is None and names.is_own(text):
                    says = "open"  # a status that repeats the stage
                if says is not None or (text and name != "status_detail"):  # of details, what is not known says nothing
                    found.append(Signal(says or "unknown", name, shown, text))  # type: ignore[arg-type]
            elif name in FILLED:
                if _speaks(text):
                    found.append(Signal(FILLED[name], name, shown))
            else:
                found += self._flag(name, text, shown)
        if self._ended is not None and self._ended[row]:
            found.append(Signal("past", "closed", f"{self._headers.get('closed', 'closed')} is past"))
        return found

    def _flag(self, name: str, text: str, shown: str) -> list[Signal]:
        meaning = outcome(text) if text and truth(text) is None else None
        if meaning in {"won", "lost", "hold"}:  # `Closed: Lost` says more than that it is not called closed
            return [Signal(meaning, name, shown, text)]
        value = flag_value(text, name)
        if value is None and name == "is_won" and self._blank_is_no[name] and not text:
            value = False
        if value is None:
            said = self._map.get(key(text), "unknown") or "dropped"
            return [Signal(said, name, shown, text)] if text else []  # type: ignore[arg-type]
        says = {
            ("is_won", True): "won", ("is_won", False): "not_won", ("is_lost", True): "lost",
            ("is_closed", True): "closed", ("is_closed", False): "open", ("is_open", True): "open",
            ("is_open", False): "closed", ("is_active", False): "archived", ("is_deleted", True): "deleted",
            ("is_archived", True): "archived", ("is_void", True): "void",
        }.get((name, value))  # fmt: skip
        return [] if says is None else [Signal(says, name, shown)]  # type: ignore[arg-type]

    def _decide(
        self, signals: Sequence[Signal], stage: StageReading, raw: str, *, stage_can_win: bool
    ) -> Standing:  # fmt: skip
        said = _said(signals)
        if "deleted" in said:
            return _out(Finding("deleted"))
        if stage.says == "dropped":
            return Standing("out", reason=stage.reason)
        if "dropped" in said:
            shown = _of(signals, "dropped")[0].shown
            return _out(Finding("status_dropped", {"what": shown}, key=STATUS_MAP))
        ended = [signal for signal in signals if signal.field == "outcome" and signal.says in {"won", "lost"}]
        if ended:  # how it ended is said by a column that is filled at the end only: it beats the status
            signals = [signal for signal in signals if signal.field != "status" or signal.says in {"won", "lost"}]
            said = _said(signals)
        ends = said & {"won", "lost"}
        by_stage = stage.says if stage.says in {"won", "lost"} else None
        if len(ends | {by_stage} - {None}) > 1:
            return _contradiction(signals, raw if by_stage else None, {"won", "lost"})
        if ends or by_stage:
            return self._ended_as(ends.pop() if ends else by_stage, signals, said, stage, raw, bool(ended))
        return self._not_ended(signals, said, stage, raw, stage_can_win=stage_can_win)

    def _ended_as(
        self, end: str | None, signals: Sequence[Signal], said: set[str], stage: StageReading, raw: str, certain: bool
    ) -> Standing:
        """Won or lost, unless something else speaks against it."""
        against = said & {"open", "void", "hold"} | (said & {"not_won"} if end == "won" else set())
        by_stage_alone = not said & {"won", "lost"}
        if end == "won" and by_stage_alone and "not_won" in said and "closed" in said:
            return _contradiction(signals, raw, {"not_won", "closed"})
        if against and not certain and not (by_stage_alone and stage.stated):
            if by_stage_alone and against == {"open"}:
                return _out(Finding("closed_stage_but_open", {"stage": raw}, key=STAGE_MAP), doubtful=True)
            return _contradiction(signals, raw if by_stage_alone else None, {"won", "lost", *against})
        return Standing("won" if end == "won" else "lost")

    def _not_ended(
        self, signals: Sequence[Signal], said: set[str], stage: StageReading, raw: str, *, stage_can_win: bool
    ) -> Standing:
        if "void" in said or stage.says == "void":
            return _out(
                Finding(
                    "void",
                    {"what": _of(signals, "void")[0].shown if "void" in said else tell("stage {raw!r}", raw=raw)},
                )
            )
        dated = said & {"dated_won", "dated_lost"}
        if dated and "open" not in said:
            return _contradiction(signals, None, dated) if len(dated) > 1 else Standing(DATED[dated.pop()])
        if "archived" in said:
            return Standing("lost") if "reason" in said else _out(Finding("archived"))
        odd = [signal for signal in _of(signals, "unknown") if signal.field in {"is_won", "is_lost"}]
        closed = _of(signals, "closed") or (_of(signals, "past") if "open" not in said else [])
        if odd and (closed or stage.says == "closed"):
            return _unknown(odd)  # how it ended is answered by a word nobody knows
        if closed or stage.says == "closed":
            return self._closed(signals, said, stage, raw, closed, stage_can_win=stage_can_win)
        if "reason" in said and "open" not in said:
            return Standing("lost", by_reason=True)
        if "hold" in said or stage.says == "hold":
            by_stage = "hold" not in said
            shown = tell("stage {raw!r}", raw=raw) if by_stage else _of(signals, "hold")[0].shown
            return _out(Finding("on_hold", {"what": shown}, key=STAGE_MAP if by_stage else STATUS_MAP))
        unknown = _of(signals, "unknown")
        by_flag = any(signal.says == "open" and signal.field in FLAGS for signal in signals)
        if unknown and not by_flag:
            return _unknown(unknown)
        if stage.says != "stage":
            return _out(stage.reason or Finding("no_stage"), doubtful=True)
        return Standing(
            "open",
            stage.stage,
            stage.by_star,
            numbered=stage.numbered,
            unknown=tuple(signal.shown for signal in unknown),
        )

    def _closed(
        self, signals: Sequence[Signal], said: set[str], stage: StageReading, raw: str, closed: Sequence[Signal],
        *, stage_can_win: bool,
    ) -> Standing:  # fmt: skip
        """Closed, and nothing says how: lost if the file would say won, else nobody knows."""
        if "open" in said:
            return _contradiction(signals, None, {"open", "closed"})
        by_word = any(self._can_win.get(signal.field, False) for signal in closed)
        if closed and all(signal.says == "past" for signal in closed):  # a date that may be stale: not enough
            by_word = stage_can_win = False
        if "reason" in said or "not_won" in said or by_word or (stage.says == "stage" and stage_can_win):
            return Standing("lost")
        shown = closed[0].shown if closed else tell("stage {raw!r}", raw=raw)
        return _out(Finding("closed_not_known", {"what": shown}, key=STAGE_MAP), doubtful=True)


def _speaks(text: str) -> bool:
    """Whether a cell of a column that says something by being filled is filled by more than a word for nothing."""
    return text != "" and not says_nothing(text)


def _said(signals: Sequence[Signal]) -> set[str]:
    return {signal.says for signal in signals}


def _of(signals: Sequence[Signal], says: str) -> list[Signal]:
    return [signal for signal in signals if signal.says == says]


def _out(reason: Finding, *, unknown: tuple[str, ...] = (), doubtful: bool = False) -> Standing:
    return Standing("out", reason=reason, unknown=unknown, doubtful=doubtful)


def _unknown(signals: Sequence[Signal]) -> Standing:
    word = signals[0]
    fields = {"what": word.shown, "word": word.word, "field": word.field}
    shown = tuple(signal.shown for signal in signals)
    return _out(Finding("status_unknown", fields, key=STATUS_MAP), unknown=shown, doubtful=True)


def _contradiction(signals: Sequence[Signal], stage: str | None, about: set[str]) -> Standing:
    shown = [signal.shown for signal in signals if signal.says in about]
    if stage is not None:
        shown.append(tell("stage {raw!r}", raw=stage))
    return _out(Finding("signals_contradict", {"signals": tuple(shown)}, key=STATUS_MAP), doubtful=True)
