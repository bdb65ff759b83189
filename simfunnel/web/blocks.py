"""What the page shows of an answer, as blocks of the report: figures, tables, charts."""

from __future__ import annotations

from collections.abc import Sequence

from simfunnel.forecast.estimates import Estimate, estimate
from simfunnel.planning.pairs.differences import SHOWN_QUANTILES, of_period
from simfunnel.report.html.blocks import Block, Cell, Chart, KeyFigure, KeyFigures, Table, amount, cell
from simfunnel.report.html.charts.bars import Bar, Span, bars
from simfunnel.report.html.charts.distributions import distribution, exceedance
from simfunnel.report.words.changes import called, points
from simfunnel.report.words.reached import trials_of
from simfunnel.web.reading import Step, WhatIf
from simfunnel.web.side import Side
from simfunnel.web.words import chance_of, gained, with_error
from simfunnel.wording.language import Told, joined, tell
from simfunnel.wording.numbers import capitalized, money, period_told

BAD = 5 / 8
"""Share of the confidence below which a chance is bad."""
MOST_OWNERS = 200
"""Rows of the table of owners: the largest ones."""
OwnerRow = tuple[str, Estimate, Estimate, Estimate]
"""Name; mean without and with the changes; their difference."""


def figures(found: WhatIf, changes: int, confidence: float) -> KeyFigures:
    """Lay out what is read at a glance, each number with its error and what the changes did to it.

    A chance is good from the confidence on that is asked for, and bad below 5 / 8 of it: 80 % and 50 % unless told.
    """
    goal, moved, gap = found.goal, found.moved, found.difference
    shown = []
    if goal.target is not None:
        reached = moved.numbers.attainment
        assert reached is not None
        error = tell("± {error:.1f} points", error=100 * reached.stderr) if trials_of(moved.forecast, goal) else ""
        moves = tell("{points} points", points=points(gap.p_attain)) if changes and gap.p_attain is not None else ""
        shown.append(KeyFigure(
            tell("Chance of {target} in {period}", target=money(goal.target), period=period_told(goal.period)),
            chance_of(moved), joined([one for one in (error, moves) if one], " · "),
            "good" if reached.probability >= confidence else "bad" if reached.probability < BAD * confidence else "",
        ))  # fmt: skip
    mean = moved.mean
    low, middle, high = (moved.quantile(q) for q in SHOWN_QUANTILES)
    shown += [
        KeyFigure(tell("Mean"), money(mean.mean), _note(mean, gap.mean, changes)),
        KeyFigure(tell("Even chance of at least"), money(middle.mean), _note(middle, gap.quantiles[0.5], changes)),
        KeyFigure(tell("8 in 10 futures end between"),
                  tell("{low} – {high}", low=money(low.mean), high=money(high.mean)),
                  tell("± {low} and {high}", low=money(low.stderr), high=money(high.stderr))),
    ]  # fmt: skip
    return KeyFigures(shown)


def _note(value: Estimate, gap: Estimate, changes: int) -> Told:
    error = tell("± {error}", error=money(value.stderr))
    return joined([error, gained(gap)], " · ") if changes else error


def charts(found: WhatIf, changes: int) -> list[Block]:
    """Draw the distribution, the exceedance curve and the parts of the mean, beside those without the changes."""
    goal, moved = found.goal, found.moved
    values, before = moved.values, found.base.values if changes else None
    low, middle, high = (moved.quantile(q).mean for q in SHOWN_QUANTILES)
    told = tell(
        "In 8 of 10 futures bookings are between {low} and {high}, in the median {middle}.",
        low=money(low), high=money(high), middle=money(middle),
    )  # fmt: skip
    chance = "" if goal.target is None else chance_of(moved)
    first = (
        tell("How much may come in")
        if goal.target is None
        else tell("How much may come in; dark: the target is reached")
    )
    second = tell("The chance of at least so much")
    if changes:
        first = tell("{title}; dashed: without the changes", title=first)
        second = tell("{title}; dashed: without the changes", title=second)
    return [
        Chart(first, distribution(values, {"P50": middle}, goal.target, first, told, before)),
        Chart(second, exceedance(values, goal.target, chance, second, told, before)),
        _origins(found, changes),
    ]


def _origins(found: WhatIf, changes: int) -> Chart:
    goal = found.goal
    both = [(tell("With the changes"), found.moved), (tell("Without the changes"), found.base)]
    rows: list[tuple[str, Side]] = [*both] if changes else [(period_told(goal.period), found.moved)]
    drawn, told = [], []
    for title, side in rows:
        spans, at = [], 0.0
        for origin, name in _origin_names().items():
            part = side.by_origin[origin]
            hover = tell("{name}: {amount} in the mean", name=name, amount=with_error(part))
            spans.append(Span(at, at + part.mean, origin, hover))
            at += part.mean
        label = "" if goal.target is None else tell("target {amount}", amount=money(goal.target))
        marks = [] if goal.target is None else [Span(goal.target, goal.target, "targetmark", label)]
        drawn.append(Bar(title, spans, money(at), marks))
        told.append(tell("{period}: {parts}", period=title, parts=joined([span.hover for span in spans])))
    title = tell("Where the mean comes from: closed (dark blue), open deals (green), new deals (light blue)")
    return Chart(title, bars(drawn, title, joined(told, "; "), money))


def _origin_names() -> dict[str, Told]:
    return {"closed": tell("closed"), "open": tell("open deals"), "new": tell("new deals")}


def side_by_side(found: WhatIf, changes: int) -> Table:
    """Put the scenario and the what-if side by side, every number with its error."""
    goal, gap = found.goal, found.difference
    pair = (found.base, found.moved) if changes else (found.base,)
    rows: list[list[Cell]] = []

    def add(name: str, told: Sequence[str], moved: str) -> None:
        rows.append([cell(name), *(Cell(text) for text in (*told, moved)[: 3 if changes else 1])])

    if goal.target is not None:
        error = [100 * one.numbers.attainment.stderr for one in pair if one.numbers.attainment is not None]
        add(tell("P(attain)"), [tell("{chance} ± {error:.2f} points", chance=chance_of(one), error=e)
                                for one, e in zip(pair, error, strict=True)],
            points(gap.p_attain) if gap.p_attain is not None else "")  # fmt: skip
    add(tell("Mean"), [with_error(one.mean) for one in pair], gained(gap.mean))
    for q in SHOWN_QUANTILES:
        add(f"P{100 * q:.0f}", [with_error(one.quantile(q)) for one in pair], gained(gap.quantiles[q]))
    for origin, name in _origin_names().items():
        add(capitalized(name), [with_error(one.by_origin[origin]) for one in pair], gained(_origin_gap(found, origin)))
    columns = [tell("Without the changes"), tell("With the changes"), tell("Change")]
    return Table(
        tell("Bookings {period}, {currency}", period=period_told(goal.period), currency=found.base.forecast.currency),
        [tell("Bookings"), *columns] if changes else [tell("Bookings"), tell("As it is")], rows,
        note=tell("±: the standard error that the simulation leaves."),
    )  # fmt: skip


def _origin_gap(found: WhatIf, origin: str) -> Estimate:
    """What the changes do to a part of the mean, trial by trial."""
    if origin == "closed":
        return Estimate(0.0, 0.0)
    of = [getattr(one.forecast.samples, origin)[0] for one in (found.base, found.moved)]
    before, after = (of_period(rows, found.goal.index) for rows in of)
    return estimate(after - before, float(found.base.forecast.minor_units))


def waterfall_chart(names: Sequence[str], steps: Sequence[Step], start: float, end: float) -> Chart:
    """Draw what each change does to the mean, on top of those before it."""
    rows = [Bar(tell("Without the changes"), [Span(0.0, start, "whole", money(start))], money(start))]
    at, cells = start, []
    for name, step in zip(names, steps, strict=True):
        gap, chance = step.difference.mean, step.difference.p_attain
        hover = tell("{name}: {amount}", name=name, amount=gained(gap))
        rows.append(Bar(name, [Span(at, at + gap.mean, "up" if gap.mean >= 0 else "down", hover)], gained(gap)))
        at += gap.mean
        cells.append([cell(name), Cell(gained(gap)), Cell("" if chance is None else points(chance))])
    rows.append(Bar(tell("With the changes"), [Span(0.0, end, "whole", money(end))], money(end)))
    title = tell("What each change does to the mean, one on top of the other")
    numbers = Table(title, [tell("Change"), tell("Mean"), tell("Points")], cells)
    told = joined([bar.spans[0].hover for bar in rows], "; ")
    return Chart(title, bars(rows, title, told, money), numbers)


def owners_table(rows: Sequence[OwnerRow], changed: bool) -> Table:
    """List what each owner brings, the largest first."""
    shown = []
    for name, was, now, gap in rows[:MOST_OWNERS]:
        cells = [cell(called(name)), amount(with_error(was), was.mean)]
        if changed:
            cells += [amount(with_error(now), now.mean), amount(gained(gap), gap.mean)]
        shown.append(cells)
    columns = [tell("Without the changes"), tell("With the changes"), tell("Change")]
    left = len(rows) - len(shown)
    note = tell("The {shown} largest; {left} more are left out.", shown=len(shown), left=left) if left else ""
    return Table(
        tell("Mean bookings by owner"),
        [tell("Owner"), *columns] if changed else [tell("Owner"), tell("As it is")], shown, note=note,
    )  # fmt: skip
