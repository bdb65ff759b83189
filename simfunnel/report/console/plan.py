"""The console page of `plan`."""

from __future__ import annotations

from collections.abc import Callable, Collection

from rich.cells import cell_len
from rich.console import Group, RenderableType
from rich.text import Text

from simfunnel.funnel.compile_leads import UNIT_DAYS
from simfunnel.planning.pairs.search import Needed
from simfunnel.planning.plan.fewest_deals import Named
from simfunnel.planning.plan.ideal_funnel import IdealFunnel, IdealStage
from simfunnel.planning.plan.leads_needed import LeadValue, Plan
from simfunnel.planning.plan.unknowns import Change
from simfunnel.report.console.layout import Row, legend, table
from simfunnel.report.words.changes import in_period, money_change, of_winning, signed, subtitle
from simfunnel.report.words.deals import fitted
from simfunnel.report.words.plan import deals_sentence, marked, marked_titles, plan_sentence, rate, titles_of
from simfunnel.wording.language import joined, tell
from simfunnel.wording.numbers import day_told, money, percent, period_told

NAME, NUMBERS = 32, 30
"""Columns of a terminal for the name of a deal, and for what stands beside names."""
_NOW = {"day": "Now a day", "week": "Now a week", "month": "Now a month", "quarter": "Now a quarter",
        "year": "Now a year"}  # fmt: skip
_DEALS = {"day": "Deals a day", "week": "Deals a week", "month": "Deals a month", "quarter": "Deals a quarter",
          "year": "Deals a year"}  # fmt: skip
_VALUE = {"day": "Value a day", "week": "Value a week", "month": "Value a month", "quarter": "Value a quarter",
          "year": "Value a year"}  # fmt: skip
LEAST_VALUE = 0.1
"""A lead that is worth less than this part of one that comes in the first week hardly helps."""


def plan_page(plan: Plan, width: int) -> RenderableType:
    """Lay out a plan."""
    parts: list[RenderableType] = [Text(plan_sentence(plan), style="bold"), Text(subtitle(plan.base))]
    if plan.sources:
        laid = table(_source_rows(plan), (), width)
        told = tell("Variance / mean: how unevenly leads come, 1 is pure chance; more leads, larger bursts.")
        parts += [Text(), laid, *legend(laid, {"Variance / mean": told})]
        if plan.multiplier_interval is not None:
            low, high = plan.multiplier_interval
            upper = f"{high:.2f}" if high is not None else tell("more than {highest:g}", highest=plan.curve.highest)
            parts.append(
                Text(
                    tell(
                        "Rates x {multiplier:.2f} (95 % interval {low:.2f} to {upper}).",
                        multiplier=plan.multiplier,
                        low=low,
                        upper=upper,
                    )
                )
            )
    if plan.extra:
        parts += [Text(), table(_extra_rows(plan), (), width)]
    if plan.lead_values:
        parts += [Text(), table(_week_rows(plan), (), width), Text(_timing(plan))]
    parts += [Text(), table(_unknown_rows(plan), (), width), *_deals(plan, width), Text(), *_funnel(plan, width)]
    if plan.owners:
        laid = table(_owner_rows(plan), (), width)
        told = tell("Missing by stage; what is there beyond need has a minus. Values are in --json and --out.")
        stages = [stage.stage for stage in plan.ideal.stages if stage.stage in laid.columns]
        parts += [Text(), laid, *legend(laid, {stages[0]: told} if stages else {})]
    return Group(*parts)


def _source_rows(plan: Plan) -> list[Row]:
    unit = UNIT_DAYS[plan.by] / UNIT_DAYS["week"]
    rows: list[Row] = []
    for source in plan.sources:
        needed = source.needed_per_week
        dispersed = source.dispersion > 1 and source.dispersion_needed is not None
        rows.append({
            "Lead source": source.name,
            tell(_NOW[plan.by]): rate(unit * source.current_per_week),
            "Needed": tell("out of reach") if needed is None else rate(unit * needed),
            "Extra until the end": "" if source.extra_leads is None else f"{source.extra_leads:,.0f}",
            "Variance / mean": f"{source.dispersion:.1f} → {source.dispersion_needed:.1f}" if dispersed else "",
        })  # fmt: skip
    return rows


def _extra_rows(plan: Plan) -> list[Row]:
    unit = UNIT_DAYS[plan.by] / UNIT_DAYS["week"]
    return [
        {
            "The extra leads bring": extra.stage, tell(_DEALS[plan.by]): f"{unit * extra.per_week:,.1f}",
            tell(_VALUE[plan.by]): money(unit * extra.value_per_week), "Deals it holds": f"{extra.deals:,.0f}",
            "Value it holds": money(extra.value),
        }
        for extra in plan.extra if extra.per_week > 0
    ]  # fmt: skip


def _week_rows(plan: Plan) -> list[Row]:
    """One row a week, thinned to a dozen."""
    names = list(dict.fromkeys(value.source for value in plan.lead_values))
    weeks = sorted({value.start for value in plan.lead_values})
    shown = weeks[:: _every(len(weeks))]
    found = {(value.source, value.start): value for value in plan.lead_values}
    return [
        {"A lead that comes in the week of": day_told(week), **{name: _worth(found[name, week]) for name in names}}
        for week in shown
    ]


def _every(weeks: int) -> int:
    """Of how many weeks one is shown."""
    return max(1, -(-weeks // 12))


def _worth(value: LeadValue) -> str:
    return money(value.value.mean)


def _timing(plan: Plan) -> str:
    """Say from when on leads come too late for the period."""
    totals: dict[object, float] = {}
    for value in plan.lead_values:
        totals[value.start] = totals.get(value.start, 0.0) + value.value.mean
    most = max(totals.values(), default=0.0)
    if most <= 0:
        return tell(
            "No lead that comes now can be won before the end of {period}.", period=period_told(plan.goal.period)
        )
    weeks = list(totals)
    useful = [i for i, week in enumerate(weeks) if totals[week] >= LEAST_VALUE * most]
    late = weeks[useful[-1] + 1 :]
    text = tell(
        "Mean bookings in {period} from one more lead, by the week in which it comes.",
        period=period_told(plan.goal.period),
    )
    if (every := _every(len(totals))) > 1:
        text += tell(" One week in {every} is shown; all are in --json and --out.", every=every)
    if useful[0] > 0:
        text += tell(
            " What comes before {week} is mostly decided before {period} begins.",
            week=weeks[useful[0]],
            period=period_told(plan.goal.period),
        )
    return tell("{text} From {late} on it hardly helps.", text=text, late=late[0]) if late else text


def _funnel(plan: Plan, width: int) -> list[RenderableType]:
    ideal = plan.ideal
    if not ideal.has_leads:
        return [
            Text(tell("There is no ideal funnel: without leads, nothing says in which proportion stages are filled."))
        ]
    rows: list[Row] = []
    for stage in ideal.stages:
        passed = stage.time_in_stage is not None
        ideal_count = tell("out of reach") if stage.ideal_count is None else f"{stage.ideal_count:,.0f}"
        rows.append({
            "Stage": stage.stage,
            "Days": "" if stage.time_in_stage is None else f"{stage.time_in_stage:.0f}",
            "Deals": f"{stage.actual_count:,}",
            "Too old": f"{stage.beyond_support_count:,}" if stage.beyond_support_count else "",
            "Ideal now": ideal_count if passed else "",
            "Missing": _missing(stage),
            "Steady": "" if stage.steady_count is None or not passed else f"{stage.steady_count:,.0f}",
            "Value": money(stage.actual_value),
            "Ideal value": "" if stage.ideal_value is None or not passed else money(stage.ideal_value),
            "Gap": "" if stage.gap_value is None else money_change(stage.gap_value),
        })  # fmt: skip
    laid = table(rows, ("Gap", "Days"), width)
    return [laid, Text(_funnel_note(plan, ideal, laid.columns))]


def _missing(stage: IdealStage) -> str:
    return "" if stage.gap_count is None else signed(stage.gap_count, 0)


def _owner_rows(plan: Plan) -> list[Row]:
    rows = []
    for owner in plan.owners:
        ideal = [stage.ideal_count for stage in owner.stages]
        known = all(count is not None for count in ideal) and owner.has_leads
        missing = {
            stage.stage: _missing(stage) if known else ""
            for stage in owner.stages
        }  # fmt: skip
        rows.append({
            "Owner": owner.owner or "", "Quota": money(owner.target),
            "Deals": f"{sum(stage.actual_count for stage in owner.stages):,}",
            "Ideal now": f"{sum(count or 0.0 for count in ideal):,.0f}" if known else tell("out of reach"),
            **missing,
        })  # fmt: skip
    return rows


def _funnel_note(plan: Plan, ideal: IdealFunnel, columns: Collection[str]) -> str:
    """Say what is ideal, of the columns that are shown."""
    cycle = (
        ""
        if ideal.sales_cycle is None
        else tell("; a sales cycle takes {sales_cycle:.0f} days in the mean", sales_cycle=ideal.sales_cycle)
    )
    rest: str = tell(" Deals that are never decided are not counted.") if ideal.undecided else ""
    if "Too old" in columns:
        rest += tell(" Too old: beyond observed support, counted as lost; they fill no gap.")
    if any(stage.time_in_stage is None for stage in ideal.stages):
        rest += tell(" Stages without an ideal are passed by no lead source.")
    return tell(
        "Ideal: in a steady flow, enough for the rest of the target in the days left (Ideal now) "
        "or for a full target in every period (Steady), {confidence} sure{cycle}.{rest}"
        if "Steady" in columns
        else "Ideal: in a steady flow, enough for the rest of the target in the days left, {confidence} "
        "sure{cycle}.{rest}",
        confidence=percent(plan.confidence),
        cycle=cycle,
        rest=rest,
    )


def _deals(plan: Plan, width: int) -> list[RenderableType]:
    """The fewest deals that close the gap, and what there is without each."""
    said, found = deals_sentence(plan), plan.deals
    if said is None or found is None:
        return []
    parts: list[RenderableType] = [Text(), Text(said)]
    if found.deals:
        rows: list[Row] = []
        titles = marked_titles(plan)
        for deal, other in zip(found.deals, found.alternatives, strict=True):
            names = tell("out of reach") if other.deals is None else joined([titles[one.id] for one in other.deals])
            rows.append({
                "Deal": _cut(titles_of(plan)[deal.id], deal, NAME), "P(win)": percent(deal.p_win),
                "Without it": fitted(names, max(width - NAME - NUMBERS, NAME)),
                "P(all land)": "" if other.p_all is None else percent(other.p_all, plan.base.trials),
            })  # fmt: skip
        laid = table(rows, (), width)
        told = {"P(win)": of_winning(in_period(plan.goal.period))}
        if any(other.deals is not None and len(other.deals) > 1 for other in found.alternatives):
            told["P(all land)"] = tell(
                "P(all land): the chance that all are won then, counted in {trials:,} trials; of one deal its P(win).",
                trials=plan.base.trials,
            )
        parts += [Text(), laid, *legend(laid, told)]
    return parts


def _cut(title: str, deal: Named, room: int) -> str:
    """Cut what a deal is called, and not its mark."""
    mark = marked("", drop=deal.drop)
    return fitted(title, room - cell_len(mark)) + mark


def _unknown_rows(plan: Plan) -> list[Row]:
    u = plan.unknowns
    title = tell("Or, for {confidence}", confidence=percent(plan.confidence))
    coverage = "" if u.coverage is None else tell("{times} now", times=_times(u.coverage))
    needed = tell("out of reach") if u.coverage_needed is None else _times(u.coverage_needed)
    sure = tell("target you can be {confidence} sure of today", confidence=percent(plan.confidence))
    if u.closed_already:
        return [{title: sure, "Needed": money(u.safe_target), "": tell("closed wins reach the target")}]
    safe = plan.safe_already
    deal = _instead(u.average_deal, money)
    days = _instead(u.sales_cycle, lambda v: tell("{days:.0f} days", days=v), "sales cycle ")
    rows = [
        {title: sure, "Needed": money(u.safe_target), "": ""},
        {
            title: tell("average deal"),
            "Needed": _factor(u.deal_size, "x", safe=safe),
            "": tell("{deal}of open deals and leads", deal=deal),
        },
        {
            title: tell("conversion"),
            "Needed": _factor(u.conversion, "x", safe=safe),
            "": _of_stages(u.win_rate),
        },
        {
            title: tell("time in stage"),
            "Needed": _factor(u.cycle, "/", safe=safe),
            "": tell("{days}of every stage", days=days),
        },
    ]
    if u.coverage is not None:
        if safe and u.coverage_needed is not None:
            needed = tell("may fall to {needed}", needed=needed)
        rows.append(
            {
                title: tell("coverage"),
                "Needed": needed,
                "": tell("{coverage}: open pipeline / (target - closed)", coverage=coverage),
            }
        )
    return rows


def _instead(change: Change | None, shown: Callable[[float], str], what: str = "") -> str:
    if change is None or change.needed is None:
        return ""
    return tell(
        "{what}{needed} instead of {now}: ",
        what=tell(what) if what else "",
        needed=shown(change.needed),
        now=shown(change.now),
    )


def _of_stages(rate: Change) -> str:
    """Say what a factor on every stage comes to over all of them: the factors multiply."""
    if rate.needed is None:
        return tell("of every stage")
    return tell(
        "of every stage; over all stages a win rate of {needed} instead of {now}",
        needed=percent(rate.needed), now=percent(rate.now),
    )  # fmt: skip


def _times(coverage: float) -> str:
    return f"{coverage:.1f}x" if coverage >= 1 else f"{coverage:.2g}x"


def _factor(needed: Needed, sign: str, *, safe: bool) -> str:
    """Say what an assumption must come to, or may come to where the target is safe already."""
    if needed.factor is not None and safe and needed.factor < 1:
        return (
            tell("may fall to x {factor:.2f}", factor=needed.factor)
            if sign == "x"
            else tell("may rise to x {factor:.2f}", factor=1 / needed.factor)
        )
    if needed.factor is not None:
        return f"{sign} {needed.factor:.2f}"
    return tell("safe anyway") if needed.reachable else tell("out of reach")
