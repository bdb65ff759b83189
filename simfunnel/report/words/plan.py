"""The sentence to repeat about a plan."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from simfunnel.funnel.compile_leads import UNIT_DAYS
from simfunnel.planning.plan.fewest_deals import FAIR, MOST_DEALS, FewestDeals, Named
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
    n, trials, titles = len(found.deals), plan.base.trials, marked_titles(plan)
    text: str = tell(
        "With {listed} won it would be {p_attain} sure: one deal closes the gap. The chance that it lands {where} is "
        "{p_all}."
        if n == 1
        else "With {listed} won it would be {p_attain} sure: {deals} close the gap, the fewest that do. The chance "
        "that all land {where} is {p_all}.",
        listed=joined([titles[deal.id] for deal in found.deals], last=" and "),
        p_attain=percent(found.p_attain or 0.0),
        deals=plural(n, "deal"),
        where=where,
        p_all=chance(found.p_all.mean, trials),
    )
    doubtful = [deal for deal in (*found.deals, *(found.fair or ())) if deal.drop]
    if found.fair is not None and found.fair_p_all is not None:
        text = _with_fair(text, found.fair, found.fair_p_all, titles, trials)
    if doubtful:
        text = sentences(text, tell("(to drop): `simfunnel health` says to drop such a deal or to qualify it again."))
    return text


def _with_fair(text: str, fair: Sequence[Named], p_all: float, titles: Mapping[str, str], trials: int) -> str:
    """Add the fewest deals that have a fair chance."""
    if len(fair) == 1:
        return tell(
            "{text} Of deals with a chance of {fair} and more one is enough: {listed}, with a chance of {p_all}.",
            text=text, fair=percent(FAIR), listed=titles[fair[0].id], p_all=chance(p_all, trials),
        )  # fmt: skip
    return tell(
        "{text} Of deals with a chance of {fair} and more it takes {count}: {listed}; that all "
        "land has a chance of {fair_p_all}.",
        text=text,
        fair=percent(FAIR),
        count=len(fair),
        listed=joined([titles[deal.id] for deal in fair], last=" and "),
        fair_p_all=chance(p_all, trials),
    )


def marked(title: str, *, drop: bool) -> str:
    """Mark what a deal is called if it is to be dropped."""
    return tell("{deal} (to drop)", deal=title) if drop else title


def marked_titles(plan: Plan) -> dict[str, str]:
    """What each deal of a plan is called, those to drop with their mark."""
    titles = titles_of(plan)
    for deal in _named(plan.deals):
        if deal.drop:
            titles[deal.id] = marked(titles[deal.id], drop=True)
    return titles


def _named(found: FewestDeals | None) -> Iterator[Named]:
    """Every deal of the sets, once."""
    sets = [] if found is None else [found.deals, found.fair, *(one.deals for one in found.alternatives)]
    yield from {deal.id: deal for deals in sets for deal in deals or ()}.values()


def titles_of(plan: Plan) -> dict[str, str]:
    """What each deal of a plan is called, by its id: as all open deals are."""
    found = plan.deals
    if found is None:
        return {}
    if plan.base.compiled is not None:
        return told_titles(deals_of(plan.base.compiled.book.deals))
    return told_titles(Known(deal.id, deal.name, None) for deal in _named(found))
