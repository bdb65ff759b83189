"""What to do: leads needed, levers, deals that must close, and what would do instead."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from simfunnel.planning.levers.levers import TITLES
from simfunnel.report.html.blocks import Block, Cell, Chart, Part, Section, Table, amount, cell
from simfunnel.report.html.charts.bars import Bar, Span, bars
from simfunnel.report.html.charts.lines import Line, Point, curve
from simfunnel.report.html.material import Keys, Material
from simfunnel.report.html.names import deal_names, short_deal_names
from simfunnel.report.html.sections.common import (
    chance_cell,
    change_cell,
    count_cell,
    missing,
    money_cell,
    of_other_trials,
    points_cell,
    sentence,
    trials_behind_keys,
)
from simfunnel.report.words.changes import money_change, signed
from simfunnel.report.words.plan import marked
from simfunnel.wording.language import again, joined, sentences, tell
from simfunnel.wording.numbers import money, percent, period_told

MOST_DEALS, MOST_CLOSING = 10, 100


def actions(m: Material) -> Section:
    """Lay out what would help."""
    parts = [
        Part(tell("Leads needed"), _leads(m)),
        Part(tell("What would do instead"), _instead(m)),
        Part(tell("The fewest deals that close the gap"), _fewest(m)),
    ]
    if m.owner is None:
        parts.append(Part(tell("What a little more of each is worth"), _levers(m)))
        parts.append(Part(tell("Deals that must close"), _must_close(m)))
        parts.append(Part(tell("What the futures that miss have in common"), _misses(m)))
    return Section("actions", tell("What to do"), of_other_trials(m, m.plan, m.levers, m.stress), parts)


def _no_plan(m: Material, what: str) -> list[Block]:
    return [missing(m, "plan", what, tell("`simfunnel plan` tells it, for a scenario with a target and leads."))]


def _leads(m: Material) -> list[Block]:
    if m.plan is None:
        return _no_plan(m, tell("how many leads the target takes"))
    return leads_blocks(m.plan)


def leads_blocks(plan: Keys) -> list[Block]:
    """Lay out how many leads the target takes."""
    blocks: list[Block] = [sentence(plan["sentence"])]
    rows = [
        [cell(s["name"]), count_cell(s["current_per_week"], 1),
         cell(tell("out of reach")) if s["needed_per_week"] is None else count_cell(s["needed_per_week"], 1),
         count_cell(s["extra_leads"])]
        for s in plan["sources"] if s["scaled"]
    ]  # fmt: skip
    if rows:
        columns = ("Lead source", "Now a week", "Needed a week", "Extra until the end")
        blocks.append(Table(tell("Leads"), [tell(name) for name in columns], rows))
    points = [
        Point(p["multiplier"], p["p_attain"], tell("lead rates x {rate:.2f}: {chance}", rate=p["multiplier"],
              chance=percent(p["p_attain"])))
        for p in plan["curve"]
    ]  # fmt: skip
    if len(points) > 1:
        title = tell("Chance of the target by the rate of leads")
        lines = [Line(plan["confidence"], percent(plan["confidence"]), upright=False)]
        if plan["multiplier"] is not None:
            lines.append(Line(plan["multiplier"], f"x {plan['multiplier']:.2f}", "quantile"))
        numbers = Table(title, [tell("Lead rates times"), tell("Chance")],
                        [[amount(f"{p.x:.2f}", p.x), chance_cell(p.y)] for p in points], texts=())  # fmt: skip
        told = tell("From {low} to {high} as lead rates go from {a:.2f} to {b:.2f} times the present ones.",
                    low=percent(points[0].y), high=percent(points[-1].y), a=points[0].x, b=points[-1].x)  # fmt: skip
        blocks.append(Chart(title, curve(points, title, told, lambda v: f"x {v:.3g}", percent, lines=lines, most=1.0,
                                         x_name=tell("present lead rates times")), numbers))  # fmt: skip
    return blocks


def _instead(m: Material) -> list[Block]:
    if m.plan is None:
        return _no_plan(m, tell("the deal size, conversion and speed that would do"))
    plan, u = m.plan, m.plan["unknowns"]
    sure = percent(plan["confidence"])
    first = sentence(tell("Of {target} one can be {sure} sure today.", target=money(u["safe_target"]), sure=sure))
    if u["closed_already"]:
        return [first, sentence(tell("Closed wins reach the target."))]
    rows = [
        _need(tell("Average deal"), u["deal_size"], "x {factor:.2f}", money, u["average_deal_now"],
              u["average_deal_needed"]),
        _need(tell("Win rate"), u["conversion"], "x {factor:.2f} in every stage", percent, u["win_rate_now"],
              u["win_rate_needed"]),
        _need(tell("Sales cycle, days"), u["cycle"], "/ {factor:.2f} in every stage", _days, u["sales_cycle_now"],
              u["sales_cycle_needed"]),
    ]  # fmt: skip
    columns = ("Alone", "Now", "Needed", "Moved by")
    title = tell("To be {sure} sure of {target}, one of these alone", sure=sure, target=money(plan["target"]))
    note = tell(
        "Moved by: the amounts of all deals and leads, the conversion of every stage, the days in every stage. The win "
        "rate is that over all stages: it moves by more than each of them, because their factors multiply."
    )
    return [first, Table(title, [tell(name) for name in columns], rows, note=note)]


def _need(
    name: str, needed: dict[str, Any], moved: str, shown: Callable[[float], str], now: float | None, then: float | None
) -> list[Cell]:  # fmt: skip
    """What one quantity would have to be; or that it is enough, or never enough."""
    present = amount("" if now is None else shown(now), now)
    factor = needed["factor"]
    if factor is None:
        reach = tell("enough as it is") if needed["reachable"] else tell("out of reach")
        return [cell(name), present, cell(reach), cell("")]
    return [
        cell(name),
        present,
        amount("" if then is None else shown(then), then),
        amount(tell(moved, factor=factor), factor),
    ]


def _days(value: float) -> str:
    return f"{value:,.0f}"


def _fewest(m: Material) -> list[Block]:
    if m.plan is None:
        return _no_plan(m, tell("the fewest open deals that would do"))
    found = m.plan.get("deals")
    if found is None:
        how = tell("`simfunnel plan --deals` names them.")
        return [missing(m, "deals", tell("the fewest open deals that would do"), how)]
    blocks: list[Block] = [sentence(m.plan["deals_sentence"])]
    names = deal_names(m)
    drop = {deal["id"] for deals in _sets(found) for deal in deals if deal.get("drop")}
    names = {id_: marked(name, drop=id_ in drop) for id_, name in names.items()}
    rows = [
        [cell(names[one["without"]]), cell(_names(one["named"], names)), chance_cell(one["p_all"], m.plan["trials"])]
        for one in found["alternatives"]
    ]  # fmt: skip
    if rows:
        columns = [tell("Without"), tell("It takes"), tell("Chance that all land")]
        title = tell("If one of them is lost") if len(rows) > 1 else tell("If it is lost")
        blocks.append(Table(title, columns, rows, texts=(0, 1)))
    return blocks


def _sets(found: Keys) -> list[list[dict[str, Any]]]:
    """Every set of deals that a plan names."""
    return [found["named"], *(one["named"] or [] for one in found["alternatives"])]


def _names(deals: list[dict[str, Any]] | None, names: Mapping[str, str]) -> str:
    return tell("out of reach") if deals is None else joined([names[deal["id"]] for deal in deals])


def _misses(m: Material) -> list[Block]:
    if m.stress is None:
        how = tell("`simfunnel stress` tells it.")
        return [missing(m, "stress", tell("what separates them from the others"), how)]
    said = m.stress["misses_sentence"]
    if said is None:
        return [sentence(tell("Without a target no future misses it."), "missing")]
    rows = [
        [
            cell(one["told"]),
            cell(tell(one["kind"])),
            chance_cell(one["share_missing"]),
            chance_cell(one["share_making"]),
            points_cell(one["difference"], one["stderr"]),
        ]
        for one in m.stress["misses"][:MOST_DEALS]
    ]
    if not rows:
        return [sentence(said)]
    columns = ("What falls short", "Kind", "Of those that miss", "Of those that reach it", "Points apart")
    note = tell(
        "A deal falls short if it is not won; an owner, a segment, open or new deals if they bring less than their "
        "mean; the market and its like if they are worse than in half of all futures."
    )
    title = tell("In how many futures each falls short")
    return [sentence(said), Table(title, [tell(name) for name in columns], rows, texts=(0, 1), note=note)]


def _levers(m: Material) -> list[Block]:
    if m.levers is None:
        how = tell("`simfunnel levers` tells it.")
        return [
            missing(m, "levers", tell("what more leads, bigger deals, higher win rates and shorter cycles bring"), how)
        ]
    found = m.levers["levers"]
    trials = trials_behind_keys(m, m.levers)
    rows = [
        [cell(title_of(one)), cell(again(one["change"])), money_cell(one["mean"]), change_cell(one["delta_mean"]),
         chance_cell(one["p_attain"], trials), points_cell(one["delta_p"], one["delta_p_stderr"])]
        for one in found
    ]  # fmt: skip
    columns = ("Lever", "Change", "Mean", "Gain", "P(attain)", "Points of chance")
    numbers = Table(tell("The levers"), [tell(name) for name in columns], rows, texts=(0, 1))
    by_chance = m.levers["base"]["p_attain"] is not None and trials > 0  # a target that is won moves no chance
    bar = [_lever(one, by_chance=by_chance) for one in found]
    title = tell("Points of chance gained") if by_chance else tell("Mean gained")
    tick = _points if by_chance else money_change
    return [
        sentence(m.levers["sentence"]),
        Chart(title, bars(bar, title, joined([row.spans[0].hover for row in bar], "; "), tick), numbers),
    ]


def _lever(one: dict[str, Any], *, by_chance: bool) -> Bar:
    size = one["delta_p"] if by_chance else one["delta_mean"]
    shown = _points(size) if by_chance else money_change(size)
    name = tell("{lever} ({change})", lever=title_of(one), change=one["change"])
    hover = tell("{cause}: {change}", cause=name, change=shown)
    return Bar(title_of(one), [Span(0.0, size, "up" if size >= 0 else "down", hover)], shown)


def title_of(lever: dict[str, Any]) -> str:
    """Name of a lever."""
    return tell(TITLES[lever["name"]])


def _points(value: float) -> str:
    text = signed(100 * value, 1)
    return "0" if text == "0.0" else text


def _must_close(m: Material) -> list[Block]:
    if m.stress is None:
        how = tell("`simfunnel stress` tells it.")
        return [missing(m, "stress", tell("the deals that the target rests on"), how)]
    return must_close(m.stress, deal_names(m), short_deal_names(m))


def must_close(keys: Keys, names: Mapping[str, str], short: Mapping[str, str]) -> list[Block]:
    """What is lost with each of the deals that matter most."""
    deals = [deal for deal in keys["must_close"] if deal["p_win"] > 0]
    if not deals:
        return [sentence(tell("No open deal can be won."), "missing")]
    rows = [
        [cell(names[d["id"]]), cell(d["owner"] or ""), cell(d["stage"]), money_cell(d["amount"]),
         chance_cell(d["p_win"], keys["trials"]), change_cell(d["delta_mean"]),
         points_cell(d["delta_p"], d["delta_p_stderr"])]
        for d in deals
    ]  # fmt: skip
    period = period_told(keys["period"])
    columns = [tell("Deal"), tell("Owner"), tell("Stage"), tell("Listed amount"),
               tell("Chance in {period}", period=period), tell("If lost"), tell("Points of chance")]  # fmt: skip
    title = tell("What is lost with each deal in {period}", period=period)
    note = tell("Listed amount: before realization; of a deal without one the mean of what such deals bring.")
    more = deals[MOST_CLOSING:]
    if more:
        note = sentences(note, tell(
            "These are the {most} deals whose loss costs most; of the {others:,} others none costs more than the last "
            "of them. All stand in the workbook (`--xlsx`).", most=MOST_CLOSING, others=len(more),
        ))  # fmt: skip
    table = Table(title, columns, rows[:MOST_CLOSING], texts=(0, 1, 2), searchable=len(rows) > MOST_DEALS, note=note,
                  every=rows if more else ())  # fmt: skip
    by_chance = deals[0]["delta_p"] is not None and any(deal["delta_p"] for deal in deals)
    bar = []
    for deal in deals[:MOST_DEALS]:
        size = deal["delta_p"] if by_chance else deal["delta_mean"]
        shown = _points(size) if by_chance else money_change(size)
        name = short[deal["id"]]
        hover = tell("{cause}: {change}", cause=name, change=shown)
        bar.append(Bar(name, [Span(0.0, size, "down" if size < 0 else "up", hover)], shown))
    title = tell("Points of chance lost with each deal") if by_chance else tell("Mean lost with each deal")
    tick = _points if by_chance else money_change
    return [Chart(title, bars(bar, title, joined([row.spans[0].hover for row in bar], "; "), tick)), table]
