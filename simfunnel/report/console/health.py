"""The console page of `health`: the doubtful deals, what they are worth, and who has them."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.text import Text

from simfunnel.diagnosis.health.results import DealHealth, Health, OwnerHealth
from simfunnel.report.console.layout import Row, legend, table
from simfunnel.report.words.changes import in_period, of_winning
from simfunnel.report.words.deals import deal_titles
from simfunnel.report.words.health import first_sentence, flag_rule
from simfunnel.report.words.owners import commit_words
from simfunnel.wording.language import joined, tell
from simfunnel.wording.numbers import day_told, money, percent, period_told, plural
from simfunnel.wording.shown_text import as_name

_DEALS, _OWNERS, _NAME = 20, 10, 26
_WIDE = 120
"""Columns of a terminal from which on every flag of a deal is written out."""


def health_page(r: Health, width: int) -> RenderableType:
    """Lay out what was found."""
    parts: list[RenderableType] = [
        Text(first_sentence(r), style="bold"),
        Text(
            tell(
                "{scenario} · as of {as_of} · {open_deals}, expected {expected} {currency} within {period}",
                scenario=as_name(r.scenario or tell("scenario")),
                as_of=r.as_of,
                open_deals=plural(len(r.deals), "open deal"),
                expected=money(sum(deal.expected for deal in r.deals)),
                currency=r.currency,
                period=period_told(r.periods[0])
                if len(r.periods) == 1
                else tell("{first} to {last}", first=period_told(r.periods[0]), last=period_told(r.periods[-1])),
            )
            + ("" if r.history is None else tell(" · history {history}", history=as_name(r.history)))
        ),
    ]
    parts += [Text(f"! {caution.sentence}", style="yellow") for caution in r.cautions[:3]]
    if len(r.cautions) > 3:
        parts.append(
            Text(
                tell(
                    "and {more_cautions} (--json lists all)", more_cautions=plural(len(r.cautions) - 3, "more caution")
                )
            )
        )
    doubtful = [deal for deal in r.deals if deal.flags]
    if doubtful:
        shown = doubtful[:_DEALS]
        titles = deal_titles(shown, _NAME, always_id=False, among=r.deals, with_id=True)
        rows = [_deal(deal, title, narrow=width < _WIDE) for deal, title in zip(shown, titles, strict=True)]
        laid = table(rows, ("category", "close date", "owner", "CRM says", "stage", "days / won P90", "amount"), width)
        parts += [Text(), laid]
        if len(doubtful) > _DEALS:
            parts.append(
                Text(
                    tell(
                        "and {more_doubtful_deals} (--json and --out list all)",
                        more_doubtful_deals=plural(len(doubtful) - _DEALS, "more doubtful deal"),
                    )
                )
            )
        parts += legend(laid, {
            "": tell("x: to drop or qualify again: stale or past its close date, with less than a third of the chance "
                     "of a deal that enters the stage now."),
            "days / won P90": tell("won P90: days by which nine of ten won deals left the stage."),
            "amount": tell("amount: what the deal brings on average if it is won, realization included."),
            "P(win)": of_winning(_within(r)),
            "flags": tell("+1: one flag more, and so on; --json has all.") if width < _WIDE else "",
        })  # fmt: skip
        parts += [Text(), table(_counts(r), (), width)]
    if len(r.owners) > 1:
        parts += [Text(), table([_owner(owner) for owner in r.owners[:_OWNERS]], ("expected",), width)]
        if len(r.owners) > _OWNERS:
            parts.append(
                Text(
                    tell(
                        "and {more_owners} (--json and --out list all)",
                        more_owners=plural(len(r.owners) - _OWNERS, "more owner"),
                    )
                )
            )
    return Group(*parts)


def _within(r: Health) -> str:
    if len(r.periods) == 1:
        return in_period(r.periods[0])
    return tell("in {first} to {last}", first=period_told(r.periods[0]), last=period_told(r.periods[-1]))


def _of_p90(days: float | None, p90: float | None) -> str:
    """Days in the stage beside those by which nine of ten winners left it."""
    if days is None:
        return ""
    return f"{days:,.0f}" if p90 is None else f"{days:,.0f} / {p90:,.0f}"


def _flags(flags: Sequence[str], *, narrow: bool) -> str:
    """Flags of a deal; in a narrow terminal the first, and how many more there are."""
    told = [tell(flag) for flag in flags]
    return joined(told, " ") if not narrow or len(told) < 2 else f"{told[0]} +{len(told) - 1}"


def _deal(deal: DealHealth, title: str, *, narrow: bool) -> Row:
    return {
        "Deal": as_name(title),
        "": "x" if deal.drop else "",
        "owner": _cut(deal.owner or "", 16),
        "stage": _cut(deal.stage, 16),
        "days / won P90": _of_p90(deal.days_in_stage, deal.won_days.p90),
        "amount": money(deal.amount),
        "P(win)": percent(deal.p_win),
        "CRM says": "" if deal.owner_probability is None else percent(deal.owner_probability),
        "category": _cut(deal.category or "", 12),
        "close date": "" if deal.close_date is None else day_told(deal.close_date),
        "flags": _flags(deal.flags, narrow=narrow),
    }


def _counts(r: Health) -> list[Row]:
    return [
        {
            "Flag": tell(flag), "deals": f"{count:,}",
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
