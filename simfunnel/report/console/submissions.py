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
    from simfunnel.record.keep import KeptCommits
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
    if r.derived:
        lines.append(Text(f"{plural(r.derived, 'row')} read from an export before, and not from people: passed over."))
    if r.unread:
        lines.append(Text(f"Columns not read: {', '.join(as_name(name) for name in r.unread)}."))
    for name, near in r.strangers:
        hint = f": did you mean {as_name(near)}?" if near else "."
        lines.append(Text(f"! {as_name(name)} has no deal in the newest snapshot{hint}", style="yellow"))
    return Group(*lines)


def commits_lines(r: KeptCommits) -> list[RenderableType]:
    """Say what was read of an export's forecast categories, or why nothing was."""
    if r.found.why is not None:
        return [Text(f"! {as_name(r.found.why.sentence)}", style="yellow")]
    column, said = as_name(r.found.column), r.found.said
    sums = []
    for period in sorted({one.period for one in said}):
        own = {kind: [one.amount for one in said if (one.period, one.kind) == (period, kind)] for kind in KINDS}
        sums.append(
            f"{period} " + ", ".join(f"{NAMES[kind]} {money(sum(amounts))}" for kind, amounts in own.items() if amounts)
        )
    owners = plural(len({one.owner for one in said}), "owner")
    line = f"Read from the column {column} as what {owners} commit, what is won included: {'; '.join(sums)}"
    if not said:
        line = f"Read from the column {column} as what owners commit: nothing for the periods with a target"
    if said and all(one.kind != "commit" for one in said):
        line += "; no open deal is in Commit"
    if r.overruled:
        line += f"; a file says otherwise of {r.overruled:,}, and counts"
    if r.found.left_out:
        told = [f"{plural(n, 'deal')} {why} ({money(amount)})" for why, (n, amount) in r.found.left_out.items()]
        line += f"; in no sum: {', '.join(told)}"
    return [Text(f"{line}.")]


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
