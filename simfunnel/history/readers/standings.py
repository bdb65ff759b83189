"""How each row says that its deal stands, by outcomes, statuses and flags, as the pipeline reader understands them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from simfunnel.arrays import Ints
from simfunnel.crm.detect import detect_preset
from simfunnel.crm.stages import StageNames
from simfunnel.crm.standing import FILLED, Evidence, Standing
from simfunnel.errors import InputError, Problem
from simfunnel.history.desk import Desk
from simfunnel.history.fields import STANDING
from simfunnel.history.history import LOST, STILL, VOID, WON
from simfunnel.history.stage_words import UNKNOWN
from simfunnel.tabular.column import Column
from simfunnel.wording.findings import Finding
from simfunnel.wording.numbers import plural

OPEN = STILL
UNCLEAR = UNKNOWN
"""A row that says it is over, but not how; or that contradicts itself."""
ENDED = {WON: "Won", LOST: "Lost"}
VOIDS = frozenset({"void", "deleted", "archived"})
STILL_OPEN = frozenset({"on_hold", "no_stage", "unknown_stage", "closed_looking_stage", "stage_dropped"})
"""Reasons for which the pipeline reader leaves a row out although it is neither won nor lost."""


def outcome_codes(desk: Desk, stages: Ints | None = None) -> Ints | None:
    """Give WON, LOST, VOID, OPEN or UNCLEAR for each row; None if no column says how deals stand.

    Parameters
    ----------
    stages
        (rows,) codes of the stages as read, whose outcomes count too.

    Raises
    ------
    InputError
        If status words are known to nobody: with their counts.
    """
    said = {name: column for name in (*STANDING, *FILLED) if (column := desk.column(name)) is not None}
    if stages is None and not said:
        return None
    if said:
        desk.decide("outcome_field", next((n for n in ("outcome", "status", "is_won") if n in said), next(iter(said))))
    words = _words(desk, said)
    evidence = Evidence(
        said, {name: desk.header(name) for name in said}, words, detect_preset(desk.table.headers).statuses, None
    )
    names = ("Open", "Won", "Lost")
    table = np.zeros(0, dtype=np.int64) if stages is None else stages
    in_words = np.where(table == WON, 1, np.where(table == LOST, 2, 0)) if stages is not None else 0
    column = Column(np.full(len(desk.table), in_words, dtype=np.int32), names)
    number, standings = evidence.read(column, StageNames(("Open",), {}, {}))
    counts = np.bincount(number, minlength=len(standings))
    _check(standings, counts.tolist(), desk)
    codes = np.array([_code(standing) for standing in standings] or [OPEN], dtype=np.int64)[number]
    if stages is not None:
        codes[stages == VOID] = VOID
    return codes


def _words(desk: Desk, said: Mapping[str, Column]) -> dict[str, str | None]:
    """Words that the settings call won, lost or void; and what `Completed` says beside lost ones, if none is won."""
    settings = desk.settings
    words: dict[str, str | None] = {}
    for end, listed in (("won", settings.won), ("lost", settings.lost), ("void", settings.void)):
        words |= {str(word): end for word in listed}
    for name in ("outcome", "status"):
        if name in said:
            words |= {text: "open" for text in said[name].words if text not in words and _is_stage(desk, text)}
            words |= _completed(desk, said[name], words)
    return words


def _is_stage(desk: Desk, text: str) -> bool:
    return isinstance(desk.words().read(text), str) and desk.settings.stages is not None


def _completed(desk: Desk, column: Column, words: Mapping[str, str | None]) -> dict[str, str | None]:
    """Where some deals are lost and none is won, those that are closed otherwise are won: said, to be contradicted."""
    from simfunnel.crm.words.outcome_words import outcome

    read = {text: words.get(text) or outcome(text) for text in column.words}
    closed = [text for text, says in read.items() if says == "closed"]
    is_so = "lost" in read.values() and "won" not in read.values() and len(closed) == 1
    word = desk.decide("completed", closed[0] if is_so else "")
    if word and word in read:
        desk.found.append(Finding("closed_taken_for_won", {"word": word}, key="history.won"))
    return {word: "won"} if word else {}


def _check(standings: list[Standing], counts: list[int], desk: Desk) -> None:
    unknown: dict[str, int] = {}
    for standing, count in zip(standings, counts, strict=True):
        if standing.reason is not None and standing.reason.code == "status_unknown":
            shown = str(standing.reason.fields["what"])
            unknown[shown] = unknown.get(shown, 0) + count
    if unknown:
        lines = "\n".join(f"  {shown}: {plural(count, 'row')}" for shown, count in list(unknown.items())[:12])
        raise InputError(Problem(
            f"nobody knows what is meant by\n{lines}\nName these words under `won`, `lost`, `void` or `stages`; if the "
            "column says something else, add for example `columns: {status: null}`",
            "history", desk.table.file))  # fmt: skip


def _code(standing: Standing) -> int:
    if standing.kind in {"won", "lost"}:
        return WON if standing.kind == "won" else LOST
    if standing.kind == "open":
        return OPEN
    reason = standing.reason.code if standing.reason is not None else ""
    return VOID if reason in VOIDS else OPEN if reason in STILL_OPEN else UNCLEAR
