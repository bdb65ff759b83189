"""From a pipeline file (or inline deals, or a data frame) to the table of open deals."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING

import numpy as np

from simfunnel.crm.account import account_of
from simfunnel.crm.amounts import Money, read_money
from simfunnel.crm.cautions import cautions, kinds
from simfunnel.crm.content import Known
from simfunnel.crm.currency import idle_rates, missing_rates
from simfunnel.crm.deals import OpenDeals, PipelineTable, WonDeals
from simfunnel.crm.fields import Rows, date_rules, read_rows
from simfunnel.crm.flags import FLAGS
from simfunnel.crm.headers import HeaderWords, Layout, find_layout
from simfunnel.crm.inline import inline_table
from simfunnel.crm.kept import asked_table, kept_table
from simfunnel.crm.presets import PRESETS
from simfunnel.crm.presets.common import CLOSED_STAGES
from simfunnel.crm.repeats import Collapsed, collapse
from simfunnel.crm.rules import NO_DEALS, Places, Sorted, Sorter
from simfunnel.crm.stages import REST, StageNames, no_known_stage
from simfunnel.crm.structure import Structure, read_structure
from simfunnel.crm.titles import unread_footers
from simfunnel.crm.unread import unread_columns
from simfunnel.crm.where import apply_where
from simfunnel.errors import InputError, Problem
from simfunnel.progress import Progress
from simfunnel.tabular.reading import read_table, table_from_frame
from simfunnel.tabular.table import Table
from simfunnel.values.cells import clean, key
from simfunnel.wording.findings import Finding
from simfunnel.wording.numbers import money as spoken

if TYPE_CHECKING:
    import pandas as pd

    from simfunnel.scenario.pipeline import Pipeline

OF_FILES = frozenset({"export_after_as_of", "stale_file"})
"""Cautions that make no sense for deals written in the scenario."""
NAMES = ("name", "account", "owner")
"""Fields in which a report may label its totals."""
UNPLACED = frozenset({"unknown_stage", "no_stage", "closed_stage_but_open", "closed_looking_stage"})
"""Reasons of rows whose stage nobody knows."""


@dataclass(frozen=True, slots=True)
class Source:
    """A table and where its fields are."""

    table: Table
    layout: Layout
    kind: str
    """CRM, `inline` or `none`."""
    known: Known
    found: tuple[Finding, ...] = ()

    @property
    def kept(self) -> bool:
        """Whether the deals are in a table of their own, not in the scenario."""
        return self.kind not in {"inline", "none"}


def read_pipeline(
    spec: Pipeline,
    *,
    as_of: date,
    period_start: date,
    stages: Sequence[str],
    segments: Sequence[str] = (),
    currency: str,
    teams: Mapping[str, str] | None = None,
    table: pd.DataFrame | Table | None = None,
    book: str | None = None,
    progress: Progress | None = None,
) -> PipelineTable:
    """Read the open deals, and the deals won in the current period, as they stood at the start of `as_of`.

    Parameters
    ----------
    spec
        The scenario's `pipeline`: its file, or the opportunities it lists, or neither.
    as_of
        Day at whose start the world is known.
    period_start
        First day of the period that contains `as_of`; wins from it on are won in the current period.
    stages
        Stages of the scenario, in order.
    segments
        Segments of the scenario; other values in the file stay as labels.
    currency
        Currency of the scenario.
    teams
        Owner -> team, for rows without a team.
    table
        A data frame, or a table, to read instead of a file.
    book
        Of a store that holds several and where `spec` names none, the one that is likely meant.
    progress
        Called with rows done and rows in all.

    Returns
    -------
    PipelineTable
        Open deals, won deals, and the account of every row.

    Raises
    ------
    InputError
        If the file as a whole cannot be used, or no open row of it. Single bad rows are excluded and listed instead.
    """
    source = _source(spec, table, stages, currency, as_of, book, progress)
    names = StageNames(stages, spec.stage_map, source.layout.preset.stage_names)
    source, structure, collapsed, money = _deals(source, spec, as_of, currency)
    rows = read_rows(
        source.table, source.layout, spec, structure.stages, as_of=as_of, teams=teams or {}, segments=segments
    )
    standing, standings = rows.evidence.read(rows.stages, names)
    if "amount_won" in source.layout.columns:
        final = read_money(source.table, source.layout, "amount_won", spec, currency)
        is_won = np.array([one.kind == "won" for one in standings] or [False])[standing]
        stated = ~np.isnan(final.values)
        stated[[*final.unreadable, *final.too_large]] = True
        money = money.where(is_won & stated, final)
    rows = rows.with_expected(np.array([one.kind == "open" for one in standings] or [False])[standing])
    result = Sorter(rows, money, standing, standings, as_of, period_start).sort(structure.faults, collapsed.repeated)
    _check(source, rows, money, result, structure, stages, currency)
    if progress is not None:
        progress(max(len(rows.numbers), 1), max(len(rows.numbers), 1))
    about = [*source.table.warnings, *source.found, *structure.found, *collapsed.found, *rows.found]
    about += idle_rates(spec.rates, currency)
    if source.kept:
        about += _about_file(source, spec, rows, result)
    doubts = cautions(rows, money, result, as_of, source.layout.headers(source.table), _pipelines(source, result))
    shown = [finding for finding in doubts if source.kept or finding.code not in OF_FILES]
    shown += [finding for finding in about if finding.caution]
    plain = [finding for finding in about if not finding.caution]
    quality = account_of(source.table, source.layout, source.kind, rows, money, result, spec, plain)
    return PipelineTable(
        _open(rows, money, result),
        _won(rows, money, result, result.won),
        _won(rows, money, result, result.won_earlier),
        replace(quality, cautions=tuple(shown)),
        frozenset(rows.id(row) for row in result.lost.tolist()),
    )


def _source(
    spec: Pipeline, table: pd.DataFrame | Table | None, stages: Sequence[str], currency: str, as_of: date,
    book: str | None, progress: Progress | None,
) -> Source:  # fmt: skip
    if table is None and spec.inline:
        inline, layout = inline_table(spec.opportunities)
        return Source(inline, layout, "inline" if spec.opportunities else "none", Known())
    known = _known(spec, stages, currency)
    kept: list[Finding] = []
    if isinstance(table, Table):
        source = table
    elif table is not None:
        if not (hasattr(table, "iloc") and hasattr(table, "columns")):
            raise InputError(Problem(f"expected a pandas DataFrame, found {type(table).__name__}", "pipeline"))
        source = table_from_frame(table)
    elif spec.store is not None:
        source, kept = kept_table(spec.store, as_of, book)
    elif spec.url is not None:
        source = asked_table(spec.url, spec.sql or "", as_of)
    else:
        source = table_of_file(spec, stages, currency, progress)
    source, found = apply_where(source, spec.where)
    found += kept
    layout = find_layout(source, spec, known, stages)
    found += layout.found
    found += [
        Finding(
            "column_not_field", {"header": header, "field": field, "example": example}, key=f"pipeline.columns.{field}"
        )
        for header, field, example in layout.not_held
    ]
    if "amount" in layout.measures and "home" in layout.measures["amount"].meanings:
        found.append(Finding("amount_in_home_currency", {"header": layout.headers(source)["amount"]}))
    return Source(source, layout, layout.preset.name, known, tuple(found))


def table_of_file(
    spec: Pipeline, stages: Sequence[str], currency: str, progress: Progress | None = None
) -> Table:  # fmt: skip
    """Read the rows of a pipeline file as they stand in it, before anything is made of them."""
    assert spec.file is not None
    return read_table(
        spec.file, sheet=spec.sheet, encoding=spec.encoding, delimiter=spec.delimiter, header_row=spec.header_row,
        vocabulary=HeaderWords(_known(spec, stages, currency)), progress=progress,
    )  # fmt: skip


def _known(spec: Pipeline, stages: Sequence[str], currency: str) -> Known:
    """What the scenario says of the words in its file."""
    named = [name for name in (*stages, *spec.stage_map) if not name.endswith(REST)]
    of_crms = {label for preset in PRESETS.values() for pair in preset.stage_names.items() for label in pair}
    return Known(
        stages=frozenset(key(clean(name)) for name in named),
        labels=frozenset(key(name) for name in (*of_crms, *CLOSED_STAGES) if not name.isdigit()),
        beginnings=tuple(
            key(name.removesuffix(REST)) for name in spec.stage_map if name.endswith(REST) and name != REST
        ),
        statuses=frozenset(key(clean(word)) for word in spec.status_map),
        date_format=spec.date_format,
        currency=currency,
    )


def _deals(source: Source, spec: Pipeline, as_of: date, currency: str) -> tuple[Source, Structure, Collapsed, Money]:
    """Tell deals from other rows, and make one row of the several that a deal may have."""
    table, layout = source.table, source.layout
    money = read_money(table, layout, "amount", spec, currency)
    structure = read_structure(
        table, layout.columns["stage"], layout.columns.get("id"), lambda: money.values, HeaderWords(source.known),
        report=source.kept, names=[layout.columns[name] for name in NAMES if name in layout.columns],
    )  # fmt: skip
    deal = np.ones(len(table), dtype=np.bool_)
    deal[list(structure.faults)] = False
    collapsed = collapse(table, layout, spec, date_rules(table, spec, as_of), deal, money)
    if collapsed.kept.all():
        return source, structure, collapsed, money
    kept = collapsed.kept
    place = np.cumsum(kept) - 1
    if collapsed.summed is not None:
        money = replace(money, values=collapsed.summed)
    structure = Structure(
        {int(place[row]): finding for row, finding in structure.faults.items()},
        structure.stages.take(kept),
        structure.found,
    )
    repeated = {int(place[row]): finding for row, finding in collapsed.repeated.items() if kept[row]}
    return (
        replace(source, table=table.take(kept)), structure, replace(collapsed, repeated=repeated), money.take(kept)
    )  # fmt: skip


def _check(
    source: Source, rows: Rows, money: Money, result: Sorted, structure: Structure, stages: Sequence[str], currency: str
) -> None:
    """Raise if the file as a whole cannot be used."""
    unplaced = [
        row for row, finding in zip(result.excluded_rows, result.excluded, strict=True) if finding.code in UNPLACED
    ]
    if unplaced and len(unplaced) + len(structure.faults) == len(rows.numbers):
        raise InputError(no_known_stage([rows.stages.text(row) for row in unplaced], stages, source.table.file))
    used = np.concatenate([result.open, result.won])
    foreign = {money.currencies[code] for code in np.unique(money.currency[used[money.foreign[used]]]).tolist()}
    if foreign:
        raise missing_rates(sorted(foreign), currency, source.table.file)
    if result.doubtful and not len(result.open):
        raise InputError(_no_open_deal(source.table, result))


LATER = ("created_after_as_of", "entered_after_as_of", "closed_after_as_of")
"""Why rows are left out of a file that is of another day."""


def _no_open_deal(table: Table, result: Sorted) -> Problem:
    doubted = [finding for finding in result.excluded if finding.code not in NO_DEALS]
    lines = "\n".join(
        f"  {name} ({count:,} {'row' if count == 1 else 'rows'}, worth {_sums(amounts)})"
        for name, count, *amounts in kinds(doubted)[:8]
    )
    keys = dict.fromkeys(finding.key for finding in doubted if finding.key)
    advice = f"\nSee {', '.join(f'`{name}`' for name in keys)} in the scenario" if keys else ""
    if any(finding.code == "status_unknown" for finding in doubted):
        advice += "; if the column says something else, add `columns: {status: null}`"
    if doubted and all(finding.code in LATER for finding in doubted):
        advice += "\nThe file is of a later day: set `as_of` to the day at whose start it holds (`keep`: --valid DAY)"
    return Problem(
        f"no open deal is left: every row that is neither won nor lost is left out, because\n{lines}{advice}",
        file=table.file,
    )


def _sums(amounts: Iterable[float]) -> str:
    """Positive and negative money, apart: one sum would hide what they cancel."""
    return " and ".join(spoken(amount) for amount in amounts if amount) or spoken(0.0)


def _about_file(source: Source, spec: Pipeline, rows: Rows, result: Sorted) -> Iterator[Finding]:
    """Say what may be wrong with the columns of the file."""
    table, layout = source.table, source.layout
    if not len(table):
        yield Finding("no_rows")
        return
    stated = frozenset(map(str, spec.columns))
    if "amount" not in layout.columns and "amount" not in stated:
        yield Finding("no_amount_column", {"unused": layout.unused(table)}, key="pipeline.columns.amount")
    yield from unread_columns(table, layout, stated)
    if spec.amount_unit is None:
        notes = [str(finding.fields["text"]) for finding in result.excluded if finding.code == "lone_cell"]
        yield from unread_footers(notes, layout.measures)
    if spec.status_map and not {"status", "outcome", *FLAGS} & layout.columns.keys():
        yield Finding("status_map_idle", key="pipeline.columns.status")
    if numbered := _stages_of(rows, result, [standing.numbered for standing in result.standings]):
        yield Finding("numbered_stages", {"stages": numbered}, key="pipeline.stage_map")
    if starred := _stages_of(rows, result, [standing.by_star for standing in result.standings]):
        yield Finding("star_took", {"stages": starred, "to": spec.stage_map[REST]}, key="pipeline.stage_map")


def _stages_of(rows: Rows, result: Sorted, those: Sequence[bool]) -> dict[str, int]:
    """Stage in the file -> open rows, of some standings."""
    found: dict[str, int] = {}
    for row in result.open[np.array(those, dtype=np.bool_)[result.standing[result.open]]].tolist():
        found[rows.stages.text(row)] = found.get(rows.stages.text(row), 0) + 1
    return found


def _pipelines(source: Source, result: Sorted) -> dict[str, int]:
    """Pipeline -> open rows."""
    if "pipeline" not in source.layout.columns:
        return {}
    column = source.table.column(source.layout.columns["pipeline"])
    codes, counts = np.unique(column.codes[result.open], return_counts=True)
    found: dict[str, int] = {}
    for code, count in zip(codes.tolist(), counts.tolist(), strict=True):
        if text := column.texts[code]:
            found[text] = found.get(text, 0) + count
    return dict(sorted(found.items(), key=lambda item: -item[1]))


def _open(rows: Rows, money: Money, result: Sorted) -> OpenDeals:
    at = result.open
    labels = {name: column.take(at) for name, column in rows.labels.items()}
    return OpenDeals(
        id=tuple(rows.id(row) for row in at.tolist()),
        row=tuple(rows.numbers[at].tolist()),
        stage=tuple(result.open_stages),
        entered=rows.dates["stage_entered"].days[at],
        created=rows.dates["created"].days[at],
        close_date=rows.dates["close_date"].days[at],
        amount=money.values[at],
        owner=labels["owner"],
        team=labels["team"],
        segment=labels["segment"],
        source=labels["source"],
        win_rate=rows.shares["win_rate"][0][at],
        not_before=rows.dates["not_before"].days[at],
        probability=rows.shares["probability"][0][at],
        forecast_category=labels["forecast_category"],
        last_activity=rows.dates["last_activity"].days[at],
        name=labels["name"],
        account=labels["account"],
    )


def _won(rows: Rows, money: Money, result: Sorted, at: Places) -> WonDeals:
    labels = {name: column.take(at) for name, column in rows.labels.items()}
    return WonDeals(
        id=tuple(rows.id(row) for row in at.tolist()),
        row=tuple(rows.numbers[at].tolist()),
        closed=result.closed[at],
        amount=money.values[at],
        owner=labels["owner"],
        team=labels["team"],
        segment=labels["segment"],
        source=labels["source"],
    )
