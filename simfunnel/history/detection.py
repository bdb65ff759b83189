"""Which form a table has, and which column holds what: by signature, then by content."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from simfunnel.crm.content import Known
from simfunnel.crm.detect import detect_preset
from simfunnel.crm.presets import PRESETS
from simfunnel.crm.words.header_words import LEXICON
from simfunnel.errors import InputError, Problem
from simfunnel.history.decisions import Decisions, Form
from simfunnel.history.desk import Desk, index_of
from simfunnel.history.fields import (
    FACTS,
    OTHER,
    OWN,
    STANDING,
    crm_columns,
    holds_dates,
    is_dated,
    listed,
    own_columns,
    stated_columns,
    stay_columns,
)  # fmt: skip
from simfunnel.history.settings import HistorySettings
from simfunnel.history.stage_words import StageWords
from simfunnel.tabular.table import Table
from simfunnel.values.cells import clean, key
from simfunnel.values.words import bare_letters
from simfunnel.wording.findings import Finding

EXITED = (
    r"hs_v2_date_exited_(?P<stage>.+?)(?:_(?P<pipeline>\d{3,}))?",
    r"hs_date_exited_(?P<stage>.+?)(?:_(?P<pipeline>\d{3,}))?",
    r'date exited "(?P<stage>.+?)(?: \((?P<pipeline>[^()]*)\))?"',
)
CURRENT = frozenset({"currentstage"})
"""What stands in a header where a stage would, and is none."""
AROUND = re.compile(
    r"\b(date|entered|entry|exited|reached|at|on|since|stage|start|started|begin|first)\b|\(.*?\)|[_\-:]"
)
REPEATED = 0.3
"""Rows with the days of creation and closing are events all the same if more of the deals than this have several."""
EVENT_FIELDS = ("case", "stage", "time", "from", "lifecycle", "exited")
CHANGE_FIELDS = ("case", "field", "old", "new", "time")


def lay_out(table: Table, settings: HistorySettings, decided: Decisions | None = None, *, xes: bool = False) -> Desk:
    """Find the form of a table and its columns.

    Raises
    ------
    InputError
        If nothing tells what the rows are, or the columns that the form needs are not there.
    """
    if decided is not None:
        places = {header: i for i, header in reversed(list(enumerate(table.headers)))}
        return Desk(
            table, decided.form, settings, index_of(table, decided.columns),
            [(places[header], stage) for header, stage in decided.entered if header in places],
            [(places[header], stage) for header, stage in decided.exited if header in places],
            decided,
        )  # fmt: skip
    words = StageWords(settings.stages, settings.stage_map, settings.won, settings.lost, settings.void)
    named = [*(settings.stages or ()), *map(str, (*settings.won, *settings.lost, *settings.void))]
    stated, own_entered = stated_columns(table, settings.columns, named)
    refused = frozenset(name for name, header in settings.columns.items() if header is None)
    found = {**{n: i for n, i in own_columns(table, OWN, settings.date_format).items() if n not in refused}, **stated}
    if "time" not in stated and "lifecycle" not in found and not _is_activity(table, found):
        stay = stay_columns(table, set(stated.values()), settings.date_format)
        if stay is not None:
            found |= {"time": stay[0], "exited": stay[1]}
    entered, exited = _stage_dates(table, words, set(stated.values()))
    entered = [(i, s) for i, s in entered if i not in own_entered.values()] + [(i, s) for s, i in own_entered.items()]
    form = "xes" if xes else settings.format
    if form == "auto":
        form = _form(table, found, entered, settings, own_entered=bool(own_entered))
    reading: dict[str, tuple[str, ...]] = {
        "events": EVENT_FIELDS, "xes": EVENT_FIELDS, "changes": CHANGE_FIELDS, "wide": ("case",),
        "two_dates": ("case",), "snapshots": ("case", "stage", "snapshot", "valid_from", "valid_to"),
    }  # fmt: skip
    if form == "changes":
        found = _change_columns(table, found, stated)
    fields = {name: index for name, index in found.items() if name in reading[form] or name in stated}
    if form != "wide":
        entered, exited = [], []
    desk = Desk(table, form, settings, fields, entered, exited)
    _complete(desk, words, refused)
    _require(desk)
    _tell(desk)
    return desk


def _is_activity(table: Table, found: dict[str, int]) -> bool:
    """Whether the rows are activities, which count when they are complete, not stays in a stage."""
    header = table.headers[found["stage"]] if "stage" in found else ""
    return bare_letters(header) in {"conceptname", "activity", "activityname", "event", "eventname", "task"}


def _change_columns(table: Table, found: dict[str, int], stated: dict[str, int]) -> dict[str, int]:
    """Columns of a log of changes; HubSpot calls them name, value and timestamp."""
    letters = {bare_letters(header): i for i, header in enumerate(table.headers)}
    if {"name", "value"} <= letters.keys() and "new" not in stated:
        found = {"field": letters["name"], "new": letters["value"], **found}
    return found


def _complete(desk: Desk, words: StageWords, refused: frozenset[str]) -> None:
    """Add the columns that pipeline exports have too."""
    table, fields = desk.table, desk.fields
    used = {index for index, _ in (*desk.entered, *desk.exited)}
    taken = {**fields, **{f"stage {index}": index for index in used}}
    wanted = [*FACTS, *OTHER, *STANDING, "case", "stage"]
    if desk.form == "changes":
        wanted = ["case", "stage_entered", "modified", "created", "is_deleted"]
    own = frozenset(key(clean(name)) for name in words.stages or ())
    known = Known(stages=own, date_format=desk.settings.date_format)
    found = crm_columns(table, wanted, taken, refused, known)
    if desk.form in {"events", "xes", "changes"} and "time" not in fields:
        for name in ("stage_entered", "modified", "created"):
            if name in found:
                fields["time"] = found.pop(name)
                break
        else:
            dated = [
                i
                for i in range(len(table.headers))
                if i not in taken.values() and is_dated(table, i, desk.settings.date_format)
            ]
            if len(dated) == 1:
                fields["time"] = dated[0]
                found = {name: index for name, index in found.items() if index != dated[0]}
    if desk.form in {"two_dates", "wide"} and "created" not in fields and "created" not in found:
        for name in ("stage_entered", "modified"):
            if name in found:
                found["created"] = found.pop(name)
                break
    if "closed" in found and _says_won(table.headers[found["closed"]]):
        found.setdefault("won_date", found.pop("closed"))  # `Won time`: of won deals only
    stated_end = {"closed", "won_date", "lost_date"} & {*fields, *found}
    if desk.form in {"two_dates", "wide", "snapshots"} and not stated_end and "close_date" in found:
        found["closed"] = found["close_date"]  # of open deals it is the day that somebody expects
        if desk.form != "snapshots":  # known since when it was seen; elsewhere it would tell the end from creation on
            del found["close_date"]
    for name, index in found.items():
        fields.setdefault(name, index)
    if desk.form in {"events", "xes"} and "stage" not in fields and "status" in fields:
        fields["stage"] = fields.pop("status")


def _says_won(header: str) -> bool:
    said = LEXICON.text(header).set
    return "won" in said and not said & {"closed", "close"}


def _stage_dates(
    table: Table, words: StageWords, taken: set[int]
) -> tuple[list[tuple[int, str]], list[tuple[int, str]]]:
    """Columns that say when a stage was entered, and left."""
    entered: list[tuple[int, str]] = []
    exited: list[tuple[int, str]] = []
    patterns = [(p, entered) for p in PRESETS["hubspot"].entered_patterns] + [(p, exited) for p in EXITED]
    compiled = [(re.compile(p, re.IGNORECASE), into) for p, into in patterns]
    for index, header in enumerate(table.headers):
        if index in taken or not header:
            continue
        for pattern, into in compiled:
            match = pattern.fullmatch(header)
            if match and bare_letters(match["stage"]) not in CURRENT:
                into.append((index, _spelt(match["stage"], match["pipeline"], words)))
                break
        else:
            stage = _named_in(header, words)
            if stage is not None and holds_dates(table, index):
                entered.append((index, stage))
    return entered, exited


def _spelt(stage: str, pipeline: str | None, words: StageWords) -> str:
    """Name of a stage as the settings have it, else as in the header: `closedwon` and `Closed Won (Sales)`."""
    for text in (stage, f"{stage}_{pipeline}", stage.replace("_", " ")):
        if words.names_stage(text):
            return text
    return stage


def _named_in(header: str, words: StageWords) -> str | None:
    """Stage that a header names, whatever says beside it that it is a date."""
    for text in (header, " ".join(AROUND.sub(" ", header.casefold()).split())):
        if text and words.names_stage(text):
            return text
    letters = bare_letters(text) if (text := AROUND.sub(" ", header.casefold())) else ""
    named = [*(words.stages or ()), *map(str, (*words.won, *words.lost, *words.void))]
    return next((name for name in named if letters and bare_letters(name) == letters), None)


def _form(
    table: Table, found: dict[str, int], entered: Sequence[tuple[int, str]], settings: HistorySettings,
    *, own_entered: bool,
) -> Form:  # fmt: skip
    if "valid_from" in found:
        return "snapshots"
    letters = {bare_letters(header) for header in table.headers if header}
    if {"field", "new"} <= found.keys() or {"name", "value", "timestamp"} <= letters:
        return "changes"
    if own_entered or len(entered) > 1:
        return "wide"
    if "snapshot" in found and len(table.column(found["snapshot"]).words) > 1:
        return "snapshots"
    desk = Desk(table, "events", settings, {n: i for n, i in found.items() if n in EVENT_FIELDS})
    _complete(desk, StageWords(settings.stages), frozenset())
    case = desk.column("case")
    if case is not None and {"stage", "time"} <= desk.fields.keys():
        counts = np.bincount(case.identity[case.filled])
        repeated = int((counts > 1).sum())
        of_saves = {"opportunityid", "stagename", "createddate"} <= letters and "isclosed" not in letters
        several = of_saves or repeated > REPEATED * int((counts > 0).sum())
        repeats = several or (repeated > 0 and not _two_dates(table, settings))
        called_so = {"from", "lifecycle"} & found.keys() or {"case", "stage", "time"} <= found.keys()
        if repeats or (called_so and not _two_dates(table, settings)):
            return "events"
    if len(entered) == 1 and settings.stages:
        return "wide"
    if _two_dates(table, settings):
        return "two_dates"
    if "snapshot" in found:
        return "snapshots"
    if case is not None and {"stage", "time"} <= desk.fields.keys():
        if "time" in found or "created" not in LEXICON.text(desk.header("time")).said:
            return "events"
        raise InputError(Problem(
            f"every deal has one row with its stage and the day in {desk.header('time')!r}: this is a list of deals "
            "as they are now, and no history. Expected their stages over time, dated exports of such lists, or the "
            "days on which deals were closed; if the day is that on which the stage was entered, say `format: events`",
            "history.file", table.file, table.header_row))  # fmt: skip
    raise InputError(Problem(
        "nothing tells what the rows of this file are. Expected events (a deal, its stage, the time), one date column "
        "a stage, dated snapshots, changes of fields, or the days on which deals were created and closed with their "
        f"outcome. The headers are: {listed(table)}. Say which column is what under `columns`, for example "
        "{case: <header>, stage: <header>, time: <header>}",
        "history.columns", table.file, table.header_row))  # fmt: skip


def _two_dates(table: Table, settings: HistorySettings) -> bool:
    """Whether a table has a date of creation, one of closing, and says how deals ended."""
    stated, _ = stated_columns(table, settings.columns, settings.stages or ())
    desk = Desk(table, "two_dates", settings, stated)
    _complete(desk, StageWords(settings.stages), frozenset(n for n, h in settings.columns.items() if h is None))
    fields = desk.fields.keys()
    ends = {"closed", "won_date", "lost_date"} & fields
    return "created" in fields and bool(ends) and bool({*STANDING, "stage", "won_date", "lost_date"} & fields)


def _require(desk: Desk) -> None:
    """Raise if a column is missing that the form cannot do without."""
    needed = {
        "events": ("case", "stage", "time"), "xes": ("case", "stage", "time"),
        "changes": ("case", "field", "new", "time"),
        "wide": ("case",), "two_dates": ("created",), "snapshots": ("case",),
    }[desk.form]  # fmt: skip
    what = {
        "case": "the deal (its id)", "stage": "the stage", "time": "the time of the events",
        "created": "the day on which deals were created", "field": "the field that changed", "new": "the new value",
    }  # fmt: skip
    problems = [
        Problem(
            f"no column holds {what[name]}, which the form {desk.form!r} needs. The headers are: {listed(desk.table)}. "
            f"Say which one it is, for example `columns: {{{name}: <header>}}`",
            f"history.columns.{name}", desk.table.file, desk.table.header_row)
        for name in needed if name not in desk.fields
    ]  # fmt: skip
    if desk.form == "wide" and not desk.entered:
        problems.append(Problem(
            'no column dates the entry into a stage: expected headers such as `Date entered "Proposal"`, or the '
            f"names of the stages under `stages`. The headers are: {listed(desk.table)}",
            "history.stages", desk.table.file))  # fmt: skip
    if problems:
        raise InputError(problems)


def _tell(desk: Desk) -> None:
    headers = desk.table.headers
    columns = {name: headers[index] for name, index in desk.fields.items()}
    columns |= {f"entered {stage}": headers[index] for index, stage in desk.entered}
    columns |= {f"left {stage}": headers[index] for index, stage in desk.exited}
    preset = detect_preset(headers).name
    desk.found.append(
        Finding("history_form", {"form": desk.form, "preset": preset, "columns": columns}, key="history.format")
    )
