"""Words about the health of deals."""

from __future__ import annotations

import datetime as dt

from simfunnel.diagnosis.health.results import FLAGS, DealHealth, Health
from simfunnel.wording.numbers import money, percent, plural


def first_sentence(r: Health) -> str:
    """What a manager can repeat."""
    if not r.deals:
        return "No deal is open: there is nothing to look at."
    flagged = sum(bool(deal.flags) for deal in r.deals)
    told = f"{flagged:,} of {plural(len(r.deals), 'open deal')} {'is' if flagged == 1 else 'are'} doubtful"
    w = r.without
    if not w.deals:
        return f"{told}; none is to be dropped."
    which = "one" if w.deals == 1 else f"{w.deals:,}"
    told += f"; {which}, worth {money(w.value)}, to drop or qualify again"
    told += f": without {'it' if w.deals == 1 else 'them'} {r.goal} loses {money(max(-w.mean.mean, 0.0))} on average"
    if w.p_attain is not None:
        told += f", and {100 * max(-w.p_attain.mean, 0.0):.1f} points of its chance"
    return f"{told}."


def flag_rule(flag: str, r: Health) -> str:
    """When a flag is raised."""
    return f"no activity for {plural(r.idle_days, 'day')} or more" if flag == "idle" else FLAGS[flag]


MOVED = 0.05
"""Change of a chance since an earlier day that is worth a word."""


def deal_sentence(deal: DealHealth, idle_days: int, as_of: dt.date) -> str:
    """Why a deal is doubtful, or how it stands; and what its chance was on the first of the earlier kept days."""
    parts = [_stay(deal)]
    if "beyond_support" in deal.flags:
        parts.append("older than the scenario's times allow for")
    if deal.close_date is not None and "close_date_past" in deal.flags:
        parts.append(f"close date {deal.close_date} is past")
    if deal.close_date is not None and "close_date_implausible" in deal.flags:
        parts.append(f"hardly won by its close date {deal.close_date}")
    words = {
        "pushed": "close date moved later at least twice",
        "idle": f"no activity for {idle_days} days or more",
        "amount_missing": "no amount",
        "went_back": "went back to an earlier stage",
        "overloaded_owner": "its owner has more open deals than were ever decided within a cycle",
    }
    parts += [words[flag] for flag in deal.flags if flag in words]
    chance = f"won within the periods with {percent(deal.p_win)}"
    if deal.earlier and abs(deal.p_win - deal.earlier[0][1]) >= MOVED:
        day, before = deal.earlier[0]
        way = "down" if deal.p_win < before else "up"
        chance += f", {way} from {percent(before)} {_ago((as_of - day).days)}"
    if deal.owner_probability is not None:
        chance += f" (its owner says {percent(deal.owner_probability)})"
    return "; ".join([part for part in parts if part] + [chance]) + "."


def _ago(days: int) -> str:
    return plural(round(days / 7), "week") + " ago" if days >= 13 else plural(days, "day") + " ago"


def _stay(deal: DealHealth) -> str:
    if deal.days_in_stage is None:
        return f"in {deal.stage} for an unknown time"
    told = f"in {deal.stage} for {deal.days_in_stage:,.0f} days"
    if deal.won_days.p90 is not None:
        told += f", nine of ten won deals left it by {deal.won_days.p90:,.0f}"
    return told
