"""The console pages of `keep` and `store`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from rich.console import Group, RenderableType
from rich.text import Text

from simfunnel.report.console.layout import Row, table
from simfunnel.report.console.submissions import commits_lines, kept_page
from simfunnel.report.words.reached import trials_behind
from simfunnel.store.submissions import EXPORT
from simfunnel.wording.language import again, joined, tell
from simfunnel.wording.numbers import day_told, moment_told, money, percent, period_told, plural
from simfunnel.wording.shown_text import as_name

if TYPE_CHECKING:
    from simfunnel.record.imported import Imported
    from simfunnel.record.keep import KeptPipeline
    from simfunnel.record.listing import Erasure, StoreCheck, StoreDay, StoreListing

FEW = 0.5
"""Share of the rows of the file before below which the loss is said."""
_ONE = {"commit": "commit", "best_case": "best case"}
_NAMES = 12
"""Deals that are named of each kind of change."""


def keep_page(r: KeptPipeline) -> RenderableType:
    """Say what was kept, and where."""
    where = tell("{store}, book {book}", store=as_name(r.store), book=as_name(r.book))
    if r.same:
        first = tell("{day} is kept already with this very file ({where}).", day=r.valid_day, where=where)
    else:
        told = tell(" corrected") if r.corrected else ""
        first = tell(
            "Kept {day}{corrected}: {rows}, {new_versions}, {unchanged:,} unchanged ({where}).",
            day=r.valid_day,
            corrected=told,
            rows=plural(r.rows, "row"),
            new_versions=plural(r.new_versions, "new version"),
            unchanged=r.unchanged,
            where=where,
        )
    lines: list[RenderableType] = [Text(first, style="bold")]
    rows = r.forecast.summary.overall.periods
    said = joined(
        [
            tell("{period} {mean} on average", period=period_told(row.label), mean=money(row.bookings.mean))
            + (
                ""
                if row.attainment is None or row.target is None
                else tell(
                    ", {chance} to reach {target}",
                    chance=percent(row.attainment.probability, trials_behind(row, r.forecast)),
                    target=money(row.target),
                )
            )
            for row in rows
        ],
        "; ",
    )
    lines.append(
        Text(
            tell(
                "{which}: {said}.",
                which=tell("Forecast") if r.forecast_new else tell("The same forecast was kept before"),
                said=said,
            )
        )
    )
    if r.beside:
        names = joined([as_name(name) for name in r.beside[:3]], " and ")
        lines.append(Text(tell("! A new book, beside {names}: for one of these, --book.", names=names), style="yellow"))
    if r.rows_before and r.rows < FEW * r.rows_before and not r.same:
        lines.append(
            Text(
                tell(
                    "! The file has {rows}, the one before had {rows_before:,}: the other deals count as "
                    "gone. If the export was cut short, keep the day again with --correct.",
                    rows=plural(r.rows, "row"),
                    rows_before=r.rows_before,
                ),
                style="yellow",
            )
        )
    if r.over:
        now = period_told(rows[0].label)
        lines.append(
            Text(
                tell(
                    "! {periods} {is_or_are} over: what the scenario says of it (targets, closed) was left out; "
                    "write the target of {now} under `targets`.",
                    periods=joined(map(period_told, r.over), " and "),
                    is_or_are="is" if len(r.over) == 1 else "are",
                    now=now,
                ),
                style="yellow",
            )
        )
    if r.ahead:
        lines.append(
            Text(
                tell(
                    "! {periods} {is_or_are} not forecast from {day}: what the scenario says of it "
                    "(targets, closed) was left out.",
                    periods=joined(map(period_told, r.ahead), " and "),
                    is_or_are="is" if len(r.ahead) == 1 else "are",
                    day=r.valid_day,
                ),
                style="yellow",
            )
        )
    if r.submissions is not None:
        lines.append(kept_page(r.submissions))
    if r.commits is not None:
        lines += commits_lines(r.commits)
    return Group(*lines)


def listing_page(r: StoreListing, rows: Sequence[dict[str, Any]], width: int) -> RenderableType:
    """List the snapshots."""
    if not rows:
        return Text(tell("{store} holds no snapshot yet.", store=as_name(r.store)))
    books = len({row["book"] for row in rows})
    first = Text(
        tell("{snapshots} in {store}", snapshots=plural(len(rows), "snapshot"), store=as_name(r.store)), style="bold"
    )
    lines: list[Row] = [
        {
            "Book": row["book"] if books > 1 else "", "Day": day_told(row["valid_day"]),
            "recorded": moment_told(row["recorded_at"]),
            "rows": f"{row['rows']:,}", "forecasts": str(row["forecasts"] or ""),
            "submissions": str(row["submissions"] or ""), "file": row["file"] or "",
            "hash": (row["source_hash"] or "")[:12],
        }
        for row in rows
    ]  # fmt: skip
    return Group(first, table(lines, ("hash", "recorded", "file"), width))


def day_page(r: StoreDay, keys: dict[str, Any], width: int) -> RenderableType:
    """Say what one day held, and what had changed."""
    parts: list[RenderableType] = [
        Text(
            tell(
                "{day}, book {book}: {rows}, recorded {recorded_at} from {file}",
                day=day_told(r.snapshot.valid_day),
                book=as_name(r.book),
                rows=plural(r.snapshot.rows, "row"),
                recorded_at=moment_told(r.snapshot.recorded_at),
                file=as_name(str(keys["file"])),
            ),
            style="bold",
        )
    ]
    if r.before is not None:
        kinds = (
            ("{count:,} new since {before}: {named}", r.new),
            ("{count:,} gone since {before}: {named}", r.left),
            ("{count:,} changed since {before}: {named}", r.changed),
        )
        parts += [
            Text(
                tell(
                    kind,
                    count=len(names),
                    before=day_told(r.before),
                    named=_named(names),
                )
            )
            for kind, names in kinds
            if names
        ] or [Text(tell("nothing changed since {before}", before=day_told(r.before)))]
    if r.new_columns or r.gone_columns:
        columns = (("new", r.new_columns), ("gone", r.gone_columns))
        both = [tell("{what} {names}", what=tell(word), names=_named(names)) for word, names in columns if names]
        parts.append(
            Text(tell("columns: {columns} (a column under another name changes every row)", columns=joined(both, "; ")))
        )
    rows: list[Row] = [
        {
            "Period": period_told(part["label"]), "made": moment_told(said["made"]), "mean": money(part["mean"]),
            **{f"P{float(level) * 100:g}": money(value) for level, value in part["quantiles"].items()},
            "target": "" if part["target"] is None else money(part["target"]),
            "P(attain)": "" if part["p_attain"] is None else percent(part["p_attain"]),
        }
        for said in keys["forecasts"]
        for part in said["periods"]
    ]  # fmt: skip
    said: list[Row] = [
        {
            "Owner": as_name(one["owner"]), "period": period_told(one["period"]), "said on": day_told(one["made"]),
            "what": tell(_ONE[one["kind"]]), "amount": money(one["amount"]),
            "from": tell("the export") if one["source"] == EXPORT else tell("a file"),
        }
        for one in keys["submissions"]
    ]  # fmt: skip
    tables = [table(rows, ("made", "P10", "P90"), width)] if rows else []
    return Group(*parts, *tables, *([table(said, ("from",), width)] if said else []))


def _named(names: Sequence[str]) -> str:
    listed = joined([as_name(name) for name in names[:_NAMES]])
    more = len(names) - _NAMES
    return tell("{named} and {count:,} more", named=listed, count=more) if more > 0 else listed


def check_store_page(r: StoreCheck) -> RenderableType:
    """Say whether a store is whole."""
    if r.ok:
        return Text(
            tell("{store} is whole: every file and every snapshot is as it was kept.", store=as_name(r.store)),
            style="bold",
        )
    lines = [
        Text(
            tell("{faults} in {store}", faults=plural(len(r.faults), "fault"), store=as_name(r.store)), style="bold red"
        )
    ]
    return Group(*lines, *(Text(f"{as_name(fault.where)}: {as_name(again(fault.what))}") for fault in r.faults))


def erasure_page(r: Erasure) -> RenderableType:
    """Say how much was erased: never of whom."""
    done = r.forgotten
    return Text(
        tell(
            "Forgotten: {deals} with {versions}, {files} that held them, {submissions}, names in "
            "{forecasts}. A tombstone says that something was there, and copies of the store made "
            "before still hold it.",
            deals=plural(done.deals, "deal"),
            versions=plural(done.versions, "version"),
            files=plural(done.files, "file"),
            submissions=plural(done.submissions, "submission"),
            forecasts=plural(done.forecasts, "forecast"),
        ),
        style="bold",
    )


def imported_page(r: Imported) -> RenderableType:
    """Say what an import brought."""
    first = tell(
        "Imported {snapshots} from {first} to {last}: {versions} ({store}, book {book}).",
        snapshots=plural(r.snapshots, "snapshot"),
        first=r.first,
        last=r.last,
        versions=plural(r.versions, "version"),
        store=as_name(r.store),
        book=as_name(r.book),
    )
    lines = [Text(first, style="bold")]
    if r.already:
        lines.append(
            Text(tell("{snapshots} of the same files were there already.", snapshots=plural(r.already, "snapshot")))
        )
    if r.left_out:
        lines.append(
            Text(tell("{left_out:,} left out: rows without an id or a time, files without a day.", left_out=r.left_out))
        )
    return Group(*lines)
