"""Is it moving? The funnel against the ideal one, deals that are stale, and what changed since the last forecast."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from simfunnel.report.html.blocks import Block, Chart, Part, Section, Table, cell
from simfunnel.report.html.charts.bars import Bar, Span, bars
from simfunnel.report.html.material import Material
from simfunnel.report.html.names import deal_names
from simfunnel.report.html.sections.common import (
    MOST_PAGES,
    chance_cell,
    change_cell,
    count_cell,
    missing,
    money_cell,
    points_cell,
    sentence,
)
from simfunnel.report.words.changes import money_change
from simfunnel.wording.language import joined, tell
from simfunnel.wording.numbers import money, name_told, period_told

MOST_DEALS = 100


def moving(m: Material) -> Section:
    """Lay out how the deals move."""
    parts = [
        Part(tell("The funnel against the one that the target needs"), _funnel(m)),
        Part(tell("Deals that are stale or overdue"), _doubtful(m)),
    ]
    if m.owner is None:
        parts.append(Part(tell("What changed since the last kept forecast"), _changes(m)))
    return Section("moving", tell("Is it moving?"), (), parts)


def _funnel(m: Material) -> list[Block]:
    if m.plan is None:
        how = tell("`simfunnel plan` makes it, for a scenario with a target and leads.")
        return [missing(m, "plan", tell("what each stage holds beside what it should hold"), how)]
    stages = m.plan["ideal_funnel"]
    if not any(stage["ideal_count"] is not None for stage in stages):
        return [sentence(tell("No ideal can be told: without leads nothing says how stages are filled, or no number of "
                              "deals is enough."), "missing")]  # fmt: skip
    rows, cells = [], []
    for s in stages:
        ideal = s["ideal_count"] if s["time_in_stage"] is not None else None
        spans = [Span(0.0, s["actual_count"], "closed", tell("{stage}: {n} deals now, worth {value}", stage=s["stage"],
                      n=f"{s['actual_count']:,}", value=money(s["actual_value"])))]  # fmt: skip
        if ideal is not None:
            spans.append(Span(0.0, ideal, "ideal", tell("{stage}: {n} deals ideally", stage=s["stage"],
                                                        n=f"{ideal:,.0f}"), 1))  # fmt: skip
        gap = s["gap_count"]
        rows.append(Bar(s["stage"], spans, "" if gap is None else tell("{n} missing", n=f"{max(gap, 0.0):,.0f}")))
        cells.append([
            cell(s["stage"]), count_cell(s["actual_count"]), count_cell(ideal), count_cell(gap),
            money_cell(s["actual_value"]), money_cell(s["ideal_value"] if ideal is not None else None),
            count_cell(s["beyond_support_count"] or None), count_cell(s["time_in_stage"]),
        ])  # fmt: skip
    title = tell("Deals in each stage: now (blue) and ideally (grey)")
    columns = ("Stage", "Deals", "Ideal", "Missing", "Value", "Ideal value", "Too old", "Days in stage")
    numbers = Table(tell("The funnel"), [tell(name) for name in columns], cells, note=tell(
        "A negative number of missing deals is more than is needed."
    ))  # fmt: skip
    note = tell(
        "Ideal: in a steady flow, enough for the rest of the target in the days that are left. Missing: ideal deals "
        "less those that are there and are not too old to be won."
    )
    told = joined([span.hover for row in rows for span in row.spans], "; ")
    return [Chart(title, bars(rows, title, told, lambda v: f"{v:,.0f}", lanes=2), numbers), sentence(note, "note")]


def _doubtful(m: Material) -> list[Block]:
    if m.health is None:
        return [missing(m, "health", tell("the doubtful deals"), tell("`simfunnel health` lists them."))]
    doubtful = [deal for deal in m.health["deals"] if deal["flags"]]
    blocks: list[Block] = [sentence(m.health["sentence"])]
    if doubtful:
        last = m.forecast.periods[-1].label
        blocks.append(deal_table(tell("Doubtful deals"), doubtful[:MOST_DEALS], deal_names(m), last))
    if len(doubtful) > MOST_DEALS:
        owners = {deal["owner"] for deal in doubtful}
        told = (
            tell("These {n} are the most urgent; all stand with their owners.", n=MOST_DEALS)
            if m.has("people") and None not in owners and len(m.forecast.summary.groups.get("owner", ())) <= MOST_PAGES
            else tell("These {n} are the most urgent; `simfunnel health` lists all.", n=MOST_DEALS)
        )
        blocks.append(sentence(told, "note"))
    return blocks


def deal_table(
    title: str, deals: list[dict[str, Any]], names: Mapping[str, str], last: str
) -> Table:  # fmt: skip
    """Open deals by their names, each with one sentence that can be checked; `last` is the last period."""
    columns = [tell("Deal"), tell("Owner"), tell("Stage"), tell("Worth if won"),
               tell("Chance by the end of {period}", period=period_told(last)), tell("Why")]  # fmt: skip
    rows = [
        [cell(names[deal["id"]]), cell(deal["owner"] or ""), cell(deal["stage"]), money_cell(deal["amount"]),
         chance_cell(deal["p_win"]), cell(deal["sentence"])]
        for deal in deals
    ]  # fmt: skip
    return Table(title, columns, rows, texts=(0, 1, 2, 5), searchable=True, note=tell(
        "Worth if won: what the deal brings on average if it is won, realization included. Chance: of being won by "
        "then, given the stage and how long the deal has been in it."
    ))  # fmt: skip


def _changes(m: Material) -> list[Block]:
    if m.changes is None:
        how = tell("keep each export with `simfunnel keep`, and name the store with --store.")
        return [missing(m, "changes", tell("what changed, cause by cause and deal by deal"), how)]
    other = m.changes["others"][0]
    steps = other["waterfall"]
    blocks: list[Block] = [sentence(m.changes["sentence"])]
    if steps is None:
        return [*blocks, sentence(other["no_waterfall"] or "", "note")]
    rows, at = [], 0.0
    for step in steps:
        size = step["delta_mean"]
        if money_change(size) == "0":
            continue
        look = "up" if size >= 0 else "down"
        hover = tell("{cause}: {change}", cause=tell(step["cause"]), change=money_change(size))
        rows.append(Bar(tell(step["cause"]), [Span(at, at + size, look, hover)], money_change(size)))
        at += size
    rows.append(Bar(tell("together"), [Span(0.0, at, "whole", money_change(at))], money_change(at)))
    title = tell(
        "From {first} to {last}: what moved the mean",
        first=name_told(m.changes["base"]),
        last=name_told(other["name"]),
    )
    cells = [[cell(tell(s["cause"])), count_cell(s["deals"]), change_cell(s["delta_mean"]),
              points_cell(s["delta_p"], None)] for s in steps]  # fmt: skip
    numbers = Table(tell("Causes"), [tell(n) for n in ("Cause", "Deals", "Mean", "Points of chance")], cells)
    blocks.append(
        Chart(title, bars(rows, title, joined([r.spans[0].hover for r in rows], "; "), money_change), numbers)
    )
    named = [(step["cause"], deal) for step in steps for deal in step.get("named") or ()]
    named.sort(key=lambda item: -abs(item[1]["delta_mean"]))
    if named:
        names = deal_names(m)
        columns = ("Deal", "Owner", "What happened", "Listed amount", "Mean", "Points of chance")
        moved = [
            [cell(names[deal["id"]]), cell(deal["owner"] or ""),
             cell(_happened(cause, deal["note"])), money_cell(deal["amount"]),
             change_cell(deal["delta_mean"]), points_cell(deal["delta_p"], None)]
            for cause, deal in named
        ]  # fmt: skip
        blocks.append(Table(tell("Deals that moved the forecast"), [tell(n) for n in columns], moved, texts=(0, 1, 2),
                            searchable=True))  # fmt: skip
    return blocks


def _happened(cause: str, note: str | None) -> str:
    """What became of a deal."""
    return tell(cause) if note is None else tell("{cause}: {note}", cause=tell(cause), note=note)
