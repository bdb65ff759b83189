"""Where is the bottleneck? Stages and groups with probabilities, only where a history was measured."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from simfunnel.report.html.blocks import Block, Cell, Chart, Part, Section, Table, amount, cell
from simfunnel.report.html.charts.bars import Bar, Span, bars
from simfunnel.report.html.material import Keys, Material
from simfunnel.report.html.sections.common import cautions, chance_cell, count_cell, missing, money_cell, sentence
from simfunnel.values.names import name_key
from simfunnel.wording.language import joined, quoted, tell, term
from simfunnel.wording.numbers import percent, percents

MOST_NAMES = 6
"""Stages named in one sentence."""


def bottleneck(m: Material) -> Section:
    """Lay out where deals are lost."""
    title = tell("Where is the bottleneck?")
    if m.metrics is None:
        how = tell("name past deals with --history, or a folder of `simfunnel metrics HISTORY --out DIR` with --from.")
        what = tell("stages and owners that lose more deals than others, each with its probability")
        return Section("bottleneck", title, [missing(m, "metrics", what, how)])
    keys = m.metrics
    blocks: list[Block] = [sentence(keys["sentence"]), *_other_stages(m, keys), *cautions(keys["cautions"])]
    parts = [Part(tell("Stages"), _stages(keys))]
    if keys["by"] is not None:
        parts += [
            Part(tell("By {dimension}", dimension=term(keys["by"])), _groups(keys)),
            Part(tell("Bottlenecks"), _flagged(keys)),
        ]
    return Section("bottleneck", title, blocks, parts)


def _other_stages(m: Material, keys: Keys) -> list[Block]:
    """Say that a history knows other stages than the forecast: nothing here is then of the stages of the deals."""
    if m.assumed is None:
        return []
    past = {name_key(stage["name"]): stage["name"] for stage in keys["all"]["stages"]}
    ours = {name_key(stage.name): stage.name for stage in m.assumed.stages}
    unknown, absent = [past[key] for key in past if key not in ours], [ours[key] for key in ours if key not in past]
    if unknown:
        told = tell(
            "The history has other stages than the scenario ({stages}): what stands below is of those, and says "
            "nothing of how the forecast goes through its own; `history.stage_map` names them alike.",
            stages=_some(unknown),
        )
    elif absent:
        told = tell("Of stages that the history does not have nothing stands below: {stages}.", stages=_some(absent))
    else:
        return []
    return [sentence(told, "caution")]


def _some(names: Sequence[str]) -> str:
    more = len(names) - MOST_NAMES
    listed = joined([quoted(name) for name in names[:MOST_NAMES]])
    return tell("{listed} and {more} more", listed=listed, more=more) if more > 0 else listed


def _stages(keys: Keys) -> list[Block]:
    rows, bars_of = [], []
    for s in keys["all"]["stages"]:
        rate = s["conversion"]
        rows.append([
            cell(s["name"]), count_cell(s["entered"]), count_cell(s["open"]), _rate(rate), _rate(s["win_rate"]),
            count_cell(s["days"]["median"]), count_cell(s["days"]["p90"]),
        ])  # fmt: skip
        if rate["shrunk"] is not None:
            share, low, high = percents(rate["shrunk"], *rate["interval"])
            told = tell("{stage}: {rate} go on ({low} to {high})", stage=s["name"], rate=share, low=low, high=high)
            bars_of.append(Bar(s["name"], [Span(0.0, rate["shrunk"], "closed", told)], percent(rate["shrunk"]),
                               [Span(end, end, "targetmark", told) for end in rate["interval"]]))  # fmt: skip
    columns = ("Stage", "Entered", "Open", "Go on", "Finally won", "Days, median", "Days, P90")
    table = Table(tell("What becomes of deals in each stage"), [tell(name) for name in columns], rows,
                  note=tell("In brackets: 90 % intervals."))  # fmt: skip
    if not bars_of:
        return [table]
    title = tell("Share of deals that go on, with 90 % intervals (orange)")
    return [Chart(title, bars(bars_of, title, joined([b.spans[0].hover for b in bars_of], "; "), percent), table)]


def _rate(rate: dict[str, Any]) -> Cell:
    if rate["shrunk"] is None:
        return cell("")
    share, low, high = percents(rate["shrunk"], *rate["interval"])
    told = tell("{rate} ({low} – {high})", rate=share, low=low, high=high)
    return amount(told, rate["shrunk"])


def _groups(keys: Keys) -> list[Block]:
    against = {"above": tell("above all"), "not_told_apart": tell("cannot be told apart"), "below": tell("below all")}
    rows = [
        [cell(g["label"]), count_cell(g["n"]), count_cell(g["won"]), _rate(g["win_rate"]),
         cell(against[g["against_all"]]), count_cell(g["cycle"]), money_cell(g["average_won"]),
         money_cell(g["velocity"])]
        for g in keys["groups"]
    ]  # fmt: skip
    columns = ("Group", "Deals", "Won", "Win rate", "Against all", "Cycle, days", "Average won", "Velocity a day")
    return [Table(tell("Win rates"), [tell(name) for name in columns], rows, texts=(0, 4), searchable=len(rows) > 8,
                  note=tell("Win rates with what is known of all deals: small groups are drawn towards the whole. In "
                            "brackets: 90 % intervals."))]  # fmt: skip


def _flagged(keys: Keys) -> list[Block]:
    flagged = [b for b in keys["bottlenecks"] if b["flagged"]]
    if not flagged:
        return [sentence(tell("No stage of a group is more than a tenth below that of all deals with 90 % certainty."))]
    rows = [
        [cell(b["group"]), cell(b["stage"]), chance_cell(b["conversion"]), chance_cell(b["conversion_all"]),
         chance_cell(b["p_below"]), amount(f"{b['wins_lost']:z,.1f} ± {b['stderr']:,.1f}", b["wins_lost"])]
        for b in flagged
    ]  # fmt: skip
    columns = ("Group", "Stage", "Go on", "Of all", "Chance that it is below", "Wins lost a quarter")
    return [Table(tell("More than a tenth below all deals"), [tell(name) for name in columns], rows, texts=(0, 1),
                  note=tell("Wins lost: a quarter, had the stage the conversion of all deals."))]  # fmt: skip
