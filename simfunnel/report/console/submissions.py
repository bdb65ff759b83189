"""The console pages of what owners say will come: as it is kept, and beside what came."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.text import Text

from simfunnel.record.submissions import KeptSubmissions
from simfunnel.report.console.layout import Row, table
from simfunnel.report.words.owners import NAMES, owners_sentences, signed
from simfunnel.store.submissions import KINDS
from simfunnel.wording.numbers import money, percent, plural
from simfunnel.wording.shown_text import as_name

if TYPE_CHECKING:
    from simfunnel.estimation.owner_bias import OwnerBias
    from simfunnel.record.owner_record import OwnerRecord

_OWNERS = 20


def kept_page(r: KeptSubmissions) -> RenderableType:
    """Say what was kept of a file of submissions."""
    owners = len({one.owner for one in r.said})
    told = r.told
    first = f"Kept what {plural(owners, 'owner')} said: {plural(told.new, 'new amount')}, {told.unchanged:,} known"
    if told.corrected:
        first += f", {told.corrected:,} corrected"
    lines = [Text(f"{first} ({as_name(r.store)}, book {as_name(r.book)}).", style="bold")]
    if r.blank:
        lines.append(Text(f"{plural(r.blank, 'row')} with neither a commit nor a best case."))
    if r.unread:
        lines.append(Text(f"Columns not read: {', '.join(as_name(name) for name in r.unread)}."))
    for name, near in r.strangers:
        hint = f": did you mean {as_name(near)}?" if near else "."
        lines.append(Text(f"! {as_name(name)} has no deal in the newest snapshot{hint}", style="yellow"))
    return Group(*lines)


def owners_part(record: OwnerRecord, width: int) -> list[RenderableType]:
    """Lay out what owners said beside what came."""
    parts: list[RenderableType] = [Text(as_name(line), style="bold") for line in owners_sentences(record)]
    for kind in KINDS:
        owners = record.of(kind)
        if not owners:
            continue
        parts.append(table([_row(one) for one in owners[:_OWNERS]], ("reached", "said", "came", "own"), width))
        if len(owners) > _OWNERS:
            parts.append(Text(f"and {plural(len(owners) - _OWNERS, 'more owner')} (--json and --out list all)"))
    untold = [row for row in record.submissions if row.actual is None]
    for why in dict.fromkeys(row.why or "" for row in untold):
        count = sum(row.why == why for row in untold)
        parts.append(Text(f"{plural(count, 'submission')} not scored: {why}", style="dim"))
    return parts


def _row(one: OwnerBias) -> Row:
    low, high = one.interval or (None, None)
    return {
        NAMES[one.kind].capitalize(): as_name(one.owner or ""), "periods": str(one.periods), "said": money(one.said),
        "came": money(one.came), "reached": f"{one.reached} of {one.periods}", "own": signed(one.bias),
        "bias": "" if one.p_high is None else signed(one.shrunk),
        "90 %": "" if one.interval is None else f"{signed(low)} to {signed(high)}",
        "P(too high)": "" if one.p_high is None else percent(one.p_high), "": one.verdict or "",
    }  # fmt: skip
