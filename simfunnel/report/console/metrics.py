"""The console page of `metrics`: where deals are lost, by whom, and what cannot be told."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.text import Text

from simfunnel.diagnosis.results import Bottleneck, GroupMetrics, Metrics, StageMetrics
from simfunnel.report.console.layout import Row, legend, table
from simfunnel.report.words.metrics import NAME, cut, first_sentence, group_name, share
from simfunnel.wording.language import sentences, tell, term
from simfunnel.wording.numbers import money, percent, period_told, plural
from simfunnel.wording.shown_text import as_name

_FIRST, _LAST, _BOTTLENECKS, _COHORTS = 10, 5, 5, 6
"""Groups shown from the top and from the bottom, bottlenecks, and months."""
_AGAINST = {1: "above all", 0: "cannot be told apart", -1: "below all"}


def metrics_page(r: Metrics, width: int) -> RenderableType:
    """Lay out what was measured."""
    w = r.whole
    parts: list[RenderableType] = [
        Text(first_sentence(r), style="bold"),
        Text(
            tell(
                "{file} · as of {as_of} · observed from {observed_from} · {deals}, {decided:,} decided, {open:,} open",
                file=as_name(r.file or tell("history")),
                as_of=r.as_of,
                observed_from=r.observed_from,
                deals=plural(w.n, "deal"),
                decided=w.decided,
                open=w.open,
            )
        ),
    ]
    parts += [Text(f"! {caution.sentence}", style="yellow") for caution in r.cautions[:3]]
    stages = [_stage(stage) for stage in w.stages]
    parts += [Text(), table(stages, ("P90 days", "days lost", "days won", "undecided", "open", "entered"), width)]
    parts.append(Text(_whole(r)))
    if r.by is not None:
        parts += [Text(), *_groups(r, width), Text(), *_bottlenecks(r, width)]
    if any(t.per_year is not None for t in r.trend):
        parts += [Text(), table(_trend(r), (), width)]
    if r.cohorts:
        parts += [Text(), table(_cohorts(r), ("void", "vanished"), width)]
    return Group(*parts)


def _whole(r: Metrics) -> str:
    w = r.whole
    lines = [tell("Of all that come in {share} are won.", share=share(w.win_rate))]
    if len(w.stages) > 1 and w.signing_rate.shrunk is not None:
        lines.append(
            tell(
                "Of those that enter {stage} {share} are won (signing rate).",
                stage=cut(w.stages[-1].name),
                share=share(w.signing_rate),
            )
        )
    if w.cycle is not None:
        lines.append(tell("A win takes {cycle:,.0f} days in the median.", cycle=w.cycle))
    if w.average_won is not None:
        lines.append(tell("A won deal is worth {average_won} in the mean.", average_won=money(w.average_won)))
    if w.velocity is not None:
        lines.append(
            tell(
                "Velocity {velocity} a day; open now {value_now}.",
                velocity=money(w.velocity),
                value_now=money(w.value_now),
            )
        )
    return sentences(*lines)


def _stage(stage: StageMetrics) -> Row:
    return {
        "Stage": cut(stage.name),
        "entered": f"{stage.entered:,}",
        "open": f"{stage.open:,}",
        "goes on": share(stage.conversion),
        "finally won": share(stage.win_rate),
        "undecided": percent(stage.undecided) if stage.undecided >= 0.0005 else "",
        "median days": _days(stage.days.median),
        "P90 days": _days(stage.days.p90),
        "days won": _days(stage.days_won.median),
        "days lost": _days(stage.days_lost.median),
    }


def _groups(r: Metrics, width: int) -> list[RenderableType]:
    rows = [_group(group, r) for group in r.groups]
    between = len(rows) - _FIRST - _LAST
    shown = rows if between <= 0 else [*rows[:_FIRST], *rows[-_LAST:]]
    laid = table(shown, ("decided", "value now", "cycle", "average won", "velocity", "open", "raw", "deals"), width)
    parts: list[RenderableType] = [laid]
    if between > 0:
        parts.append(
            Text(
                tell(
                    "{more_groups} between these (--json and --out list all)", more_groups=plural(between, "more group")
                )
            )
        )
    if "raw" in laid.columns:
        rates = tell("Win rates with what is known of all deals; raw: the group's own deals alone.")
    else:
        rates = tell("Win rates with what is known of all deals.")
    counted = tell("A stay in a stage counts for the group it began in, a deal for its last.")
    parts.append(Text(sentences(rates, tell("In brackets: 90 %."), counted)))
    return parts


def _group(group: GroupMetrics, r: Metrics) -> Row:
    return {
        cut(term(r.by or "group")): group_name(group.label, r.by, NAME),
        "deals": f"{group.n:,}",
        "decided": f"{group.decided:,}",
        "open": f"{group.open:,}",
        "win rate": share(group.win_rate),
        "raw": "" if group.win_rate.raw is None else percent(group.win_rate.raw),
        "against all": tell(_AGAINST[group.win_rate.apart_from(r.whole.win_rate.shrunk)]),
        "cycle": _days(group.cycle),
        "average won": "" if group.average_won is None else money(group.average_won),
        "velocity": "" if group.velocity is None else money(group.velocity),
        "value now": money(group.value_now),
    }


def _bottlenecks(r: Metrics, width: int) -> list[RenderableType]:
    flagged = [b for b in r.bottlenecks if b.flagged]
    if not flagged:
        return [Text(tell("No stage of a group is more than a tenth below that of all deals with 90 % certainty."))]
    rows = [_bottleneck(b, r) for b in flagged[:_BOTTLENECKS]]
    laid = table(rows, ("entrants", "of all"), width)
    parts: list[RenderableType] = [laid]
    if len(flagged) > _BOTTLENECKS:
        parts.append(
            Text(
                tell(
                    "and {more_bottlenecks} (--json lists all)",
                    more_bottlenecks=plural(len(flagged) - _BOTTLENECKS, "more bottleneck"),
                )
            )
        )
    told = tell("Wins lost: a quarter, had the stage the conversion of all deals and all else stayed as it is.")
    return [*parts, *legend(laid, {"wins lost": told})]


def _bottleneck(b: Bottleneck, r: Metrics) -> Row:
    return {
        "Bottleneck": group_name(b.group, r.by, NAME),
        "stage": cut(b.stage, 18),
        "goes on": percent(b.conversion),
        "of all": percent(b.pool),
        "P(below)": percent(b.p_below) if b.p_below < 0.9995 else percent(1.0, 3000),
        "entrants": f"{b.entrants:,.0f}",
        "wins lost": f"{b.wins_lost:z,.1f} ± {b.stderr:,.1f}",
    }


def _trend(r: Metrics) -> list[Row]:
    rows, every = [], tell({"month": "months", "quarter": "quarters"}[r.every])
    for trend in r.trend:
        row = {"Trend": cut(trend.stage), every: "", "points a year": "", "90 % interval": "", "says": ""}
        if trend.per_year is not None and trend.interval is not None:
            low, high = trend.interval
            row |= {
                every: f"{sum(p.conversion is not None for p in trend.periods)}",
                "points a year": f"{100 * trend.per_year:+z,.0f}",
                "90 % interval": tell("{low:+,.0f} to {high:+,.0f}", low=100 * low, high=100 * high),
                "says": tell("rises") if low > 0 else tell("falls") if high < 0 else tell("no trend told"),
            }
        rows.append(row)
    return [row for row in rows if row["says"]]


def _cohorts(r: Metrics) -> list[Row]:
    now = {c.month: c for c in r.cohorts}  # the last row of each stays
    return [
        {
            "Created in": period_told(f"{c.month:%Y-%m}"),
            "deals": f"{c.deals:,}",
            "won": f"{c.won:,}",
            "lost": f"{c.lost:,}",
            "open": f"{c.open:,}",
            "won of deals so far": percent(c.won / c.deals),
            "void": f"{c.void:,}" if c.void else "",
            "vanished": f"{c.vanished:,}" if c.vanished else "",
        }
        for c in list(now.values())[-_COHORTS:]
    ]


def _days(days: float | None) -> str:
    return "" if days is None else f"{days:,.0f}" if days >= 99.5 else f"{days:,.1f}"
