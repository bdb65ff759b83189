"""The sentence to repeat about a plan."""

from __future__ import annotations

from simfunnel.funnel.compile_leads import UNIT_DAYS
from simfunnel.planning.plan.fewest_deals import FAIR, MOST_DEALS
from simfunnel.planning.plan.leads_needed import Plan
from simfunnel.report.words.changes import in_period
from simfunnel.report.words.deals import Known, deals_of, told_titles
from simfunnel.wording.language import joined, sentences, tell
from simfunnel.wording.numbers import chance, money, percent, plural

EACH = {"day": "a day", "week": "a week", "month": "a month", "quarter": "a quarter", "year": "a year"}
"""Unit of time -> how often that is."""
MANY_TIMES = 5
"""A lead rate that is to grow by so much is no plan."""


def plan_sentence(plan: Plan) -> str:
    """Say how many leads it takes."""
    trials, goal = plan.base.trials, plan.goal
    where = in_period(goal.period)
    if plan.owner is not None:
        where = tell("for {owner} {where}", owner=plan.owner, where=where)
    aim = tell(
        "{confidence} sure of {target} {where}",
        confidence=percent(plan.confidence),
        target=money(plan.target),
        where=where,
    )
    now = chance(plan.p_attain_now.mean, trials)
    if plan.unknowns.closed_already:
        return tell(
            "{target} {where} is reached by what is won. No more leads are needed.",
            target=money(plan.target), where=where,
        )  # fmt: skip
    if plan.safe_already:
        return tell("No more leads are needed to be {aim}: the chance is {now} already.", aim=aim, now=now)
    if not any(source.scaled and source.current_leads > 0 for source in plan.sources):
        return tell(
            "There are no leads to raise: the chance of {target} {where} stays at {now}.",
            target=money(plan.target),
            where=where,
            now=now,
        )
    if not plan.reachable:
        limit = chance(plan.curve.limit.mean, len(plan.curve.critical))
        return tell(
            "No lead rate up to {highest:g} times the present one is enough to be {aim}: the chance "
            "is {now} now and {limit} there.",
            highest=plan.curve.highest,
            aim=aim,
            now=now,
            limit=limit,
        )
    if plan.about_enough:
        return tell(
            "To be {aim} the present lead rate is about enough: the chance is {now}, and the rate "
            "that is needed differs from the present one by no more than the simulation error.",
            aim=aim,
            now=now,
        )
    unit = UNIT_DAYS[plan.by] / UNIT_DAYS["week"]
    scaled = [source for source in plan.sources if source.scaled]
    current = unit * sum(source.current_per_week for source in scaled)
    needed = unit * sum(source.needed_per_week or 0.0 for source in scaled)
    told = tell(
        "To be {aim} it takes {needed} leads {a_week} instead of {current} ({more} more); at "
        "present the chance is {now}.",
        aim=aim,
        needed=rate(needed),
        a_week=tell(EACH[plan.by]),
        current=rate(current),
        more=rate(needed - current),
        now=now,
    )
    if needed < MANY_TIMES * current:
        return told
    times = tell("That is {times:,.0f} times the present rate: leads alone will hardly do it.", times=needed / current)
    return sentences(told, times)


def rate(value: float) -> str:
    """Show a number of leads in a unit of time."""
    return f"{value:,.0f}" if value >= 20 else f"{value:.1f}"


def deals_sentence(plan: Plan) -> str | None:
    """Say which fewest deals would close the gap, and how likely it is that they all land; None if nobody asked."""
    found = plan.deals
    if found is None:
        return None
    where = in_period(plan.goal.period)

    aim = tell(
        "{confidence} sure of {target} {where}",
        confidence=percent(plan.confidence),
        target=money(plan.target),
        where=where,
    )
    if found.deals is None:
        if 0 < (n := plan.base.quality.used) <= MOST_DEALS:
            return tell("Not even winning every open deal ({n:,} in all) makes it {aim}.", n=n, aim=aim)
        if n == 0:
            return tell("There is no open deal to win.")
        return tell("No set of {most_deals} open deals is enough to be {aim}.", most_deals=MOST_DEALS, aim=aim)
    if not found.deals or found.p_all is None:
        return tell("No deal has to be won for sure to be {aim}: the target is safe already.", aim=aim)
    n, trials, titles = len(found.deals), plan.base.trials, titles_of(plan)
    text = tell(
        "With {listed} won it would be {p_attain} sure: {deals} {closes_or_close} the gap, the "
        "fewest that do. The chance that {it_lands_or_all_land} {where} is {p_all}.",
        listed=joined([titles[deal.id] for deal in found.deals], last=" and "),
        p_attain=percent(found.p_attain or 0.0),
        deals=plural(n, "deal"),
        closes_or_close="closes" if n == 1 else "close",
        it_lands_or_all_land="it lands" if n == 1 else "all land",
        where=where,
        p_all=chance(found.p_all.mean, trials),
    )
    if found.fair is None or found.fair_p_all is None:
        return text
    return tell(
        "{text} Of deals with a chance of {fair} and more it takes {count}: {listed}; that all "
        "land has a chance of {fair_p_all}.",
        text=text,
        fair=percent(FAIR),
        count=len(found.fair),
        listed=joined([titles[deal.id] for deal in found.fair], last=" and "),
        fair_p_all=chance(found.fair_p_all, trials),
    )


def titles_of(plan: Plan) -> dict[str, str]:
    """What each deal of a plan is called, by its id: as all open deals are."""
    found = plan.deals
    if found is None:
        return {}
    if plan.base.compiled is not None:
        return told_titles(deals_of(plan.base.compiled.book.deals))
    sets = [found.deals, found.fair, *(one.deals for one in found.alternatives)]
    return told_titles({deal.id: Known(deal.id, deal.name, None) for deals in sets for deal in deals or ()}.values())
