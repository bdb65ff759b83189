"""The console page of `stress`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import Group, RenderableType
from rich.text import Text

from simfunnel.forecast.estimates import Estimate
from simfunnel.funnel.model import NONE_LABEL
from simfunnel.planning.pairs.by_deal import MustClose
from simfunnel.planning.stress.break_even import BreakEven
from simfunnel.planning.stress.events import Event
from simfunnel.planning.stress.misses import Miss
from simfunnel.planning.stress.stress import Stress
from simfunnel.planning.stress.variance import PARTS, TITLES
from simfunnel.report.console.layout import Row, legend, table
from simfunnel.report.console.levers import TOO_OLD, best_before
from simfunnel.report.words.assumptions import change, name_of, span_of
from simfunnel.report.words.changes import in_period, money_change, of_winning, points, subtitle
from simfunnel.report.words.deals import deal_titles, fitted, told_titles
from simfunnel.report.words.misses import misses_sentence, short_of
from simfunnel.report.words.reached import trials_of
from simfunnel.report.words.stress import stress_sentence
from simfunnel.wording.language import again, joined, sentences, tell
from simfunnel.wording.numbers import chance, money, percent

SHOWN = 10
"""Deals, owners and events shown; the rest is in --json and --out."""
EVENT_NUMBERS = 40
"""Characters that the numbers of an event take: they are never cut, its name is."""
WIDE, WIDE_NAME, NARROW_NAME = 100, 40, 24
"""Characters of a wide page, and of the name of a deal on a wide and on a narrow one."""


def stress_page(result: Stress, width: int, *, misses: bool = False) -> RenderableType:
    """Lay out a stress test; `misses` with the table of what separates trials that miss."""
    parts: list[RenderableType] = [Text(stress_sentence(result), style="bold"), Text(subtitle(result.base))]
    if result.tornado:
        rows = [_assumption_row(i, result) for i in range(len(result.tornado))]
        laid = table(rows, ("Mean up", "Mean down", "Moved"), width)
        parts += [Text(), laid, *_notes(result, even=list(rows[0])[-1] in laid.columns)]
    events = [*result.variants, *result.events]
    if events:
        shown = [*result.variants, *result.events[: max(SHOWN - len(result.variants), 6)]]
        parts += [
            Text(),
            table([_event_row(event, result, width) for event in shown], ("+-",), width),
            *_more(events, shown),
        ]
    closing = [deal for deal in result.must_close if deal.p_win > 0][:SHOWN]
    if closing:
        laid = table(_deal_rows(closing, result, width), ("Variance", "Stage", "Owner", "Amount"), width)
        parts += [Text(), laid, *legend(laid, {"P(win)": of_winning(in_period(result.goal.period))})]
    parts += [Text(), Text(_variance(result)), *_concentrated(result)]
    if (said := misses_sentence(result)) is not None:
        parts.append(Text(said))
        if misses and result.misses:
            parts += [Text(), table(_miss_rows(result, width), ("Kind",), width)]
    if result.grid is not None:
        g = result.grid
        axes = tell("{rows} and {columns}", rows=name_of(g.rows.path), columns=name_of(g.columns.path))
        parts.append(
            Text(
                tell(
                    "Grid of {axes}: {n_rows} x {n_columns} cells of {trials:,} trials, standard error of "
                    "P(attain) at most {stderr:.4f}: see --json and --out.",
                    axes=axes,
                    n_rows=len(g.rows.values),
                    n_columns=len(g.columns.values),
                    trials=g.trials,
                    stderr=float(g.stderr.max()),
                )
            )
        )
    return Group(*parts)


def _assumption_row(i: int, result: Stress) -> Row:
    bar = result.tornado[i]
    a, trials = bar.assumption, trials_of(result.base, result.goal)
    even = next((e for e in result.break_even if e.path == a.path), None)
    title = "Assumption"
    span = span_of(a.operation, a.low, a.high)
    return {
        title: name_of(a.path),
        "Moved": span,
        "Mean down": money_change(bar.low.mean.mean),
        "Mean up": money_change(bar.high.mean.mean),
        "P down": _chance(bar.p_low_estimate, trials),
        "P up": _chance(bar.p_high_estimate, trials),
        tell("P = {threshold} at", threshold=percent(result.threshold)): "" if even is None else even_text(even),
    }


def _chance(p: Estimate | None, trials: int) -> str:
    """Show a probability with its simulation error in points."""
    if p is None:
        return ""
    error = 100 * p.stderr
    return percent(p.mean, trials) + (
        f" ±{error:.{0 if error >= 0.95 else 1 if error >= 0.095 else 2}f}" if error else ""
    )


def even_text(even: BreakEven) -> str:
    """Say where the break-even is, or that there is none."""
    if even.value is not None:
        # near 1 three decimals: x 0.996 and x 1.004 are on different sides of it
        digits = f"{even.value:.3f}" if 0.1 <= even.value < 2 else f"{even.value:.3g}"
        return tell("odds x {digits}", digits=digits) if even.operation == "odds" else f"x {digits}"
    if even.worse:
        return tell("safe anyway")
    moved = change(even.operation, even.at)
    if even.at != even.far:
        return best_before("" if even.at == 1 else moved)
    return tell("not even {change}", change=moved)


def _notes(result: Stress, *, even: bool) -> Iterator[Text]:
    """What is to be known of the assumptions; `even` where the column of break-evens is shown."""
    first = next((bar for bar in result.tornado if bar.assumption.path == "conversion"), None)
    if first is not None and first.assumption.operation == "scale" and result.stages > 1:
        cut = 1 - first.assumption.low**result.stages
        yield Text(
            tell(
                "! conversion x {low:g} on {stages} stages is a cut of the win rate by {cut} for a deal "
                "that enters the first; to move each deal's own win rate, see `win rate`.",
                low=first.assumption.low,
                stages=result.stages,
                cut=percent(cut),
            ),
            style="yellow",
        )
    if any(bar.rises and bar.assumption.path == "duration" and not bar.idle for bar in result.tornado):
        yield Text(tell("! longer durations are better here: {why}", why=tell(TOO_OLD)), style="yellow")
    if result.p_attain is not None:
        now = chance(result.p_attain.mean, trials_of(result.base, result.goal))
        side = (
            tell("may get worse before") if result.p_attain.mean >= result.threshold else tell("must get better until")
        )
        told = [tell("Now P(attain) is {now}.", now=now)]
        if even:
            told.append(tell(
                "Last column: how far the assumption, alone, {may_get_worse} P(attain) = {threshold}{units}.",
                may_get_worse=side, threshold=percent(result.threshold), units=_units(result),
            ))  # fmt: skip
        trials = tell("Each end of a bar: {tornado_trials:,} paired trials.", tornado_trials=result.tornado_trials)
        yield Text(sentences(*told, trials))


def _units(result: Stress) -> str:
    """Say so where assumptions are moved in another unit than the break-even is told in."""
    if result.kind == "add":
        return tell(", as a factor on the rate, not in points")
    return tell(", as a factor on the odds of a rate") if result.kind == "odds" else ""


def _more(events: Sequence[Event], shown: Sequence[Event]) -> Iterator[Text]:
    if len(events) > len(shown):
        yield Text(tell("… and {more:,} more: see --json or --out", more=len(events) - len(shown)))


def _event_row(event: Event, result: Stress, width: int) -> Row:
    name = again(event.name) if event.kind != "variant" else tell("variant {variant}", variant=event.name)
    return {
        "What if": fitted(name, max(width - EVENT_NUMBERS, NARROW_NAME)),
        "Mean": money(event.mean),
        "Change": money_change(event.delta_mean.mean),
        "+-": money(event.delta_mean.stderr) if event.delta_mean.stderr > 0 else "",
        "P(attain)": "" if event.p_attain is None else percent(event.p_attain, trials_of(result.base, result.goal)),
        "Points": "" if event.delta_p is None else points(event.delta_p),
    }


def _deal_rows(deals: Sequence[MustClose], result: Stress, width: int) -> list[Row]:
    titles = deal_titles(deals, NARROW_NAME if width < WIDE else WIDE_NAME, among=result.must_close)
    return [
        {
            "Must close": title,
            "Owner": deal.owner or "",
            "Stage": deal.stage,
            "Amount": money(deal.amount),
            "P(win)": percent(deal.p_win, result.base.trials),
            "If lost": money_change(deal.delta_mean.mean),
            "Points": "" if deal.delta_p is None else points(deal.delta_p),
            "Variance": percent(deal.share),
        }
        for deal, title in zip(deals, titles, strict=True)
    ]


def _miss_rows(result: Stress, width: int) -> list[Row]:
    titles = told_titles(result.must_close)
    return [_miss_row(one, short_of(one, titles), width) for one in result.misses[:SHOWN]]


def _miss_row(one: Miss, told: str, width: int) -> Row:
    error = 100 * one.difference.stderr
    return {
        "Falls short": fitted(told, max(width - EVENT_NUMBERS, NARROW_NAME)),
        "Kind": tell(one.kind),
        "If missed": percent(one.share_missing),
        "If reached": percent(one.share_making),
        "Points apart": f"{100 * one.difference.mean:+z.1f} ± {error:.1f}",
    }


def _part(share: float) -> str:
    """Show a part of the variance, in whole hundredths of a percent at the finest."""
    return percent(round(min(max(share, 0.0), 1.0), 4))


def _variance(result: Stress) -> str:
    split = result.variance
    text = joined([tell("{what} {part}", what=tell(TITLES[name]), part=_part(split.share(name))) for name in PARTS])
    return tell(
        "Bookings spread by a standard deviation of {sd}. Of the variance: {parts}.", sd=money(split.sd), parts=text
    )


def _concentrated(result: Stress) -> Iterator[Text]:
    deals = [share for share in result.concentration["deal"] if share.name != "new business"]
    if deals:
        ten = sum(share.share for share in deals[:10])
        carry = (
            tell("The {count} deals that weigh most carry", count=min(10, len(deals)))
            if len(deals) > 1
            else tell("The one open deal carries")
        )
        told = [tell("{carry} {part} of it", carry=carry, part=_part(ten))]
        for dimension, words in (
            ("owner", "of the owners, {name} {part}"),
            ("segment", "of the segments, {name} {part}"),
        ):
            shares = [s for s in result.concentration[dimension] if s.name != NONE_LABEL]
            if len(shares) > 1:
                told.append(tell(words, name=shares[0].name, part=_part(shares[0].share)))
        yield Text(tell("{parts}.", parts=joined(told, "; ")))
