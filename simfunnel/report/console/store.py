"""The console pages of `keep` and `store`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from rich.console import Group, RenderableType
from rich.text import Text

from simfunnel.report.console.layout import Row, table
from simfunnel.report.console.submissions import commits_lines, kept_page
from simfunnel.report.words.owners import NAMES
from simfunnel.store.submissions import EXPORT
from simfunnel.wording.numbers import money, percent, plural
from simfunnel.wording.shown_text import as_name

if TYPE_CHECKING:
    from simfunnel.record.imported import Imported
    from simfunnel.record.keep import KeptPipeline
    from simfunnel.record.listing import Erasure, StoreCheck, StoreDay, StoreListing

FEW = 0.5
"""Share of the rows of the file before below which the loss is said."""
_NAMES = 12
"""Deals that are named of each kind of change."""


def keep_page(r: KeptPipeline) -> RenderableType:
    """Say what was kept, and where."""
    where = f"{as_name(r.store)}, book {as_name(r.book)}"
    if r.same:
        first = f"{r.valid_day} is kept already with this very file ({where})."
    else:
        told = " corrected" if r.corrected else ""
        first = (
            f"Kept {r.valid_day}{told}: {plural(r.rows, 'row')}, {plural(r.new_versions, 'new version')}, "
            f"{r.unchanged:,} unchanged ({where})."
        )
    lines: list[RenderableType] = [Text(first, style="bold")]
    rows = r.forecast.summary.overall.periods
    said = "; ".join(
        f"{row.label} {money(row.bookings.mean)} on average"
        + (
            ""
            if row.attainment is None or row.target is None
            else f", {percent(row.attainment.probability)} to reach {money(row.target)}"
        )
        for row in rows
    )
    lines.append(Text(f"{'Forecast' if r.forecast_new else 'The same forecast was kept before'}: {said}."))
    if r.beside:
        names = " and ".join(as_name(name) for name in r.beside[:3])
        lines.append(Text(f"! A new book, beside {names}: for one of these, --book.", style="yellow"))
    if r.rows_before and r.rows < FEW * r.rows_before and not r.same:
        lines.append(Text(
            f"! The file has {plural(r.rows, 'row')}, the one before had {r.rows_before:,}: the other deals count as "
            "gone. If the export was cut short, keep the day again with --correct.", style="yellow"))  # fmt: skip
    if r.over:
        now = rows[0].label
        lines.append(Text(
            f"! {' and '.join(r.over)} {'is' if len(r.over) == 1 else 'are'} over: what the scenario says of it "
            f"(targets, closed) was left out; write the target of {now} under `targets`.", style="yellow"))  # fmt: skip
    if r.ahead:
        lines.append(Text(
            f"! {' and '.join(r.ahead)} {'is' if len(r.ahead) == 1 else 'are'} not forecast from {r.valid_day}: what "
            "the scenario says of it (targets, closed) was left out.", style="yellow"))  # fmt: skip
    if r.submissions is not None:
        lines.append(kept_page(r.submissions))
    if r.commits is not None:
        lines += commits_lines(r.commits)
    return Group(*lines)


def listing_page(r: StoreListing, rows: Sequence[dict[str, Any]], width: int) -> RenderableType:
    """List the snapshots."""
    if not rows:
        return Text(f"{as_name(r.store)} holds no snapshot yet.")
    books = len({row["book"] for row in rows})
    first = Text(f"{plural(len(rows), 'snapshot')} in {as_name(r.store)}", style="bold")
    lines: list[Row] = [
        {
            "Book": row["book"] if books > 1 else "", "Day": row["valid_day"], "recorded": row["recorded_at"][:19],
            "rows": f"{row['rows']:,}", "forecasts": str(row["forecasts"] or ""),
            "submissions": str(row["submissions"] or ""), "file": row["file"] or "",
            "hash": (row["source_hash"] or "")[:12],
        }
        for row in rows
    ]  # fmt: skip
    return Group(first, table(lines, ("hash", "recorded", "file"), width))


def day_page(r: StoreDay, keys: dict[str, Any], width: int) -> RenderableType:
    """Say what one day held, and what had changed."""
    parts: list[RenderableType] = [Text(
        f"{r.snapshot.valid_day}, book {as_name(r.book)}: {plural(r.snapshot.rows, 'row')}, recorded "
        f"{r.snapshot.recorded_at[:19]} from {as_name(str(keys['file']))}", style="bold")]  # fmt: skip
    if r.before is not None:
        kinds = (("new", r.new), ("gone", r.left), ("changed", r.changed))
        parts += [
            Text(f"{len(names):,} {kind} since {r.before}: {_named(names)}") for kind, names in kinds if names
        ] or [Text(f"nothing changed since {r.before}")]
    if r.new_columns or r.gone_columns:
        columns = (("new", r.new_columns), ("gone", r.gone_columns))
        both = [f"{word} {_named(names)}" for word, names in columns if names]
        parts.append(Text(f"columns: {'; '.join(both)} (a column under another name changes every row)"))
    rows: list[Row] = [
        {
            "Period": part["label"], "made": said["made"][:19], "mean": money(part["mean"]),
            **{f"P{float(level) * 100:g}": money(value) for level, value in part["quantiles"].items()},
            "target": "" if part["target"] is None else money(part["target"]),
            "P(attain)": "" if part["p_attain"] is None else percent(part["p_attain"]),
        }
        for said in keys["forecasts"]
        for part in said["periods"]
    ]  # fmt: skip
    said: list[Row] = [
        {
            "Owner": as_name(one["owner"]), "period": one["period"], "said on": one["made"],
            "what": NAMES[one["kind"]].removesuffix("s"), "amount": money(one["amount"]),
            "from": "the export" if one["source"] == EXPORT else "a file",
        }
        for one in keys["submissions"]
    ]  # fmt: skip
    tables = [table(rows, ("made", "P10", "P90"), width)] if rows else []
    return Group(*parts, *tables, *([table(said, ("from",), width)] if said else []))


def _named(names: Sequence[str]) -> str:
    listed = ", ".join(as_name(name) for name in names[:_NAMES])
    return listed + (f" and {len(names) - _NAMES:,} more" if len(names) > _NAMES else "")


def check_store_page(r: StoreCheck) -> RenderableType:
    """Say whether a store is whole."""
    if r.ok:
        return Text(f"{as_name(r.store)} is whole: every file and every snapshot is as it was kept.", style="bold")
    lines = [Text(f"{plural(len(r.faults), 'fault')} in {as_name(r.store)}", style="bold red")]
    return Group(*lines, *(Text(f"{as_name(fault.where)}: {as_name(fault.what)}") for fault in r.faults))


def erasure_page(r: Erasure) -> RenderableType:
    """Say how much was erased: never of whom."""
    done = r.forgotten
    return Text(
        f"Forgotten: {plural(done.deals, 'deal')} with {plural(done.versions, 'version')}, "
        f"{plural(done.files, 'file')} that held them, {plural(done.submissions, 'submission')}, names in "
        f"{plural(done.forecasts, 'forecast')}. "
        "A tombstone says that something was there, and copies of the store made before still hold it.",
        style="bold",
    )


def imported_page(r: Imported) -> RenderableType:
    """Say what an import brought."""
    first = (
        f"Imported {plural(r.snapshots, 'snapshot')} from {r.first} to {r.last}: {plural(r.versions, 'version')} "
        f"({as_name(r.store)}, book {as_name(r.book)})."
    )
    lines = [Text(first, style="bold")]
    if r.already:
        lines.append(Text(f"{plural(r.already, 'snapshot')} of the same files were there already."))
    if r.left_out:
        lines.append(Text(f"{r.left_out:,} left out: rows without an id or a time, files without a day."))
    return Group(*lines)
