"""The console pages of what owners say will come: as it is kept, and beside what came."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.text import Text

from simfunnel.record.submissions import KeptSubmissions
from simfunnel.report.console.layout import Row, table
from simfunnel.report.words.owners import NAMES, owners_sentences, signed
from simfunnel.store.submissions import KINDS
from simfunnel.wording.language import again, joined, tell
from simfunnel.wording.numbers import capitalized, money, percent, period_told, plural
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
    first = tell(
        "Kept what {owners} said: {new_amounts}, {unchanged:,} known",
        owners=plural(owners, "owner"),
        new_amounts=plural(told.new, "new amount"),
        unchanged=told.unchanged,
    )
    if told.corrected:
        first += tell(", {corrected:,} corrected", corrected=told.corrected)
    lines = [
        Text(
            tell("{first} ({store}, book {book}).", first=first, store=as_name(r.store), book=as_name(r.book)),
            style="bold",
        )
    ]
    if r.blank:
        lines.append(Text(tell("{rows} with neither a commit nor a best case.", rows=plural(r.blank, "row"))))
    if r.derived:
        lines.append(
            Text(
                tell(
                    "{rows} read from an export before, and not from people: passed over.",
                    rows=plural(r.derived, "row"),
                )
            )
        )
    if r.unread:
        lines.append(Text(tell("Columns not read: {names}.", names=joined([as_name(name) for name in r.unread]))))
    for name, near in r.strangers:
        hint = tell(": did you mean {near}?", near=as_name(near)) if near else "."
        lines.append(
            Text(
                tell("! {name} has no deal in the newest snapshot{hint}", name=as_name(name), hint=hint), style="yellow"
            )
        )
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
            tell(
                "{period} {sums}",
                period=period_told(period),
                sums=joined(
                    [
                        tell("{what} {amount}", what=tell(NAMES[kind]), amount=money(sum(amounts)))
                        for kind, amounts in own.items()
                        if amounts
                    ]
                ),
            )
        )
    owners = plural(len({one.owner for one in said}), "owner")
    line = tell(
        "Read from the column {column} as what {owners} commit, what is won included: {sums}",
        column=column,
        owners=owners,
        sums=joined(sums, "; "),
    )
    if not said:
        line = tell(
            "Read from the column {column} as what owners commit: nothing for the periods with a target", column=column
        )
    if said and all(one.kind != "commit" for one in said):
        line += tell("; no open deal is in Commit")
    if r.overruled:
        line += tell("; a file says otherwise of {overruled:,}, and counts", overruled=r.overruled)
    if r.found.left_out:
        told = [
            tell("{deals} {why} ({amount})", deals=plural(n, "deal"), why=why, amount=money(amount))
            for why, (n, amount) in r.found.left_out.items()
        ]
        line += tell("; counted in neither: {deals}", deals=joined(told))
    return [Text(tell("{line}.", line=line))]


def owners_part(record: OwnerRecord, width: int) -> list[RenderableType]:
    """Lay out what owners said beside what came."""
    parts: list[RenderableType] = [Text(as_name(line), style="bold") for line in owners_sentences(record)]
    for kind in KINDS:
        owners = record.of(kind)
        if not owners:
            continue
        parts.append(table([_row(one) for one in owners[:_OWNERS]], ("reached", "said", "came", "own"), width))
        if len(owners) > _OWNERS:
            parts.append(
                Text(
                    tell(
                        "and {more_owners} (--json and --out list all)",
                        more_owners=plural(len(owners) - _OWNERS, "more owner"),
                    )
                )
            )
    untold = [row for row in record.submissions if row.actual is None]
    for why in dict.fromkeys(row.why or "" for row in untold):
        count = sum(row.why == why for row in untold)
        parts.append(
            Text(
                tell("{submissions} not scored: {why}", submissions=plural(count, "submission"), why=again(why)),
                style="dim",
            )
        )
    return parts


def _row(one: OwnerBias) -> Row:
    low, high = one.interval or (None, None)
    return {
        capitalized(tell(NAMES[one.kind])): as_name(one.owner or ""),
        "periods": str(one.periods),
        "said": money(one.said),
        "came": money(one.came),
        "reached": tell("{reached} of {periods}", reached=one.reached, periods=one.periods),
        "own": signed(one.bias),
        "bias": "" if one.p_high is None else signed(one.shrunk),
        "90 % interval": "" if one.interval is None else tell("{low} to {high}", low=signed(low), high=signed(high)),
        "P(too high)": "" if one.p_high is None else percent(one.p_high),
        "": tell(one.verdict) if one.verdict else "",
    }
