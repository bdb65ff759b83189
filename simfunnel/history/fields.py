"""Which column of a history holds what: stated ones, names that histories have, then the words of headers."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from simfunnel.crm.content import Fit, Known, fit, is_date, sample
from simfunnel.crm.detect import detect_preset, header_key
from simfunnel.crm.headers import DISPLAYED, candidates
from simfunnel.errors import InputError, Problem, shorten
from simfunnel.scenario.pipeline import Pipeline
from simfunnel.tabular.table import Table
from simfunnel.values.cells import nearest
from simfunnel.values.words import bare_letters

OWN: dict[str, tuple[str, ...]] = {
    "case": (
        "case id", "case", "case:concept:name", "trace id", "trace", "item_id", "opportunity id", "deal id",
        "Deal - ID", "Record ID", "hs_object_id", "opportunityid", "process instance", "case number", "Fallnummer",
        "Fall", "vorgangsnummer", "商机编号", "商机ID", "deal number", "deal no",
        "deal", "opportunity", "lead id", "lead",
    ),
    "stage": (
        "To Stage", "new stage", "stage to", "concept:name", "activity", "activity name", "event name", "event",
        "task", "aktivität", "ereignis", "dealstage", "StageName",
    ),
    "from": ("From Stage", "old stage", "previous stage", "stage from", "prior stage"),
    "time": (
        "time:timestamp", "timestamp", "event time", "event date", "event timestamp", "datetime", "date time",
        "Last Modified", "Last Modified Date", "Stage Change Date", "Edit Date", "changed at", "changed on",
        "change date", "transition date", "log_time", "complete timestamp", "completion time", "end time",
        "entered at", "entered on", "date entered", "time", "date", "zeitstempel", "zeitpunkt", "datum", "时间",
        "start timestamp", "start time", "occurred at", "happened at",
    ),
    "lifecycle": ("lifecycle:transition", "lifecycle", "transition", "event type"),
    "field": ("Field", "field_key", "field name", "property", "property name", "Field / Event"),
    "old": ("OldValue", "old value", "from value", "previous value"),
    "new": ("NewValue", "new value", "to value"),
    "valid_from": ("dbt_valid_from", "_fivetran_start"),
    "valid_to": ("dbt_valid_to", "_fivetran_end"),
    "snapshot": (
        "snapshot date", "snapshot day", "snapshot", "export date", "exported on", "exported at", "as of", "as of date",
        "report date", "reporting date", "run date", "Stichtag", "快照日期", "导出日期", "snapshot_at", "snapshot time",
    ),
}  # fmt: skip
"""Field of a history -> headers that hold it, the preferred one first; compared by letters and digits."""
BEGUN = (
    "start", "started", "start time", "start date", "start timestamp", "entered", "entry", "entry date", "entered at",
    "entered on", "date entered", "begin", "from date", "since", "stage start", "stage entered",
)  # fmt: skip
LEFT = (
    "end", "ended", "end time", "end date", "end timestamp", "exited", "exit", "exit date", "exited at", "exited on",
    "date exited", "left", "left at", "until", "to date", "stage end", "stage exited",
)  # fmt: skip
"""Headers of the two ends of a stay in a stage."""
DATED = ("time", "valid_from", "snapshot")
"""Fields whose column must hold dates."""
FACTS = (
    "amount", "owner", "team", "segment", "source", "close_date", "probability", "forecast_category", "last_activity",
    "name", "account", "product", "pipeline",
)  # fmt: skip
"""Fields whose values are facts about a deal."""
STANDING = (
    "status", "outcome", "status_detail", "is_won", "is_lost", "is_closed", "is_open", "is_active", "is_deleted",
    "is_archived", "is_void", "lost_reason",
)  # fmt: skip
"""Fields that say how a deal stands."""
OTHER = ("exited", "created", "closed", "won_date", "lost_date", "currency", "stage_entered", "modified", "amount_won")
OF_CASE = "case:"
"""How event logs begin the names of what belongs to the case."""
NAMES = {
    "id": "case", "case": "case", "deal": "case", "category": "forecast_category", "at": "time", "entered": "time",
    "field_name": "field", "old_value": "old", "new_value": "new",
}  # fmt: skip
"""Other names that people give to fields under `columns`."""
KNOWN_FIELDS = ("case", "stage", "time", "amount", "created", "closed", "outcome", "owner", "segment", "source")


def own_columns(table: Table, names: Collection[str], date_format: str | None = None) -> dict[str, int]:
    """Find the columns that are called as histories call them; of those that must hold dates, the first that does."""
    by_letters: dict[str, list[int]] = {}
    for index, header in enumerate(table.headers):
        if header:
            by_letters.setdefault(bare_letters(header), []).append(index)
    found: dict[str, int] = {}
    for field, called in OWN.items():
        for name in called if field in names else ():
            places = [i for i in by_letters.get(bare_letters(name), ()) if i not in found.values()]
            if places and (field not in DATED or is_dated(table, places[0], date_format)):
                found[field] = places[0]
                break
    return found


def is_dated(table: Table, index: int, date_format: str | None = None) -> bool:
    """Whether a column holds dates, and mostly so: a column of amounts holds numbers that could be days as well."""
    cells = sample(table.column(index))[:200]
    return len(cells) > 0 and 2 * sum(is_date(cell, date_format) for cell in cells) > len(cells)


def stated_columns(
    table: Table, stated: Mapping[str, str | None], is_stage: Collection[str] = ()
) -> tuple[dict[str, int], dict[str, int]]:
    """Find the columns that the settings name.

    Returns
    -------
    tuple
        Field -> column, and stage -> column that dates its entry.

    Raises
    ------
    InputError
        If a column is not there, or a key is neither a field nor a stage.
    """
    places: dict[str, list[int]] = {}
    for index, header in enumerate(table.headers):
        places.setdefault(header_key(header), []).append(index)
    stages = {bare_letters(name): name for name in is_stage}
    fields: dict[str, int] = {}
    entered: dict[str, int] = {}
    problems: list[Problem] = []
    known = {*OWN, *FACTS, *STANDING, *OTHER}
    for name, wanted in stated.items():
        field = NAMES.get(name, name)
        path = f"history.columns.{name}"
        if field not in known and bare_letters(name) not in stages:
            hint = nearest(name, [*known, *NAMES, *is_stage])
            advice = f": did you mean {hint!r}?" if hint else f": expected {', '.join(KNOWN_FIELDS)}, or a stage"
            problems.append(Problem(f"{name!r} is neither a field nor one of `stages`{advice}", path))
            continue
        if wanted is None:
            continue
        found = places.get(header_key(wanted), [])
        exact = [index for index in found if table.headers[index] == wanted]
        if not found:
            near = nearest(wanted, [one for one in table.headers if one])
            hint = f": did you mean {near!r}?" if near else f". The headers are: {listed(table)}"
            problems.append(Problem(f"there is no column {wanted!r}{hint}", path, table.file, table.header_row))
            continue
        (fields if field in known else entered)[field if field in known else stages[bare_letters(name)]] = (
            exact[0] if exact else found[0]
        )
    if problems:
        raise InputError(problems)
    return fields, entered


def crm_columns(
    table: Table, wanted: Sequence[str], taken: Mapping[str, int], refused: Collection[str], known: Known
) -> dict[str, int]:
    """Find the columns of the fields that pipeline exports have too, as the pipeline reader does: by words and content.

    Parameters
    ----------
    wanted
        Fields that are looked for.
    taken
        Fields whose column is known.
    refused
        Fields that the settings say are in no column.
    """
    found: dict[str, int] = {}
    used = set(taken.values())
    bare = [header.removeprefix(OF_CASE) for header in table.headers]
    known_as = replace(
        table, headers=tuple(b if bare.count(b) == 1 else h for b, h in zip(bare, table.headers, strict=True))
    )
    offered = candidates(known_as, Pipeline(), detect_preset(table.headers), known, used)
    for one in sorted(offered, key=lambda candidate: candidate.order):
        field = "case" if one.field == "id" else one.field
        if field not in wanted or field in found or field in taken or field in refused or one.index in used:
            continue
        if one.fit == Fit.NOT or (one.fit == Fit.BLANK and field in {"created", "closed"}):
            continue
        same = [i for i, h in enumerate(table.headers) if header_key(h) == header_key(table.headers[one.index])]
        if len(same) > 1 and field not in DISPLAYED and one.rank[2] != 0:
            continue
        found[field] = one.index
        used.add(one.index)
    return found


def stay_columns(table: Table, taken: Collection[int], date_format: str | None = None) -> tuple[int, int] | None:
    """Find the columns that say from when to when a deal was in a stage, if a row is such a stay."""
    found: list[int] = []
    for called in (BEGUN, LEFT):
        letters = {bare_letters(name) for name in called}
        places = [i for i, h in enumerate(table.headers) if bare_letters(h) in letters and i not in taken]
        if len(places) != 1 or not is_dated(table, places[0], date_format):
            return None
        found += places
    return found[0], found[1]


def date_columns(table: Table, free_of: Collection[int]) -> list[int]:
    """Columns that hold dates as text or as dates, never as mere numbers."""
    found = []
    for index, header in enumerate(table.headers):
        if not header or index in free_of:
            continue
        cells = sample(table.column(index))[:200]
        numeric = all(isinstance(c, (int, float)) or str(c).replace(".", "", 1).isdecimal() for c in cells)
        if cells and not numeric and 2 * sum(is_date(cell) for cell in cells) > len(cells):
            found.append(index)
    return found


def listed(table: Table) -> str:
    """List the headers of a table for a message."""
    return shorten(", ".join(repr(header) for header in table.headers if header), 400)


def holds_dates(table: Table, index: int) -> bool:
    """Whether some cell of a column is a date."""
    return fit("created", table.column(index), Known()) == Fit.HOLDS
