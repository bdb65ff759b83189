"""From the words of a source to stages and outcomes, each distinct word once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from simfunnel.arrays import Bools, Ints
from simfunnel.crm.words.outcome_words import looks_closed, outcome
from simfunnel.errors import InputError, Problem, shorten
from simfunnel.history.history import LOST, VOID, WON
from simfunnel.tabular.column import Column
from simfunnel.values.cells import clean, key, letters, nearest
from simfunnel.wording.numbers import plural

REST = "*"
NO_STAGE, LEFT_OUT, UNKNOWN = -10, -11, -12
"""What a word is that is no stage and no outcome: blank, left out by `stage_map`, or known to nobody."""
ENDS = {"won": WON, "lost": LOST, "void": VOID}
MOST_STAGES = 100
"""A column with more different words than this holds no stages."""


@dataclass
class StageWords:
    """Reads words: by `stages`, `won`, `lost` and `void`, then `stage_map`, the names of the CRM, and words of closing.

    Without `stages`, every other word is a stage; their order is found later.
    """

    stages: tuple[str, ...] | None = None
    """In order; None if they are to be found."""
    stage_map: Mapping[str, str | None] = field(default_factory=dict)
    won: Sequence[str] = ()
    lost: Sequence[str] = ()
    void: Sequence[str] = ()
    labels: Mapping[str, str] = field(default_factory=dict)
    """Names of the CRM: word, compared -> label."""
    found: dict[str, str] = field(default_factory=dict)
    """Stages found in the source: compared -> as first spelt."""

    def __post_init__(self) -> None:
        self._stated: dict[str, str | int] = {key(clean(name)): name for name in self.stages or ()}
        for names, end in ((self.won, WON), (self.lost, LOST), (self.void, VOID)):
            self._stated |= {key(clean(name)): end for name in names}
        self._exact: dict[str, str | None] = {}
        self._beginnings: list[tuple[str, str | None]] = []
        problems = []
        for raw, to in self.stage_map.items():
            if raw.endswith(REST) and raw != REST:
                self._beginnings.append((key(raw.removesuffix(REST)), to))
            elif raw != REST:
                self._exact[key(clean(raw))] = to
            if to is not None and self.stages is not None and self._target(to) is None:
                known = ", ".join([*self.stages, "Won", "Lost", "Void"])
                problems.append(Problem(f"{to!r} is no stage: expected one of {known}", f"history.stage_map[{raw!r}]"))
        if problems:
            raise InputError(problems)
        self._beginnings.sort(key=lambda pair: -len(pair[0]))

    def _target(self, name: str) -> str | int | None:
        compared = key(clean(name))
        if compared in self._stated:
            return self._stated[compared]
        if compared in ENDS:
            return ENDS[compared]
        return None if self.stages is not None else self._found(name)

    def _found(self, name: str) -> str:
        return self.found.setdefault(key(name), name)

    def names_stage(self, text: str) -> bool:
        """Whether the settings name a stage or an outcome of this name."""
        compared = key(text)
        return compared in self._stated or self._exact.get(compared) is not None

    def read(self, text: str) -> str | int:
        """Give the stage a word names, WON, LOST or VOID, or why it is neither."""
        text = clean(text)
        if not text:
            return NO_STAGE
        compared = key(text)
        if compared in self._stated:
            return self._stated[compared]
        if compared in self._exact:
            return self._mapped(self._exact[compared])
        label = self.labels.get(compared)
        if label is not None and (stated := self._by_label(label)) is not None:
            return stated
        for start, to in self._beginnings:
            if compared.startswith(start):
                return self._mapped(to)
        if (said := outcome(text)) in ENDS:
            return ENDS[str(said)]
        if REST in self.stage_map:
            return self._mapped(self.stage_map[REST])
        if self.stages is not None:
            alike = {letters(name): name for name in self.stages}
            return alike.get(letters(text), UNKNOWN)
        return self._found(label or text)

    def _mapped(self, to: str | None) -> str | int:
        if to is None:
            return LEFT_OUT
        target = self._target(to)
        return UNKNOWN if target is None else target

    def _by_label(self, label: str) -> str | int | None:
        compared = key(label)
        if compared in ENDS:
            return ENDS[compared]
        return self._stated.get(compared)

    def codes(self, column: Column, rows: Bools | None = None) -> tuple[Ints, tuple[str, ...]]:
        """Give the code of each row: a position in the names returned, or a negative number.

        Parameters
        ----------
        column
            Column of stages.
        rows
            (rows,) those that count; all by default.

        Raises
        ------
        InputError
            If words are neither stages nor mapped: with their counts.
        """
        counts = np.bincount(column.codes if rows is None else column.codes[rows], minlength=max(len(column.cells), 1))
        texts = column.texts or [""]
        answers = [self.read(text) if counts[code] else NO_STAGE for code, text in enumerate(texts)]
        unknown: dict[str, int] = {}
        for text, answer, count in zip(texts, answers, counts.tolist(), strict=True):
            if answer == UNKNOWN:
                unknown[text] = unknown.get(text, 0) + count
        if unknown:
            raise InputError(Problem(self._strangers(unknown), "history.stages"))
        names = self.names
        if len(names) > MOST_STAGES and self.stages is None:
            listed = shorten(", ".join(map(repr, names)), 200)
            raise InputError(Problem(
                f"{len(names):,} different words stand where stages should ({listed}): name the stages under "
                '`stages`, and what becomes of the others under `stage_map`, for example {"*": null}',
                "history.stages"))  # fmt: skip
        place = {name: i for i, name in enumerate(names)}
        table = np.array([place[a] if isinstance(a, str) else a for a in answers], dtype=np.int64)
        return table[column.codes], names

    @property
    def names(self) -> tuple[str, ...]:
        """Stages, in order if they were stated, else as found."""
        return self.stages if self.stages is not None else tuple(self.found.values())

    def _strangers(self, unknown: Mapping[str, int]) -> str:
        listed = sorted(unknown.items(), key=lambda item: -item[1])
        lines = "\n".join(f"  {name!r}: {plural(count, 'row')}" for name, count in listed[:12])
        more = f"\n  and {len(listed) - 12:,} more" if len(listed) > 12 else ""
        near = nearest(listed[0][0], self.stages or ())
        to = "Lost" if looks_closed(listed[0][0]) else near or (self.stages or ("a stage",))[0]
        return (
            f"the source holds {plural(len(listed), 'stage')} that `stages` does not:\n{lines}{more}\n"
            f'Add them to `stages`, `won`, `lost` or `void`, or map them, for example `stage_map: {{"{listed[0][0]}": '
            f'{to}}}`; null leaves a stage out, "*" is the rest'
        )
