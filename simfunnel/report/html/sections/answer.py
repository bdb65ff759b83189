"""The answer: one sentence with the chance, and what it rests on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from simfunnel.forecast.summary import PeriodSummary
from simfunnel.report.html.blocks import Block, KeyFigure, KeyFigures, Paragraph, Section
from simfunnel.report.html.material import Material
from simfunnel.report.html.sections.common import cautions, sentence
from simfunnel.report.words.forecast import how_made, leading_period, leading_sentence
from simfunnel.report.words.reached import trials_behind
from simfunnel.report.words.worth import left_out
from simfunnel.wording.findings import CLOSED_MISSING
from simfunnel.wording.language import sentences, tell
from simfunnel.wording.numbers import money, percent, percents, period_told, plural, share_of

MOST_CAUTIONS = 3
CAUTIONS = "cautions"
"""Anchor of the others."""


def answer(m: Material) -> Section:
    """Lay out the answer."""
    chosen = chosen_period(m)
    blocks: list[Block] = [
        sentence(leading_sentence(m.forecast, m.period), "lead"),
        *first_cautions(m),
        KeyFigures(_figures(m, chosen)),
        sentence(_rests_on(m)),
    ]
    return Section("answer", tell("Will the target be reached?"), blocks)


def first_cautions(m: Material) -> list[Block]:
    """The most costly cautions, and where the others stand; all of them where these do not."""
    found = _cautions(m)
    if (
        not found
        or not m.has("trust")
        or not (more := len(found) + len(m.run["warnings"]) - len(found[:MOST_CAUTIONS]))
    ):
        return [*cautions(found)]
    told = tell(
        "{more_cautions} under “How far it can be trusted”.", more_cautions=plural(more, "more caution")
    )  # fmt: skip
    return [*cautions(found[:MOST_CAUTIONS]), Paragraph(told, "note", CAUTIONS)]


def other_cautions(m: Material) -> list[Block]:
    """What is left of them for the section on trust: what the answer shows does not stand twice."""
    shown = MOST_CAUTIONS if m.has("answer") else 0
    left: list[Block] = [*cautions(_cautions(m)[shown:]), *(sentence(text, "caution") for text in m.run["warnings"])]
    if left and shown and _cautions(m):
        left.append(Paragraph(tell("What may change the decision most stands at the top."), "note", "answer"))
    return left


def _cautions(m: Material) -> list[Mapping[str, Any]]:
    return [one for one in m.run["cautions"] if one["code"] != CLOSED_MISSING]


def chosen_period(m: Material) -> PeriodSummary:
    """The period that the first sentence is about."""
    return leading_period(m.forecast, m.period)


def _figures(m: Material, p: PeriodSummary) -> list[KeyFigure]:
    q, trials = p.bookings.quantiles, trials_behind(p, m.forecast)
    figures = []
    if p.attainment is not None and p.target is not None:
        low, high = p.attainment.interval
        reached = p.attainment.probability
        figures.append(KeyFigure(
            tell("Chance of {target} in {period}", target=money(p.target), period=period_told(p.label)),
            percent(reached, trials),
            _certain_to(reached, low, high, trials),
            "good" if reached >= 0.8 else "bad" if reached < 0.5 else "",
        ))  # fmt: skip
    figures += [
        KeyFigure(
            tell("Even chance of at least"), money(q[0.5]), tell("median of {period}", period=period_told(p.label))
        ),
        KeyFigure(
            tell("8 in 10 futures end between"),
            _between(q[0.1], q[0.9]),
            m.forecast.currency,
        ),
        KeyFigure(tell("Won already"), money(p.by_origin["closed"].mean), period_told(p.label)),
    ]
    if p.target is not None:
        figures.append(KeyFigure(tell("Target"), money(p.target), period_told(p.label)))
    return figures


def _certain_to(reached: float, low: float, high: float, trials: int) -> str:
    """Say how well the trials tell a chance: with as many digits as its ends need to differ."""
    if not trials:
        return ""
    if reached in (0.0, 1.0):
        return tell("in none of {trials:,} trials" if reached == 0 else "in all of {trials:,} trials", trials=trials)
    ends = tuple(percents(reached, low, high)[1:])
    for digits in (1, 2):
        if ends[0] == ends[1]:
            ends = share_of(low, digits), share_of(high, digits)
    return tell("{low} to {high} within simulation error", low=ends[0], high=ends[1])


def _between(low: float, high: float) -> str:
    return tell("{low} – {high}", low=money(low), high=money(high))


def _rests_on(m: Material) -> str:
    total, quality = m.forecast.summary.overall.total, m.forecast.quality
    text = tell(
        "It rests on {deals} worth {value} ({weighted} weighted by the win rates of their stages), on what new deals "
        "bring until the end, and on {how}, as of {day}.",
        deals=plural(quality.used, "open deal"), value=money(total.open_pipeline),
        weighted=money(total.weighted_pipeline), how=how_made(m.forecast), day=m.forecast.as_of,
    )  # fmt: skip
    if quality.excluded:
        text = sentences(text, tell(
            "{left_out} were left out; they stand under data quality.", left_out=left_out(quality.excluded),
        ))  # fmt: skip
    return text
