"""The console page of `health`: the doubtful deals, what they are worth, and who has them."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.text import Text

from simfunnel.diagnosis.health.results import DealHealth, Health, OwnerHealth
from simfunnel.report.console.layout import Row, table
from simfunnel.report.words.health import first_sentence, flag_rule
from simfunnel.report.words.owners import commit_words
from simfunnel.wording.numbers import money, percent, plural
from simfunnel.wording.shown_text import as_name

_DEALS, _OWNERS, _NAME = 20, 10, 26


def health_page(r: Health, width: int) -> RenderableType:
    """Lay out what was found."""
    parts: list[RenderableType] = [
        Text(first_sentence(r), style="bold"),
        Text(
            f"{as_name(r.scenario or 'scenario')} · as of {r.as_of} · {plural(len(r.deals), 'open deal')}, expected "
            f"{money(sum(deal.expected for deal in r.deals))} {r.currency} within {r.periods[0]}"
            + (f" to {r.periods[-1]}" if len(r.periods) > 1 else "")
            + ("" if r.history is None else f" · history {as_name(r.history)}")
        ),
    ]
    parts += [Text(f"! {caution.sentence}", style="yellow") for caution in r.cautions[:3]]
    if len(r.cautions) > 3:
        parts.append(Text(f"and {plural(len(r.cautions) - 3, 'more caution')} (--json lists all)"))
    doubtful = [deal for deal in r.deals if deal.flags]
    if doubtful:
        rows = [_deal(deal) for deal in doubtful[:_DEALS]]
        parts += [Text(), table(rows, ("category", "close date", "owner", "amount"), width)]
        if len(doubtful) > _DEALS:
            parts.append(
                Text(f"and {plural(len(doubtful) - _DEALS, 'more doubtful deal')} (--json and --out list all)")
            )
        parts.append(
            Text(
                "x: to drop or qualify again: stale or past its close date, with less than a third of the chance of a "
                "deal that enters the stage now. won P90: days by which nine of ten won deals left the stage. amount: "
                "what the deal brings on average if it is won, realization included."
            )
        )
        parts += [Text(), table(_counts(r), (), width)]
    if len(r.owners) > 1:
        parts += [Text(), table([_owner(owner) for owner in r.owners[:_OWNERS]], ("expected",), width)]
        if len(r.owners) > _OWNERS:
            parts.append(Text(f"and {plural(len(r.owners) - _OWNERS, 'more owner')} (--json and --out list all)"))
    return Group(*parts)


def _of_p90(days: float | None, p90: float | None) -> str:
    """Days in the stage beside those by which nine of ten winners left it."""
    if days is None:
        return ""
    return f"{days:,.0f}" if p90 is None else f"{days:,.0f} / {p90:,.0f}"


def _deal(deal: DealHealth) -> Row:
    return {
        "Deal": _cut(deal.name or deal.id),
        "": "x" if deal.drop else "",
        "owner": _cut(deal.owner or "", 16),
        "stage": _cut(deal.stage, 16),
        "days / won P90": _of_p90(deal.days_in_stage, deal.won_days.p90),
        "amount": money(deal.amount),
        "P(won)": percent(deal.p_win),
        "owner says": "" if deal.owner_probability is None else percent(deal.owner_probability),
        "category": _cut(deal.category or "", 12),
        "close date": "" if deal.close_date is None else deal.close_date.isoformat(),
        "flags": " ".join(deal.flags),
    }


def _counts(r: Health) -> list[Row]:
    return [
        {
            "Flag": flag, "deals": f"{count:,}",
            "worth": money(sum(deal.amount for deal in r.deals if flag in deal.flags)), "rule": flag_rule(flag, r),
        }
        for flag, count in r.counts.items()
    ]  # fmt: skip


def _owner(owner: OwnerHealth) -> Row:
    return {
        "Owner": _cut(owner.owner, 20), "open": f"{owner.open:,}", "value": money(owner.value),
        "expected": money(owner.expected), "doubtful": f"{owner.flagged:,}", "to drop": f"{owner.drop:,}",
        "most decided in a cycle": "" if owner.decided_in_cycle is None else f"{owner.decided_in_cycle:,}",
        "won of decided": "" if owner.won_of_decided is None else percent(owner.won_of_decided),
        "commits": "" if owner.commit is None else commit_words(owner.commit),
    }  # fmt: skip


def _cut(name: str, room: int = _NAME) -> str:
    text = Text(as_name(name))
    text.truncate(room, overflow="ellipsis")
    return text.plain
