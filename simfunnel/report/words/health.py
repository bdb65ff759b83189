"""Words about the health of deals."""

from __future__ import annotations

import datetime as dt

from simfunnel.diagnosis.health.results import FLAGS, DealHealth, Health
from simfunnel.wording.language import joined, tell
from simfunnel.wording.numbers import money, percent, period_told, plural

LEAST_POINTS = 0.05
"""Fewer points of a chance read 0.0."""


def first_sentence(r: Health) -> str:
    """What a manager can repeat."""
    if not r.deals:
        return tell("No deal is open: there is nothing to look at.")
    flagged = sum(bool(deal.flags) for deal in r.deals)
    told = tell(
        "{flagged:,} of {open_deals} {is_or_are} doubtful",
        flagged=flagged,
        open_deals=plural(len(r.deals), "open deal"),
        is_or_are="is" if 1 in (flagged, len(r.deals)) else "are",
    )
    w = r.without
    if not w.deals:
        return tell("{told}; none is to be dropped.", told=told)
    which = tell("one") if w.deals == 1 else f"{w.deals:,}"
    told += tell("; {which}, worth {value}, to drop or qualify again", which=which, value=money(w.value))
    lost = money(max(0.0, -w.mean.mean))
    told += tell(
        ": without {it_or_them} {period} loses {mean} on average"
        if lost != "0"
        else ": without {it_or_them} {period} loses nothing",
        it_or_them="it" if w.deals == 1 else "them",
        period=period_told(r.goal),
        mean=lost,
    )
    points = None if w.p_attain is None else 100 * max(0.0, -w.p_attain.mean)
    if points is not None and (lost != "0" or points >= LEAST_POINTS):
        told += tell(", and {points:.1f} points of its chance", points=points)
    return tell("{told}.", told=told)


def flag_rule(flag: str, r: Health) -> str:
    """When a flag is raised."""
    return (
        tell("no activity for {days} or more", days=plural(r.idle_days, "day")) if flag == "idle" else tell(FLAGS[flag])
    )


MOVED = 0.05
"""Change of a chance since an earlier day that is worth a word."""


def deal_sentence(deal: DealHealth, idle_days: int, as_of: dt.date) -> str:
    """Why a deal is doubtful, or how it stands; and what its chance was on the first of the earlier kept days."""
    parts: list[str] = [_stay(deal)]
    if "beyond_support" in deal.flags:
        parts.append(tell("older than the scenario's times allow for"))
    if deal.close_date is not None and "close_date_past" in deal.flags:
        parts.append(tell("close date {close_date} is past", close_date=deal.close_date))
    if deal.close_date is not None and "close_date_implausible" in deal.flags:
        parts.append(tell("hardly won by its close date {close_date}", close_date=deal.close_date))
    words = {
        "pushed": "close date moved later at least twice",
        "idle": "no activity for {idle_days} days or more",
        "amount_missing": "no amount",
        "went_back": "went back to an earlier stage",
        "overloaded_owner": "its owner has more open deals than were ever decided within a cycle",
    }
    given = {"idle": {"idle_days": idle_days}}
    parts += [tell(words[flag], **given.get(flag, {})) for flag in deal.flags if flag in words]
    chance = tell("{p_win} chance of being won within the periods", p_win=percent(deal.p_win))
    if deal.earlier and abs(deal.p_win - deal.earlier[0][1]) >= MOVED:
        day, before = deal.earlier[0]
        way = ", down from {before} {ago}" if deal.p_win < before else ", up from {before} {ago}"
        chance += tell(way, before=percent(before), ago=_ago((as_of - day).days))
    if deal.owner_probability is not None:
        chance += tell(" (the CRM says {owner_probability})", owner_probability=percent(deal.owner_probability))
    return tell("{parts}.", parts=joined([part for part in parts if part] + [chance], "; "))


def _ago(days: int) -> str:
    return tell("{time} ago", time=plural(round(days / 7), "week") if days >= 13 else plural(days, "day"))


def _stay(deal: DealHealth) -> str:
    if deal.days_in_stage is None:
        return tell("in {stage} for an unknown time", stage=deal.stage)
    told = tell("in {stage} for {days_in_stage:,.0f} days", stage=deal.stage, days_in_stage=deal.days_in_stage)
    if deal.won_days.p90 is not None:
        told += tell(", nine of ten won deals left it by {p90:,.0f}", p90=deal.won_days.p90)
    return told
