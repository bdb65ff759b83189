"""The sentence to repeat about a plan."""

from __future__ import annotations

from collections.abc import Sequence

from simfunnel.funnel.compile_leads import UNIT_DAYS
from simfunnel.planning.plan.fewest_deals import FAIR, MOST_DEALS, Named
from simfunnel.planning.plan.leads_needed import Plan
from simfunnel.report.words.changes import chance
from simfunnel.report.words.deals import fitted
from simfunnel.wording.numbers import money, percent, plural


def plan_sentence(plan: Plan) -> str:
    """Say how many leads it takes."""
    trials, goal = plan.base.trials, plan.goal
    where = "in all periods together" if goal.period == "total" else f"in {goal.period}"
    if plan.owner is not None:
        where = f"for {plan.owner} {where}"
    aim = f"{percent(plan.confidence)} sure of {money(plan.target)} {where}"
    now = chance(plan.p_attain_now.mean, trials)
    if plan.safe_already:
        return f"No more leads are needed to be {aim}: the chance is {now} already."
    if not any(source.scaled and source.current_leads > 0 for source in plan.sources):
        return f"There are no leads to raise: the chance of {money(plan.target)} {where} stays at {now}."
    if not plan.reachable:
        limit = chance(plan.curve.limit.mean, len(plan.curve.critical))
        return (
            f"No lead rate up to {plan.curve.highest:g} times the present one is enough to be {aim}: "
            f"the chance is {now} now and {limit} there."
        )
    if plan.about_enough:
        return (
            f"To be {aim} the present lead rate is about enough: the chance is {now}, and the rate that is needed "
            "differs from the present one by no more than the simulation error."
        )
    unit = UNIT_DAYS[plan.by] / UNIT_DAYS["week"]
    scaled = [source for source in plan.sources if source.scaled]
    current = unit * sum(source.current_per_week for source in scaled)
    needed = unit * sum(source.needed_per_week or 0.0 for source in scaled)
    return (
        f"To be {aim} it takes {rate(needed)} leads a {plan.by} instead of {rate(current)} "
        f"({rate(needed - current)} more); at present the chance is {now}."
    )


def rate(value: float) -> str:
    """Show a number of leads in a unit of time."""
    return f"{value:,.0f}" if value >= 20 else f"{value:.1f}"


def deals_sentence(plan: Plan) -> str | None:
    """Say which fewest deals would close the gap, and how likely it is that they all land; None if nobody asked."""
    found = plan.deals
    if found is None:
        return None
    where = "in all periods together" if plan.goal.period == "total" else f"in {plan.goal.period}"
    aim = f"{percent(plan.confidence)} sure of {money(plan.target)} {where}"
    if found.deals is None:
        return f"No set of {MOST_DEALS} open deals is enough to be {aim}."
    if not found.deals or found.p_all is None:
        return f"No deal has to be won for sure to be {aim}: the target is safe already."
    n, trials = len(found.deals), plan.base.trials
    text = (
        f"With {_listed(found.deals)} won it would be {percent(found.p_attain or 0.0)} sure: {plural(n, 'deal')} "
        f"{'closes' if n == 1 else 'close'} the gap, the fewest that do. The chance that "
        f"{'it lands' if n == 1 else 'all land'} {where} is {chance(found.p_all.mean, trials)}."
    )
    if found.fair is None or found.fair_p_all is None:
        return text
    return (
        f"{text} Of deals with a chance of {percent(FAIR)} and more it takes {len(found.fair)}: {_listed(found.fair)}; "
        f"that all land has a chance of {chance(found.fair_p_all, trials)}."
    )


def _listed(deals: Sequence[Named]) -> str:
    names = [fitted(deal.name or deal.id, 40) for deal in deals]
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
