"""How far it can be trusted: the past, what it rests on, what would change it, and the data."""

from __future__ import annotations

import datetime as dt
from typing import Any

from simfunnel.report.html.blocks import Block, Chart, KeyFigure, KeyFigures, Part, Section, Table, amount, cell
from simfunnel.report.html.charts.bars import Bar, Span, bars
from simfunnel.report.html.charts.lines import Point, curve
from simfunnel.report.html.material import Keys, Material
from simfunnel.report.html.sections.answer import CAUTIONS, other_cautions
from simfunnel.report.html.sections.assumptions import assumptions
from simfunnel.report.html.sections.common import (
    cautions,
    chance_cell,
    change_cell,
    missing,
    money_cell,
    of_other_trials,
    points_cell,
    sentence,
    trials_behind_keys,
)
from simfunnel.report.words.assumptions import change, name_of
from simfunnel.report.words.backtest import method_name
from simfunnel.report.words.changes import money_change
from simfunnel.wording.language import again, joined, tell, told_key
from simfunnel.wording.numbers import day_told, money, percent, period_told, plural

MOST_BARS, MOST_EVENTS = 12, 12
MOST_LEAVING = 100
"""Owners whose leaving the page tells, those who cost most; a workbook holds all."""


def trust(m: Material) -> Section:
    """Lay out what speaks for and against the forecast."""
    told = other_cautions(m)
    parts = [Part(tell("Cautions"), told, CAUTIONS)] if told else []
    if m.owner is None:
        parts += [
            Part(tell("What forecasts of the past were worth"), _backtest(m)),
            Part(tell("What was forecast before, and what came"), _track(m)),
            Part(tell("What the forecast rests on most"), _tornado(m)),
            Part(tell("If things go badly"), _events(m)),
        ]
    parts += [
        Part(tell("Assumptions"), assumptions(m)),
        Part(tell("Data quality"), _quality(m)),
    ]
    return Section("trust", tell("How far it can be trusted"), (), parts)


def _backtest(m: Material) -> list[Block]:
    if m.backtest is None:
        how = tell("backtest a history with `simfunnel backtest HISTORY --out DIR`, and name the folder with --from.")
        return [missing(m, "backtest", tell("how far forecasts of the past missed, beside simple methods"), how)]
    keys = m.backtest
    s = keys["summary"]
    blocks: list[Block] = [sentence(keys["sentence"]), *cautions(keys["cautions"]), KeyFigures([
        KeyFigure(tell("Inside the 80 % range"), percent(s["coverage"]["0.8"]), plural(s["n"], "origin")),
        KeyFigure(tell("Missed by, on average"), "" if s["missed_by"] is None else percent(s["missed_by"]),
                  tell("of {n} windows side by side", n=s["windows_side_by_side"])),
        KeyFigure(tell("Independent windows"), f"{s['independent_windows']:.1f}"),
    ])]  # fmt: skip
    whole = [o for o in keys["origins"] if o["group"] is None]
    points = [
        Point(
            dt.date.fromisoformat(o["as_of"]).toordinal(),
            o["quantiles"]["0.5"],
            tell(
                "from {day}: {low} to {high}, came {actual}",
                day=day_told(o["as_of"]),
                low=money(o["quantiles"]["0.1"]),
                high=money(o["quantiles"]["0.9"]),
                actual=money(o["actual"]),
            ),
            o["quantiles"]["0.1"],
            o["quantiles"]["0.9"],
            o["actual"],
        )
        for o in whole
    ]
    if len(points) > 1:
        title = tell("Each past forecast (blue, 80 % range) and what came (orange)")
        numbers = Table(
            title,
            [tell(n) for n in ("Made on", "P10", "P50", "P90", "Came")],
            [
                [
                    cell(day_told(o["as_of"])),
                    *(money_cell(o["quantiles"][q]) for q in ("0.1", "0.5", "0.9")),
                    money_cell(o["actual"]),
                ]
                for o in whole
            ],
        )
        blocks.append(
            Chart(title, curve(points, title, keys["sentence"], _day, money, joined=False, days=True), numbers)
        )
    rows = [[cell(method_name("simfunnel")), chance_cell(s["relative_crps"]), chance_cell(s["missed_by"]), cell("")]]
    for name, x in s["baselines"].items():
        ends = x["difference_interval"]
        told = ""
        if ends is not None and s["independent_windows"] >= 3:
            told = (
                tell("ours is better")
                if ends[1] < 0
                else tell("theirs is better")
                if ends[0] > 0
                else tell("not told apart")
            )
        rows.append([cell(method_name(name)), chance_cell(x["relative_crps"]), chance_cell(x["missed_by"]), cell(told)])
    columns = ("Method", "CRPS", "P50 missed by", "Says")
    blocks.append(Table(tell("Beside simple methods"), [tell(n) for n in columns], rows, texts=(0, 3), note=tell(
        "CRPS: error of the whole distribution, as a share of what a window brought on average."
    )))  # fmt: skip
    return blocks


def _day(ordinal: float) -> str:
    return period_told(f"{dt.date.fromordinal(int(ordinal)):%Y-%m}")


def _track(m: Material) -> list[Block]:
    if m.track is None:
        how = tell("keep each forecast with `simfunnel keep`, and name the store with --store.")
        return [missing(m, "track", tell("every kept forecast beside what came"), how)]
    keys = m.track
    whole = [f for f in keys["forecasts"] if f["group"] is None]
    rows = [
        [
            cell(period_told(f["period"])),
            cell(day_told(f["as_of"])),
            money_cell(f["quantiles"]["0.1"]),
            money_cell(f["mean"]),
            money_cell(f["quantiles"]["0.9"]),
            money_cell(f["actual"]),
            chance_cell(f["p_attain"]),
            cell("" if f["inside_80"] is None else tell("yes") if f["inside_80"] else tell("no")),
        ]
        for f in whole
    ]
    columns = ("Period", "As of", "P10", "Said", "P90", "Came", "P(attain)", "Inside 80 %")
    return [
        sentence(keys["sentence"]),
        *([Table(tell("Kept forecasts"), [tell(n) for n in columns], rows, texts=(0, 1), searchable=len(rows) > 12)]
          if rows else []),
    ]  # fmt: skip


def _tornado(m: Material) -> list[Block]:
    if m.stress is None:
        return [missing(m, "stress", tell("what each assumption is worth"), tell("`simfunnel stress` tells it."))]
    keys = m.stress
    note = of_other_trials(m, keys)
    if not keys["tornado"]:
        return [sentence(keys["sentence"]), *note]
    trials = trials_behind_keys(m, keys)
    by_chance = keys["base"]["p_attain"] is not None and trials > 0
    what = "p" if by_chance else "mean"
    base = keys["base"]["p_attain" if by_chance else "mean"]
    shown = percent if by_chance else money
    bar, rows = [], []
    evens = {one["assumption"]: one for one in keys["break_even"]}
    for one in keys["tornado"]:
        name = name_of(one["assumption"])
        low, high = one[f"{what}_low"], one[f"{what}_high"]
        ends = [
            Span(base, end, "up" if end >= base else "down",
                 tell("{name} {change}: {value}", name=name, change=change(one["operation"], one[side]),
                      value=shown(end)))
            for side, end in (("low", low), ("high", high))
        ]  # fmt: skip
        between = tell("{low} – {high}", low=shown(min(low, high)), high=shown(max(low, high)))
        bar.append(Bar(name, ends, between))
        even = evens.get(one["assumption"])
        rows.append([
            cell(name), cell(f"{change(one['operation'], one['low'])} / {change(one['operation'], one['high'])}"),
            change_cell(one["delta_mean_low"]), change_cell(one["delta_mean_high"]),
            chance_cell(one["p_low"], trials), chance_cell(one["p_high"], trials), cell(_even(even)),
        ])  # fmt: skip
    title = (
        tell("Chance of the target as each assumption moves") if by_chance else tell("Mean as each assumption moves")
    )
    columns = ("Assumption", "Moved", "Mean down", "Mean up", "Chance down", "Chance up",
               tell("Where the chance is {chance}", chance=percent(keys["threshold"])))  # fmt: skip
    numbers = Table(title, [tell(n) for n in columns[:-1]] + [columns[-1]], rows, texts=(0, 1))
    told = joined([span.hover for row in bar for span in row.spans], "; ")
    return [
        sentence(keys["sentence"]),
        *note,
        Chart(title, bars(bar[:MOST_BARS], title, told, shown, zero=False), numbers),
    ]


def _even(even: dict[str, Any] | None) -> str:
    if even is None:
        return ""
    if even["value"] is not None:
        digits = f"{even['value']:.3f}" if 0.1 <= even["value"] < 2 else f"{even['value']:.3g}"
        return tell("odds x {digits}", digits=digits) if even["operation"] == "odds" else f"x {digits}"
    if even["direction"] == "worse":
        return tell("safe anyway")
    far = even.get("searched_to", even["limit_at"])  # folders of earlier versions do not hold it
    return tell("nowhere up to {at}", at=change(even["operation"], far))


def _events(m: Material) -> list[Block]:
    if m.stress is None:
        return [
            missing(
                m, "stress", tell("a bad market, lost deals and owners who leave"), tell("`simfunnel stress` tells it.")
            )
        ]
    keys = m.stress
    variants = [(tell("variant {variant}", variant=e["name"]), e) for e in keys["variants"]]
    found = [*variants, *((again(e["name"]), e) for e in keys["events"])]
    if not found:
        return [sentence(tell("Nothing is known that could happen."), "missing")]
    trials = trials_behind_keys(m, keys)
    every = [
        [cell(name), money_cell(e["mean"]), change_cell(e["delta_mean"]), chance_cell(e["p_attain"], trials),
         points_cell(e["delta_p"], e["delta_p_stderr"])]
        for name, e in found
    ]  # fmt: skip
    left = {i for i, (_, e) in enumerate(found) if e.get("kind") == "owner"}
    left -= set(sorted(left)[:MOST_LEAVING])
    rows = [row for i, row in enumerate(every) if i not in left]
    columns = ("What if", "Mean", "Change", "P(attain)", "Points of chance")
    note = ""
    if left:
        note = tell(
            "Of the owners, these are the {most} who cost most. {others:,} more stand in the workbook (`--xlsx`): if "
            "all of them left, the mean would change by {change}.",
            most=MOST_LEAVING, others=len(left), change=money_change(sum(found[i][1]["delta_mean"] for i in left)),
        )  # fmt: skip
    return [Table(tell("What if"), [tell(n) for n in columns], rows, searchable=len(rows) > MOST_EVENTS, note=note,
                  every=every if left else ())]  # fmt: skip


def _quality(m: Material) -> list[Block]:
    q: Keys = m.run["data_quality"]
    counts = [(q["used"], tell("open deals used")), (q["won"], tell("won in this period")),
              (q["won_earlier"], tell("won earlier")), (q["lost"], tell("lost")),
              (len(q["excluded"]), tell("left out"))]  # fmt: skip
    told = joined([tell("{count:,} {what}", count=n, what=name) for n, name in counts if n])
    if not q["rows"]:
        return [sentence(tell("No pipeline file was read."), "missing")]
    blocks: list[Block] = [sentence(tell("{rows} rows were read: {counts}.", rows=f"{q['rows']:,}", counts=told))]
    problems = [(row["row"], row["id"], row["reason"], row["amount"], tell("left out")) for row in q["excluded"]]
    problems += [(row["row"], row["id"], row["message"], None, tell("noted")) for row in q["warnings"]]
    problems += [(row["row"], row["id"], row["what"], None, tell("changed")) for row in q["overrides"]]
    rows = [
        [amount("" if row is None else f"{row}", row), cell(id_ or ""), cell(what), money_cell(value), cell(why)]
        for row, id_, why, value, what in problems
    ]  # fmt: skip
    if rows:
        columns = ("Row", "Id", "What", "Amount", "Why")
        blocks.append(Table(tell("Rows to look at"), [tell(n) for n in columns], rows, texts=(1, 2, 4), searchable=True,
                            note=tell("Row: as a spreadsheet counts them.")))  # fmt: skip
    read = [[cell(c["column"]), cell(told_key("fields", c["field"])), cell(c["unit"] or "")] for c in q["understood"]]
    if read:
        names = [tell("Column"), tell("Read as"), tell("Unit")]
        if not any(c["unit"] for c in q["understood"]):
            names, read = names[:2], [row[:2] for row in read]
        unread = tell("Not read: {names}.", names=joined(q["unused"])) if q["unused"] else ""
        blocks.append(Table(tell("What was read from which column"), names, read, texts=(0, 1, 2), note=unread))
    return blocks
